"""Files with advisories or VEX statements, as commands take them."""

from __future__ import annotations

from pathlib import Path

from dogwatch.model.errors import ConfigError
from dogwatch.model.operator_documents import MAX_DOCUMENT_BYTES


def read_document(file: Path) -> bytes:
    """Read a file, and no more of it than tells that it is too large.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        with open(file, "rb") as opened:
            return opened.read(MAX_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise ConfigError(str(file), f"cannot be read: {error.strerror}") from error
