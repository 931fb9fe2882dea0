"""Layers full of what has to be opened to be read: Java archives, and programs that no package database owns."""

from __future__ import annotations

import hashlib
import os
import random
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from bench.apart import MEGABYTE, Apart, run_apart
from bench.bed import Bed
from bench.figures import Figure, Section
from tests.builders.jars import build_jar, pom

_ROUNDS = 5
_JARS, _CLASSES, _CLASS_BYTES = 60, 300, 6_000
_PROGRAM_BYTES = 200_000_000
_PROGRAM_FOLDERS = ("usr/bin", "usr/lib", "usr/local")
_SEED = 4


@dataclass(frozen=True, slots=True)
class _PlainLayer:
    path: str
    digest: str
    size_bytes: int
    files: int


def measure(bed: Bed) -> Section:
    """Read both layers, each time in a process of its own; and the jars under a name that nobody looks into."""
    jars = _write(bed.folder / "jars.tar", _jars("jar"))
    opaque = _write(bed.folder / "opaque.tar", _jars("bin"))
    programs = _write(bed.folder / "programs.tar", _programs())
    read: dict[str, list[Apart]] = {layer.path: [] for layer in (jars, opaque, programs)}
    for _ in range(_ROUNDS):
        for layer in (jars, opaque, programs):
            read[layer.path].append(_read(layer))
    return Section(
        "Archives and programs",
        f"Two layers that are not compressed, in the system's cache. {jars.files} made-up Java archives of {_CLASSES} "
        f"classes, each in an archive around it, {jars.size_bytes / MEGABYTE:.0f} MB; {_found(read[jars.path])} "
        f"packages are found. {programs.files:,} programs and libraries of this machine without its package "
        f"database, {programs.size_bytes / MEGABYTE:.0f} MB; {_found(read[programs.path])} packages are found. Both "
        "digests are verified, as of every layer; the same archives under a name that nobody looks into say what that "
        "takes.",
        (
            Figure("Java archives", "MB/s", _rates(jars, read[jars.path])),
            Figure("the same bytes, not looked into", "MB/s", _rates(opaque, read[opaque.path])),
            Figure("Java archives, per second of processor time", "MB/s", _rates(jars, read[jars.path], "processor_")),
            Figure("programs", "MB/s", _rates(programs, read[programs.path])),
            Figure(
                "programs, per second of processor time", "MB/s", _rates(programs, read[programs.path], "processor_")
            ),
            Figure(
                "peak memory of the process", "MB", tuple(one.peak_megabytes for each in read.values() for one in each)
            ),
        ),
    )


def _read(layer: _PlainLayer) -> Apart:
    given = (layer.path, layer.digest, layer.digest, str(layer.size_bytes), "")
    return run_apart("bench.layer_reading", "read_whole_layer", *given)


def _rates(layer: _PlainLayer, read: list[Apart], which: str = "") -> tuple[float, ...]:
    return tuple(layer.size_bytes / MEGABYTE / each.result[f"{which}seconds"] for each in read)


def _found(read: list[Apart]) -> str:
    return f"{read[-1].result['packages']:,}"


def _write(path: Path, files: Iterator[tuple[str, bytes]]) -> _PlainLayer:
    count = 0
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            tar.addfile(entry, BytesIO(content))
            count += 1
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return _PlainLayer(str(path), f"sha256:{digest}", path.stat().st_size, count)


def _jars(suffix: str) -> Iterator[tuple[str, bytes]]:
    """Yield archives with one archive inside, as programs of one file are: classes compress to about half."""
    chance = random.Random(_SEED)
    for number in range(_JARS):
        classes: dict[str, bytes | str] = {
            f"org/example/p{each % 20}/Class{each}.class": b"\xca\xfe\xba\xbe"
            + chance.randbytes(_CLASS_BYTES // 2)
            + bytes(_CLASS_BYTES // 2)
            for each in range(_CLASSES)
        }
        inner = build_jar(classes | pom("org.example", f"library-{number}", f"1.{number}"))
        outer: dict[str, bytes | str] = {
            "BOOT-INF/lib/inner.jar": inner,
            **pom("org.example", f"program-{number}", "2"),
        }
        yield f"opt/app-{number}.{suffix}", build_jar(outer, stored=True)


def _programs() -> Iterator[tuple[str, bytes]]:
    """Yield programs and libraries of this machine until there are enough."""
    size_bytes = 0
    for folder in _PROGRAM_FOLDERS:
        for path in sorted(Path("/", folder).rglob("*")):
            if path.is_symlink() or not path.is_file() or not os.access(path, os.R_OK):
                continue
            with path.open("rb") as file:
                content = file.read() if file.read(4) == b"\x7fELF" else b""
            if content:
                content = b"\x7fELF" + content
                size_bytes += len(content)
                yield f"opt/programs{path}", content
            if size_bytes > _PROGRAM_BYTES:
                return
