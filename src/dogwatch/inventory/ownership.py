"""Which files that a distribution's package owns matter: those that would otherwise be listed a second time.

A package brings thousands of files along, and nearly none of them tells of packages of its own. Extractors of package
databases keep what `sift` leaves; of programs, `collector` then keeps those that turned out to say something.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from dogwatch.inventory.evidence import FileEvidence

# Where distributions put programs and their libraries; elsewhere there are data, sources and manuals.
_FOLDERS: Final = ("bin", "sbin", "games", "libexec", "lib", "lib32", "lib64", "libx32")
_PLACES: Final = (
    b"opt/",
    *(f"{above}{name}/".encode() for above in ("", "usr/", "usr/local/") for name in _FOLDERS),
)
_MARK: Final = re.compile(rb"\.dist-info|\.egg-info|EGG-INFO|node_modules|\.[jwe]ar(?:\n|$)")
# Metadata of language packages, what lies above it, and archives of Java.
_METADATA: Final = re.compile(
    rb"\.dist-info(/METADATA)?$|\.egg-info(/PKG-INFO)?$|EGG-INFO(/PKG-INFO)?$|\.[jwe]ar$"
    rb"|node_modules(/@[^/]+)?(/[^/]+)?(/package\.json)?$"
)


def sift(content: bytes, chars_before: int) -> Iterator[bytes]:
    """Yield the paths of files that may tell of packages.

    Args:
        content: a list of files, a path at the end of each line.
        chars_before: what stands before the path in each line, the slash of the root included.
    """
    has_metadata = _MARK.search(content) is not None  # nearly no list has any: not each line need be asked
    for line in io.BytesIO(content):
        path = line[chars_before:].rstrip(b"\n")
        if path.startswith(_PLACES):
            name = path[path.rfind(b"/") + 1 :]
            if name and (b"." not in name or b".so" in name):
                yield path
                continue
        if has_metadata and _METADATA.search(path):
            yield path


def trim_owned(file: FileEvidence, is_wanted: Callable[[str], object], program_names: frozenset[str]) -> FileEvidence:
    """Return the evidence without the owned paths of programs that nothing was found in.

    Args:
        file: with or without owned paths.
        is_wanted: whether there is an extractor for a path, or for files beneath it.
        program_names: last parts of the paths, in the same layer, of programs that say something. A package's list and
            its files come in one layer, maybe under other names of the same folder.
    """
    owned = file.found.owned
    if not owned:
        return file
    kept = tuple(path for path in owned if path.rpartition("/")[2] in program_names or is_wanted(path))
    return file if len(kept) == len(owned) else replace(file, found=replace(file.found, owned=kept))
