"""The page: what it shows, that it never passes not-looked-at for clean, and that nothing hostile gets through."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dogwatch.model.errors import StoreUnavailableError
from dogwatch.model.explanations import Explanation
from dogwatch.model.histories import ImageHistory
from dogwatch.model.matches import Severity
from dogwatch.model.monitoring import StatusCode, StatusReason
from dogwatch.model.times import FOREVER
from tests.serve.asgi import LOCAL, Reply, call
from tests.serve.callers import ADMIN, READER, STRANGER
from tests.serve.explained import make_explanation
from tests.serve.rooms import Rooms
from tests.serve.shown import (
    GAP,
    NOW,
    OTHER_DIGEST,
    make_feed,
    make_finding,
    make_history,
    make_image,
    make_package,
    make_unresolved,
)

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
HOSTILE = "<script>alert(1)</script>\"' onclick=x\u202e\x1b[31m"
_BLOCKS = {"td", "th", "li", "p", "dt", "dd", "h1", "h2", "h3", "caption"}
_VOID = {"meta", "link", "input", "br"}


class Page(HTMLParser):
    """Reads a page as far as tests ask: its text, links, ids, and whether every element ends where it should."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.text = ""
        self.links: dict[str, str] = {}
        self.hrefs: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self._open: list[str] = []
        self._link: tuple[str, int] | None = None
        self.feed(content)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag in _BLOCKS:
            self.text += " "
        if tag not in _VOID:
            self._open.append(tag)
        href = dict(attrs).get("href")
        if tag == "a" and href is not None:
            self.hrefs.append(href)
            self._link = (href, len(self.text))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag == "a" and self._link is not None:
            href, begin = self._link
            self.links[" ".join(self.text[begin:].split())] = href

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


def get(rooms: Rooms, target: str = "/", **headers: str) -> Reply:
    return call(rooms.app(open_loopback=True), "GET", target, headers={**LOCAL, **HTML, **headers})


def read(rooms: Rooms, target: str = "/", status: int = 200) -> Page:
    reply = get(rooms, target)
    assert (reply.status, reply.headers["content-type"]) == (status, "text/html; charset=utf-8")
    return Page(reply.body.decode())


def test_the_overview_says_what_is_watched_until_when_and_why_what_was_found_and_how_fresh_the_feeds_are() -> None:
    page = read(Rooms())
    for words in (
        "Everything was looked at, with fresh advisories: 1 image, no gaps.",
        "app/web 1.4.2 latest linux/amd64 sha256:aaaaaaaaaaaa in harbour",
        "2026-10-05 12:00 UTC watched until 2026-10-05: pulled 2 days ago",
        "▲ High 7.5 exploited CVE-2024-6119",
        "libssl3 3.0.9-1 Debian:12",
        "3.0.14-1~deb12u1 2026-07-06 12:00 UTC",
        "Debian osv fresh 1,000 1 hour ago",
    ):
        assert words in page.words
    assert page.links["app/web"] == "/images/1"


def test_an_image_is_shown_with_its_clocks_why_findings_layers_gaps_and_undetermined() -> None:
    page = read(Rooms(image_rows=[make_image(gaps=(GAP,), undetermined=1)]), "/images/1")
    for words in (
        "watched until 2026-10-05: pulled 2 days ago",
        "Pushed 2026-06-29 12:00 UTC Last pulled 2026-07-07 12:00 UTC by kubelet Last in use not known",
        "libssl3 3.0.9-1 Debian:12, layer sha256:cccccccccccc",
        f"Layers behind the findings listed above Layer Made by Findings sha256:{'c' * 64} not known 1",
        "file-unreadable var/lib/dpkg/status cut short the packages it lists are not seen",
        "odd Debian:12 1:x not a Debian version 3",
    ):
        assert words in page.words
    assert "watched for ever" not in page.words
    forever = read(Rooms(image_rows=[make_image(watched_until=FOREVER)]), "/images/1")
    assert "Watched until for ever, held by the last pull" in forever.words


def test_a_finding_is_explained_range_by_range() -> None:
    finding = f"/findings/{make_finding().id}"
    assert read(Rooms()).links["Why, range by range"] == finding
    page = read(Rooms(), finding)
    assert page.links["The image with this finding"] == "/images/1"
    for words in (
        "Why CVE-2024-6119",
        "libssl3 3.0.9-1 openssl 3.0.9-1 is affected.",
        "Something is wrong with its feeds: osv Debian: last answered 2026-07-01 00:00 UTC.",
        "Judged as openssl 3.0.9-1 of Debian:12, by the order of dpkg",
        "Ranges that were considered, the nearest first; 2 ranges further away",
        "3.0.9-1 < 3.1 inside openssl of Debian:12: introduced 0, fixed 3.0.14-1~deb12u1",
        "since revision 7, 2026-07-06 12:00 UTC affected: decides",
        "2026-07-06 12:00 UTC (advisory added) affected, HIGH 7.5 (osv) fixed in 3.0.14-1~deb12u1",
        "(first inventory) to 2026-07-09 12:00 UTC (advisory withdrawn); findings as of revision 8",
        "The image has 1 other package that it concerns, not explained here.",
    ):
        assert words in page.words


