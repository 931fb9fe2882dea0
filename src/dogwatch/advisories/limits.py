"""How much of a feed is read at most. Every limit has a name, because errors and refusals quote it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dogwatch.model.operator_documents import MAX_DOCUMENT_BYTES


@dataclass(frozen=True, slots=True)
class FeedLimits:
    """Caps on what one fetch reads, waits and believes. The defaults keep an import below 400 MB of memory.

    Units:
        As each name says; `percent` of the records held before.
    """

    max_listing_bytes: int = 128 * 1024 * 1024  # a line is about 40 bytes: room for the two million lines below
    max_listed_records: int = 2_000_000  # Chainguard has 1.3 million; the comparison costs about 190 bytes a record
    max_archive_bytes: int = 2 * 1024 * 1024 * 1024  # the spool's disk; Chainguard's may have half of it
    max_archive_entries: int = 2_000_000  # as listed records
    max_inflated_bytes: int = 8 * 1024 * 1024 * 1024  # time, not memory: records are inflated one by one
    max_inflation_ratio: int = 100  # whole archive; real ones stay below 10, deflate can reach 1,032
    max_snapshot_bytes: int = 192 * 1024 * 1024  # a feed in one file is read at once; Debian's tracker has 70 MB
    max_record_bytes: int = (
        4 * 1024 * 1024
    )  # real ones stay below 1 MiB; decoding a hostile one costs 30 times its size
    max_single_records: int = 300  # more changes than this, and the archive is the smaller download
    max_refused_records: int = 10_000  # a feed that is mostly refused is broken as a whole
    max_shrink_percent: int = 50  # losing more at once is a broken export, until somebody says otherwise
    shrink_floor_records: int = 20  # below this many, one removal is already a large share
    parallel_requests: int = 4  # polite to a public bucket, and at most this many records in memory
    max_failed_records: int = 3  # single records that fail for good before the feed counts as down
    attempts: int = 3  # per file
    first_pause_seconds: float = 1.0  # before the second attempt; doubles
    max_pause_seconds: float = 30.0  # also the most that a Retry-After is followed
    idle_timeout_seconds: float = 30.0  # connect, and between two reads
    small_transfer_seconds: float = 120.0  # a listing or a record as a whole, however steadily it drips
    archive_transfer_seconds: float = 1800.0  # 1 GiB at 600 kB/s
    max_redirects: int = 3
    max_fact_record_bytes: int = (
        16 * 1024 * 1024
    )  # one record of NVD with all its products; read typed, so it stays small
    max_fact_list_bytes: int = 32 * 1024 * 1024  # a list that is read whole; the real one has 1.5 MB


@dataclass(frozen=True, slots=True)
class TextLimits:
    """Caps on the texts inside one advisory. Longer prose is cut, longer names refuse the record.

    Units:
        Characters and counts.
    """

    max_summary: int = 1_000  # shown in lists
    max_details: int = 64_000  # shown on one page; real ones stay below 35,000
    max_identifier: int = 256  # ids, aliases, CWE; the longest real one has 45
    max_names: int = 5_000  # of one list; each may be a vulnerability of its own; the longest real one has 278
    max_name: int = 512  # ecosystem and package names: they are index keys in the database
    max_version: int = 1_024  # the longest real one has 80
    max_references: int = 200  # real records stay below 150
    max_reference: int = 2_048  # what browsers open
    max_unread_parts: int = 100  # a document with more has no holes, it is none that we can read


FEED_LIMITS = FeedLimits()
TEXT_LIMITS = TextLimits()


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """Caps on one document that the operator supplies.

    Units:
        As each name says; characters and counts otherwise.
    """

    max_document_bytes: int = MAX_DOCUMENT_BYTES
    max_statements: int = 20_000  # each becomes a record of the journal
    max_products: int = 100_000  # of all statements together; each becomes an affected range
    max_aliases: int = 50  # each is a name of a vulnerability; real ones have up to ten
    max_name: int = 200  # what a document calls itself is an index key, together with an identifier
    max_identifier: int = 80  # the longest real id of a vulnerability has 45
    max_shown: int = 1_000  # texts in lists
    max_text: int = 64_000  # texts that are shown one at a time


DOCUMENT_LIMITS = DocumentLimits()

CSAF_LIMITS = replace(
    FEED_LIMITS,
    max_record_bytes=32 * 1024 * 1024,  # ten times the largest sample; reading one takes five times its size
    max_archive_bytes=2 * 1024 * 1024 * 1024,  # of all documents: the spool's disk
    max_inflated_bytes=128 * 1024 * 1024 * 1024,  # time, not memory: 50 MB a second; such JSON packs 20 to 50 times
    max_single_records=2_000,  # the archive of all pays late, as a document is large
)
"""Of sources whose documents have megabytes, a few kilobytes of which are kept."""
