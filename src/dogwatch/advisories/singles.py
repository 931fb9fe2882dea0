"""Fetch a few records one by one: in parallel over kept connections, never more than a handful in memory."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from dogwatch.advisories.documents import SingleDocuments, SpooledDocument, is_older
from dogwatch.advisories.limits import FeedLimits
from dogwatch.advisories.listing import from_ticks
from dogwatch.advisories.mirror import Downloaded, FeedMirror
from dogwatch.advisories.source import RefusedDocument
from dogwatch.model.errors import FeedError, LimitExceededError


@dataclass(frozen=True, slots=True)
class FetchedSingles:
    """What asking one by one gave: usable records, refused ones, and the ids that are not there yet."""

    documents: SingleDocuments
    refused: tuple[RefusedDocument, ...]
    pending: tuple[str, ...]


def fetch_singles(
    mirror: FeedMirror, path_of: Callable[[str], str], wanted: Mapping[str, int], path: Path, limits: FeedLimits
) -> FetchedSingles:
    """Fetch the file of every wanted id into one spool file.

    A record that is missing, or older than listed, is pending: lists run ahead of records. So is one that fails for
    good, as long as few do.

    Args:
        mirror: where from.
        path_of: from id to the path of its file there.
        wanted: id → listed modified, in ticks.
        path: the spool file to write.
        limits: caps.

    Raises:
        FeedUnavailableError, FeedRejectedError: more than `max_failed_records` failed.
    """
    index: list[SpooledDocument] = []
    refused: list[RefusedDocument] = []
    pending: list[str] = []
    failures = 0
    with open(path, "wb") as file, ThreadPoolExecutor(limits.parallel_requests) as pool:

        def fetch_one(record_id: str) -> bytes | FeedError | LimitExceededError | None:
            return _fetch_one(mirror, path_of(record_id), limits)

        # Batches keep memory at one batch of records, however slowly the file is written.
        for batch in _batches(iter(wanted), limits.parallel_requests):
            for record_id, fetched in zip(batch, pool.map(fetch_one, batch), strict=True):
                listed = wanted[record_id]
                if isinstance(fetched, FeedError):
                    failures += 1
                    if failures > limits.max_failed_records:
                        raise fetched
                    pending.append(record_id)
                elif isinstance(fetched, LimitExceededError):
                    reason = f"over the limit max_record_bytes of {limits.max_record_bytes} bytes"
                    refused.append(RefusedDocument(record_id, from_ticks(listed), reason))
                elif fetched is None or is_older(fetched, listed):
                    pending.append(record_id)
                else:
                    index.append(SpooledDocument(record_id, listed, file.tell(), len(fetched)))
                    file.write(fetched)
    return FetchedSingles(SingleDocuments(path, tuple(index)), tuple(refused), tuple(pending))


def _fetch_one(mirror: FeedMirror, path: str, limits: FeedLimits) -> bytes | FeedError | LimitExceededError | None:
    sink = io.BytesIO()
    try:
        result = mirror.download(
            path, sink, max_bytes=limits.max_record_bytes, timeout_seconds=limits.small_transfer_seconds
        )
    except (FeedError, LimitExceededError) as failed:
        return failed
    return sink.getvalue() if isinstance(result, Downloaded) else None


def _batches(ids: Iterator[str], size: int) -> Iterator[list[str]]:
    while batch := list(islice(ids, size)):
        yield batch
