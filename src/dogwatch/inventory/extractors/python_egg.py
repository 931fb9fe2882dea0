"""Eggs of Python that are left packed: the metadata of the distribution within."""

from __future__ import annotations

from typing import BinaryIO, Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.extractor import LiesAnywhere, SpooledExtractor
from dogwatch.inventory.extractors import python_metadata
from dogwatch.inventory.java.zips import Window, ZipFormatError
from dogwatch.inventory.limits import Limits
from dogwatch.model.errors import MalformedPackageDatabaseError

_BEGINNINGS: Final = (b"PK", b"#!")  # some have a script in front of the archive
_METADATA: Final = b"EGG-INFO/PKG-INFO"


class PythonEggExtractor(LiesAnywhere, SpooledExtractor):
    """Reads `*.egg` files; an egg that is a folder has the same metadata as a file of its own.

    Source:
        setuptools' documentation of eggs, zipped egg files.
    """

    name = "python-egg"
    version = 1
    endings = frozenset({"egg"})
    ecosystem = "PyPI"

    def wants(self, path: str) -> bool:
        """Say whether the file's name is that of an egg."""
        return path.endswith(".egg") and not path.rpartition("/")[2].startswith(".")

    def extract_from(self, path: str, file: BinaryIO, size_bytes: int, limits: Limits) -> Extraction:
        """Return the one distribution of the egg; nothing of an archive that is none."""
        file.seek(0)
        if file.read(2) not in _BEGINNINGS:
            return Extraction()
        window = Window(file, 0, size_bytes)
        try:
            members = window.members(lambda name: name == _METADATA, limits.archive_entries)
            member = next((each for each in members if each is not None), None)
            content = window.unpack(member, limits.text_file_bytes) if member is not None else None
        except ZipFormatError as error:
            raise MalformedPackageDatabaseError(path, f"it {error}") from error
        return python_metadata.EXTRACTOR.extract(path, content, limits) if content is not None else Extraction()


EXTRACTOR = PythonEggExtractor()
