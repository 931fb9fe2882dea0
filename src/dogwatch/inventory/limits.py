"""The named limits of this room, each with its reason. Callers pass a `Limits`; nothing here reads settings.

Reaching a limit on the whole layer is a `LimitExceededError`; reaching one on a single file is a gap.
"""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps on what one layer may cost.

    Units:
        Fields ending in `_bytes` are bytes, `_chars` characters, the rest counts. `unpacked_ratio` is unpacked bytes
        per compressed byte, looked at only beyond `ratio_free_bytes`.
    """

    # The largest layers seen in practice (model weights, GPU toolkits) unpack to some 20 GiB; this bounds the time.
    unpacked_bytes: int = 64 * GIB
    # Ordinary layers unpack to 2 to 6 times their size; gzip can reach 1032, zstd far more. Files full of zeros are
    # legitimate while they are small, hence the free part.
    unpacked_ratio: int = 200
    ratio_free_bytes: int = GIB
    # A large layer has some 200,000 entries; four million take about half a minute.
    entries: int = 4_000_000
    # Some builders write one gzip member or zstd frame for each file, others one for all; each costs 15 to 70 µs.
    members: int = 1_000_000
    # PATH_MAX of Linux: no runtime can create a longer path.
    path_bytes: int = 4096
    # What Go's tar reader, and with it every common runtime, accepts for one extended header.
    extended_header_bytes: int = MIB
    # One wanted file is held in memory while it is parsed; the largest dpkg status files seen have 6 MiB.
    file_bytes: int = 16 * MIB
    # A program or archive is put aside to be read at any place; beyond memory's share, on a disk. The largest programs
    # of Go seen have 700 MB, the largest jars 400.
    spool_bytes: int = GIB
    # Manifests and properties of Java are texts of a few lines; signed archives list each entry behind what matters.
    text_file_bytes: int = 4 * MIB
    # An ear holds wars, which hold jars, which may hold jars again: real ones end there.
    archive_depth: int = 6
    # Of one archive with all that it holds: entries of all directories. The largest seen have 400,000.
    archive_entries: int = 2_000_000
    # Of one archive: bytes read and unpacked of what is in it, at all depths; whoever lets entries overlap cannot have
    # the same ones read for ever.
    archive_bytes: int = 2 * GIB
    # Archives that are packed once more inside another are unpacked in memory: all of one that are open at one time.
    archive_unpacked_bytes: int = 48 * MIB
    # Debian has some 70,000 packages in all; a list of files rarely names more than one thousand that matter.
    file_entries: int = 100_000
    # A large monorepo image has some 50,000 wanted files.
    wanted_files: int = 250_000
    # Estimated memory of everything kept of one layer; a worker may use 200 MiB in all.
    kept_bytes: int = 64 * MIB
    # Longer package names and versions do not occur, and would not fit into a database index.
    text_chars: int = 512


DEFAULT_LIMITS = Limits()

# The following are not per call: they shape memory, not results.
SPOOLED_FROM_BYTES = 8 * MIB  # what is put aside lies in memory up to here
READ_BYTES = 256 * KIB  # one read from the blob; larger ones fall out of the processor's cache
UNPACK_BYTES = 512 * KIB  # the most that one step of decompression may give, whatever the ratio
DIGEST_QUEUE_CHUNKS = 16  # chunks that may wait for the digest thread: at most 16 × UNPACK_BYTES in memory
FIRST_PIECE_BYTES = 1 * KIB  # what a new gzip member or zstd frame gets first; more than the small ones have
ZSTD_WINDOW_LOG = 27  # 128 MiB: what zstd accepts by default, and the largest window of its ordinary levels
GAPS_OF_A_KIND = 1000  # what a reader can still look through; a hostile layer could give hundreds of thousands
RESOLVED_CHARS = 32 * MIB  # all real paths of one layer; ordinary ones have under 10 MiB
RESOLVING_CHARS = 2 * GIB  # all steps of following links in one image; a system of 340,000 entries takes a hundredth
STEP_CHARS = 200  # what a step costs beside the characters of its path, in time
LONGEST_PATH_CHARS = 4096  # PATH_MAX of Linux, for what links lead to; links in links could grow without end
