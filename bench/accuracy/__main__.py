"""The program: `python -m bench.accuracy` writes docs/accuracy.md. `./dev accuracy` calls it; needs DOGWATCH_SHARED."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

from bench.accuracy.held import hold
from bench.accuracy.known_names import names_of_feeds
from bench.accuracy.labels import read_labels
from bench.accuracy.page import Outcome, render_page
from bench.accuracy.placing import NotPlaced, Placed, Places
from bench.accuracy.replay import Audited, replay
from bench.bed import find_shared, open_bed
from bench.states import WHOLE, play_states
from dogwatch.store.clock import machine_now
from dogwatch.versions import family_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "accuracy.md"

COMPLETE = ("PyPI", "Go", "crates.io", "AlmaLinux", "Bitnami", "Wolfi")
"""Families whose feed is here as a whole: labels of their packages count. Those of gems are derived."""


def main() -> None:
    """Replay, audit, hold the labels against what came of it, and write the page."""
    shared = find_shared()
    if shared is None:
        sys.exit("accuracy: DOGWATCH_SHARED does not lead to the shared data")
    begun = time.monotonic()
    labels = read_labels(shared)
    places = Places(labels, names_of_feeds(shared))
    placed = [places.place(label) for label in labels]
    with open_bed(shared) as bed:
        mirror = bed.folder / "mirror"
        audits: list[Audited] = []
        address = bed.copy(bed.empty, "accuracy")
        with bed.opened(address, DOGWATCH_FEED_MIRROR=str(mirror), DOGWATCH_FACTS_OFF="nvd,epss") as app:
            for audited in replay(app, play_states(shared, mirror, WHOLE)):
                audits.append(audited)
                _say(f"{audited.state}: {audited.audit.packages:,} packages, {audited.audit.differing} rows differ")
            counted = [one for one in placed if isinstance(one, Placed) and _is_counted(one)]
            held = hold(app.database, counted, labels)
    others = [one for one in placed if isinstance(one, NotPlaced) or not _is_counted(one)]
    took = time.monotonic() - begun
    outcome = Outcome(machine_now() - timedelta(seconds=took), took, len(labels), held, tuple(others), tuple(audits))
    PAGE.write_text(render_page(outcome), encoding="utf-8")
    _say(f"{PAGE.name} is written")
    if any(audited.audit.differing for audited in audits):
        sys.exit("accuracy: the audit found rows that differ")


def _is_counted(one: Placed) -> bool:
    return family_of(one.package.ecosystem) in COMPLETE


def _say(text: str) -> None:
    print(f"accuracy: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
