"""Lifecycle policies and what they come to, as JSON objects. That nothing is deleted stands in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dogwatch.model.lifecycle import (
    NOTHING_IS_DELETED,
    LifecycleOutcome,
    LifecyclePreview,
    LifecycleVerdict,
    Proposal,
    StoredPolicy,
)
from dogwatch.serve.moments import iso


def proposal(one: Proposal) -> dict[str, Any]:
    """Return what a lifecycle policy proposed for an image: `why` in a whole sentence, `reason` as the rule has it."""
    sentence = {"why": one.sentence, "reason": one.outcome.why}
    return {
        **outcome(one.outcome),
        **sentence,
        "evaluated_at": iso(one.evaluated_at),
        "notice": NOTHING_IS_DELETED,
    }


def outcome(one: LifecycleOutcome) -> dict[str, Any]:
    """Return what a lifecycle policy comes to for one image."""
    return {
        "digest": one.digest,
        "tags": list(one.tags),
        "pushed_at": iso(one.pushed_at),
        "storage_class": str(one.storage_class),
        "verdict": str(one.verdict),
        "rule": one.rule,
        "action": None if one.action is None else str(one.action),
        "due_at": iso(one.due_at),
        "why": one.why,
    }


def policy(one: StoredPolicy) -> dict[str, Any]:
    """Return a lifecycle policy; its text as it was given."""
    return {
        "registry": one.registry_alias,
        "repository": one.repository,
        "policy": one.text,
        "set_at": iso(one.set_at),
        "evaluated_at": iso(one.evaluated_at),
        "problem": one.problem,
        "going": one.going,
        "spared": one.spared,
        "notice": NOTHING_IS_DELETED,
    }


def preview(one: LifecyclePreview, images: Sequence[LifecycleOutcome], following: str) -> dict[str, Any]:
    """Return what a policy would do: counts of all images, and some of them."""
    return {
        "registry": one.registry_alias,
        "repository": one.repository,
        "at": iso(one.at),
        "notice": NOTHING_IS_DELETED,
        "counts": {str(verdict): one.count(verdict) for verdict in LifecycleVerdict},
        "unresolved": one.unresolved,
        "images": [outcome(each) for each in images],
        "next": following or None,
    }
