"""What is done with the layer in a process of its own; imports no more than that needs."""

from __future__ import annotations

import time


def decompress_layer(path: str) -> float:
    """Decompress a gzip file with isal and throw the bytes away; returns seconds."""
    from isal import igzip_lib

    begun = time.perf_counter()
    member = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    with open(path, "rb", buffering=0) as file:
        while block := file.read(256 * 1024):
            member.decompress(block)
    if not member.eof:
        raise EOFError(path)
    return time.perf_counter() - begun


def read_whole_layer(
    path: str, digest: str, diff_id: str, size_bytes: str, compression: str = "+gzip"
) -> dict[str, float]:
    """Read a layer as the product does; returns seconds (all and of the processor), and what was found."""
    from tempfile import TemporaryFile

    from dogwatch.inventory.build import build_inventory
    from dogwatch.inventory.layer import read_layer
    from dogwatch.model.images import Layer, Platform

    layer = Layer(digest, diff_id, f"application/vnd.oci.image.layer.v1.tar{compression}", int(size_bytes))
    begun, processor_begun = time.perf_counter(), time.process_time()
    with open(path, "rb", buffering=0) as file:
        evidence = read_layer(file, layer, make_spool=TemporaryFile)
    seconds, processor_seconds = time.perf_counter() - begun, time.process_time() - processor_begun
    inventory = build_inventory((evidence,), Platform("linux", "amd64")).inventory
    packages = {package for one in inventory.sets for package in one.packages}
    counts = {"packages": len(packages), "gaps": len(inventory.gaps)}
    return {"seconds": seconds, "processor_seconds": processor_seconds, **counts}