def test_the_history_of_an_image_stands_on_its_page_and_goes_on_by_a_link() -> None:
    page = read(Rooms(image_history=make_history("older")), "/images/1")
    assert page.links["Older events"] == "/images/1?history_cursor=older#history"
    over, no_clock = "monitoring ended: both windows are over", "counts for no clock: a read of our own"
    for told in (over, "audit <i>", no_clock, "still watched"):
        assert told in page.text
    assert "It was never watched." in read(Rooms(image_history=ImageHistory((), (), (), "")), "/images/1").text


def test_an_image_that_is_no_longer_watched_is_never_shown_as_without_findings() -> None:
    expired = make_image(
        status_code=StatusCode.INACTIVE, status_reason=StatusReason.SCAN_ELIGIBILITY_EXPIRED, severity_counts={}
    )
    page = read(Rooms(rows=[], image_rows=[expired]))
    assert "closed with the watch" in page.words
    assert "none found" not in page.words


def test_what_only_a_sample_knows_is_marked_as_such() -> None:
    real = make_finding(vulnerability="CVE-2024-0001")
    sample = make_finding(vulnerability="CVE-2024-0002", source="sample")
    rooms = Rooms(rows=[real, sample], known_feeds=[make_feed(), make_feed(source="sample", records=55)])
    for target in ("/", "/images/1"):
        page = read(rooms, target)
        assert "Demonstration. 55 advisories of a sample in use: a few flaws, no feed." in page.words
        assert "CVE-2024-0002 sample more" in page.words
        assert "CVE-2024-0001 more" in page.words
        assert "Debian sample fresh 55" in page.words
    assert "sample" not in read(Rooms()).words


def test_not_looked_at_is_never_shown_as_no_findings() -> None:
    pending = make_image(
        status_reason=StatusReason.PENDING_INITIAL_SCAN, indexed_at=None, severity_counts={}, packages=0
    )
    rooms = Rooms(rows=[], image_rows=[pending])
    page = read(rooms)
    assert "not looked at everything" in page.words  # in the cells of findings and of what was not seen
    assert "Nothing found in what was looked at; not everything was: not looked at yet: 1 image." in page.words
    image = read(rooms, "/images/1")
    assert "Not looked at. Nobody knows yet what this image contains" in image.words
    empty = read(Rooms(rows=[], image_rows=[]))
    assert "No findings, because no image was looked at." in empty.words
    gap = read(Rooms(rows=[], image_rows=[make_image(gaps=(GAP,), severity_counts={})]))
    assert "not everything could be seen: 1 gap in watched images" in gap.words
    stale = read(Rooms(rows=[], known_feeds=[make_feed(stale=True)]))
    assert "advisories are stale: Debian" in stale.words
    for each in (page, image, empty, gap, stale):
        assert "No findings. Everything" not in each.words
        assert "No findings that meet" not in each.words
        assert "Everything was looked at" not in each.words
    clean = read(Rooms(rows=[], image_rows=[make_image(severity_counts={})]))
    assert "No findings that meet this filter. Everything was looked at." in clean.words


def test_scores_that_lack_are_told_apart_from_what_was_not_looked_at() -> None:
    feeds = [make_feed(), make_feed(source="epss", ecosystem="CVE", missing=True, checked_at=None, changed_at=None)]
    words = "Scores and facts may be missing from findings, no finding is: no facts imported: epss."
    for rooms in (Rooms(known_feeds=feeds), Rooms(rows=[], known_feeds=feeds)):
        page = read(rooms)
        assert words in page.words
        assert "Not everything was looked at" not in page.words


def test_a_feed_whose_loss_waits_for_a_confirmation_says_so() -> None:
    page = read(Rooms(known_feeds=[make_feed(unconfirmed_loss=900)]))
    assert "fresh, 900 lost advisories kept until confirmed" in page.words


def test_manifests_that_could_not_be_resolved_are_told() -> None:
    page = read(Rooms(unresolved_rows=[make_unresolved()]))
    assert "could not be looked at: 1 manifest that may be an image" in page.words
    assert "app/web refused sha256:dddddddddddd" in page.words
    assert "registry refused access (403)" in page.words


