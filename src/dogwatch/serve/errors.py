"""From the error tree to HTTP: status and problem document (RFC 9457). One of the three translation tables.

Total over the tree, which a test checks. `aws/errors.py` says the same in AWS's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dogwatch.model import errors
from dogwatch.model.errors import Actor, DogwatchError, RegistryThrottledError, Retry
from dogwatch.serve.limits import RETRY_AFTER_SECONDS
from dogwatch.serve.messages import PROBLEM, Answer, json_answer

TYPE_PREFIX = "urn:dogwatch:problem:"


@dataclass(frozen=True, slots=True)
class Problem:
    """How one class of errors is shown: HTTP status, the end of its type, and its title."""

    status: int
    slug: str
    title: str


_UNAVAILABLE = Problem(502, "outside-unavailable", "Something outside did not answer")
_REFUSED = Problem(502, "outside-refused", "Something outside refused or answered something unusable")
_MALFORMED = Problem(422, "content-malformed", "Content is not what it ought to be")
_FAILED = Problem(500, "failed", "Dogwatch could not do this")

PROBLEMS: Mapping[type[DogwatchError], Problem] = {
    errors.DogwatchError: _FAILED,
    errors.ConfigError: Problem(500, "configuration", "Dogwatch is not set up correctly"),
    errors.RemoteError: _UNAVAILABLE,
    errors.RegistryError: _UNAVAILABLE,
    errors.RegistryUnavailableError: _UNAVAILABLE,
    errors.RegistryThrottledError: Problem(503, "outside-throttled", "A registry asks to wait"),
    errors.RegistryDeniedError: _REFUSED,
    errors.RegistryRefusedError: _REFUSED,
    errors.ImageGoneError: Problem(404, "gone", "No longer in the registry"),
    errors.EngineError: _UNAVAILABLE,
    errors.FeedError: _UNAVAILABLE,
    errors.FeedUnavailableError: _UNAVAILABLE,
    errors.FeedRejectedError: _REFUSED,
    errors.FeedShrunkError: _REFUSED,
    errors.ContentError: _MALFORMED,
    errors.DigestMismatchError: Problem(502, "digest-mismatch", "Other bytes than asked for"),
    errors.MalformedManifestError: _MALFORMED,
    errors.MalformedLayerError: _MALFORMED,
    errors.MalformedSnapshotError: _REFUSED,
    errors.BundleRefusedError: _REFUSED,
    errors.MalformedAdvisoryError: _REFUSED,
    errors.MalformedPackageDatabaseError: _MALFORMED,
    errors.LimitExceededError: Problem(422, "limit-exceeded", "Over a limit"),
    errors.StoreError: Problem(503, "store", "The database did not do its part"),
    errors.StoreUnavailableError: Problem(503, "store-unavailable", "The database cannot be reached"),
    errors.ConflictError: Problem(409, "conflict", "Changed by somebody else at the same moment"),
    errors.TakenOverError: _FAILED,
    errors.RequestError: Problem(400, "invalid-request", "The request cannot be answered"),
    errors.InvalidRequestError: Problem(400, "invalid-request", "A value is not acceptable"),
    errors.NotFoundError: Problem(404, "not-found", "No such thing in this account"),
    errors.ForbiddenError: Problem(403, "forbidden", "Not allowed"),
    errors.StepCrashedError: _FAILED,
}


def problem_of(error: DogwatchError) -> Problem:
    """Return how an error is shown: its class's row, or that of the nearest class above it."""
    return next(PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)


def is_for_callers(error: DogwatchError) -> bool:
    """Say whether a caller may read the message: not where it may name our database, files or settings."""
    return not (isinstance(error, errors.ConfigError | errors.StoreUnavailableError) or type(error) is DogwatchError)


def retry_after(error: DogwatchError) -> int | None:
    """Return the seconds after which the same request may succeed; None where it will not by itself."""
    if isinstance(error, RegistryThrottledError):
        return max(1, round(error.retry_after_seconds))
    return RETRY_AFTER_SECONDS if error.retry in (Retry.YES, Retry.AT_TIME) else None


def problem_answer(error: DogwatchError, request_id: str) -> Answer:
    """Return the problem document of an error; fields only where the caller has to act on them."""
    problem = problem_of(error)
    extra = {name: value for name, value in error.fields.items() if error.actor is Actor.CALLER}
    seconds = retry_after(error)
    headers = {} if seconds is None else {"retry-after": str(seconds)}
    detail = error.message if is_for_callers(error) else problem.title
    return bare_problem(problem, detail, request_id, headers, extra)


def bare_problem(
    problem: Problem,
    detail: str,
    request_id: str,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, object] | None = None,
) -> Answer:
    """Return a problem document.

    Source:
        RFC 9457, section 3.
    """
    document = {
        **{
            name: value if isinstance(value, str | int | float) else str(value) for name, value in (extra or {}).items()
        },
        "type": TYPE_PREFIX + problem.slug,
        "title": problem.title,
        "status": problem.status,
        "detail": detail,
        "request_id": request_id,
    }
    return json_answer(problem.status, document, headers, PROBLEM)


NO_SUCH_PATH = Problem(404, "no-such-path", "Nothing is served here")
WRONG_METHOD = Problem(405, "wrong-method", "Not with this method")
TOO_SLOW = Problem(503, "too-slow", "The answer took too long")
BROKEN = Problem(500, "failed", "Dogwatch could not do this")
BODY_PROBLEMS = {
    408: Problem(408, "body-too-slow", "The request took too long to arrive"),
    413: Problem(413, "body-too-large", "The body is too large"),
}
