"""The page: labels joined and not, agreements, every disagreement, and the audits. Holds no figure of its own."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bench.accuracy.held import Held
from bench.accuracy.labels import APPLIES, DOES_NOT
from bench.accuracy.placing import NotPlaced, Placed
from bench.accuracy.replay import ARRIVING, Audited
from dogwatch.model.audits import Difference
from dogwatch.model.verdicts import Verdict
from dogwatch.versions import family_of

_INTRODUCTION = """\
# Accuracy

`./dev accuracy` measured what this page says, in one run, from real advisories and human labels that are not part of
the project (`DOGWATCH_SHARED`), and wrote it. It speaks of *matching*: whether a package version and a vulnerability
belong together. Whether packages are found in images is another question ([benchmarks](benchmarks.md) compares
inventories).
"""

_LABELS = """\
## Human labels

A label says that a vulnerability does, or does not, apply to a package in an image. It names the package and its
version, and neither the ecosystem nor the release. These were inferred, without looking at the vulnerability or at what
the label says of it:

- a revision `-r0` is apk, of Wolfi in images of Chainguard and of Alpine otherwise; `.el8` is an Enterprise Linux,
  `.cm2` Azure Linux, `+deb8u1` Debian, `ubuntu` Ubuntu; any other version with a Debian revision belongs to the
  distribution that the image's name tells;
- a name that begins with a host is a Go module, and `stdlib` is Go's library;
- any other name is joined where exactly one of all feeds knows it. A name that stands in the image at
  `0.0.0-DEVELOPMENT` as well is none: so a source code editor calls folders of its own;
- a part of a Wolfi package is joined to its source package where a label beside it in the image, of the same version,
  bears that one's name.

Only labels of feeds that are here as a whole count. Those of feeds of which parts or derived data are here say nothing
about the product, and are counted and no more.
"""

_WHY_NOT = {
    "Enterprise Linux": "and not told of which: AlmaLinux's feed is whole, and speaks for AlmaLinux alone",
    "Debian": "whose advisories end in March 2023 here, and whose tracker is derived",
    "Alpine": "whose feed ends in June 2020 here, before the labels",
}

_AGREEMENT = """\
### Agreement

*Applies* and *does not* are the label's words, *found* the product's. Precision is the share of what was found that
applies, recall the share of what applies that was found, undetermined the share of all joined labels that were not
decided. Labels that people left undecided stand in no share. A Python package that a distribution's package brought is
held against Python's feed all the same, because a label shows no files: of an image, Dogwatch lists the distribution's
package alone, whose advisories speak for it.
"""

_ASKED_OF_BOTH = """\
The same, for those labels whose vulnerability the feed ties to the package at all: what the decision on the version
adds.
"""

_AUDITS = """\
## Every real state, computed anew

