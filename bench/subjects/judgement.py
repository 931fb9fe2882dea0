"""One image's packages judged by the stored advisories, as `dogwatch scan` does it."""

from __future__ import annotations

import random

from bench.bed import Bed
from bench.figures import Figure, Section
from bench.inventories import MOST_EXPOSURES
from bench.packages import DISTRIBUTION
from bench.timing import milliseconds_of, rounds
from bench.world import world_of
from dogwatch.model.judgements import Judged
from dogwatch.model.packages import Package
from dogwatch.store.judgement import Judge

_PACKAGES = 400
_KNOWN = 20
"""Of names that advisories know, as in the made-up images of this page."""

_HEAVY = (
    "SELECT name FROM affected_range WHERE ecosystem = %s AND to_rev = 2147483647 GROUP BY name HAVING count(*) > %s"
)

_ROUNDS = 30
_SEED = 3


def measure(bed: Bed) -> Section:
    """Judge the packages of one image again and again, each time another choice of them."""
    named, others = world_of(bed).packages
    chance = random.Random(_SEED)
    found: list[tuple[Judged, ...]] = []
    with bed.opened(bed.address(bed.imported)) as app:
        with app.database.transaction() as connection:
            heavy = {row[0] for row in connection.execute(_HEAVY, (DISTRIBUTION, MOST_EXPOSURES))}
        known, unknown = [one for one in _debian(named) if one.name not in heavy], _debian(others)
        judge = Judge(app.database)

        def judge_one() -> float:
            packages = chance.sample(known, _KNOWN) + chance.sample(unknown, _PACKAGES - _KNOWN)
            return milliseconds_of(lambda: found.append(judge.judge(packages).judged))

        def read_texts(judged: tuple[Judged, ...]) -> float:
            return milliseconds_of(lambda: judge.load_texts({one.assessment.document for one in judged}))

        judge_one()  # opens the connection
        found.clear()
        times = rounds(_ROUNDS, judge_one)
        texts = tuple(map(read_texts, found))
    findings = [len(judged) for judged in found]
    return Section(
        "One image judged",
        f"{_PACKAGES} packages of {DISTRIBUTION}, {_KNOWN} of them of names that advisories know and none a "
        f"kernel or a browser, judged by {bed.feeds_in_words} and forgotten; between {min(findings)} and "
        f"{max(findings)} findings come of it, with their scores. Texts and references are read of what is shown.",
        (
            Figure("an image judged", "ms", times, "< 20"),
            Figure("texts and references of all its findings", "ms", texts),
        ),
    )


def _debian(packages: list[Package]) -> list[Package]:
    return [package for package in packages if package.ecosystem == DISTRIBUTION]
