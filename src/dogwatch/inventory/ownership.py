"""Which files that a distribution's package owns matter: those that would otherwise be listed a second time.

A package brings thousands of files along, and nearly none of them tells of packages of its own. Extractors of package
databases keep what `sift` leaves; of programs, `collector` then keeps those that turned out to say something.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from dogwatch.inventory.evidence import FileEvidence, Ownership
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.paths import clean_path

# Where distributions put programs and their libraries; elsewhere there are data, sources and manuals.
_FOLDERS: Final = ("bin", "sbin", "games", "libexec", "lib", "lib32", "lib64", "libx32")
_PLACES: Final = (
    b"opt/",
    b"usr/pgsql-",  # PostgreSQL's own packages for Red Hat
    *(f"{above}{name}/".encode() for above in ("", "usr/", "usr/local/") for name in _FOLDERS),
)
_DATA: Final = (b"usr/share/", b"usr/include/", b"usr/lib/python3/", b"etc/")
# What paths of metadata, archives of Java, installed gems, lists and lock files of languages have in them. Each is
# looked for in a whole list, which is far quicker than to ask each line, and nearly no list has any.
_MARKS: Final = (
    *(b".dist-info", b".egg", b"EGG-INFO", b"node_modules", b".jar", b".war", b".ear", b".gemspec", b".deps.json"),
    *(b".lock", b"lock.json", b"/installed.json", b"/requirements.txt", b"/go.mod", b"/go/VERSION"),
    *(
        b"lock.yaml",
        b"shrinkwrap.json",
        b"pylock.toml",
        b"Package.resolved",
        b"ackages.config",
        b"gems.locked",
        b"/pom.",
    ),
    *(b"ackages.props", b"/conda-meta/", b"sproj\n", b"vbproj\n", b"/release\n"),
    *(b"/wp-includes/version.php", b"/classes/Version.php", b"/ebin/rabbit.app"),
)
# Their last four bytes: a first look.
_TAILS: Final = frozenset(
    {
        b"DATA",
        b"info",
        b"INFO",
        b".jar",
        b".war",
        b".ear",
        b"spec",
        b"json",
        b"lock",
        b".txt",
        b".mod",
        b"SION",
        b"ease",
        b".php",
        b".app",
        b"yaml",
        b"toml",
        b"lved",
        b"nfig",
        b"cked",
        b"file",
        b".xml",
        b"ties",
        b".egg",
        b"proj",
        b"rops",
    }
)
_TEXT_TAILS: Final = frozenset(tail.decode() for tail in _TAILS)
_METADATA: Final = re.compile(
    rb"\.dist-info(/METADATA)?$|\.egg-info(/PKG-INFO)?$|EGG-INFO(/PKG-INFO)?$"
    rb"|node_modules(/@[^/]+)?(/[^/]+)?(/package\.json)?$"
    rb"|\.(?:[jwe]ar|egg|gemspec|deps\.json|lock|lockfile|(?:cs|fs|vb)proj)$|[.-]lock\.json$"
    rb"|/(?:installed\.json|requirements\.txt|go\.mod|go/VERSION|release|pom\.xml|pom\.properties)$"
    rb"|/(?:pnpm-lock\.yaml|npm-shrinkwrap\.json|pylock\.toml|gems\.locked|Package\.resolved)$"
    rb"|/(?:[Pp]ackages\.config|Directory\.Packages\.props|conda-meta/[^/]+\.json)$"
    rb"|/(?:wp-includes/version\.php|classes/Version\.php|ebin/rabbit\.app)$"
)


def sift(content: bytes, chars_before: int) -> Iterator[bytes]:
    """Yield the paths of files that may tell of packages.

    Args:
        content: a list of files, a path at the end of each line.
        chars_before: what stands before the path in each line, the slash of the root included.
    """
    has_metadata = any(mark in content for mark in _MARKS)
    for line in io.BytesIO(content):
        if not has_metadata and line.startswith(_DATA, chars_before):  # most lines of most lists
            continue
        path = line[chars_before:].rstrip(b"\n")
        if path.startswith(_PLACES):
            name = path[path.rfind(b"/") + 1 :]
            if name and (b"." not in name or b".so" in name or name[-1:].isdigit()):  # also `python3.11`
                yield path
                continue
        if has_metadata and (path[-4:] in _TAILS or b"node_modules" in path) and _METADATA.search(path):
            yield path


class Claims:
    """Which files the packages of one database own, within the limits.

    What goes beyond them is left out: such files are listed for themselves as well, and nothing is missed.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._made: list[Ownership] = []
        self._left = limits.file_entries

    def add(self, owner: str, paths: Iterable[bytes]) -> None:
        """Note what matters of the files of a package.

        Args:
            owner: the package's name.
            paths: of its files, relative to the root.
        """
        found = {clean_path(path) for path in sift(self._listed(paths), 0)}
        kept = tuple(sorted(path for path in found if path))
        if kept and len(kept) <= self._left:
            self._left -= len(kept)
            self._made.append(Ownership(owner, kept))

    def made(self) -> tuple[Ownership, ...]:
        """Return what was noted, in the order of the database."""
        return tuple(self._made)

    def _listed(self, paths: Iterable[bytes]) -> bytes:
        listed: list[bytes] = []
        left = self._limits.file_bytes
        for path in paths:
            left -= len(path) + 1
            if left < 0:
                break
            listed.append(path)
        return b"\n".join(listed)


def trim_owned(file: FileEvidence, is_wanted: Callable[[str], object], program_names: frozenset[str]) -> FileEvidence:
    """Return the evidence without the owned paths of programs that nothing was found in.

    Args:
        file: with or without owned paths.
        is_wanted: whether there is an extractor for a path, or for files beneath it.
        program_names: last parts of the paths, in the same layer, of programs that say something. A package's list and
            its files come in one layer, maybe under other names of the same folder.
    """
    if not file.found.ownership or file.found.packages:  # a whole database also names what older layers brought
        return file

    def matters(path: str) -> bool:
        if path[path.rfind("/") + 1 :] in program_names:
            return True
        return (path[-4:] in _TEXT_TAILS or "node_modules" in path) and bool(is_wanted(path))

    kept = tuple(
        replace(each, paths=paths) for each in file.found.ownership if (paths := tuple(filter(matters, each.paths)))
    )
    return file if kept == file.found.ownership else replace(file, found=replace(file.found, ownership=kept))
