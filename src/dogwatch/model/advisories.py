"""Advisories: one document from one source, the packages it affects, and the keyed ranges made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dogwatch.model.verdicts import Verdict

_SEVERAL = "SEVERAL_"


@dataclass(frozen=True, slots=True)
class SeverityFact:
    """One statement about severity: `kind` is CVSS_V2, CVSS_V3, CVSS_V4 or TEXT; `value` the vector or the word.

    Behind `SEVERAL_` in its kind it is about several vulnerabilities together, and judges none of them alone.
    """

    kind: str
    value: str

    @property
    def is_word(self) -> bool:
        """Whether it is a source's own word."""
        return self.kind.endswith("TEXT")

    @property
    def is_of_several(self) -> bool:
        """Whether it is about several vulnerabilities together."""
        return self.kind.startswith(_SEVERAL)

    def of_several(self) -> SeverityFact:
        """Return it as a statement about several vulnerabilities together."""
        return self if self.is_of_several else SeverityFact(_SEVERAL + self.kind, self.value)


class RangeEventKind(StrEnum):
    """The four events of an OSV range."""

    INTRODUCED = "introduced"
    FIXED = "fixed"
    LAST_AFFECTED = "last_affected"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class RangeEvent:
    """One event of a range, with the version as the source writes it.

    `fix` is the version to name as the fix that ends it, where that is another: a build of a stream that few can get.
    """

    kind: RangeEventKind
    version: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class StatedRange:
    """A range as the source states it: its type (SEMVER, ECOSYSTEM; the parser drops GIT ranges) and events."""

    type: str
    events: tuple[RangeEvent, ...]


class FixState(StrEnum):
    """What the source says about a fix."""

    FIXED = "fixed"
    NOT_FIXED = "not fixed"
    WILL_NOT_FIX = "will not fix"
    DEFERRED = "deferred"
    END_OF_LIFE = "end of life"
    UNKNOWN = "unknown"


class Naming(StrEnum):
    """By which of its names and versions a package is meant."""

    MATCHED = ""
    """Those that advisories of its ecosystem go by, in exactly this ecosystem; versions may be ranges."""
    SOURCE = "source"
    """The same names; single versions or all, and an ecosystem without a release stands for every release."""
    INSTALLED = "installed"
    """What is installed, whatever it was built from; otherwise as SOURCE."""
    EITHER = "either"
    """As MATCHED; and what is installed by that name, whatever it was built from, as far as versions are ranges."""
    OWN = "own"
    """As EITHER, but not what is only built from a source of that name, as far as versions are ranges."""

    @property
    def is_outright(self) -> bool:
        """Whether packages are named by texts, and not by ranges of versions."""
        return self in (Naming.SOURCE, Naming.INSTALLED)


@dataclass(frozen=True, slots=True)
class AffectedPackage:
    """One `affected` entry: package, ranges, listed versions, and what the source says of it outright.

    `name` is as the source writes it. `state` is empty, or one of: `not affected`, `will not fix`, `deferred`,
    `end of life`. `severity` overrides the advisory's for this package. An outright `naming` goes with `versions`
    (none: all of them) and `arch` (empty: any) alone, and `state` may also be `affected`, `fixed` or
    `under investigation`. `problem` is why the entry could not be read; the others then say nothing.
    """

    ecosystem: str
    name: str
    ranges: tuple[StatedRange, ...] = ()
    versions: tuple[str, ...] = ()
    state: str = ""
    severity: tuple[SeverityFact, ...] = ()
    naming: Naming = Naming.MATCHED
    arch: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class UnaffectedPackages:
    """Packages of which a document says that no version is affected: each of `names` in each of `ecosystems`."""

    ecosystems: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advisory:
    """One document from one source, whole. `id` is the source's own (PYSEC-…, GHSA-…, DEBIAN-CVE-…).

    `unread` are parts of it that could not be read, with the reason, where nobody knows which package they are about.
    """

    source: str
    id: str
    modified_at: datetime
    published_at: datetime | None
    withdrawn_at: datetime | None
    summary: str
    details: str
    aliases: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    affected: tuple[AffectedPackage, ...] = ()
    severity: tuple[SeverityFact, ...] = ()
    references: tuple[str, ...] = ()
    cwes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AffectedRange:
    """A half-open key interval of one package name, with its fix; the unit that matching joins on.

    Exactly one of four forms: an interval (`low` ≤ key < `high`), an exact version text for a listed version without a
    key (`exact_version`, keys None), a range that cannot be compared (`not_comparable` says why, keys None), or, where
    `naming` is outright, one version of a package or all (`exact_version` empty), on one `arch` or any; there `low` is
    the version's key, so that other spellings of a source's version are met too, and `high` None.
    `name` is normalised as the ecosystem does. `fixed`, `introduced`, `last_affected` are the source's texts, to show;
    `fixed` is empty where no fix is named, `fixed_key` is its key and then None. `stated_verdict` is what holds for the
    versions inside: affected, or not affected where the source says so outright.
    """

    ecosystem: str
    name: str
    scheme: str
    scheme_number: int
    low: bytes | None
    high: bytes | None
    exact_version: str = ""
    not_comparable: str = ""
    introduced: str = ""
    fixed: str = ""
    last_affected: str = ""
    fixed_key: bytes | None = None
    fix_state: FixState = FixState.UNKNOWN
    stated_verdict: Verdict = Verdict.AFFECTED
    severity: tuple[SeverityFact, ...] = ()
    naming: Naming = Naming.MATCHED
    arch: str = ""