def test_findings_are_filtered_by_text_and_by_link() -> None:
    low = make_finding(vulnerability_id=8, vulnerability="CVE-1", severity=Severity.LOW)
    rooms = Rooms(rows=[make_finding(), low])
    page = read(rooms)
    assert "status = ACTIVE" in page.words  # what is asked for by default is seen
    narrowed = read(rooms, page.links["● Low"].partition("#")[0])
    assert "CVE-1" in narrowed.links
    assert "CVE-2024-6119" not in narrowed.links
    assert parse_qs(urlsplit(narrowed.links["×"]).query)["filter"] == ["status = ACTIVE"]
    typed = read(rooms, f"/?filter={quote('severity >= high')}")
    assert "CVE-1" not in typed.words
    assert read(rooms, "/?filter=").words.count("Parts of the filter") == 0


def test_a_filter_that_is_not_understood_is_answered_at_its_place() -> None:
    text = 'severty = "high"'
    page = read(Rooms(), f"/?filter={quote(text)}", status=400)
    assert "there is no field severty; did you mean severity?" in page.words
    assert f"{text}\n^" in page.text
    assert ("input", "value", text) in page.attributes
    assert ("input", "aria-invalid", "true") in page.attributes
    assert "app/web" in page.words  # the rest of the page is there
    for target in ("/?sort=colour", "/?cursor=x", "/?images_cursor=x", "/images/1?cursor=x"):
        assert "This list cannot be shown" in read(Rooms(), target, status=400).words


def test_lists_go_on_by_links() -> None:
    rows = [make_finding(vulnerability_id=number, vulnerability=f"CVE-{number}") for number in range(1, 61)]
    images = [make_image(image_id=number, repository=f"app/{number}") for number in range(1, 61)]
    rooms = Rooms(rows=rows, image_rows=images)
    page = read(rooms)
    following = [href for href in page.hrefs if "cursor=50" in href]
    assert [urlsplit(href).fragment for href in following] == ["images", "findings"]
    second = read(rooms, following[1].partition("#")[0])
    assert "CVE-60" in second.links
    assert "CVE-50" not in second.links
    assert "First page" in second.links
    assert "app/1" in second.links  # the other list stays where it was


def hostile_explanation() -> Explanation:
    honest = make_explanation()
    (considered,), (exposure,) = honest.ranges, honest.exposures
    stated = replace(considered.range, ecosystem=HOSTILE, package=HOSTILE, fixed=HOSTILE)
    return replace(
        honest,
        package=replace(honest.package, name=HOSTILE, version=HOSTILE, ecosystem=HOSTILE),
        package_url=HOSTILE,
        vulnerability=HOSTILE,
        aliases=(HOSTILE,),
        conclusion=HOSTILE,
        ranges=(replace(considered, range=stated, words=HOSTILE, advisory=HOSTILE, source=HOSTILE),),
        exposures=(replace(exposure, advisory=HOSTILE, score_source=HOSTILE, fixed_version=HOSTILE),),
        feed_gaps=(HOSTILE,),
    )


def test_everything_of_others_is_escaped() -> None:
    rooms = Rooms(
        rows=[
            make_finding(
                vulnerability=HOSTILE,
                title=HOSTILE,
                description=HOSTILE,
                aliases=(HOSTILE,),
                advisory=HOSTILE,
                source=HOSTILE,
                repository=HOSTILE,
                tags=(HOSTILE,),
                digest=HOSTILE,
                references=("javascript:alert(1)", f"https://x.example/{HOSTILE}", "https://x.example/a"),
                packages=(
                    make_package(
                        name=HOSTILE, version=HOSTILE, ecosystem=HOSTILE, fixed_version=HOSTILE, layer_digest=HOSTILE
                    ),
                ),
            )
        ],
        image_rows=[
            make_image(
                repository=HOSTILE,
                tags=(HOSTILE,),
                digest=HOSTILE,
                registry_alias=HOSTILE,
                registry_url=HOSTILE,
                why=HOSTILE,
                problem=HOSTILE,
                pulled_by=HOSTILE,
                os=HOSTILE,
                gaps=(replace(GAP, path=HOSTILE, detail=HOSTILE),),
            )
        ],
        known_feeds=[make_feed(problem=HOSTILE)],
        unresolved_rows=[make_unresolved(repository=HOSTILE, tags=(HOSTILE,), problem=HOSTILE)],
        explained=hostile_explanation(),
    )
    finding = f"/findings/{make_finding().id}"
    for target in ("/", "/images/1", finding, f"/?filter={quote(HOSTILE)}&{quote(HOSTILE)}={quote(HOSTILE)}"):
        content = get(rooms, target).body.decode()
        page = Page(content)
        assert "script" not in page.tags
        assert not {"onclick", "style"} & {name for _, name, _ in page.attributes}
        assert all(urlsplit(href).scheme in ("", "https") for href in page.hrefs)
        assert "\x1b" not in content
        assert "\u202e" not in content
    assert "https://x.example/a" in read(rooms).hrefs


