"""Versions as NVD writes them, to ranges of the ecosystem `CPE`.

NVD joins version and update in a name (`cpe:2.3:a:openssl:openssl:1.1.1:pre8:…`), or bounds the version from outside
(`versionStartIncluding`). Both are written anew for rpm's order: a pre-release stands behind a tilde, everything else
that follows a version behind a caret.

Source:
    NISTIR 7695 (CPE 2.3 naming), formatted strings; NVD, CVE API 2.0, cpeMatch.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from dogwatch.model.advisories import AffectedPackage, RangeEvent, RangeEventKind, StatedRange
from dogwatch.model.known_products import CPE_ECOSYSTEM

_ANY, _NONE = "*", "-"
_PARTS: Final = re.compile(r"(?<!\\):")
_ESCAPED: Final = re.compile(r"\\(.)")
_BEFORE_RELEASE: Final = re.compile(r"(?<=\d)[-_. ]?(?=alpha|beta|rc|pre|dev)")
_TWO_NUMBERS: Final = re.compile(r"\d+\.\d+(?=$|[~^])")


class Criterion(msgspec.Struct, frozen=True):
    """One name of NVD with the versions it stands for, as NVD writes it."""

    criteria: str
    vulnerable: bool = True
    versionStartIncluding: str = ""  # noqa: N815 -- NVD's own names
    versionStartExcluding: str = ""  # noqa: N815
    versionEndIncluding: str = ""  # noqa: N815
    versionEndExcluding: str = ""  # noqa: N815

    @property
    def texts(self) -> tuple[str, ...]:
        """All that it says."""
        ends = (self.versionEndIncluding, self.versionEndExcluding)
        return (self.criteria, self.versionStartIncluding, self.versionStartExcluding, *ends)


def product_of(criterion: Criterion) -> str:
    """Return `vendor:product` of an application; empty for hardware, operating systems, and what is no such name."""
    parts = _PARTS.split(criterion.criteria)
    return ":".join(parts[3:5]) if parts[:3] == ["cpe", "2.3", "a"] and len(parts) > 6 else ""


def make_affected(name: str, criteria: list[Criterion]) -> AffectedPackage:
    """Return what a record says of one package.

    A criterion for unspecified versions (`-`) says nothing beside others; alone it leaves undetermined who is affected.
    """
    ranges = tuple(stated for one in criteria if (stated := _range_of(one)) is not None)
    versions = tuple(dict.fromkeys(found for one in criteria if (found := _version_of(one))))
    return AffectedPackage(CPE_ECOSYSTEM, name, tuple(dict.fromkeys(ranges)), versions)


def write_version(version: str, update: str = "") -> str:
    """Return a version for rpm's order, with three numbers at least."""
    text = _ESCAPED.sub(r"\1", version).lower()
    more = _ESCAPED.sub(r"\1", update).lower()
    if more not in ("", _ANY, _NONE):
        text += more if _BEFORE_RELEASE.search(f"0{more}") else f"^{more}"
    text = _BEFORE_RELEASE.sub("~", text, count=1).replace("-", "^")
    found = _TWO_NUMBERS.match(text)
    return f"{text[: found.end()]}.0{text[found.end() :]}" if found else text


def _range_of(criterion: Criterion) -> StatedRange | None:
    """Return the range that a criterion bounds from outside; None where it names one version, or none."""
    named = _PARTS.split(criterion.criteria)[5]
    bounds = (
        (RangeEventKind.INTRODUCED, criterion.versionStartIncluding, ""),
        (RangeEventKind.INTRODUCED, criterion.versionStartExcluding, "^"),  # nothing lies between
        (RangeEventKind.LAST_AFFECTED, criterion.versionEndIncluding, ""),
        (RangeEventKind.FIXED, criterion.versionEndExcluding, ""),
    )
    events = [RangeEvent(kind, write_version(text) + behind) for kind, text, behind in bounds if text]
    if named != _ANY and not events:
        return None
    if not any(event.kind is RangeEventKind.INTRODUCED for event in events):
        events.insert(0, RangeEvent(RangeEventKind.INTRODUCED, "0"))
    return StatedRange("ECOSYSTEM", tuple(events))


def _version_of(criterion: Criterion) -> str:
    """Return the one version that a criterion names; empty where it names none."""
    version, update = _PARTS.split(criterion.criteria)[5:7]
    return "" if version in (_ANY, _NONE) else write_version(version, update)
