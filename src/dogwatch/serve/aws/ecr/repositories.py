"""A repository by the name that clients see: what most operations of ecr begin with."""

from __future__ import annotations

from dataclasses import dataclass

from dogwatch.model.errors import NotFoundError
from dogwatch.serve.aws.ecr.asked import EcrAsked
from dogwatch.serve.aws.names import load_names


@dataclass(frozen=True, slots=True)
class Place:
    """Where a repository is: the alias of its registry, and its name there. `shown` is its name towards clients."""

    alias: str
    repository: str
    shown: str


def find_repository(asked: EcrAsked, shown: str) -> Place:
    """Find a repository of the caller's account.

    Raises:
        NotFoundError: no registry that is watched has it; or several have, and each is called `alias/name`.
    """
    account_id, views = asked.caller.account_id, asked.rooms.views
    shared = load_names(account_id, asked.rooms.registries, views).shared
    if shown not in shared:
        for alias in views.registries_with(account_id, shown):
            return Place(alias, shown, shown)
    alias, slash, rest = shown.partition("/")
    if slash and rest in shared and alias in views.registries_with(account_id, rest):
        return Place(alias, rest, shown)
    raise NotFoundError("repository", shown)
