"""The first page of findings: of one image, and of whole accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.bed import Bed
from bench.figures import Figure, Section
from bench.timing import milliseconds_of
from bench.world import add_images, count, world_of
from dogwatch.app import App
from dogwatch.model.views import FindingQuery

_ACCOUNTS = {"000000001000": (1_000, 5), "000000010000": (10_000, 3)}  # account → (images, rounds)
_OF_AN_IMAGE = 50
_FINDINGS = """
SELECT count(*) FROM (
    SELECT DISTINCT image_id, vulnerability_id FROM finding_span JOIN image ON image.id = finding_span.image_id
    WHERE image.account_id = %s) AS finding
"""


def measure(bed: Bed) -> Section:
    """Ask for active findings by severity."""
    world = world_of(bed)
    with bed.opened(bed.copy(world.matched, "findings_page")) as app:
        for account, (images, _) in _ACCOUNTS.items():
            add_images(app, account, images, app.clock.now())
        smallest = next(iter(_ACCOUNTS))
        each = count(app.database, _FINDINGS, smallest) / _ACCOUNTS[smallest][0]
        first = count(app.database, "SELECT min(id) FROM image WHERE account_id = %s", smallest)
        _ask(app, smallest, {"image": [("EQUALS", str(first))]})
        image = tuple(
            _ask(app, smallest, {"image": [("EQUALS", str(first + number * 17 % 1_000))]})
            for number in range(_OF_AN_IMAGE)
        )
        figures = [Figure("one image", "ms", image)]
        for account, (images, rounds) in _ACCOUNTS.items():
            times = tuple(_ask(app, account, {}) for _ in range(rounds))
            figures.append(Figure(f"an account with {images:,} images", "ms", times))
    return Section(
        "The first page of findings",
        f"100 active findings by severity, whole as lists show them. An image has {each:.0f} findings on average; the "
        "images share 1,000 inventories.",
        tuple(figures),
        ("Lists are read from the plain view, see decision 1: their time grows with the findings of the account.",),
    )


def _ask(app: App, account: str, texts: Mapping[str, Sequence[tuple[str, str]]]) -> float:
    query = FindingQuery(account, texts={"status": [("EQUALS", "ACTIVE")], **texts})
    return milliseconds_of(lambda: app.views.findings(query))
