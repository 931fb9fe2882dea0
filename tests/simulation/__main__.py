"""`./dev simulate`: two years of many images against the oracle, whole or under kill -9."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from dogwatch.store import migrations
from dogwatch.store.embedded import EmbeddedServer
from tests.folders import fast_root
from tests.simulation.run import simulate

_SHOWN = 20


def main() -> int:
    """Run one history in a server of its own."""
    parser = argparse.ArgumentParser(prog="./dev simulate")
    parser.add_argument("--images", type=int, default=10_000, help="how many (10000)")
    parser.add_argument("--kills", type=int, default=0, help="how often the process that lives them is killed (0)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the history")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="dogwatch-simulation-", dir=fast_root()))
    folder.chmod(0o711)
    try:
        (folder / "data").mkdir(mode=0o711)
        with EmbeddedServer(folder / "data").session() as dsn:
            migrations.migrate(dsn)
            outcome = simulate(dsn, asked.seed, asked.images, asked.kills, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{asked.images} images, {outcome.spans} spans, {asked.kills} kills, {outcome.seconds:.0f} s")
    print(*outcome.differences[:_SHOWN], sep="\n")
    print(f"{len(outcome.differences)} differences; seed {asked.seed}")
    return 1 if outcome.differences else 0


if __name__ == "__main__":
    sys.exit(main())
