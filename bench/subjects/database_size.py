"""How many bytes an image takes in the database, beside the content that it shares with others."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from bench.bed import Bed
from bench.figures import Figure, Section
from bench.million.world import described, filled, vacuum
from bench.subjects.windows import measure as change_windows

_OF_IMAGES = ("image", "tag", "clocks", "monitoring")
_SHARED = ("package", "set_package", "set_exposure", "inventory_set", "inventory", "layer_chain", "exposure")
_EVENTS = 10_000
_SIZES = """
SELECT name, pg_table_size(name::regclass), pg_indexes_size(name::regclass) FROM unnest(%s::text[]) AS name
"""
_ADD_EVENTS = """
INSERT INTO registry_event (registry_id, origin, external_id, kind, repository, digest, tag, media_type, occurred_at,
                            received_at, actor, user_agent, client_address, own)
SELECT repository.registry_id, 'webhook', gen_random_uuid()::text, %(kind)s, repository.name, image.digest,
       CASE %(kind)s WHEN 'pushed' THEN 'v1.0' ELSE '' END, image.media_type, clocks.pushed_at, clocks.pushed_at,
       'robot', 'containerd/1.7.24', '10.0.0.1', false
FROM image JOIN repository ON repository.id = image.repository_id JOIN clocks ON clocks.image_id = image.id
WHERE image.id <= %(events)s
"""


def measure(bed: Bed) -> Section:
    """Look at the tables after changes of windows and a vacuum."""
    world = filled(bed, bed.images)
    address = world.moved
    with psycopg.connect(address) as connection:
        applied = connection.execute("SELECT count(*) FROM rescan_setting").fetchone()
    if applied is not None and applied[0] <= 3:  # nobody has changed windows yet
        change_windows(bed)
    vacuum(address, *_OF_IMAGES, *_SHARED)
    own, shared = _sizes(address, _OF_IMAGES), _sizes(address, _SHARED)
    images = bed.images
    return Section(
        "Bytes of an image",
        f"{described(images)} Measured after the windows of the largest account were changed three times, and a "
        "vacuum; indexes are counted. Events are rows of the history, of which an image has at least the push, and its "
        "last pull.",
        (
            *(Figure(f"`{name}`", "B per image", ((heap + indexes) / images,)) for name, heap, indexes in own),
            Figure(
                "together, beside shared content",
                "B per image",
                (sum(heap + indexes for _, heap, indexes in own) / images,),
                "< 600",
            ),
            *(Figure(f"one event: {kind}", "B", (_event_bytes(address, kind),)) for kind in ("pushed", "pulled")),
            *(Figure(f"`{name}`, shared", "MB", ((heap + indexes) / 1e6,)) for name, heap, indexes in shared),
        ),
        ("Digests are kept as text, and twice in indexes; see decision 17 for what that costs and what is planned.",),
    )


def _sizes(address: str, tables: Sequence[str]) -> list[tuple[str, int, int]]:
    with psycopg.connect(address) as connection:
        return connection.execute(_SIZES, (list(tables),)).fetchall()


def _event_bytes(address: str, kind: str) -> float:
    ((_, heap, indexes),) = _sizes(address, ["registry_event"])
    with psycopg.connect(address) as connection:
        connection.execute(_ADD_EVENTS, {"kind": kind, "events": _EVENTS})
    ((_, later_heap, later_indexes),) = _sizes(address, ["registry_event"])
    return (later_heap + later_indexes - heap - indexes) / _EVENTS
