"""How a package stands to a range, and what became of its matches, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dogwatch.matching import decide, key_affected_package, key_package, resolve, stand, weigh
from dogwatch.model.advisories import AffectedPackage, FixState, Naming, RangeEvent, RangeEventKind, StatedRange
from dogwatch.model.explanations import Standing
from dogwatch.model.matches import Match
from dogwatch.model.packages import Package
from dogwatch.model.verdicts import Verdict

INTRODUCED, FIXED, LAST, LIMIT = RangeEventKind

Events = tuple[tuple[RangeEventKind, str], ...]


def affected(*events: tuple[RangeEventKind, str], state: str = "", versions: tuple[str, ...] = ()) -> AffectedPackage:
    stated = (StatedRange("ECOSYSTEM", tuple(RangeEvent(kind, text) for kind, text in events)),) if events else ()
    return AffectedPackage("Debian:12", "a", stated, versions, state)


ELSEWHERE = replace(affected((INTRODUCED, "0")), name="b")
_TEMPLATE = "bound of the affected range: version is a template that was never filled in"


@pytest.mark.parametrize(
    ("entry", "standing", "words"),
    [
        (affected((INTRODUCED, "0"), (FIXED, "2.0")), Standing.INSIDE, "1.5 < 2.0 (dpkg)"),
        (affected((INTRODUCED, "1.0"), (LAST, "1.5")), Standing.INSIDE, "1.0 <= 1.5 <= 1.5 (dpkg)"),
        (affected((INTRODUCED, "1.0")), Standing.INSIDE, "1.0 <= 1.5, and nothing ends it (dpkg)"),
        (affected((INTRODUCED, "0")), Standing.INSIDE, "every version"),
        (affected(state="not affected"), Standing.INSIDE, "every version"),
        (affected(versions=("1.5",)), Standing.INSIDE, "1.5 = 1.5, which is listed (dpkg)"),
        (affected((INTRODUCED, "0"), (LIMIT, "2")), Standing.INSIDE, "1.5 < where the range is cut off (dpkg)"),
        (affected((INTRODUCED, "0"), (FIXED, "1.5")), Standing.ABOVE, "1.5 >= 1.5, the fix (dpkg)"),
        (
            affected((INTRODUCED, "0"), (LAST, "1.4"), (FIXED, "1.4.1")),
            Standing.ABOVE,
            "1.5 > 1.4, the last that is affected (dpkg)",
        ),
        (affected((INTRODUCED, "0"), (LIMIT, "1")), Standing.ABOVE, "1.5 is above where the range is cut off (dpkg)"),
        (affected((INTRODUCED, "1.6")), Standing.BELOW, "1.5 < 1.6, where it begins (dpkg)"),
        (affected((INTRODUCED, "${x}")), Standing.NOT_COMPARED, _TEMPLATE),
        (ELSEWHERE, Standing.ELSEWHERE, "speaks of b of Debian:12, not of a of Debian:12"),
    ],
)
def test_how_a_package_stands_to_a_range(entry: AffectedPackage, standing: Standing, words: str) -> None:
    package = key_package(Package("Debian:12", "a", "1.5"))
    (one,) = key_affected_package(entry)
    assert stand(package, one) == (standing, words.replace("(dpkg)", "(order of dpkg)"))
    assert (decide(package, one) not in (None, Verdict.UNDETERMINED)) is (standing is Standing.INSIDE)


def test_a_range_that_means_a_package_by_either_name_is_compared_with_what_is_installed() -> None:
    package = key_package(Package("Wolfi", "a-ui", "1.5-r0", "x86_64", "a"))
    entry = replace(affected((INTRODUCED, "0"), (FIXED, "2.0-r0")), ecosystem="Wolfi", naming=Naming.EITHER)
    for name, standing, words in (
        ("a", Standing.INSIDE, "1.5-r0 < 2.0-r0 (order of apk)"),
        ("a-ui", Standing.INSIDE, "1.5-r0 < 2.0-r0 (order of apk)"),
        ("a-db", Standing.ELSEWHERE, "speaks of a-db of Wolfi, not of a of Wolfi"),
    ):
        (one,) = key_affected_package(replace(entry, name=name))
        assert stand(package, one) == (standing, words)
    (own,) = key_affected_package(replace(entry, name="a", naming=Naming.OWN))
    words = "speaks of a alone, not of what else is built from its source"
    assert stand(package, own) == (Standing.ELSEWHERE, words)


def match(number: int, verdict: Verdict, *, own: bool, fixed: str = "") -> Match:
    state = FixState.FIXED if fixed else FixState.NOT_FIXED
    return Match(number, f"A-{number}", "osv", verdict, own, state, fixed, fixed.encode() or None)


def test_what_became_of_each_match() -> None:
    yes, no, lost = Verdict.AFFECTED, Verdict.NOT_AFFECTED, Verdict.UNDETERMINED
    own = [match(1, yes, own=True, fixed="2"), match(2, yes, own=True, fixed="1"), match(3, no, own=True)]
    upstream = match(4, yes, own=False)
    everybody = [*own, upstream, match(5, lost, own=True)]
    assert weigh(everybody, resolve(everybody)) == {
        1: "decides",
        2: "agrees; of several fixes the newest counts",
        3: "overruled: within one voice, affected comes before not affected",
        4: "overruled: the distribution's word on its own package comes before anybody else's",
        5: "does not count: it cannot be compared, and others of the same voice can",
    }
    unclear = [upstream, match(5, lost, own=True)]
    assert weigh(unclear, resolve(unclear)) == {
        4: "decides",
        5: "does not count: the distribution's word cannot be compared, and upstream says affected",
    }
    assert weigh([], None) == {}
