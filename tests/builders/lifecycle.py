"""Lifecycle policies from small arguments, as text and as JSON values, and the images that they are about."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from dogwatch.model.lifecycle import LifecyclePolicy, StoredManifest
from dogwatch.windows.lifecycle import parse_policy

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TEXT_CHARACTERS_MIN = 100


def ago(days: float) -> datetime:
    """Return a moment so many days before NOW."""
    return NOW - timedelta(days=days)


def rule(
    priority: int,
    tags: str | Sequence[str],
    *,
    keep: int | None = None,
    days: int | None = None,
    since: str = "sinceImagePushed",
    action: str = "expire",
    key: str = "tagPatternList",
) -> dict[str, Any]:
    """Return a rule that keeps so many images, or so many days; `tags` is a status, or patterns of `tagged`."""
    selection: dict[str, Any] = {"tagStatus": tags} if isinstance(tags, str) else {"tagStatus": "tagged", key: [*tags]}
    if keep is not None:
        selection |= {"countType": "imageCountMoreThan", "countNumber": keep}
    else:
        selection |= {"countType": since, "countUnit": "days", "countNumber": days}
    if since == "sinceImageTransitioned":
        selection["storageClass"] = "archive"
    target = {"targetStorageClass": "archive"} if action == "transition" else {}
    return {"rulePriority": priority, "selection": selection, "action": {"type": action, **target}}


def text_of(*rules: Any) -> str:
    """Return a policy's text, long enough for ECR."""
    return json.dumps({"rules": list(rules)}).ljust(TEXT_CHARACTERS_MIN)


def policy(*rules: Any) -> LifecyclePolicy:
    """Return a policy."""
    return parse_policy(text_of(*rules))


def manifest(name: str, age: float | None, *tags: str, **changes: Any) -> StoredManifest:
    """Return an image that was pushed so many days ago; None: nobody saw that."""
    return StoredManifest(name, tags, None if age is None else ago(age), **changes)
