"""The error tree: every way in which a step can fail to finish.

Each class answers two questions as class attributes: may a worker retry, and who must act. Messages are built here
from fields; raise sites pass fields only. What a step merely could not see is a gap (`model.gaps`), not an error.
One file, however long: the tree is read as a whole, and three tables are total over it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class Retry(StrEnum):
    """What a worker may do after the error."""

    NO = "no"
    YES = "yes"
    ONCE = "once"
    AT_TIME = "at time"


class Actor(StrEnum):
    """Who has to act before the step can succeed."""

    NOBODY = "nobody"
    OPERATOR = "operator"
    CONTENT_OWNER = "image or feed owner"
    CALLER = "caller"


class DogwatchError(Exception):
    """Root of the tree. `fields` keeps what the message was built from, for logs and JSON."""

    retry: ClassVar[Retry] = Retry.NO
    actor: ClassVar[Actor] = Actor.OPERATOR

    def __init__(self, message: str, **fields: object) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields

    def __reduce__(self) -> tuple[object, tuple[type[DogwatchError], str, dict[str, object]]]:
        """Travel between processes with message and fields, whatever the subclass's constructor asks for."""
        return _rebuilt, (type(self), self.message, self.fields)


def _rebuilt(kind: type[DogwatchError], message: str, fields: dict[str, object]) -> DogwatchError:
    error = kind.__new__(kind)
    DogwatchError.__init__(error, message, **fields)
    return error


class ConfigError(DogwatchError):
    """A setting is missing, contradictory or points at something that is not there."""

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(f"{setting}: {reason}", setting=setting, reason=reason)


# --- the outside world ------------------------------------------------------------------------------------------------


class RemoteError(DogwatchError):
    """Something on the other side of a network did not do its part."""


class RegistryError(RemoteError):
    """A registry did not do its part."""


class RegistryUnavailableError(RegistryError):
    """The registry cannot be reached, broke off, or answered 5xx."""

    retry = Retry.YES
    actor = Actor.NOBODY

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"registry unavailable: {url}: {reason}", url=url, reason=reason)


class RegistryThrottledError(RegistryError):
    """The registry answered 429; `retry_after_seconds` is its word, or our default where it gave none."""

    retry = Retry.AT_TIME
    actor = Actor.NOBODY

    def __init__(self, url: str, retry_after_seconds: float) -> None:
        super().__init__(
            f"registry asks to wait {retry_after_seconds:g} s: {url}", url=url, retry_after_seconds=retry_after_seconds
        )

    @property
    def retry_after_seconds(self) -> float:
        """Seconds to wait before the next attempt."""
        return float(str(self.fields["retry_after_seconds"]))


class RegistryDeniedError(RegistryError):
    """The registry refused our credentials or our rights (401, 403)."""

    def __init__(self, url: str, status: int, reason: str) -> None:
        super().__init__(f"registry refused access ({status}): {url}: {reason}", url=url, status=status, reason=reason)


class RegistryRefusedError(RegistryError):
    """The registry answered something that is not the distribution protocol, or a redirect we do not follow."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"not a usable registry answer: {url}: {reason}", url=url, reason=reason)


class ImageGoneError(RegistryError):
    """The registry no longer has this manifest or blob (404)."""

    actor = Actor.NOBODY

    def __init__(self, repository: str, reference: str) -> None:
        super().__init__(
            f"no longer in the registry: {repository}@{reference}", repository=repository, reference=reference
        )


class EngineError(RemoteError):
    """A container engine on this machine cannot be reached, broke off, or does not answer as one."""

    actor = Actor.OPERATOR

    def __init__(self, engine: str, socket: str, reason: str) -> None:
        super().__init__(f"{engine} at {socket}: {reason}", engine=engine, socket=socket, reason=reason)


class FeedError(RemoteError):
    """A feed of advisories did not do its part."""


class FeedUnavailableError(FeedError):
    """The feed cannot be reached or broke off; what was imported before stays in force and grows stale."""

    retry = Retry.YES
    actor = Actor.NOBODY

    def __init__(self, source: str, url: str, reason: str) -> None:
        super().__init__(f"feed {source} unavailable: {url}: {reason}", source=source, url=url, reason=reason)


class FeedRejectedError(FeedError):
    """The feed answered, but refuses us or is not what we were told it is."""

    def __init__(self, source: str, url: str, reason: str) -> None:
        super().__init__(f"feed {source} rejected: {url}: {reason}", source=source, url=url, reason=reason)


class FeedShrunkError(FeedRejectedError):
    """The feed lost so many records at once that somebody has to confirm it; what we hold stays in force until then."""

    def __init__(self, source: str, url: str, lost: int, held: int, limit_percent: int) -> None:
        message = (
            f"feed {source} rejected: {url}: it no longer lists {lost} of {held} records, more than {limit_percent} % "
            "at once; what we hold stays in force until this is confirmed"
        )
        FeedError.__init__(self, message, source=source, url=url, lost=lost, held=held, limit_percent=limit_percent)

    @property
    def lost(self) -> int:
        """How many of the records that we hold it no longer lists."""
        return int(str(self.fields["lost"]))


# --- content ----------------------------------------------------------------------------------------------------------


class ContentError(DogwatchError):
    """Bytes were received whole, and are not what they ought to be."""

    actor = Actor.CONTENT_OWNER


class DigestMismatchError(ContentError):
    """The bytes received do not have the digest they were asked for by."""

    retry = Retry.ONCE

    def __init__(self, what: str, expected: str, actual: str) -> None:
        super().__init__(f"{what}: expected {expected}, received {actual}", what=what, expected=expected, actual=actual)


class MalformedManifestError(ContentError):
    """A manifest, index or image config that does not parse or contradicts itself."""

    def __init__(self, digest: str, reason: str) -> None:
        super().__init__(f"malformed manifest {digest}: {reason}", digest=digest, reason=reason)


class MalformedLayerError(ContentError):
    """A layer that cannot be read to its end."""

    def __init__(self, digest: str, reason: str) -> None:
        super().__init__(f"malformed layer {digest}: {reason}", digest=digest, reason=reason)


class MalformedSnapshotError(ContentError):
    """A feed snapshot that cannot be read to its end; the previous revision stays in force."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"malformed snapshot of {source}: {reason}", source=source, reason=reason)


