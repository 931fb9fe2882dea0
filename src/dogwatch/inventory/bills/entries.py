"""The entries of a bill of materials, whatever its format → packages and gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from dogwatch.inventory.bills.words import read_gap
from dogwatch.inventory.distributions import JUDGED
from dogwatch.inventory.evidence import OsRelease
from dogwatch.inventory.limits import GAPS_OF_A_KIND, Limits
from dogwatch.inventory.naming import show
from dogwatch.inventory.package_urls import is_rpm, names_epoch, names_source, parse_package_url
from dogwatch.inventory.releases import DISTRIBUTIONS
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Package
from dogwatch.versions import family_of, is_named_by_binary

# Entries looked at: ten times the packages of the largest images seen.
BILL_ENTRIES_MAX: Final = 500_000

# Distributions without releases.
_ROLLING: Final = frozenset(one.family for one in DISTRIBUTIONS.values() if one.release_of(OsRelease("")) == "")
_EXAMPLES: Final = 3
# What we say of a gap: a path, of at most 4,096 characters, and a sentence.
_GAP_CHARS: Final = 5_000
# As many as we write at most.
_GAPS_MAX: Final = len(GapKind) * (GAPS_OF_A_KIND + 1)


@dataclass(frozen=True, slots=True)
class Bill:
    """What a bill lists: the format it is in, what it describes, packages sorted and distinct, and gaps.

    One that came inside an attestation also has the digests that this is about, and says how it was kept there.
    """

    format: str
    describes: str
    packages: tuple[Package, ...]
    gaps: tuple[Gap, ...]
    subjects: frozenset[str] = frozenset()
    kept_in: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its name for people, its package URLs, and the source package as some tools write it beside.

    `has_cpe` says that a CPE names it. `own` is the package itself, where we wrote the entry and said what its package
    URL does not carry.
    """

    name: str
    urls: tuple[str, ...]
    has_cpe: bool = False
    source_name: str = ""
    source_version: str = ""
    own: Package | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A bill before its entries are taken: format, what it describes, entries, the distribution it names, told gaps."""

    format: str
    describes: str
    entries: Iterable[Entry]
    distribution: OsRelease | None
    told: Iterable[Gap]


@dataclass(slots=True)
class _Taken:
    """What the entries taken so far come to; refused ones are counted by reason, with a few of their names."""

    packages: set[Package] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, set[str]] = field(default_factory=dict)
    names_sources: bool = False
    names_epochs: bool = False


def told_gaps(told: Iterable[tuple[str, str]]) -> Iterator[Gap]:
    """Yield the gaps that a bill of ours tells of, from (name, sentence) of its properties or comments."""
    gaps = (read_gap(name, show(sentence, _GAP_CHARS)) for name, sentence in told)
    return islice((gap for gap in gaps if gap is not None), _GAPS_MAX)


def bill_of(listed: Listed, limits: Limits) -> Bill:
    """Take the entries, and return what they come to."""
    taken = _Taken()
    gaps = set(listed.told)
    for number, entry in enumerate(listed.entries):
        if number >= BILL_ENTRIES_MAX:
            gaps.add(Gap(GapKind.TOO_MANY_FILES, "", f"over the limit of {BILL_ENTRIES_MAX} entries in one bill"))
            break
        _take(entry, listed.distribution, limits, taken)
    gaps.update(_refusals(taken), _distribution_gaps(taken.packages, taken.names_sources))
    if not taken.names_epochs:
        gaps.update(_epoch_gaps(taken.packages))
    return Bill(listed.format, show(listed.describes, 300), tuple(sorted(taken.packages)), tuple(sorted(gaps)))


def _take(entry: Entry, distribution: OsRelease | None, limits: Limits, taken: _Taken) -> None:
    if entry.own is not None:
        taken.packages.add(entry.own)
        taken.names_sources = taken.names_sources or bool(entry.own.source_name)
        taken.names_epochs = True
        return
    for url in entry.urls or ("",):
        try:
            package = parse_package_url(url, distribution, limits)
        except ValueError as error:
            _refuse(entry, url, error, taken)
            continue
        taken.names_epochs = taken.names_epochs or names_epoch(url)
        if package.source_name:
            taken.names_sources = taken.names_sources or names_source(url) or bool(entry.source_name)
            if entry.source_name and not names_source(url):
                version = entry.source_version or package.version
                package = replace(package, source_name=entry.source_name, source_version=version)
        taken.packages.add(package)


def _refuse(entry: Entry, url: str, error: ValueError, taken: _Taken) -> None:
    reason = _reason(entry, url, error)
    taken.counts[reason] = taken.counts.get(reason, 0) + 1
    examples = taken.examples.setdefault(reason, set())
    examples.add(show(entry.name or url, 60))
    if len(examples) > _EXAMPLES:  # the first in the alphabet, so that the order of entries says nothing
        examples.remove(max(examples))


def _reason(entry: Entry, url: str, error: ValueError) -> str:
    if not url:
        return "a CPE and no package URL" if entry.has_cpe else "no package URL"
    known = str(error)
    if known.startswith(("packages of type", "no usable")):
        return show(known, 60)
    return "a package URL that does not parse"


def _refusals(taken: _Taken) -> Iterator[Gap]:
    for number, (reason, count) in enumerate(sorted(taken.counts.items())):
        if number == GAPS_OF_A_KIND:
            yield Gap(GapKind.PACKAGE_UNIDENTIFIED, "", f"{len(taken.counts) - number} more reasons")
            return
        examples = ", ".join(sorted(taken.examples[reason]))
        entries = f"{count} {'entry' if count == 1 else 'entries'}"
        more = "…" if count > _EXAMPLES else ""
        yield Gap(GapKind.PACKAGE_UNIDENTIFIED, "", f"{entries}: {reason} ({examples}{more})")


def _epoch_gaps(packages: set[Package]) -> Iterator[Gap]:
    # Tools that write epochs leave out those that are 0, so one that is written speaks for all.
    rpms = sum(1 for package in packages if is_rpm(package))
    if rpms:
        yield Gap(GapKind.EPOCH_UNKNOWN, "", f"{rpms} rpm packages, none with its epoch")


def _distribution_gaps(packages: set[Package], names_sources: bool) -> Iterator[Gap]:
    counts = Counter(package.ecosystem for package in packages if package.source_name)
    named_by_source = sum(count for ecosystem, count in counts.items() if not is_named_by_binary(ecosystem))
    if named_by_source and not names_sources:
        detail = f"{named_by_source} packages, none with its source package"
        yield Gap(GapKind.SOURCE_PACKAGE_UNKNOWN, "", detail)
    for number, (ecosystem, count) in enumerate(sorted(counts.items())):
        if number == GAPS_OF_A_KIND:
            detail = f"{len(counts) - number} more distributions or releases, not looked at one by one"
            yield Gap(GapKind.DISTRIBUTION_UNSUPPORTED, "", detail)
            return
        if family_of(ecosystem) not in JUDGED:
            yield Gap(GapKind.DISTRIBUTION_UNSUPPORTED, "", f"{ecosystem}: {count} packages")
        elif ecosystem not in _ROLLING and ":" not in ecosystem:
            yield Gap(GapKind.RELEASE_UNKNOWN, "", f"{ecosystem}: {count} packages without a release")
