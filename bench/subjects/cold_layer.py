"""A layer nobody has read yet, against the plain decompression of the same bytes."""

from __future__ import annotations

from pathlib import Path

from bench.apart import MEGABYTE, Apart, run_apart
from bench.bed import Bed
from bench.figures import Figure, Section
from bench.layer_blob import LayerBlob, layer_blob

_READING = "bench.layer_reading"
_ROUNDS = 5


def measure(bed: Bed) -> Section:
    """Read the layer and decompress it in turns, each in a process of its own."""
    blob = layer_blob()
    Path(blob.path).read_bytes()  # from here on the file is in the system's cache
    pairs = [
        (run_apart(_READING, "decompress_layer", blob.path), run_apart(_READING, "read_whole_layer", *_arguments(blob)))
        for _ in range(_ROUNDS)
    ]
    plain = tuple(float(each.result) for each, _ in pairs)
    ours = tuple(float(each.result["seconds"]) for _, each in pairs)
    figures = (
        Figure("decompressing with isal, nothing else", "s", plain),
        Figure("`inventory.read_layer`", "s", ours),
        Figure("ratio of the two, pair by pair", "×", tuple(b / a for a, b in zip(plain, ours, strict=True)), "≤ 1.5"),
        Figure("`read_layer`, compressed bytes", "MB/s", tuple(blob.size_bytes / MEGABYTE / each for each in ours)),
        Figure("`read_layer`, unpacked bytes", "MB/s", tuple(blob.unpacked_bytes / MEGABYTE / each for each in ours)),
        Figure("peak memory of the process that reads", "MB", tuple(each.peak_megabytes for _, each in pairs), "≤ 200"),
        Figure("peak memory of the process that decompresses", "MB", tuple(each.peak_megabytes for each, _ in pairs)),
    )
    return Section("Index a layer, cold", _describe(blob, pairs[-1][1]), figures)


def _arguments(blob: LayerBlob) -> tuple[str, str, str, str]:
    return blob.path, blob.digest, blob.diff_id, str(blob.size_bytes)


def _describe(blob: LayerBlob, read: Apart) -> str:
    return (
        f"One tar.gz (zlib level 6) of parts of this machine's own system, package database first: "
        f"{blob.size_bytes / MEGABYTE:.0f} MB compressed, {blob.unpacked_bytes / MEGABYTE:.0f} MB unpacked, "
        f"{blob.entries:,} entries; {read.result['packages']:,} packages are found in it (dpkg, Python, npm), with "
        f"{read.result['gaps']:,} gaps. The file is in the system's cache. Reading verifies both digests, "
        "decompressing none."
    )
