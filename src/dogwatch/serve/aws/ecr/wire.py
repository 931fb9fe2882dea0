"""Members that many operations of ecr share, as the model bounds them; each operation's shape stands beside it.

Source:
    ecr service model 2015-09-21: RepositoryName, RegistryId.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

RepositoryName = Annotated[
    str,
    msgspec.Meta(
        min_length=2,
        max_length=256,
        pattern=r"^[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*$",
    ),
]
"""Wider than ecr's own by capital letters and free punctuation: names elsewhere have them, and so have aliases."""


class OfRepository(msgspec.Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """What names a repository; `registry_id` is an account's id."""

    repository_name: RepositoryName
    registry_id: str | None = None