class BundleRefusedError(ContentError):
    """A bundle of feeds that is not whole, not signed by somebody who is trusted, or older than what we hold."""

    actor = Actor.OPERATOR

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"bundle refused: {path}: {reason}", path=path, reason=reason)


class MalformedAdvisoryError(MalformedSnapshotError):
    """One record of a feed that does not parse; what was known of it before stays in force."""

    def __init__(self, source: str, id: str, reason: str) -> None:
        message = f"malformed advisory {id} of {source}: {reason}"
        ContentError.__init__(self, message, source=source, id=id, reason=reason)


class MalformedPackageDatabaseError(ContentError):
    """A file that an extractor wanted does not parse; the runner turns it into a gap."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"cannot read {path}: {reason}", path=path, reason=reason)


class LimitExceededError(ContentError):
    """A named limit was reached; `limit` is its name among the limits of the room that read."""

    def __init__(self, what: str, limit: str, allowed: int, unit: str) -> None:
        super().__init__(
            f"{what}: over the limit {limit} of {allowed} {unit}", what=what, limit=limit, allowed=allowed, unit=unit
        )


# --- the store --------------------------------------------------------------------------------------------------------


class StoreError(DogwatchError):
    """The database did not do its part."""


class StoreUnavailableError(StoreError):
    """PostgreSQL cannot be reached or went away."""

    retry = Retry.YES

    def __init__(self, reason: str) -> None:
        super().__init__(f"database unavailable: {reason}", reason=reason)


class ConflictError(StoreError):
    """A truly simultaneous change of the same thing."""

    actor = Actor.CALLER

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"conflict on {what}: {reason}", what=what, reason=reason)


class TakenOverError(StoreError):
    """A job was given to another worker, because its own was silent for too long."""

    actor = Actor.NOBODY

    def __init__(self, job_id: int) -> None:
        super().__init__("another worker does this job now", job_id=job_id)


# --- requests ---------------------------------------------------------------------------------------------------------


_POINTED_BEFORE = 50
_POINTED_AFTER = 20
"""Characters shown before and behind a place that is pointed at: together they fit one line of a terminal."""


class RequestError(DogwatchError):
    """The caller asked for something that cannot be given."""

    actor = Actor.CALLER


class InvalidRequestError(RequestError):
    """A value the caller gave is not acceptable; `field` names it.

    Where it was read from a text of some length, `position` counts the characters of `text` before the place.
    """

    def __init__(self, field: str, reason: str, *, text: str = "", position: int | None = None) -> None:
        if position is None:
            super().__init__(f"{field}: {reason}", field=field, reason=reason)
        else:
            message = f"{field}, at character {position + 1}: {reason}"
            super().__init__(message, field=field, reason=reason, text=text, position=position)

    @property
    def pointer(self) -> tuple[str, ...]:
        """The text around the place and, below it, a caret under the place; nothing where no place is known."""
        position = self.fields.get("position")
        if not isinstance(position, int):
            return ()
        begin, end = max(0, position - _POINTED_BEFORE), position + _POINTED_AFTER
        shown = "".join(one if one.isprintable() else " " for one in str(self.fields["text"])[begin:end])
        return shown, " " * (position - begin) + "^"


class NotFoundError(RequestError):
    """What the caller named does not exist in this account."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"no such {what}: {name}", what=what, name=name)


class ForbiddenError(RequestError):
    """The caller may not do this."""

    def __init__(self, action: str, reason: str) -> None:
        super().__init__(f"not allowed to {action}: {reason}", action=action, reason=reason)


class StepCrashedError(DogwatchError):
    """A child process died (killed, out of memory, crashed) before it gave a result."""

    retry = Retry.ONCE

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step} died: {reason}", step=step, reason=reason)
