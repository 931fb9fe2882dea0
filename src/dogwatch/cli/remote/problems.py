"""What a service refuses, as the errors that the same command has on a data folder."""

from __future__ import annotations

import msgspec

from dogwatch.model.errors import (
    ConflictError,
    DogwatchError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    RemoteError,
)

_PREFIX = "urn:dogwatch:problem:"
_HTTP_REFUSALS = (401, 403)


class ServiceError(RemoteError):
    """A service cannot be reached, or did not answer as a Dogwatch does."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url}: {reason}", url=url, reason=reason)


class Problem(msgspec.Struct):
    """A problem document (RFC 9457), with the members that our errors have."""

    type: str = ""
    title: str = ""
    detail: str = ""
    field: str = ""
    reason: str = ""
    text: str = ""
    position: int | None = None
    what: str = ""
    name: str = ""
    action: str = ""
    request_id: str = ""


def error_of(url: str, status: int, body: bytes) -> DogwatchError:
    """Return the error that a refusal tells of.

    Args:
        url: what was asked, without the query.
        status: 400 or above.
        body: as received; anything may stand in it.
    """
    try:
        problem = msgspec.json.decode(body, type=Problem)
    except (msgspec.DecodeError, RecursionError):
        problem = Problem()
    kind = problem.type.removeprefix(_PREFIX) if problem.type.startswith(_PREFIX) else ""
    if kind == "invalid-request" and problem.field:
        return InvalidRequestError(problem.field, problem.reason, text=problem.text, position=problem.position)
    if kind == "not-found" and problem.what:
        return NotFoundError(problem.what, problem.name)
    if kind == "conflict" and problem.what:
        return ConflictError(problem.what, problem.reason)
    if kind == "forbidden" or status in _HTTP_REFUSALS:
        advice = "an access key is made by `dogwatch keys add` on its machine, and named by --token-file"
        return ForbiddenError(problem.action or "ask", f"{problem.reason or f'{url} says {status}'}; {advice}")
    if not kind:
        return ServiceError(url, f"status {status}, and not in the words of a Dogwatch: is that its address?")
    return ServiceError(url, f"status {status}: {problem.detail or problem.title} (request {problem.request_id})")