def test_every_answer_forbids_scripts_and_framing() -> None:
    rooms = Rooms()
    for target in ("/", "/images/1", "/images/9", "/page.css", "/?filter=x"):
        policy = get(rooms, target).headers["content-security-policy"]
        assert policy.startswith("default-src 'self'; script-src 'none';")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
    style = get(rooms, "/page.css")
    assert (style.status, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert re.search(rb"url\(|@import", style.body) is None
    page = read(rooms)
    assert page.tags.count("style") == 0
    assert len(page.ids) == len(set(page.ids))


def test_programs_are_still_greeted_in_json() -> None:
    reply = call(Rooms().app(open_loopback=True), "GET", "/")
    assert reply.json == {"product": "dogwatch", "version": "0.0.test", "api": "/api/v1"}


def basic(key_id: str, secret: str) -> str:
    return f"Basic {base64.b64encode(f'{key_id}:{secret}'.encode()).decode()}"


def test_browsers_are_asked_for_an_access_key() -> None:
    rooms = Rooms()

    def status(**headers: str) -> int:
        return call(rooms.app(), "GET", "/", headers={**LOCAL, **HTML, **headers}).status

    refused = call(rooms.app(), "GET", "/", headers={**LOCAL, **HTML})
    assert refused.status == 401
    assert refused.headers["www-authenticate"].startswith("Basic realm=")
    assert b"app/web" not in refused.body
    assert status(authorization=basic(READER.id, READER.secret)) == 200
    assert status(authorization=basic(READER.id, "wrong")) == 401
    assert status(authorization=basic("nobody", READER.secret)) == 401
    assert status(authorization="Basic ####") == 401
    assert status(authorization="Basic /w==") == 401
    other = call(
        rooms.app(), "GET", "/", headers={**LOCAL, **HTML, "authorization": basic(STRANGER.id, STRANGER.secret)}
    )
    assert b"app/web" not in other.body


def test_what_a_browser_sends_by_itself_opens_nothing_that_changes() -> None:
    headers = {**LOCAL, "authorization": basic(ADMIN.id, ADMIN.secret), "content-type": "text/plain"}
    rooms = Rooms()
    for method, target in (("PUT", "/api/v1/rescan"), ("POST", "/configuration/update"), ("GET", "/api/v1/findings")):
        assert call(rooms.app(), method, target, b'{"push_window": "DAYS_3"}', headers).status == 403
    assert rooms.setting_changes == 0
    assert call(rooms.app(), "POST", "/images/1", b"", {**headers, **HTML}).status == 405


def test_the_open_loopback_is_as_strict_as_for_the_api() -> None:
    assert get(Rooms(), **{"sec-fetch-site": "cross-site"}).status == 401
    assert get(Rooms(), host="evil.example").status == 401


@pytest.mark.parametrize(
    "target", ["/images/9", "/images/x", "/images/", "/images/0", "/images/1/2", "/findings/", f"/findings/{'0' * 32}"]
)
def test_what_is_not_there_is_said_so(target: str) -> None:
    assert "Not Found" in read(Rooms(), target, status=404).words


def test_a_database_that_is_away_is_told_without_its_name() -> None:
    reply = get(Rooms(failure=StoreUnavailableError("host=db.internal")))
    assert reply.status == 503
    assert "retry-after" in reply.headers
    assert b"db.internal" not in reply.body


def test_closed_findings_and_ended_watches_say_why() -> None:
    closed = make_finding(status="CLOSED", closed_reason="monitoring ended: both windows are over")
    ended = make_image(
        status_code=StatusCode.INACTIVE,
        status_reason=StatusReason.SCAN_ELIGIBILITY_EXPIRED,
        digest=OTHER_DIGEST,
        watched_until=NOW - timedelta(days=1),
    )
    page = read(Rooms(rows=[closed], image_rows=[ended]), "/?filter=")
    assert "closed: monitoring ended: both windows are over" in page.words
    assert "no longer watched" in page.words


@given(
    name=st.sampled_from(["filter", "images", "cursor", "images_cursor", "sort", "other", "filter[]"]),
    value=st.text(max_size=30),
)
def test_any_address_is_answered(name: str, value: str) -> None:
    target = f"/?{name}={quote(value, safe='', errors='surrogatepass')}"
    reply = get(Rooms(), target)
    assert reply.status in (200, 400)
    Page(reply.body.decode())
