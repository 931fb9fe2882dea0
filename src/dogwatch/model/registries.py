"""A registry that is watched, and what it tells us."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dogwatch.model.errors import InvalidRequestError

_DAYS = re.compile(r"DAYS_([1-9][0-9]{0,3})")


@dataclass(frozen=True, slots=True)
class RegistryAccess:
    """How to reach a registry.

    Secrets stay where the operator keeps them: `password_file` names a file, `password_variable` an environment
    variable; neither is ever stored by value. Plain HTTP only when `url` says `http://`, which `registries add`
    accepts only when told so. `ca_file` is a PEM file with the authorities to trust instead of the system's.
    """

    url: str
    username: str = ""
    password_file: str = ""
    password_variable: str = ""
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class LookBack:
    """How far back a registry is looked at when it is added.

    ALL: everything that is found counts as pushed when it was found. WINDOWS: as pushed when it was created, so that
    the windows decide. DAYS_<n>: the same, and nothing is watched that is older than n days when the registry is added.
    """

    is_all: bool = True
    days: int | None = None

    @classmethod
    def parse(cls, text: str) -> LookBack:
        """Read `ALL`, `WINDOWS` or `DAYS_<n>`.

        Raises:
            InvalidRequestError: any other text.
        """
        if text in ("ALL", "WINDOWS"):
            return cls(is_all=text == "ALL")
        number = _DAYS.fullmatch(text)
        if number is None:
            raise InvalidRequestError("look-back", f"{text!r} is none of ALL, WINDOWS, DAYS_<number>")
        return cls(is_all=False, days=int(number[1]))

    def __str__(self) -> str:
        return "ALL" if self.is_all else "WINDOWS" if self.days is None else f"DAYS_{self.days}"


ALL = LookBack()


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry watched for one account. `alias` is unique within the account; `region` is what AWS clients see.

    `believes_bills` says whether bills of materials that are attached to its images count.
    """

    id: int
    account_id: str
    alias: str
    kind: str
    region: str
    access: RegistryAccess
    added_at: datetime
    look_back: LookBack = ALL
    believes_bills: bool = False


class EventKind(StrEnum):
    """What happened to a manifest. A second tag on a digest is a push; a deleted tag is a deletion with a tag only."""

    PUSHED = "pushed"
    PULLED = "pulled"
    DELETED = "deleted"


class EventOrigin(StrEnum):
    """How we heard of it."""

    WEBHOOK = "webhook"
    POLL = "poll"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class RegistryEvent:
    """One push, pull or deletion of a manifest, as the registry told it.

    `digest` is empty only for a deleted tag. `occurred_at` is the registry's word (not yet clamped), `external_id`
    makes the event unique within (registry, origin), so that hearing it twice changes nothing. `own` marks our own
    reads.
    """

    kind: EventKind
    repository: str
    digest: str
    tag: str
    occurred_at: datetime
    external_id: str
    media_type: str = ""
    actor: str = ""
    user_agent: str = ""
    client_address: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True)
class TagListing:
    """What polling saw of one repository at one moment: tag → digest, complete."""

    repository: str
    tags: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """One webhook body as received, waiting to be read."""

    id: int
    registry_id: int
    received_at: datetime
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class ManifestToResolve:
    """A manifest that events or polls named and that is not known yet."""

    registry_id: int
    repository: str
    digest: str


@dataclass(frozen=True, slots=True)
class ReadNotice:
    """What was understood of one webhook body: the events in it, and what was refused, in words."""

    events: tuple[RegistryEvent, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoticeReading:
    """What was read from one notice: its events in product time, and what was refused, in words."""

    notice_id: int
    registry_id: int
    received_at: datetime
    events: tuple[RegistryEvent, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PollOutcome:
    """What a poll of one registry saw: listings that are complete, and repositories that failed, with the reason."""

    listings: tuple[TagListing, ...]
    failures: tuple[tuple[str, str], ...]
