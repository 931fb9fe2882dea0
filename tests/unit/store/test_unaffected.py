"""What SUSE says is not affected: told by explanations and of vulnerabilities, while no range is kept of it."""

from __future__ import annotations

from dataclasses import replace

from dogwatch.advisories import parse_advisory
from dogwatch.advisories.suse_vex import SUSE
from dogwatch.model.feeds import FeedChanges, ParsedRecord
from dogwatch.model.vulnerabilities import RangeView
from dogwatch.store.explanations import Explainer
from dogwatch.store.journal import JournalStore
from dogwatch.store.vulnerability_views import load_vulnerabilities
from tests.builders.advisories import encode_record, osv_record
from tests.builders.contents import publish
from tests.builders.vex import vex
from tests.builders.watching import ACCOUNT, World, day

SERVER = "SUSE Linux Enterprise Server 15 SP6"
RELEASE = f"SUSE:{SERVER.removeprefix('SUSE ')}"
CVE = "CVE-2026-1000"
AFFECTED, CLEAN = "known_affected", "known_not_affected"


def state(world: World, now: float, **statuses: str) -> None:
    """Let SUSE's document say a status of each package."""
    said = [(SERVER, name, status) for name, status in statuses.items()]
    content = SUSE.condense(vex(CVE, said, products={SERVER: ""}))
    record_id = SUSE.id_of(CVE)
    record = ParsedRecord(record_id, day(now), content, SUSE.read(record_id, content, day(now)))
    JournalStore(world.database).publish("suse-vex", "SUSE", FeedChanges({}, iter([record]), ()), day(now))


def explain(world: World, name: str) -> tuple[str, str, list[tuple[str, str, str, int]]]:
    """Return the verdict, the conclusion, and of each range standing, verdict, what became of it, and revision."""
    explainer = Explainer(world.database, lambda _: ())
    (one,) = explainer.explain(ACCOUNT, f"{name}@5.4.1-1", RELEASE, CVE, day(9))
    ranges = [(str(each.standing), each.range.verdict, each.weight, each.revision) for each in one.ranges]
    return one.verdict, one.conclusion, ranges


def test_what_a_document_says_is_not_affected_is_told_by_explanations_and_no_range_is_kept(world: World) -> None:
    state(world, 1, xz=CLEAN, bash=AFFECTED, zlib=CLEAN)

    by = f"SUSE-{CVE} (suse-vex)"
    assert explain(world, "xz") == (
        "not affected",
        f"xz 5.4.1-1 is not affected by {CVE}: {by} says so outright.",
        [("inside", "not affected", "decides", 1)],
    )
    assert explain(world, "curl")[0] == ""
    assert world.rows("SELECT ecosystem, name, stated_verdict FROM affected_range") == [(RELEASE, "bash", "affected")]
    (shown,) = load_vulnerabilities(world.database, ACCOUNT, CVE, day(9))
    clean = RangeView(RELEASE, "xz", "", "", "", "", "unknown", "not affected", "")
    (document,) = shown.advisories
    assert document.ranges == (
        replace(clean, package="bash", introduced="0", fix_state="not fixed", verdict="affected"),
        clean,
        replace(clean, package="zlib"),
    )
    assert document.more_ranges == 0

    state(world, 2, xz=AFFECTED)
    assert explain(world, "xz")[2] == [("inside", "affected", "decides", 2)]


def test_a_fix_that_a_record_names_comes_before_not_affected_as_it_does_for_findings(world: World) -> None:
    state(world, 1, xz=CLEAN)
    fix = osv_record("SUSE-SU-2026:1", ecosystem=RELEASE, name="xz", fixed="5.4.2-1", upstream=[CVE])
    publish(world, 2, "SUSE", parse_advisory(encode_record(fix)))

    verdict, _, ranges = explain(world, "xz")
    overruled = "overruled: within one voice, affected comes before not affected"
    assert verdict == "affected"
    assert sorted(ranges) == [("inside", "affected", "decides", 2), ("inside", "not affected", overruled, 1)]
