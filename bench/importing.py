"""What a feed import does in a process of its own."""

from __future__ import annotations

import time
from pathlib import Path


def import_feed(
    database: str, ecosystem: str, mirror: str, data: str, config: str, source: str = "osv"
) -> dict[str, float]:
    """Fetch and publish one feed, as a child of the service does; returns seconds, and what was published.

    Units:
        Seconds: `seconds` that passed, `processor_seconds` of this process alone.
    """
    from dogwatch.app.process import build
    from dogwatch.flow.feeds import update_feed
    from dogwatch.settings import load_settings

    environment = {"DOGWATCH_DATABASE_URL": database, "DOGWATCH_FEED_MIRROR": mirror, "DOGWATCH_DATA": data}
    environment["DOGWATCH_FACTS_OFF"] = "nvd"  # whose files by year are not part of the shared data
    with build(load_settings(environment=environment, config_file=Path(config)), isolated=False) as app:
        begun, processor_begun = time.perf_counter(), time.process_time()
        publication = update_feed(app.outside, source, ecosystem)
        seconds, processor_seconds = time.perf_counter() - begun, time.process_time() - processor_begun
    if publication is None:
        raise RuntimeError(f"{ecosystem}: nothing was published")
    return {
        "seconds": seconds,
        "processor_seconds": processor_seconds,
        "added": publication.added,
        "refused": publication.refused,
    }
