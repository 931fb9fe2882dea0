"""What lists show: findings, images, feeds, whole, and the questions asked of them.

Plain values: the store fills them, `serve` and `cli` render them. No decision lives here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from dogwatch.model.facts import CATALOGUE, NOTHING_KNOWN, KnownFacts
from dogwatch.model.feeds import FIXES_ONLY
from dogwatch.model.images import NO_BASE, BaseImage

if TYPE_CHECKING:
    from dogwatch.model.deeds import Hold
    from dogwatch.model.filters import Filter
    from dogwatch.model.lifecycle import Proposal
    from dogwatch.model.matches import Score, Severity
    from dogwatch.model.monitoring import StatusCode, StatusReason

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class VulnerablePackage:
    """One affected package inside a finding, as one layer brought it.

    `layer_digest` is that layer, `build_step` what the image's history says of how it was made (empty: it does not
    say), `paths` prove it; a package that two layers brought is there twice. `from_base` says whether the layer is one
    of the base image's, named by `base_image`; None where no base image is known.
    """

    ecosystem: str
    name: str
    version: str
    arch: str
    source_name: str
    source_version: str
    fixed_version: str
    fix_state: str
    layer_digest: str
    paths: tuple[str, ...]
    build_step: str = ""
    from_base: bool | None = None
    base_image: str = ""


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding as of one moment, whole. `status` is ACTIVE or CLOSED; `closed_reason` is empty while ACTIVE.

    `begin_reason` says why it stands as it does, since when its worst package is concerned: what came last of the watch
    and the exposure.
    """

    account_id: str
    image_id: int
    vulnerability_id: int
    vulnerability: str
    aliases: tuple[str, ...]
    title: str
    description: str
    severity: Severity
    score_tenths: int | None
    score_vector: str
    score_version: str
    score_source: str
    source: str
    advisory: str
    references: tuple[str, ...]
    published_at: datetime | None
    modified_at: datetime | None
    fix_available: str  # YES, NO, PARTIAL
    status: str
    begin_reason: str
    closed_reason: str
    first_observed_at: datetime
    last_observed_at: datetime
    updated_at: datetime
    registry_alias: str
    registry_url: str
    region: str
    repository: str
    digest: str
    tags: tuple[str, ...]
    os: str
    architecture: str
    platform: str  # DEBIAN_12; empty where the distribution is not known
    author: str
    pushed_at: datetime | None
    packages: tuple[VulnerablePackage, ...]
    severity_reason: str = ""  # which statement the severity follows, and why that one
    scores: tuple[Score, ...] = ()  # all that are known, the one that counts first
    in_use_at: datetime | None = None  # when a container of the image was last seen running
    in_use_count: int = 0  # how many were, within a day
    vendor_word: str = ""  # the deciding document's own word for the severity
    facts: KnownFacts = NOTHING_KNOWN

    @property
    def id(self) -> str:
        """What it is asked for by: image and vulnerability, 32 hexadecimal digits."""
        return f"{self.image_id:016x}{self.vulnerability_id:016x}"


def finding_parts(text: str) -> tuple[int, int]:
    """Return the ids of image and vulnerability in a finding's id. ValueError: it has other than hexadecimal digits."""
    return int(text[:16], 16), int(text[16:], 16)


@dataclass(frozen=True, slots=True)
class FindingQuery:
    """Filters: values of one field are alternatives, fields must all hold. Empty means no filter.

    `statuses` empty means every status that lists show. String filters come as (comparison, value) with comparison
    EQUALS, PREFIX or NOT_EQUALS. `filter` (on FINDING_FIELDS) must hold as well. `as_of` None means now. `sort` is one
    of ORDERS of the store; `after` an opaque cursor.
    """

    account_id: str
    texts: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    # text fields: severity, status, vulnerability, repository, registry, place (alias/repository), tag, digest,
    # architecture, package, ecosystem,
    # fix (YES/NO/PARTIAL), exploited and exploit (YES/NO),
    # image (id), finding ((image id, vulnerability id) as 32 hex), title, source
    times: Mapping[str, Sequence[tuple[datetime | None, datetime | None]]] = field(default_factory=dict)
    # time fields: first_observed_at, last_observed_at, updated_at, pushed_at, in_use_at; bounds inclusive
    numbers: Mapping[str, Sequence[tuple[float | None, float | None]]] = field(default_factory=dict)
    # number fields: score (0..10), epss (0..1), in_use_count (containers within a day of now, whatever as_of is)
    filter: Filter | None = None
    as_of: datetime | None = None
    sort: str = "severity"
    descending: bool = True
    limit: int = 100
    after: str = ""


