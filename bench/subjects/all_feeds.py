"""All feeds of the shared data: from scratch, and a day's changes of all of them."""

from __future__ import annotations

from collections import defaultdict

from bench.apart import Apart, run_apart
from bench.bed import Bed
from bench.figures import Figure, Section
from bench.packages import choose_packages
from bench.states import Feed, State, all_ecosystems, play_states
from bench.timing import seconds_of
from dogwatch.flow.feeds import update_feed
from dogwatch.store.inventories import admit_packages

_AT_ONCE = 5_000


def measure(bed: Bed) -> Section:
    """Import every feed in a process of its own, one after the other; then the days, over a database with packages."""
    if bed.shared is None:
        raise RuntimeError("all feeds need DOGWATCH_SHARED")
    mirror = bed.folder / "all-feeds"
    states = play_states(bed.shared, mirror, all_ecosystems(bed.shared), everything=True)
    address = bed.copy(bed.empty, "all-feeds")
    base = next(states)
    imports = {feed: _import(bed, address, feed) for feed in base.changed}
    packages = _admit(bed, address)
    days = [_play(bed, address, state) for state in states]
    records = sum(int(each.result["added"]) for each in imports.values())
    return Section(
        "All feeds",
        f"Every feed of which the shared data hold at least a part: {_listed(imports)}; {records:,} records. Each is "
        f"imported by a process of its own into one database, in turn. Then {packages:,} package versions met them "
        f"all, and {len(days)} days were played: all feeds that changed, in turn, in one process.",
        (
            Figure("all from scratch", "s", (sum(each.result["seconds"] for each in imports.values()),), "< 300"),
            Figure(
                "the same, processor time of the importing processes alone",
                "s",
                (sum(each.result["processor_seconds"] for each in imports.values()),),
            ),
            Figure("peak memory of a process", "MB", tuple(x.peak_megabytes for x in imports.values()), "< 500"),
            Figure("a day's changes of all feeds", "s", tuple(days), "< 10"),
        ),
        (_slowest(imports),),
    )


def _import(bed: Bed, address: str, feed: Feed) -> Apart:
    source, ecosystem = feed
    folders = (str(bed.folder / "all-feeds"), str(bed.folder / "import-data"), str(bed.no_settings))
    return run_apart("bench.importing", "import_feed", address, ecosystem, *folders, source)


def _admit(bed: Bed, address: str) -> int:
    named, others = choose_packages(bed.bucket)
    packages = [*named, *others]
    with bed.opened(address) as app:
        for start in range(0, len(packages), _AT_ONCE):
            with app.database.transaction() as connection:
                admit_packages(connection, packages[start : start + _AT_ONCE], app.clock.now())
    return len(packages)


def _play(bed: Bed, address: str, state: State) -> float:
    """Import what changed; returns seconds."""
    mirror = str(bed.folder / "all-feeds")
    with bed.opened(address, DOGWATCH_FEED_MIRROR=mirror, DOGWATCH_FACTS_OFF="nvd") as app:

        def update() -> None:
            for source, ecosystem in state.changed:
                update_feed(app.outside, source, ecosystem, confirmed=True)

        return seconds_of(update)


def _listed(imports: dict[Feed, Apart]) -> str:
    by_source: dict[str, list[str]] = defaultdict(list)
    for source, ecosystem in imports:
        by_source[source].append(ecosystem)
    return "; ".join(f"{source} ({', '.join(ecosystems)})" for source, ecosystems in by_source.items())


def _slowest(imports: dict[Feed, Apart]) -> str:
    order = sorted(imports.items(), key=lambda item: -item[1].result["seconds"])[:5]
    words = (f"{source} {ecosystem} {each.result['seconds']:.1f} s" for (source, ecosystem), each in order)
    return f"The slowest: {', '.join(words)}."
