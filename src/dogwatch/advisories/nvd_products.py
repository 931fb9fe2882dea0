"""NVD's ranges of versions for known programs that nobody else speaks for, from the same files as its scores.

Only records that name one of these products are kept. How they are read stands in `nvd_product_record`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from dogwatch.advisories.cve_ids import is_cve
from dogwatch.advisories.documents import SingleDocuments, SpooledDocument, read_records
from dogwatch.advisories.fact_source import FactFiles, FactState
from dogwatch.advisories.limits import FEED_LIMITS, FeedLimits
from dogwatch.advisories.listing import to_ticks
from dogwatch.advisories.nvd import bring_files
from dogwatch.advisories.nvd_file import decode_record, read_pieces, read_time
from dogwatch.advisories.nvd_product_record import NAMES_A_PRODUCT, NvdRecord, condense, make_advisory
from dogwatch.advisories.source import Changes, FeedState, FetchRequest, FetchResult, RefusedDocument, Unchanged
from dogwatch.advisories.spool import fetch_into_folder
from dogwatch.model.feeds import ParsedRecord
from dogwatch.model.known_products import CPE_ECOSYSTEM, PRODUCTS

_PREFIX: Final = "NVD-"
_ID: Final = re.compile(rb'"id"\s*:\s*"(CVE-[0-9-]{6,30})"')
_ID_WITHIN_BYTES: Final = 256  # it is the first member of a record
_PRODUCTS: Final = json.dumps(dict(PRODUCTS), sort_keys=True)
_RECORDS: Final = msgspec.json.Decoder(NvdRecord)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class _Remembered(msgspec.Struct):
    """What the fingerprint of a state holds: those of the files, and for which products they were read."""

    files: dict[str, str]
    products: str


@dataclass(frozen=True, slots=True)
class NvdProductsSource:
    """Ranges of versions of the products in `model.known_products`."""

    name: str = "nvd-products"
    licence: str = "public domain (NIST, National Vulnerability Database)"
    public_location: str = "https://nvd.nist.gov/feeds/json/cve/2.0"
    folder: str = "nvd"
    by_release: bool = False
    dates_records: bool = True
    stale_after: timedelta = timedelta(hours=24)  # the file of changes is renewed every two hours
    ecosystems: tuple[str, ...] = (CPE_ECOSYSTEM,)
    limits: FeedLimits = FEED_LIMITS

    def covers(self, ecosystem: str) -> bool:
        """Whether it is the ecosystem of these products."""
        return ecosystem == CPE_ECOSYSTEM

    def fetch(self, asked: FetchRequest) -> FetchResult:
        """Bring records that changed; see `AdvisorySource.fetch`, and `nvd.bring_files` on which files are read.

        Files are read whole, but a record only where it names a product, or did so before. For other products than the
        last time everything is read anew. Nothing is ever removed: NVD keeps what it rejects.
        """
        return fetch_into_folder(self.name, asked.spool, lambda folder: self._fetch(asked, folder))

    def _fetch(self, asked: FetchRequest, folder: Path) -> FetchResult:
        before, now = asked.before, asked.now
        files = FactFiles(self.name, asked.mirror, folder, self.limits)
        brought = bring_files(_told(before), files, now, asked.confirmed)
        if brought is None:
            return Unchanged(replace(before, checked_at=now))
        state, paths = brought
        reading = Reading(self.name, self.limits, dict(asked.known), now)
        kept = folder / "kept"
        with open(kept, "wb") as file:
            for path in paths:
                reading.read(path, file)
                path.unlink()
        fingerprint = msgspec.json.encode(_Remembered(dict(state.fingerprints), _PRODUCTS)).decode()
        return Changes(
            state=FeedState(fingerprint, "", state.as_of, now, now, len({*reading.known, *reading.index})),
            documents=(SingleDocuments(kept, tuple(reading.index.values())),),
            removed=(),
            pending=(),
            refused=tuple(reading.refused.values()),
            spool=folder,
        )

    def parse(self, changes: Changes) -> Iterator[ParsedRecord]:
        """Read what was kept; see `read_records`."""
        return read_records(changes, self.name, partial(make_advisory, self.name))


def _told(before: FeedState) -> FactState:
    """Return the state of the files; that of nothing where they were read for other products."""
    if not before.listing_fingerprint:
        return FactState({})
    try:
        remembered = msgspec.json.decode(before.listing_fingerprint, type=_Remembered)
    except msgspec.MsgspecError:
        return FactState({})
    is_current = remembered.products == _PRODUCTS
    return FactState(remembered.files, before.newest_modified_at) if is_current else FactState({})


@dataclass(slots=True)
class Reading:
    """Files being read, oldest first: the records that were held before, and where the newest of each stands now.

    Of a record that comes several times the last one counts, also where it cannot be used.
    """

    source: str
    limits: FeedLimits
    known: dict[str, datetime]
    now: datetime
    index: dict[str, SpooledDocument] = field(default_factory=dict)
    refused: dict[str, RefusedDocument] = field(default_factory=dict)

    def read(self, path: Path, to: BinaryIO) -> None:
        """Copy what matters of a file."""
        for piece in read_pieces(path, self.source, self.limits):
            found = _ID.search(piece, 0, _ID_WITHIN_BYTES)
            record_id = _PREFIX + found[1].decode("ascii") if found else ""
            if NAMES_A_PRODUCT.search(piece) or record_id in self.known or record_id in self.index:
                try:
                    self._keep(piece, to)
                except ValueError as unusable:
                    self._refuse(record_id or f"{_PREFIX}UNKNOWN", f"{self.source}: {str(unusable)[:300]}")

    def _keep(self, piece: bytes, to: BinaryIO) -> None:
        """Write one record.

        Raises:
            ValueError: it cannot be used.
        """
        record = decode_record(piece, self.source, _RECORDS)
        if isinstance(record, str) or not is_cve(record.cve.id):
            raise ValueError(record if isinstance(record, str) else "not a CVE id")
        record_id, modified_at = _PREFIX + record.cve.id, read_time(record.cve.lastModified)
        held = self.index.get(record_id)
        if modified_at < self.known.get(record_id, _LONG_AGO) or (held and to_ticks(modified_at) < held.listed):
            return
        content = condense(record.cve)
        self.index[record_id] = SpooledDocument(record_id, to_ticks(modified_at), to.tell(), len(content))
        self.refused.pop(record_id, None)
        to.write(content)

    def _refuse(self, record_id: str, reason: str) -> None:
        self.index.pop(record_id, None)
        self.refused[record_id] = RefusedDocument(record_id, self.known.get(record_id, self.now), reason)


SOURCE = NvdProductsSource()
