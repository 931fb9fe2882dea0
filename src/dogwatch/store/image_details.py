"""Completes the few images of one page: tags, gaps, packages and severities are fetched for these alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.images import BaseImage
from dogwatch.model.lifecycle import Proposal
from dogwatch.model.matches import Severity
from dogwatch.model.views import GapView
from dogwatch.store.bases import load_bases_of_images
from dogwatch.store.deeds import Hands, load_hands
from dogwatch.store.feed_gaps import FeedGaps
from dogwatch.store.lifecycle_outcomes import load_proposals
from dogwatch.store.queries import load_queries
from dogwatch.store.usage import count_in_use

_SQL = load_queries("image_views")
FAMILIES = sql.SQL(_SQL["families"])
"""The families of ecosystems of inventories, to be part of other queries."""


@dataclass(slots=True)
class ImageDetails:
    """What a page's images have beside their row: by image id, and by inventory id."""

    own_tags: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    index_tags: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    severities: dict[int, dict[Severity, int]] = field(default_factory=lambda: defaultdict(dict))
    gaps: dict[int, list[GapView]] = field(default_factory=lambda: defaultdict(list))
    contents: dict[int, tuple[int, int]] = field(default_factory=dict)
    proposals: Mapping[int, Proposal] = field(default_factory=dict)
    hands: Hands = field(default_factory=Hands)
    in_use: Mapping[int, int] = field(default_factory=dict)
    bases: Mapping[int, BaseImage] = field(default_factory=dict)


def load_details(
    connection: psycopg.Connection,
    rows: Sequence[Mapping[str, Any]],
    now: datetime,
    feeds: FeedGaps,
    *,
    with_counts: bool,
) -> ImageDetails:
    """Load what the images of these rows have beside; severities and base images only `with_counts`."""
    details = ImageDetails()
    values = {
        "ids": [row["image_id"] for row in rows],
        "inventories": sorted({row["inventory_id"] for row in rows if row["inventory_id"] is not None}),
        "now": now,
    }
    for image_id, through_index, tag in connection.execute(_SQL["tags"], values).fetchall():
        (details.index_tags if through_index else details.own_tags)[image_id].append(tag)
    for inventory_id, kind, path, detail in connection.execute(_SQL["gaps"], values).fetchall():
        details.gaps[inventory_id].append(_gap_view(Gap(GapKind(kind), path, detail)))
    for inventory_id, packages, undetermined in connection.execute(_SQL["contents"], values).fetchall():
        details.contents[inventory_id] = (packages, undetermined)
    details.proposals = load_proposals(connection, [row["image_id"] for row in rows])
    details.in_use = count_in_use(connection, [row["image_id"] for row in rows], now)
    details.hands = load_hands(connection, [row["image_id"] for row in rows])
    _add_feed_gaps(connection, details, feeds)
    if with_counts:
        details.bases = load_bases_of_images(connection, [row["image_id"] for row in rows])
        for image_id, severity, count in connection.execute(_SQL["severities"], values).fetchall():
            details.severities[image_id][Severity(severity)] = count
    return details


def _add_feed_gaps(connection: psycopg.Connection, details: ImageDetails, feeds: FeedGaps) -> None:
    """Add to each inventory's gaps those that follow from the feeds now."""
    statement = sql.SQL(_SQL["families_of"]).format(families=FAMILIES)
    values = {"inventories": list(details.contents), **feeds.columns}
    families: dict[int, list[tuple[str, bool]]] = defaultdict(list)
    for inventory_id, family, is_told in connection.execute(statement, values).fetchall():
        families[inventory_id].append((family, is_told))
    for inventory_id, held in families.items():
        details.gaps[inventory_id] += [_gap_view(gap) for gap in feeds.of(held)]


def _gap_view(gap: Gap) -> GapView:
    return GapView(str(gap.kind), gap.path, gap.detail, gap.consequence)
