"""Lifecycle rules: what a repository's owner no longer wants to keep, in ECR's language, and what a policy would do.

Nothing here is ever done in a registry: a policy is a proposal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dogwatch.model.errors import InvalidRequestError


class TagStatus(StrEnum):
    """Which images a rule is about; `tagged` names tags by patterns or prefixes."""

    TAGGED = "tagged"
    UNTAGGED = "untagged"
    ANY = "any"


class CountType(StrEnum):
    """What a rule counts: images, or days since a moment."""

    IMAGES = "imageCountMoreThan"
    SINCE_PUSHED = "sinceImagePushed"
    SINCE_PULLED = "sinceImagePulled"
    SINCE_ARCHIVED = "sinceImageTransitioned"


class StorageClass(StrEnum):
    """Where an image is kept: at hand, or in an archive from which nobody pulls."""

    STANDARD = "standard"
    ARCHIVE = "archive"


class LifecycleAction(StrEnum):
    """What a rule would do with an image: delete it, or move it to the archive."""

    EXPIRE = "expire"
    ARCHIVE = "archive"


NOTHING_IS_DELETED = "a proposal: Dogwatch deletes and archives nothing in any registry"
"""Stands wherever it is told what would go."""


@dataclass(frozen=True, slots=True)
class LifecycleRule:
    """One rule. `count` is of images or days.

    With `tagged`, either `patterns` (`*` is any run of characters) or `prefixes` is given, and an image needs a tag for
    each of them.
    """

    priority: int
    tag_status: TagStatus
    count_type: CountType
    count: int
    action: LifecycleAction
    patterns: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    storage_class: StorageClass = StorageClass.STANDARD
    description: str = ""


@dataclass(frozen=True, slots=True)
class LifecyclePolicy:
    """The rules of one repository, the lowest number first; `text` as it was given."""

    text: str
    rules: tuple[LifecycleRule, ...]


@dataclass(frozen=True, slots=True)
class StoredManifest:
    """One image, or image index, as a policy sees it.

    `named_by` are the digests of the image indexes that name it; `held_until` is the end of its hold, past or to come.
    `pushed_at` None means that its push was never seen.
    """

    digest: str
    tags: tuple[str, ...] = ()
    pushed_at: datetime | None = None
    pulled_at: datetime | None = None
    in_use_at: datetime | None = None
    storage_class: StorageClass = StorageClass.STANDARD
    archived_at: datetime | None = None
    restored_at: datetime | None = None
    named_by: tuple[str, ...] = ()
    held_until: datetime | None = None


class LifecycleVerdict(StrEnum):
    """What a policy comes to for one image."""

    GOES = "goes"
    IN_USE = "in use"
    HELD = "held"
    NAMED = "named by an index"
    UNKNOWN = "not known"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class LifecycleOutcome:
    """What a policy comes to for one image, and why.

    `rule` is the priority of the rule that is about it, which no other may touch; None where none is. `action` is what
    that rule does. IN_USE, HELD and NAMED would go by it and are spared. `due_at` is when its days are over; None for
    a rule that counts images.
    """

    digest: str
    tags: tuple[str, ...]
    pushed_at: datetime | None
    storage_class: StorageClass
    verdict: LifecycleVerdict
    rule: int | None
    action: LifecycleAction | None
    due_at: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the stored policy came to for one image when it was last evaluated; `sentence` says it.

    `outcome` is that of an image index where that would go, as its images then follow.
    """

    outcome: LifecycleOutcome
    evaluated_at: datetime
    sentence: str


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """The policy of a repository as stored, and how many images it would take, and spares, as last evaluated.

    `evaluated_at` None: not evaluated yet; `problem`: why it could not be.
    """

    registry_alias: str
    repository: str
    text: str
    set_at: datetime
    evaluated_at: datetime | None = None
    problem: str = ""
    going: int = 0
    spared: int = 0


@dataclass(frozen=True, slots=True)
class LifecyclePreview:
    """What a policy would do with one repository at one moment.

    `outcomes` has every image, in the order in which they would go. `unresolved` counts the manifests that no rule
    could be asked about, as nobody knows whether they are images.
    """

    registry_alias: str
    repository: str
    policy: LifecyclePolicy
    at: datetime
    outcomes: tuple[LifecycleOutcome, ...]
    unresolved: int

    def page(self, limit: int, after: str, *, whole: bool) -> tuple[tuple[LifecycleOutcome, ...], str]:
        """Return so many of the outcomes behind the one of a digest, and the digest to go on behind; empty at the end.

        What simply stays is among them only in the `whole`.

        Raises:
            InvalidRequestError: no outcome has that digest.
        """
        listed = [one for one in self.outcomes if whole or one.verdict is not LifecycleVerdict.STAYS]
        places = {one.digest: place for place, one in enumerate(listed, start=1)}
        if after and after not in places:
            raise InvalidRequestError("cursor", "not a cursor of this list; begin again without one")
        start = places.get(after, 0)
        shown = tuple(listed[start : start + limit])
        return shown, shown[-1].digest if start + limit < len(listed) else ""

    def count(self, verdict: LifecycleVerdict, action: LifecycleAction | None = None) -> int:
        """Return how many images have a verdict; by one kind of action only, where that is given."""
        return sum(one.verdict is verdict and action in (None, one.action) for one in self.outcomes)


@dataclass(frozen=True, slots=True)
class PreviewQuery:
    """Which of the images that would go are asked for, and whether they have tags (None: either).

    `named` has digest and tag of each, one of which may be empty; None means all. `after` is an opaque cursor.
    """

    named: tuple[tuple[str, str], ...] | None = None
    is_tagged: bool | None = None
    limit: int = 100
    after: str = ""


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """A page of a stored preview: the images that would go, and how many there are in all, by action."""

    text: str
    at: datetime
    rows: tuple[LifecycleOutcome, ...]
    next: str
    counts: Mapping[LifecycleAction, int]
