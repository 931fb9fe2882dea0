"""What is known of one vulnerability: its names, scores, facts, and what each advisory says of which packages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dogwatch.model.facts import KnownFacts
from dogwatch.model.matches import Score, Severity


@dataclass(frozen=True, slots=True)
class RangeView:
    """One range in force, with the versions as the source writes them; `verdict` is affected or not affected.

    `exact_version` stands alone, without the other versions. `not_comparable` says why the range is of no use.
    """

    ecosystem: str
    package: str
    introduced: str
    fixed: str
    last_affected: str
    exact_version: str
    fix_state: str
    verdict: str
    not_comparable: str

    @property
    def stated(self) -> str:
        """The range as its source states it, in words."""
        events = [("introduced", self.introduced), ("fixed", self.fixed), ("last affected", self.last_affected)]
        events += [("version", self.exact_version)]
        texts = [f"{name} {text}" for name, text in events if text]
        return f"{self.package} of {self.ecosystem}: {', '.join(texts) or 'every version'}"


@dataclass(frozen=True, slots=True)
class AdvisoryView:
    """One document that names the vulnerability; `more_ranges` counts those that are not among `ranges`."""

    source: str
    advisory: str
    summary: str
    published_at: datetime | None
    modified_at: datetime
    withdrawn_at: datetime | None
    ranges: tuple[RangeView, ...]
    more_ranges: int = 0


@dataclass(frozen=True, slots=True)
class VulnerabilityView:
    """One vulnerability. `images` counts the account's watched images that it concerns now, up to a bound.

    `are_more` says that the bound was reached.
    """

    name: str
    aliases: tuple[str, ...]
    scores: tuple[Score, ...]
    facts: KnownFacts
    advisories: tuple[AdvisoryView, ...]
    images: int
    are_more: bool = False


@dataclass(frozen=True, slots=True)
class VulnerabilityQuery:
    """A search among all vulnerabilities that are known; whatever is empty demands nothing.

    `text` is how a name of it begins (a CVE id, an alias, the id of a document), or the name of a package. `package`
    (with a `*` at its end: how it begins) and `ecosystem` must hold of one range in force; an ecosystem without a
    release means all of its releases. `epss_ppm` is the least probability, in parts per million. Sorted by name;
    `after` is an opaque cursor.
    """

    text: str = ""
    package: str = ""
    ecosystem: str = ""
    severities: frozenset[Severity] = frozenset()
    exploited: bool = False
    epss_ppm: int = 0
    limit: int = 100
    after: str = ""


@dataclass(frozen=True, slots=True)
class NamedPackage:
    """A package as advisories name it."""

    ecosystem: str
    name: str


@dataclass(frozen=True, slots=True)
class FoundVulnerability:
    """A vulnerability in a list: severity and score as catalogues and advisories give them for the flaw as a whole.

    What counts for one package is another matter (`matching.resolve`). `facts` come without scores. `packages` are the
    first that ranges in force name, `more_packages` how many others there are. `modified_at` is when the newest of its
    documents changed.
    """

    name: str
    aliases: tuple[str, ...]
    severity: Severity
    score: Score | None
    facts: KnownFacts
    packages: tuple[NamedPackage, ...]
    more_packages: int
    summary: str
    modified_at: datetime
