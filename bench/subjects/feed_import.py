"""Feeds from scratch, and a day's changes."""

from __future__ import annotations

from bench.advisories import ECOSYSTEMS, open_bucket
from bench.apart import Apart, run_apart
from bench.bed import Bed
from bench.figures import Figure, Section
from bench.timing import milliseconds_of
from bench.world import world_of
from dogwatch.flow.feeds import update_feed

_ROUNDS = {"Debian": 2, "PyPI": 3, "npm": 3}  # the largest takes longest


def measure(bed: Bed) -> Section:
    """Import each feed into an empty database, each time in a fresh process; then real days into a full one."""
    imports = {ecosystem: [_import(bed, ecosystem) for _ in range(_ROUNDS[ecosystem])] for ecosystem in ECOSYSTEMS}
    figures = []
    for ecosystem, rounds in imports.items():
        records = f"{rounds[0].result['added']:,} records"
        figures += [
            Figure(f"{ecosystem}, {records}: from scratch", "s", tuple(each.result["seconds"] for each in rounds)),
            Figure(f"{ecosystem}: peak memory of the process", "MB", tuple(x.peak_megabytes for x in rounds), "≤ 500"),
        ]
    days = _play_days(bed)
    figures += [Figure(f"{ecosystem}: a day's changes", "ms", times) for ecosystem, times in days.items() if times]
    return Section(
        "Feeds",
        f"All records of {bed.feeds_in_words}, from a folder: fetch, parse, key, journal, group, commit. From scratch "
        "means a database without advisories and packages." + (_describe_days(bed) if any(days.values()) else ""),
        tuple(figures),
    )


def _describe_days(bed: Bed) -> str:
    packages = world_of(bed).package_count
    return f" A day's changes are real ones (2026-07-16 to 2026-07-22), against {packages:,} stored packages."


def _import(bed: Bed, ecosystem: str) -> Apart:
    database = bed.copy(bed.empty, "scratch")
    folders = (str(bed.bucket.folder), str(bed.folder / "import-data"), str(bed.no_settings))
    return run_apart("bench.importing", "import_feed", database, ecosystem, *folders)


def _play_days(bed: Bed) -> dict[str, tuple[float, ...]]:
    """Play seven days over a database full of packages; returns milliseconds of each day on which a feed changed."""
    times: dict[str, list[float]] = {ecosystem: [] for ecosystem in ECOSYSTEMS}
    if bed.shared is None:
        return {}
    bucket = open_bucket(bed.shared, bed.folder / "days")
    address = bed.copy(world_of(bed).matched, "days")
    environment = {"DOGWATCH_FEED_MIRROR": str(bucket.folder), "DOGWATCH_FACTS_OFF": "all"}
    for day in sorted((bed.shared / "osv-daily").glob("*.tar.xz")):
        before = {ecosystem: bucket.listed(ecosystem) for ecosystem in ECOSYSTEMS}
        bucket.lay_over(day)
        with bed.opened(address, **environment) as app:
            for ecosystem in ECOSYSTEMS:
                took = milliseconds_of(lambda app=app, one=ecosystem: update_feed(app.outside, "osv", one))  # type: ignore[misc]
                if bucket.listed(ecosystem) != before[ecosystem]:
                    times[ecosystem].append(took)
    return {ecosystem: tuple(values) for ecosystem, values in times.items()}
