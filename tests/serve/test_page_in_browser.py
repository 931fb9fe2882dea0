"""The page in a real browser: WCAG 2.2 AA as far as machines can tell, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from dogwatch.model.matches import Severity
from dogwatch.model.monitoring import StatusCode, StatusReason
from tests.browser import PROGRAM, Browser, Page, running_browser
from tests.requirements import requires_program
from tests.serve.rooms import Rooms
from tests.serve.server import running
from tests.serve.shown import GAP, make_feed, make_finding, make_image, make_package, make_unresolved

pytestmark = requires_program(PROGRAM)

NARROW, WIDE = 320, 1280
"""CSS pixels. 320 is also what a reader has who looks at 1280 pixels by 400 %."""

TARGET = 24
"""CSS pixels: no smaller may a target be, or stand closer to the next (success criterion 2.5.8)."""

# axe-core 4.4 knows WCAG up to 2.1; what 2.2 adds, target sizes, is measured below.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")

LONG = "a-very-long-name-without-any-place-to-break-it-in-two/" * 3
PLACES = [
    "/",
    "/windows?scope=harbour/team-*&push_window=DAYS_3",
    "/windows?scope=harbour/Team",
    "/images/1",
    f"/findings/{make_finding().id}",
    "/?filter=severity+%3D",
    "/images/999",
]


def everything() -> Rooms:
    """All that the page can show at once: every severity, gaps, samples, problems, words that do not fit."""
    findings = [
        make_finding(vulnerability_id=number, severity=severity, source="sample" if severity is Severity.LOW else "osv")
        for number, severity in enumerate(Severity, 1)
    ]
    closed = make_finding(vulnerability_id=90, status="CLOSED", closed_reason="monitoring ended", fix_available="NO")
    odd = make_finding(vulnerability_id=91, packages=(make_package(name=LONG, version=LONG),) * 7, advisory=LONG)
    images = [
        make_image(gaps=(GAP,), undetermined=2, severity_counts=dict.fromkeys(Severity, 1_000)),
        make_image(image_id=2, repository=LONG, tags=(LONG,), problem=LONG),
        make_image(image_id=3, status_code=StatusCode.INACTIVE, status_reason=StatusReason.SCAN_ELIGIBILITY_EXPIRED),
        make_image(image_id=4, status_reason=StatusReason.PENDING_INITIAL_SCAN, indexed_at=None),
    ]
    feeds = [make_feed(), make_feed(missing=True, problem=LONG), make_feed(stale=True), make_feed(source="sample")]
    return Rooms(
        rows=[*findings, closed, odd],
        image_rows=images,
        unresolved_rows=[make_unresolved(problem=LONG)],
        known_feeds=feeds,
    )


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running(everything().app(open_loopback=True)) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as one:
        yield one


def broken_rules(page: Page) -> list[tuple[str, list[str]]]:
    """Return (rule, elements that break it)."""
    page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate(
        f"axe.run({{runOnly: {RULES}, resultTypes: ['violations']}}).then(result => result.violations.map(one => "
        "({id: one.id, nodes: one.nodes.map(node => node.html.slice(0, 200) + ' ' + node.failureSummary)})))"
    )
    return [(one["id"], one["nodes"]) for one in found]


# Two targets are too close where one is smaller than 24 × 24 and the circle around its middle meets the other.
_TOO_CLOSE = """(() => {
    const half = SIZE / 2;
    const targets = [...document.querySelectorAll('a[href], button, summary, select, input:not([type=hidden])')]
        .map(one => ({name: one.outerHTML.slice(0, 120), box: one.getBoundingClientRect()}))
        .filter(one => one.box.width > 0 && one.box.right > 0);
    const middle = box => [box.x + box.width / 2, box.y + box.height / 2];
    const isSmall = box => box.width < SIZE - .5 || box.height < SIZE - .5;
    const gap = ([x, y], box) => Math.hypot(
        Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
    const meet = (one, other) => {
        if (isSmall(other)) {
            const [x, y] = middle(one), [u, v] = middle(other);
            if (Math.hypot(x - u, y - v) < SIZE - .5) return true;
        }
        return gap(middle(one), other) < half - .5;
    };
    return targets.filter(one => isSmall(one.box)
        && targets.some(other => other !== one && meet(one.box, other.box))).map(one => one.name);
})()""".replace("SIZE", str(TARGET))

_FOCUSED = """(() => {
    const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
    one.dataset.seen = "yes";
    return {name: one.outerHTML.slice(0, 120), outline: style.outlineStyle, width: parseFloat(style.outlineWidth),
            isSeen: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth};
})()"""

_STOPS = """[...document.querySelectorAll('a[href], button, summary, select, input:not([type=hidden])')]
    .filter(one => one.checkVisibility()).length"""


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_no_rule_of_accessibility_is_broken(
    browser: Browser, address: str, place: str, width: int, is_dark: bool
) -> None:
    page = browser.open(address + place, width=width, is_dark=is_dark)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert broken_rules(page) == []


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_nothing_has_to_be_scrolled_sideways_and_targets_are_large_enough(
    browser: Browser, address: str, place: str, width: int
) -> None:
    page = browser.open(address + place, width=width)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(_TOO_CLOSE) == []


def test_the_keyboard_reaches_everything_in_order_and_always_shows_where_it_is(browser: Browser, address: str) -> None:
    page = browser.open(address + "/")
    stops = page.evaluate(_STOPS)
    seen = []
    for _ in range(stops):
        page.press("Tab")
        seen.append(page.evaluate(_FOCUSED))
    assert 'class="skip"' in seen[0]["name"]
    assert (
        page.evaluate("document.querySelectorAll('[data-seen]').length") == stops
    )  # each once: nothing is left out, no trap
    assert [one for one in seen if one["outline"] == "none" or one["width"] < 2 or not one["isSeen"]] == []


def test_dark_is_dark_and_light_is_light(browser: Browser, address: str) -> None:
    background = "getComputedStyle(document.documentElement).backgroundColor"
    assert browser.open(address + "/").evaluate(background) == "rgb(255, 255, 255)"
    assert browser.open(address + "/", is_dark=True).evaluate(background) == "rgb(16, 21, 27)"


def test_severities_are_words_and_shapes_not_colours_alone(browser: Browser, address: str) -> None:
    page = browser.open(address + "/")
    told = page.evaluate("[...document.querySelectorAll('.severity')].map(one => one.textContent.trim())")
    assert set(told) == {"◆ Critical", "▲ High", "■ Medium", "● Low", "○ Informational", "? Untriaged"}
