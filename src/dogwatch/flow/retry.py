"""From an error to what happens with the job: again, again at a time, given up, or finished. Total over the error tree.

Pure: no clock, no queue. The steps' runner asks it; a test proves that no class of the tree is missing.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import StrEnum

from dogwatch.model import errors
from dogwatch.model.monitoring import StatusReason

FIRST_PAUSE_SECONDS = 2.0
"""Before the second attempt; doubles with each. Shorter outages are ridden out by the registry and feed clients."""

LONGEST_PAUSE_SECONDS = 600.0
"""After a long outage, work goes on this soon at the latest."""

SPREAD = 0.25
"""A pause is longer by up to this share, by the job's name, so that what failed together does not return together."""

STRIKES = 3
"""Attempts of a step that dies or stumbles over our own mistake, before it is given up."""


class Outcome(StrEnum):
    """What becomes of a job after an error."""

    RETRY = "retry"  # more and more slowly, without end: somebody else's outage
    RETRY_AT = "retry at"  # when the other side asked us to come back, without end
    RETRY_FEW = "retry a few times"  # it may have been chance; then given up
    ABORT = "abort"  # nothing changes before somebody acts
    FINISH = "finish"  # nothing is left to do


@dataclass(frozen=True, slots=True)
class Treatment:
    """One row of the table. `mark` is what the image shows once the job is given up or finished."""

    outcome: Outcome
    mark: StatusReason
    strikes: int = 1


_INTERNAL = Treatment(Outcome.ABORT, StatusReason.INTERNAL_ERROR)
_OUTAGE = Treatment(Outcome.RETRY, StatusReason.INTERNAL_ERROR)
_DENIED = Treatment(Outcome.ABORT, StatusReason.ACCESS_DENIED)
_INVALID = Treatment(Outcome.ABORT, StatusReason.INVALID_ARTIFACT)
_STUMBLED = Treatment(Outcome.RETRY_FEW, StatusReason.INTERNAL_ERROR, STRIKES)

TREATMENTS: dict[type[BaseException], Treatment] = {
    errors.DogwatchError: _INTERNAL,
    errors.ConfigError: _DENIED,  # credentials or a CA file that are not there: access is what is missing
    errors.RemoteError: _INTERNAL,
    errors.RegistryError: _INTERNAL,
    errors.RegistryUnavailableError: _OUTAGE,
    errors.RegistryThrottledError: Treatment(Outcome.RETRY_AT, StatusReason.INTERNAL_ERROR),
    errors.RegistryDeniedError: _DENIED,
    errors.RegistryRefusedError: _INTERNAL,
    errors.ImageGoneError: Treatment(Outcome.FINISH, StatusReason.RESOURCE_TERMINATED),
    errors.EngineError: _INTERNAL,
    errors.FeedError: _INTERNAL,
    errors.FeedUnavailableError: _OUTAGE,
    errors.FeedRejectedError: _INTERNAL,
    errors.FeedShrunkError: _INTERNAL,
    errors.ContentError: _INVALID,
    errors.DigestMismatchError: Treatment(Outcome.RETRY_FEW, StatusReason.INVALID_ARTIFACT, strikes=2),
    errors.MalformedManifestError: _INVALID,
    errors.MalformedLayerError: _INVALID,
    errors.MalformedSnapshotError: _INVALID,
    errors.BundleRefusedError: _INVALID,
    errors.MalformedAdvisoryError: _INVALID,
    errors.MalformedPackageDatabaseError: _INVALID,
    errors.LimitExceededError: Treatment(Outcome.ABORT, StatusReason.STORAGE_LIMIT_EXCEEDED),
    errors.StoreError: _INTERNAL,
    errors.StoreUnavailableError: _OUTAGE,
    errors.ConflictError: _STUMBLED,
    errors.TakenOverError: Treatment(Outcome.FINISH, StatusReason.INTERNAL_ERROR),  # here; there it goes on
    errors.RequestError: _INTERNAL,
    errors.InvalidRequestError: _INTERNAL,
    errors.NotFoundError: Treatment(Outcome.FINISH, StatusReason.RESOURCE_TERMINATED),
    errors.ForbiddenError: _INTERNAL,
    errors.StepCrashedError: _STUMBLED,
    Exception: _STUMBLED,  # a mistake of ours, perhaps a race that the next attempt does not meet
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do after a failed attempt. `pause_seconds` None: this was the last; then `mark` is for the image.

    `is_strike`: the attempt counts against the few that such an error is allowed.
    """

    outcome: Outcome
    mark: StatusReason
    pause_seconds: float | None
    is_strike: bool = False


def treatment_of(error: Exception) -> Treatment:
    """Return the row of the error's class, or of its nearest ancestor."""
    return next(TREATMENTS[kind] for kind in type(error).__mro__ if kind in TREATMENTS)


def plan_next(error: Exception, attempts: int, strikes: int, name: str) -> Plan:
    """Decide what follows a failed attempt.

    Args:
        error: what ended it.
        attempts: how many attempts failed before this one.
        strikes: how many of those were strikes.
        name: of the job, for its place in the spread.
    """
    treatment = treatment_of(error)
    match treatment.outcome:
        case Outcome.RETRY:
            pause = _pause_seconds(attempts, name)
        case Outcome.RETRY_AT:
            pause = max(_asked_seconds(error), FIRST_PAUSE_SECONDS) * _spread(name)
        case Outcome.RETRY_FEW if strikes + 1 < treatment.strikes:
            return Plan(treatment.outcome, treatment.mark, _pause_seconds(strikes, name), is_strike=True)
        case _:
            return Plan(treatment.outcome, treatment.mark, None)
    return Plan(treatment.outcome, treatment.mark, pause)


def _pause_seconds(attempts: int, name: str) -> float:
    doublings = min(attempts, 30)  # beyond that the cap holds anyway, and the number stays small
    return min(FIRST_PAUSE_SECONDS * 2.0**doublings, LONGEST_PAUSE_SECONDS) * _spread(name)


def _spread(name: str) -> float:
    return 1 + SPREAD * zlib.crc32(name.encode(errors="replace")) / 0xFFFFFFFF


def _asked_seconds(error: Exception) -> float:
    return error.retry_after_seconds if isinstance(error, errors.RegistryThrottledError) else 0.0
