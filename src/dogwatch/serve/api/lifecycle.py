"""/api/v1/lifecycle: policies of repositories, and what they would do. Nothing here changes a registry."""

from __future__ import annotations

from fastapi import APIRouter

from dogwatch.model.errors import InvalidRequestError
from dogwatch.serve.api import proposals
from dogwatch.serve.api.asked import Asked, Json, Known
from dogwatch.serve.api.filters import PAGING, read_limit
from dogwatch.serve.ports import Role

router = APIRouter()

_ALL, _IN_USE = "all", "include_in_use"


@router.get("/lifecycle/policies")
def list_policies(asked: Known) -> Json:
    """The policies of the account, with how many images each would take."""
    asked.filters()
    policies = asked.rooms.lifecycle.load_policies(asked.account_id)
    return Json({"policies": [proposals.policy(one) for one in policies]})


@router.get("/lifecycle/policies/{registry}/{repository:path}")
def show_policy(registry: str, repository: str, asked: Known) -> Json:
    """The policy of a repository."""
    asked.filters()
    return Json(proposals.policy(asked.rooms.lifecycle.load_policy(asked.account_id, registry, repository)))


@router.put("/lifecycle/policies/{registry}/{repository:path}")
def set_policy(registry: str, repository: str, asked: Known) -> Json:
    """Keep the body as the policy of a repository."""
    asked.filters()
    asked.caller.require(Role.ADMIN, "set a lifecycle policy")
    text = _text(asked)
    return Json(proposals.policy(asked.rooms.lifecycle.set_policy(asked.account_id, registry, repository, text)))


@router.delete("/lifecycle/policies/{registry}/{repository:path}")
def remove_policy(registry: str, repository: str, asked: Known) -> Json:
    """Forget the policy of a repository; returns it."""
    asked.filters()
    asked.caller.require(Role.ADMIN, "remove a lifecycle policy")
    return Json(proposals.policy(asked.rooms.lifecycle.remove_policy(asked.account_id, registry, repository)))


@router.post("/lifecycle/previews/{registry}/{repository:path}")
def preview_policy(registry: str, repository: str, asked: Known) -> Json:
    """What the policy in the body would do, or the repository's own where the body is empty."""
    asked.filters((), (_ALL, _IN_USE, *PAGING))
    whole, includes_in_use = (asked.switch(name) for name in (_ALL, _IN_USE))
    limit = read_limit(asked.one("limit"))
    preview = asked.rooms.lifecycle.preview(
        asked.account_id, registry, repository, _text(asked) or None, spares_in_use=not includes_in_use
    )
    images, following = preview.page(limit, asked.one("cursor"), whole=whole)
    return Json(proposals.preview(preview, images, following))


def _text(asked: Asked) -> str:
    try:
        return asked.body.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequestError("body", "not UTF-8") from error
