"""The program: `python -m bench.million --images N --folder DIR` fills a data folder and leaves it there.

The folder is one that Dogwatch opens itself: `DOGWATCH_DATA=DIR`. Prints rows and bytes of every table.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import psycopg

from bench.million.fill import fill
from bench.million.shape import Shape
from dogwatch.store import migrations
from dogwatch.store.clock import machine_now
from dogwatch.store.embedded import EmbeddedServer

_TABLES = """
SELECT relname, greatest(reltuples, 0)::bigint, pg_table_size(oid), pg_indexes_size(oid)
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples > 0
ORDER BY pg_total_relation_size(oid) DESC, relname
"""


def main() -> None:
    """Fill the folder that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.million", description="Fill a data folder with images.")
    parser.add_argument("--images", type=int, required=True, metavar="N")
    parser.add_argument("--folder", type=Path, required=True, metavar="DIR", help="a new data folder, kept afterwards")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if asked.folder.exists() and any(asked.folder.iterdir()):
        parser.error(f"{asked.folder} is not empty")
    asked.folder.mkdir(parents=True, exist_ok=True)
    shape = Shape(asked.images, machine_now().replace(second=0, microsecond=0), asked.seed)
    with EmbeddedServer(asked.folder).session() as address:
        migrations.migrate(address)
        fill(address, shape)
        print(f"now: {shape.now.isoformat()}")
        with psycopg.connect(address) as connection:
            for name, rows, heap, indexes in connection.execute(_TABLES):
                print(f"{name:24} {rows:>12,} rows {heap / 1e6:>9,.1f} MB {indexes / 1e6:>9,.1f} MB indexes")


if __name__ == "__main__":
    main()
