"""Why packages are, or are not, affected: what is read and put into words, on real PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import pytest

from dogwatch.advisories import parse_advisory
from dogwatch.model.advisories import Advisory
from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.explanations import Explanation, PackageJudgement
from dogwatch.model.packages import Package
from dogwatch.store.explanations import Explainer
from dogwatch.store.operator_documents import OperatorDocumentStore
from dogwatch.store.package_search import PackageSearch
from tests.builders.advisories import encode_record, osv_record
from tests.builders.contents import contain, publish
from tests.builders.statements import NAME, openvex, read, statement
from tests.builders.watching import ACCOUNT, World, as_day, day, image, pushed

LIBSSL = Package("Debian:12", "libssl3", "3.0.7-1", "amd64", "openssl", "3.0.7-1")
ODD = Package("Debian:12", "odd", "not a version", "amd64")
CVE = "CVE-2026-1001"
OTHER_ACCOUNT = "999999999999"


def debian(number: int, *, name: str = "openssl", cve: str = CVE, fixed: str, vector: str = "") -> Advisory:
    """An advisory of Debian's, changed on a day."""
    document_id = f"DEBIAN-{cve}" if name == "openssl" else f"DEBIAN-{cve}-{name}"
    modified = day(number).isoformat()
    record = osv_record(document_id, ecosystem="Debian:12", name=name, modified=modified, upstream=[cve], fixed=fixed)
    record["severity"] = [{"type": "CVSS_V3", "score": vector}] if vector else []
    return parse_advisory(encode_record(record))


def feeds(found: Collection[str]) -> Sequence[tuple[str, str, timedelta]]:
    """Expect the feeds of what was found, asked daily."""
    families = dict.fromkeys(ecosystem.partition(":")[0] for ecosystem in found)
    return [("osv", family, timedelta(days=1)) for family in families]


