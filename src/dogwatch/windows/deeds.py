"""Which deeds an image allows as it stands; what they do then is `steps.plan_step`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dogwatch.model.deeds import MAX_HOLD, MAX_REASON, Deed, DeedRequest
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import Clock, ScanFrequency


@dataclass(frozen=True, slots=True)
class Situation:
    """How an image stands: whether it is there, how its repository is watched, and whether it is watched now.

    `is_inside` says whether a clock is inside its window, or a hold stands.
    """

    exists: bool
    frequency: ScanFrequency
    is_watched: bool
    is_inside: bool
    hold_until: datetime | None
    is_archived: bool = False


def check_request(request: DeedRequest, now: datetime) -> None:
    """Refuse what no image allows.

    Raises:
        InvalidRequestError: a hold without a reason or with an end that is past or too far away, a clock that nobody
            can touch, or a reason that is too long; `field` names it.
    """
    if len(request.reason) > MAX_REASON:
        raise InvalidRequestError("reason", f"longer than {MAX_REASON} characters")
    if request.deed is Deed.HOLD:
        if not request.reason.strip():
            raise InvalidRequestError("reason", "a hold needs one, for whoever finds it later")
        if request.until is None or request.until <= now:
            raise InvalidRequestError("until", "a hold ends at a moment to come")
        if request.until - now > MAX_HOLD:
            raise InvalidRequestError("until", f"a hold ends within {MAX_HOLD.days} days; it can be renewed")
    elif request.until is not None:
        raise InvalidRequestError("until", "is for a hold alone")
    if request.clock is not None and (
        request.deed is not Deed.TOUCH or request.clock not in (Clock.PULL, Clock.IN_USE)
    ):
        raise InvalidRequestError("clock", "is for a touch alone, pull or in use")


def check_deed(deed: Deed, situation: Situation, now: datetime) -> None:
    """Refuse what this image does not allow as it stands.

    Raises:
        InvalidRequestError: the deed, and what to do in its place.
    """
    reason = _refusal(deed, situation, now)
    if reason:
        raise InvalidRequestError(str(deed), reason)


def _refusal(deed: Deed, situation: Situation, now: datetime) -> str:
    held = situation.hold_until is not None and situation.hold_until >= now
    if deed is Deed.RELEASE:
        return "" if held else "it is not held"
    if deed is Deed.FORGET:
        if not situation.is_watched:
            return "it is not watched"
        return "it is held; release it first" if held else ""
    if not situation.exists:
        return "it was deleted, or its registry was removed; a push brings it back"
    if deed is Deed.RESTORE:
        return "" if situation.is_archived else "it is not archived"
    if situation.is_archived:
        return "it is archived already" if deed is Deed.ARCHIVE else "it is archived; restore it first"
    if deed is Deed.ARCHIVE:
        return "it is held; release it first" if held else ""
    if situation.frequency is ScanFrequency.OFF:
        return "scanning is switched off for its account"
    if situation.frequency is ScanFrequency.MANUAL:
        return "its repository is set to MANUAL"
    if deed is Deed.WAKE:
        if situation.is_watched:
            return "it is watched already"
        return "" if situation.is_inside else "none of its clocks is inside its window; touch it, or hold it"
    return "it is not watched; wake, touch or hold it first" if deed is Deed.SCAN and not situation.is_watched else ""