@dataclass(frozen=True, slots=True)
class GapView:
    """One gap with its consequence in words."""

    kind: str
    path: str
    detail: str
    consequence: str


@dataclass(frozen=True, slots=True)
class ImageView:
    """One image with its clocks, its watch and what could not be seen.

    `why` is the sentence that explains the watch. `indexed_at` None means never looked at: *not* "no findings".
    `severity_counts` counts active findings by severity.
    """

    image_id: int
    account_id: str
    registry_alias: str
    registry_url: str
    region: str
    repository: str
    digest: str
    tags: tuple[str, ...]
    tags_via_index: tuple[str, ...]
    os: str
    architecture: str
    platform: str
    size_bytes: int
    scan_frequency: str
    status_code: StatusCode
    status_reason: StatusReason
    problem: str
    pushed_at: datetime | None
    pulled_at: datetime | None
    pulled_by: str
    in_use_at: datetime | None
    watched_until: datetime | None
    held_by: str
    why: str
    indexed_at: datetime | None
    packages: int
    undetermined: int
    severity_counts: Mapping[Severity, int]
    gaps: tuple[GapView, ...]
    proposal: Proposal | None = None  # of lifecycle rules; None: it stays
    hold: Hold | None = None  # not released; past or to come
    in_use_count: int = 0  # containers seen running within the last day
    base: BaseImage = NO_BASE


@dataclass(frozen=True, slots=True)
class UnresolvedView:
    """One manifest that could not be resolved, so that nobody knows whether it is an image or an index: not looked at.

    `status_reason` and `problem` say why; `tried_at` is None before the first of `attempts`.
    """

    account_id: str
    registry_alias: str
    registry_url: str
    region: str
    repository: str
    digest: str
    tags: tuple[str, ...]
    scan_frequency: str
    status_code: StatusCode
    status_reason: StatusReason
    problem: str
    attempts: int
    tried_at: datetime | None


@dataclass(frozen=True, slots=True)
class ImageQuery:
    """Filters on images; as in FindingQuery.

    Text fields: status_code, status_reason, repository, registry, place (alias/repository), tag, digest, image,
    architecture. Times: pulled_at, pushed_at, in_use_at, indexed_at. Numbers: in_use_count. `filter` is one on
    IMAGE_FIELDS. Sorted by id; `after` is an opaque cursor.
    """

    account_id: str
    texts: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    times: Mapping[str, Sequence[tuple[datetime | None, datetime | None]]] = field(default_factory=dict)
    numbers: Mapping[str, Sequence[tuple[float | None, float | None]]] = field(default_factory=dict)
    filter: Filter | None = None
    limit: int = 100
    after: str = ""
    with_counts: bool = True


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list; `next` is empty at the end."""

    rows: tuple[Row, ...]
    next: str


@dataclass(frozen=True, slots=True)
class FeedView:
    """How fresh one feed is. `stale` after its expected age, `missing` before the first import.

    `unconfirmed_loss` counts records that the feed no longer lists and that stay in force until somebody confirms it.
    `refused` counts records of the last import that could not be used, `partial` those in force that were not read
    whole; `unread` tells what was not, of the first five.
    """

    source: str
    ecosystem: str
    records: int
    refused: int
    checked_at: datetime | None
    changed_at: datetime | None
    problem: str
    stale: bool
    missing: bool
    unconfirmed_loss: int = 0
    partial: int = 0
    unread: tuple[str, ...] = ()

    @property
    def tells_fixes_only(self) -> bool:
        """Whether it has no flaw that is not fixed yet, so that its silence on a package says nothing."""
        return self.ecosystem.partition(":")[0] in FIXES_ONLY

    @property
    def is_of_facts(self) -> bool:
        """Whether it tells facts about CVE ids, not which packages are affected."""
        return self.ecosystem == CATALOGUE

    @property
    def is_current(self) -> bool:
        """Whether it was imported, and answered within its expected age."""
        return not (self.missing or self.stale)

    @property
    def is_untried(self) -> bool:
        """Whether nobody ever asked it."""
        return self.missing and self.checked_at is None and not self.problem
