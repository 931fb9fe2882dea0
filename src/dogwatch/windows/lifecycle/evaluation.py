"""What a policy comes to for the images of one repository: each gets exactly one outcome, whatever their order.

In ECR's words: all rules are evaluated at the same time and applied by priority. An image that meets the tag condition
of a rule is that rule's, and no later one may touch it; later rules still count it as if it were there. Each storage
class is a world of its own. An image that an index names stays until no index names it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dogwatch.model.lifecycle import (
    CountType,
    LifecycleOutcome,
    LifecyclePolicy,
    LifecycleRule,
    LifecycleVerdict,
    StorageClass,
    StoredManifest,
)
from dogwatch.model.monitoring import Window
from dogwatch.model.times import FOREVER
from dogwatch.windows.lifecycle.moments import moment_of, pushed_moment
from dogwatch.windows.lifecycle.tags import tag_condition
from dogwatch.windows.lifecycle.words import describe
from dogwatch.windows.watching import end_of_window


@dataclass(frozen=True, slots=True)
class _Selection:
    """What a rule says of one image that is its own: whether it selects it, when it will, and why."""

    takes: bool
    due_at: datetime | None
    why: str


_Select = Callable[[StoredManifest], _Selection | None]


def evaluate(
    policy: LifecyclePolicy, manifests: Iterable[StoredManifest], now: datetime, in_use_since: datetime | None
) -> tuple[LifecycleOutcome, ...]:
    """Say what a policy comes to for every image of a repository.

    Args:
        policy: the rules.
        manifests: all images and image indexes of the repository, each once; in any order.
        now: the moment to speak of.
        in_use_since: images seen in use at this moment or later are spared; None spares none. What is held is spared
            anyway: who holds an image wants to go on seeing it.

    Returns:
        One outcome for each, oldest first: the order in which ECR would take them.

    Source:
        Amazon ECR user guide, "Lifecycle policy evaluation rules".
    """
    ordered = sorted(manifests, key=_age)
    at_hand = {one.digest for one in ordered if one.storage_class is StorageClass.STANDARD}
    outcomes: dict[str, LifecycleOutcome] = {}
    for storage_class in StorageClass:
        ours = [one for one in ordered if one.storage_class is storage_class]
        owned = _owned(policy, ours, storage_class, now)
        for one in ours:
            outcomes[one.digest] = _outcome(one, owned.get(one.digest), at_hand, in_use_since, now)
    return tuple(outcomes[one.digest] for one in ordered)


def _age(one: StoredManifest) -> tuple[bool, datetime, str]:
    """Order images from old to young; the digest decides where moments are equal, so that their order never does."""
    moment = one.archived_at if one.storage_class is StorageClass.ARCHIVE else pushed_moment(one)
    return moment is None, moment or FOREVER, one.digest


def _owned(
    policy: LifecyclePolicy, ordered: Sequence[StoredManifest], storage_class: StorageClass, now: datetime
) -> Mapping[str, tuple[LifecycleRule, _Selection | None]]:
    """Return, by digest, the first rule whose tag condition an image meets, and what it says; None: it cannot tell."""
    owned: dict[str, tuple[LifecycleRule, _Selection | None]] = {}
    for rule in policy.rules:
        if rule.storage_class is not storage_class:
            continue
        meets = tag_condition(rule)
        seen = [one for one in ordered if meets(one.tags)]  # those of earlier rules too: they count as if they stayed
        select = _by_count(rule, seen) if rule.count_type is CountType.IMAGES else _by_age(rule, now)
        for one in seen:
            if one.digest not in owned:
                owned[one.digest] = (rule, select(one))
    return owned


def _by_count(rule: LifecycleRule, seen: Sequence[StoredManifest]) -> _Select:
    """Return what a rule that counts images says of each that it sees; `seen` oldest first."""
    known = [one.digest for one in reversed(seen) if pushed_moment(one) is not None]
    places = {digest: place for place, digest in enumerate(known, start=1)}
    rest = f"of {len(known):,} from the youngest, {describe(rule)}"

    def select(one: StoredManifest) -> _Selection | None:
        place = places.get(one.digest)
        return None if place is None else _Selection(place > rule.count, None, f"number {place:,} {rest}")

    return select


def _by_age(rule: LifecycleRule, now: datetime) -> _Select:
    """Return what a rule that counts days says of each image that it sees."""
    window, rest = Window(rule.count), describe(rule)

    def select(one: StoredManifest) -> _Selection | None:
        moment, happened = moment_of(one, rule.count_type)
        due_at = end_of_window(moment, window)
        if moment is None or due_at is None:
            return None
        why = f"{happened} on {moment.date().isoformat()}, {rest}"
        return _Selection(due_at < now, None if due_at == FOREVER else due_at, why)

    return select


def _outcome(
    one: StoredManifest,
    owned: tuple[LifecycleRule, _Selection | None] | None,
    at_hand: set[str],
    in_use_since: datetime | None,
    now: datetime,
) -> LifecycleOutcome:
    if owned is None:
        rule, action, due_at = None, None, None
        verdict, why = LifecycleVerdict.STAYS, "no rule is about it"
    else:
        rule, action = owned[0].priority, owned[0].action
        due_at = None if owned[1] is None else owned[1].due_at
        verdict, why = _judge(one, owned[1], at_hand, in_use_since, now)
    return LifecycleOutcome(one.digest, one.tags, one.pushed_at, one.storage_class, verdict, rule, action, due_at, why)


def _judge(
    one: StoredManifest, selection: _Selection | None, at_hand: set[str], in_use_since: datetime | None, now: datetime
) -> tuple[LifecycleVerdict, str]:
    """Return the verdict on an image that a rule is about, and why: what it selects may still be spared."""
    if selection is None:
        return LifecycleVerdict.UNKNOWN, "its push was never seen, so nobody knows how old it is"
    if not selection.takes:
        return LifecycleVerdict.STAYS, selection.why
    named_by = next((each for each in one.named_by if each in at_hand), None)
    if named_by is not None:
        return LifecycleVerdict.NAMED, f"stays as long as the image index {named_by} names it; {selection.why}"
    if in_use_since is not None and one.in_use_at is not None and one.in_use_at >= in_use_since:
        seen_on = one.in_use_at.date().isoformat()
        return LifecycleVerdict.IN_USE, f"spared, as it was seen in use on {seen_on}; {selection.why}"
    if one.held_until is not None and one.held_until >= now:
        return (
            LifecycleVerdict.HELD,
            f"spared, as it is held until {one.held_until.date().isoformat()}; {selection.why}",
        )
    return LifecycleVerdict.GOES, selection.why
