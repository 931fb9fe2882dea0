"""How policies and what they come to are listed: columns, and what stands below a preview."""

from __future__ import annotations

from collections.abc import Mapping

from dogwatch.cli.lists import listing_of
from dogwatch.cli.rendering import NOTHING, Column, day, minute, plural, rfc3339, short_digest
from dogwatch.model.lifecycle import (
    NOTHING_IS_DELETED,
    LifecycleAction,
    LifecycleOutcome,
    LifecyclePreview,
    LifecycleVerdict,
    StoredPolicy,
)


def sum_up(preview: LifecyclePreview) -> str:
    """Return what stands below a preview."""
    goes, spared = LifecycleVerdict.GOES, LifecycleVerdict.IN_USE
    counts: Mapping[str, int] = {
        "would be deleted": preview.count(goes, LifecycleAction.EXPIRE),
        "would be archived": preview.count(goes, LifecycleAction.ARCHIVE),
        "spared as in use": preview.count(spared),
        "spared as held": preview.count(LifecycleVerdict.HELD),
        "kept by an image index": preview.count(LifecycleVerdict.NAMED),
        "of unknown age": preview.count(LifecycleVerdict.UNKNOWN),
        "stay": preview.count(LifecycleVerdict.STAYS),
    }
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count) or "none"
    lines = [f"Of {plural(len(preview.outcomes), 'image')}: {told}."]
    if preview.unresolved:
        lines.append(f"{plural(preview.unresolved, 'manifest')} could not be resolved, so no rule could be asked.")
    return "\n".join([*lines, f"This is {NOTHING_IS_DELETED}."])


def _does(one: LifecycleOutcome) -> str:
    if one.verdict is not LifecycleVerdict.GOES:
        return str(one.verdict)
    return "would be archived" if one.action is LifecycleAction.ARCHIVE else "would be deleted"


_POLICY_COLUMNS: tuple[Column[StoredPolicy], ...] = (
    Column("registry", "REGISTRY", lambda one: one.registry_alias),
    Column("repository", "REPOSITORY", lambda one: one.repository),
    Column("going", "WOULD GO", lambda one: str(one.going)),
    Column("spared", "SPARED", lambda one: str(one.spared)),
    Column("set_at", "SET", lambda one: rfc3339(one.set_at), lambda one: minute(one.set_at), spare=1),
    Column("evaluated_at", "EVALUATED", lambda one: rfc3339(one.evaluated_at), lambda one: minute(one.evaluated_at)),
    Column("problem", "PROBLEM", lambda one: one.problem),
    Column("text", "", lambda one: one.text),
)
_OUTCOME_COLUMNS: tuple[Column[LifecycleOutcome], ...] = (
    Column(
        "outcome",
        "OUTCOME",
        _does,
        style=lambda one: "bold red" if one.verdict is LifecycleVerdict.GOES else "dim",
    ),
    Column("digest", "DIGEST", lambda one: one.digest, lambda one: short_digest(one.digest)),
    Column("tags", "TAGS", lambda one: " ".join(one.tags)),
    Column("rule", "RULE", lambda one: NOTHING if one.rule is None else str(one.rule)),
    Column("pushed_at", "PUSHED", lambda one: rfc3339(one.pushed_at), lambda one: day(one.pushed_at), spare=1),
    Column("due_at", "DUE", lambda one: rfc3339(one.due_at), lambda one: day(one.due_at), spare=2),
    Column("why", "WHY", lambda one: one.why),
    Column("storage_class", "", lambda one: one.storage_class),
)
POLICIES = listing_of(_POLICY_COLUMNS)
OUTCOMES = listing_of(_OUTCOME_COLUMNS)