Feeds were imported at their first state and then day by day, each state over the one before, while package versions
arrived: after each, up to {arriving} more of every ecosystem, drawn from the versions at which real ranges begin and
end. Then the audit (`dogwatch db audit`) computed everything from scratch, from nothing but packages and documents,
and compared every row: keys, matches, exposures, what cannot be compared, the grouping of documents by names, what sets
of a hundred packages are exposed to. No images were stored: their clocks are held to the same by the test suite.
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that a run found out; `others` are the labels that do not count."""

    begun_at: datetime
    took_seconds: float
    labels: int
    held: tuple[Held, ...]
    others: tuple[Placed | NotPlaced, ...]
    audits: tuple[Audited, ...]


def render_page(outcome: Outcome) -> str:
    """Return the whole page."""
    ran = f"Run of {outcome.begun_at:%Y-%m-%d %H:%M} UTC, {outcome.took_seconds / 60:.1f} minutes.\n"
    parts = [_INTRODUCTION, ran, _LABELS, _joined(outcome), *_agreement(outcome.held), _disagreements(outcome.held)]
    return "\n".join([*parts, *_audits(outcome.audits)])


# --- labels -----------------------------------------------------------------------------------------------------------


def _joined(outcome: Outcome) -> str:
    joined = [one for one in outcome.others if isinstance(one, Placed)]
    apart = [one for one in outcome.others if isinstance(one, NotPlaced)]
    groups = (
        ("counted: {}", _families(outcome.held)),
        ("joined, not counted: {}, of which only a part or derived data is here", _families(joined)),
        ("not joined: {}", [_told(one) for one in apart if one.family]),
        ("not joined: {}", [one.reason for one in apart if not one.family]),
    )
    rows = [(what.format(word), f"{number:,}") for what, words in groups for word, number in _counts(words)]
    return _table(("labels", "number"), [*rows, ("all", f"{outcome.labels:,}")])


def _told(one: NotPlaced) -> str:
    return f"of {one.family}, {_WHY_NOT.get(one.family, 'whose feed is here in part at most')}"


def _agreement(held: Sequence[Held]) -> list[str]:
    known = [one for one in held if one.is_known]
    return [_AGREEMENT, _shares(held), _ASKED_OF_BOTH, _shares(known)]


def _shares(held: Sequence[Held]) -> str:
    families = _families(held)
    groups = [
        (name, [one for one, family in zip(held, families, strict=True) if family == name])
        for name, _ in _counts(families)
    ]
    head = (
        "", "labels", "applies, found", "applies, not found", "does not, found", "does not, not found", "undecided",
        "precision", "recall", "undetermined",
    )  # fmt: skip
    return _table(head, [_share(name, group) for name, group in [*groups, ("all", list(held))]])


def _share(name: str, held: Sequence[Held]) -> tuple[str, ...]:
    counted = Counter((one.label.verdict, one.is_found) for one in held)
    found, missed = counted[APPLIES, True], counted[APPLIES, False]
    wrong, right = counted[DOES_NOT, True], counted[DOES_NOT, False]
    undetermined = sum(one.verdict is Verdict.UNDETERMINED for one in held)
    undecided = len(held) - found - missed - wrong - right
    shares = (_percent(found, found + wrong), _percent(found, found + missed), _percent(undetermined, len(held)))
    return (name, *(str(one) for one in (len(held), found, missed, wrong, right, undecided)), *shares)


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%} ({part} of {whole})" if whole else "–"


def _disagreements(held: Sequence[Held]) -> str:
    lines = ["### Disagreements", "", f"All {sum(bool(one.reason) for one in held)} of them, by reason.", ""]
    by_reason: dict[tuple[str, str], list[Held]] = defaultdict(list)
    for one in held:
        if one.reason:
            word = "applies, not found" if one.label.verdict == APPLIES else "does not apply, found"
            by_reason[word, one.reason].append(one)
    for (word, reason), group in sorted(by_reason.items()):
        lines += [f"**{word}: {reason}** ({len(group)})", ""]
        lines += [f"- {_described(one)}" for one in sorted(group, key=lambda one: (one.package, one.label))]
        lines.append("")
    return "\n".join(lines)


def _described(one: Held) -> str:
    names = " = ".join(f"`{name}`" for name in one.label.vulnerabilities)
    what = f"{family_of(one.package.ecosystem)} `{one.package.name}` {one.package.version}, {names}"
    return f"{what}{': ' if one.detail else ''}{one.detail} (label `{one.label.id[:8]}`)"


# --- audits -----------------------------------------------------------------------------------------------------------


def _audits(audits: Sequence[Audited]) -> list[str]:
    rows = [
        (
            one.state, ", ".join(one.changed), f"{one.records:,}", f"{one.arrived:,}", f"{one.audit.packages:,}",
            f"{one.matches:,}", f"{one.exposures:,}", f"{one.import_seconds:.1f} s",
            f"{(one.audit.ended_at - one.audit.began_at).total_seconds():.1f} s", str(one.audit.differing),
        )
        for one in audits
    ]  # fmt: skip
    head = (
        "state", "feeds that changed", "records", "packages that arrived", "packages", "matches", "exposures",
        "import took", "audit took", "rows that differ",
    )  # fmt: skip
    found = [f"- {one.state}: {_difference(each)}" for one in audits for each in one.audit.differences[:20]]
    return [_AUDITS.format(arriving=ARRIVING), _table(head, rows), *([*found, ""] if found else [])]


def _difference(one: Difference) -> str:
    stored, expected = one.stored or "nothing", one.expected or "nothing"
    return f"{one.kind}, {one.subject}, {one.vulnerability}: stored {stored}, expected {expected}"


# --- words ------------------------------------------------------------------------------------------------------------


def _families(of: Iterable[Held | Placed]) -> list[str]:
    return [family_of(one.package.ecosystem) for one in of]


def _counts(words: Iterable[str]) -> list[tuple[str, int]]:
    return sorted(Counter(words).items(), key=lambda item: (-item[1], item[0]))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"