class Standing:
    """A clock that stands."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment


@pytest.fixture
def explainer(world: World) -> Explainer:
    """A Debian image with a vulnerable library, whose advisory got another fix, and a version that is none."""
    publish(world, 1, "Debian", debian(1, fixed="3.0.8-1"), debian(1, name="odd", cve="CVE-2026-2002", fixed="2"))
    world.tell(2, pushed("a", 2, "latest"))
    world.resolve(2, image("a"))
    contain(world, 3, "a", LIBSSL, ODD)
    publish(world, 4, "Debian", debian(4, fixed="3.0.9-1"))
    return Explainer(world.database, feeds)


def told(one: Explanation) -> list[tuple[object, ...]]:
    """How the package stands to each range, in words, what became of it, and its state."""
    return [(str(each.standing), each.words, each.weight, each.state, each.ended_revision) for each in one.ranges]


def test_a_finding_is_explained_with_what_held_before(world: World, explainer: Explainer) -> None:
    (row,) = world.rows(
        "SELECT DISTINCT span.image_id, span.vulnerability_id FROM finding_span AS span"
        " JOIN vulnerability ON vulnerability.id = vulnerability_id WHERE name = %s",
        CVE,
    )
    finding = f"{row[0]:016x}{row[1]:016x}"
    (one,) = explainer.explain_finding(ACCOUNT, finding, day(5))
    assert (one.package, one.judged_by.name, one.verdict, one.aliases) == (
        LIBSSL,
        "openssl",
        "affected",
        (),
    )
    assert one.conclusion == (f"openssl 3.0.7-1 is affected by {CVE}, as DEBIAN-{CVE} (osv) says; fixed in 3.0.9-1.")
    assert told(one) == [
        ("inside", "3.0.7-1 < 3.0.9-1 (order of dpkg)", "decides", "in force", None),
        ("no longer in force", "3.0.7-1 < 3.0.8-1 (order of dpkg)", "", "changed", 2),
    ]
    assert [(each.range.fixed, each.revision, as_day(each.published_at)) for each in one.ranges] == [
        ("3.0.9-1", 2, 4),
        ("3.0.8-1", 1, 1),
    ]
    assert one.ranges[0].low <= one.judged_by.key < one.ranges[0].high
    assert [
        (each.fixed_version, as_day(each.from_at), as_day(each.to_at), each.begin_reason, each.end_reason)
        for each in one.exposures
    ] == [("3.0.9-1", 4, None, "fix changed", ""), ("3.0.8-1", 3, 4, "package first seen", "fix changed")]
    assert [(feed.ecosystem, feed.stale) for feed in one.feeds] == [("Debian", False)]
    assert one.feed_gaps == ()
    assert [(as_day(each.from_at), as_day(each.to_at), each.begin_reason, each.end_reason) for each in one.shown] == [
        (4, None, "fix changed", ""),
        (3, 4, "first inventory", "fix changed"),
    ]
    (ended,) = explainer.explain_finding(ACCOUNT, finding, day(60))
    assert ended.shown[0].to_at == day(32) + timedelta(microseconds=1)
    assert ended.shown[0].end_reason == "monitoring ended: both windows are over"
    for account, asked, error in (
        (OTHER_ACCOUNT, finding, NotFoundError),
        (ACCOUNT, "f" * 32, InvalidRequestError),
        (ACCOUNT, "0" * 32, NotFoundError),
    ):
        with pytest.raises(error):
            explainer.explain_finding(account, asked, day(5))


def test_an_image_that_is_scanned_on_push_shows_what_is_no_longer_said_and_tells_why(world: World) -> None:
    publish(world, 1, "Debian", debian(1, fixed="3.0.8-1"))
    world.tell(2, pushed("a", 2, "latest"))
    world.resolve(2, image("a"))
    world.set_frequency("SCAN_ON_PUSH")
    contain(world, 3, "a", LIBSSL)
    publish(world, 4, "Debian", debian(4, fixed="3.0.6-1"))
    (row,) = world.rows("SELECT image_id, vulnerability_id FROM finding_span")
    (one,) = Explainer(world.database, feeds).explain_finding(ACCOUNT, f"{row[0]:016x}{row[1]:016x}", day(5))
    assert one.verdict == ""
    assert one.conclusion == (
        f"No range of {CVE} holds for openssl 3.0.7-1; the nearest is of DEBIAN-{CVE}:"
        " 3.0.7-1 >= 3.0.6-1, the fix (order of dpkg)."
    )
    (shown,) = one.shown
    assert (as_day(shown.from_at), shown.to_at, shown.frozen_revision) == (3, None, 1)


def test_a_package_that_is_typed_is_the_account_s_own_where_it_has_one(explainer: Explainer) -> None:
    (mine,) = explainer.explain(ACCOUNT, "libssl3@3.0.7-1", "debian:12", f"DEBIAN-{CVE}", day(5))
    (others,) = explainer.explain(OTHER_ACCOUNT, "libssl3@3.0.7-1", "Debian:12", CVE, day(5))
    (source,) = explainer.explain(OTHER_ACCOUNT, "openssl@3.0.7-1", "Debian:12", CVE, day(5))
    assert (mine.package, mine.verdict, len(mine.exposures), len(mine.ranges)) == (LIBSSL, "affected", 2, 2)
    assert (source.verdict, source.exposures, len(source.ranges)) == ("affected", (), 1)
    assert (others.package.source_name, others.verdict, others.exposures) == ("", "", ())
    assert others.conclusion == (
        f"No advisory in force on {CVE} speaks of this package (libssl3 3.0.7-1); they speak of openssl of Debian:12."
        " Advisories of Debian name source packages; that of libssl3 is not known, unless it is its own."
    )
    url = "pkg:deb/debian/libssl3@3.0.7-1?distro=debian-12"
    (by_url,) = explainer.explain(OTHER_ACCOUNT, url, "", CVE, day(5))
    (by_source,) = explainer.explain(OTHER_ACCOUNT, f"{url}&upstream=openssl", "", CVE, day(5))
    assert (by_url.conclusion, by_source.verdict) == (others.conclusion, "affected")


def test_where_nothing_holds_the_nearest_is_named_and_why_it_does_not_hold(world: World, explainer: Explainer) -> None:
    for name, low, high, listed in (("PYSEC-1", "1.0", "1.5", ["nightly"]), ("PYSEC-2", "2.0", "2.2", [])):
        record = osv_record(name, aliases=["CVE-2026-3003"], introduced=low, fixed=high, versions=listed)
        publish(world, 6, "PyPI", parse_advisory(encode_record(record)))

    def asked(version: str, ecosystem: str = "PyPI") -> tuple[str, list[str]]:
        (one,) = explainer.explain(ACCOUNT, f"example@{version}", ecosystem, "CVE-2026-3003", day(9))
        return one.verdict, [each.words for each in one.ranges]

    assert asked("1.7") == (
        "",
        [
            "1.7 >= 1.5, the fix (order of pep440)",
            "1.7 < 2.0, where it begins (order of pep440)",
            "names nightly itself, which has no place in an order, and no other version",
        ],
    )
    verdict, words = asked("nightly")
    assert (verdict, words[0]) == ("affected", "names nightly itself, which has no place in an order")
    assert asked("2.1")[1][0] == "2.0 <= 2.1 < 2.2 (order of pep440)"
    assert asked("1.7", "npm")[1][0] == "speaks of example of PyPI, not of example of npm"
    (unknown,) = explainer.explain(ACCOUNT, "pkg:gem/rails@7.0", "", "CVE-1999-0001", day(9))
    assert unknown.conclusion == "No advisory in force that was imported names packages for CVE-1999-0001."
    assert unknown.feed_gaps == ("osv RubyGems: nothing was imported yet",)
    (stale,) = explainer.explain(ACCOUNT, "libssl3@3.0.7-1", "Debian:12", CVE, day(9))
    assert stale.feed_gaps == ("osv Debian: last answered 2026-01-05 00:00 UTC",)


def test_a_document_stands_for_the_vulnerabilities_that_it_is_about_as_long_as_they_are_few(
    world: World, explainer: Explainer
) -> None:
    for name, many in (("DSA-1-1", 2), ("DSA-2-1", 21)):
        cves = [f"CVE-2026-{5000 + number}" for number in range(many)]
        record = osv_record(name, ecosystem="Debian:12", name="openssl", fixed="4", upstream=cves)
        publish(world, 6, "Debian", parse_advisory(encode_record(record)))
    both = explainer.explain(ACCOUNT, "libssl3@3.0.7-1", "Debian:12", "DSA-1-1", day(6))
    assert [(one.vulnerability, one.verdict) for one in both] == [
        ("CVE-2026-5000", "affected"),
        ("CVE-2026-5001", "affected"),
    ]
    with pytest.raises(InvalidRequestError, match="about more than 20 vulnerabilities"):
        explainer.explain(ACCOUNT, "libssl3@3.0.7-1", "Debian:12", "DSA-2-1", day(6))


def test_what_cannot_be_compared_is_told_with_every_advisory_concerned(explainer: Explainer) -> None:
    (one,) = explainer.explain(ACCOUNT, "odd@not a version", "Debian:12", "CVE-2026-2002", day(5))
    (whole,) = explainer.explain(ACCOUNT, "odd@not a version", "Debian:12", "", day(5))
    reason = "version is not one of its ecosystem"
    for each in (one, whole):
        assert (each.package, each.verdict, each.judged_by.not_comparable) == (ODD, "undetermined", reason)
        assert [(row.vulnerability, row.advisory, row.words) for row in each.ranges] == [
            ("CVE-2026-2002", "DEBIAN-CVE-2026-2002-odd", reason)
        ]
    (well,) = explainer.explain(ACCOUNT, "libssl3@3.0.7-1", "Debian:12", "", day(5))
    assert (well.verdict, well.ranges) == ("", ())
    assert well.conclusion == "Every advisory on openssl can be compared with openssl 3.0.7-1."


def test_a_statement_of_the_operator_is_told_with_what_it_overrules(world: World, explainer: Explainer) -> None:
    documents = OperatorDocumentStore(world.database, Standing(day(5)))  # type: ignore[arg-type]  # only the time
    purl = "pkg:deb/debian/libssl3@3.0.7-1?distro=debian-12"
    documents.add(read(openvex(statement(CVE, "not_affected", purl), timestamp="2026-01-01T00:00:00Z")), "root")
    typed = "pkg:deb/debian/libssl3@3.0.7-1?arch=amd64&distro=debian-12&upstream=openssl"
    (one,) = explainer.explain(ACCOUNT, typed, "", CVE, day(6))
    assert one.conclusion == f"openssl 3.0.7-1 is not affected by {CVE}: {NAME}#{CVE} (vex) says so outright."
    assert told(one)[:2] == [
        (
            "inside",
            "3.0.7-1 < 3.0.9-1 (order of dpkg)",
            "overruled: what the operator says comes before anybody else's word",
            "in force",
            None,
        ),
        ("inside", "names libssl3 of Debian:12, 3.0.7-1", "decides", "in force", None),
    ]
    (other,) = explainer.explain(ACCOUNT, "libssl3@3.0.8-1", "Debian:12", CVE, day(6))
    assert told(other) == [("not listed", "names libssl3 of Debian:12, 3.0.7-1, and no other", "", "in force", None)]


def test_a_package_is_judged_without_an_image_and_by_its_source_where_that_is_known(
    world: World, explainer: Explainer
) -> None:
    high = "CVSS:3.1/AV:N/AC:{}/PR:N/UI:N/S:U/C:H/I:H/A:{}"
    vectors = (high.format("H", "L"), high.format("H", "H"), "")  # 7.7 and 8.1, and nobody's word
    more = (debian(6, cve=f"CVE-2026-400{number}", fixed="9", vector=one) for number, one in enumerate(vectors))
    publish(world, 6, "Debian", *more)
    search = PackageSearch(world.database, feeds)
    tables = ("package", "match", "exposure", "undetermined", "found_ecosystem")
    before = [world.rows(f"SELECT count(*) FROM {table}") for table in tables]

    def judged(account: str, text: str, ecosystem: str, limit: int = 100, after: str = "") -> PackageJudgement:
        return search.judge(account, text, ecosystem, limit, after, day(6))

    pages: list[PackageJudgement] = []
    after = ""
    while not pages or after:
        pages.append(judged(ACCOUNT, "libssl3@3.0.7-1", "debian:12", 3, after))
        after = pages[-1].next
    assert [len(page.judged) for page in pages] == [3, 1]
    expected = ["CVE-2026-4001", "CVE-2026-4000", CVE, "CVE-2026-4002"]
    assert [one.vulnerability for page in pages for one in page.judged] == expected
    assert [one.text.modified_at for page in pages for one in page.judged] == [day(6), day(6), day(4), day(6)]
    assert {page.conclusion for page in pages} == {"openssl 3.0.7-1 is affected by 4 vulnerabilities."}
    stranger = judged(OTHER_ACCOUNT, "libssl3@3.0.7-1", "Debian:12")
    assert (stranger.judged, stranger.not_compared) == ((), ())
    doubt = "Advisories of Debian name source packages; that of libssl3 is not known, unless it is its own."
    assert stranger.conclusion == f"No advisory that was imported says that libssl3 3.0.7-1 is affected. {doubt}"
    ended = "Debian:10 is past its end of life (2024-06-30): its distribution publishes no fixes for it any more"
    assert (stranger.feed_gaps, judged(OTHER_ACCOUNT, "libssl3@1-1", "Debian:10").feed_gaps) == ((), (ended,))
    odd = judged(ACCOUNT, "odd@none of these", "Debian:12")
    assert [one.advisories for one in odd.not_compared] == [1]
    said = "No advisory that was imported says that odd none of these is affected"
    assert odd.conclusion.startswith(f"{said}; others cannot be compared with it.")
    assert [world.rows(f"SELECT count(*) FROM {table}") for table in tables] == before
    publish(world, 7, "Debian", debian(7, fixed="3.0.10-1"))
    for text, ecosystem, limit, cursor in (
        ("libssl3@3.0.7-1", "debian:12", 3, pages[0].next),
        ("libssl3@3.0.7-1", "debian:12", 0, ""),
        ("libssl3@3.0.7-1", "", 3, ""),
        ("libssl3", "Debian:12", 3, ""),
        ("pkg:nothing/of@this", "", 3, ""),
    ):
        with pytest.raises(InvalidRequestError):
            judged(ACCOUNT, text, ecosystem, limit, cursor)


def test_an_explanation_says_what_of_the_documents_could_not_be_read(world: World, explainer: Explainer) -> None:
    record = osv_record(
        f"DEBIAN-{CVE}", ecosystem="Debian:12", name="bash", modified=day(5).isoformat(), upstream=[CVE]
    )
    record["affected"].append({"package": {"ecosystem": "Debian:12"}})
    publish(world, 5, "Debian", parse_advisory(encode_record(record)))
    (one,) = explainer.explain(ACCOUNT, "libssl3@3.0.7-1", "Debian:12", CVE, day(5))
    reason = "affected[1]: an affected package of 'Debian:12' without a name"
    assert (one.verdict, one.feed_gaps) == ("affected", (f"DEBIAN-{CVE} (osv) was not read whole: {reason}",))
