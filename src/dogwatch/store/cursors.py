"""Pages: how large they may be, and cursors, which say where one ended.

A cursor is bound to the list it came from, so that none is used with another filter.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.times import parse_rfc3339

MAX_PAGE = 1_000
"""Rows of one page: each carries what belongs to it, so a larger page would not fit the memory target."""


def refuse_page_size(limit: int, most: int = MAX_PAGE) -> None:
    """Refuse a page size that is not offered.

    Raises:
        InvalidRequestError: it is not 1 to `most`.
    """
    if not 1 <= limit <= most:
        raise InvalidRequestError("limit", f"must be 1 to {most}")


def foreign_cursor() -> InvalidRequestError:
    """Return the refusal of a cursor of another list."""
    return InvalidRequestError("cursor", "not a cursor of this list; begin again without one")


def list_fingerprint(*parts: object) -> str:
    """Return a short text that differs between lists with different filters or orders."""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def encode_cursor(fingerprint: str, at: datetime, key: Sequence[object]) -> str:
    """Pack the moment the list speaks of and the sort key of the last row shown."""
    values = [value.isoformat() if isinstance(value, datetime) else value for value in key]
    content = json.dumps([fingerprint, at.isoformat(), values], separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def decode_cursor(text: str, fingerprint: str) -> tuple[datetime, tuple[Any, ...]]:
    """Unpack a cursor; times in the key stay texts, which PostgreSQL casts.

    Raises:
        InvalidRequestError: not one of ours, or of a list with another filter or order.
    """
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        found, at, key = json.loads(content)
        moment = parse_rfc3339(at)
        if found == fingerprint and isinstance(key, list) and all(isinstance(one, str | int) for one in key):
            return moment, tuple(key)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        pass
    raise foreign_cursor()


def decode_id_cursor(text: str, fingerprint: str) -> tuple[datetime, int]:
    """Unpack the cursor of a list in the order of ids: the moment the list speaks of, and the last id shown.

    Raises:
        InvalidRequestError: as for `decode_cursor`.
    """
    moment, key = decode_cursor(text, fingerprint)
    if len(key) == 1 and isinstance(key[0], int) and 0 <= key[0] < 2**63:
        return moment, key[0]
    raise foreign_cursor()
