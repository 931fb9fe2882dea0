"""Policies by name, for who does not want to write one: a starting point, to be previewed before it is set."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dogwatch.model.errors import NotFoundError

_UNTAGGED_DAYS = 14
"""An image that lost its tag is a build that another replaced: two weeks are long enough to look at it."""

_UNUSED_DAYS = 90
"""The activity window by default: what nobody pulled for so long is not watched for its use either."""

_ARCHIVED_DAYS = 90
"""The shortest time that ECR keeps an image in its archive."""


def preset_policy(name: str) -> str:
    """Return the text of a policy.

    Raises:
        NotFoundError: no such preset.
    """
    if name not in PRESETS:
        raise NotFoundError("preset", f"{name}; there are {', '.join(PRESETS)}")
    return PRESETS[name]


def _rule(priority: int, description: str, action: dict[str, str], **selection: Any) -> dict[str, Any]:
    return {"rulePriority": priority, "description": description, "selection": selection, "action": action}


def _since(count_type: str, days: int) -> dict[str, Any]:
    return {"countType": count_type, "countUnit": "days", "countNumber": days}


_EXPIRE = {"type": "expire"}
_ARCHIVE = {"type": "transition", "targetStorageClass": "archive"}
_UNTAGGED = _rule(1, "what lost its tag", _EXPIRE, tagStatus="untagged", **_since("sinceImagePushed", _UNTAGGED_DAYS))
_UNUSED = _rule(2, "what nobody pulls", _ARCHIVE, tagStatus="any", **_since("sinceImagePulled", _UNUSED_DAYS))
_ARCHIVED = _rule(
    3,
    "what nobody missed",
    _EXPIRE,
    tagStatus="any",
    storageClass="archive",
    **_since("sinceImageTransitioned", _ARCHIVED_DAYS),
)

PRESETS: Mapping[str, str] = MappingProxyType(
    {
        "untagged": json.dumps({"rules": [_UNTAGGED]}, indent=2),
        "unused": json.dumps({"rules": [_UNTAGGED, _UNUSED, _ARCHIVED]}, indent=2),
    }
)
"""`untagged` takes what lost its tag; `unused` also what nobody pulls, by way of the archive, as ECR asks for."""
