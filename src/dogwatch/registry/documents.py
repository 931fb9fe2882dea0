"""Strangers' JSON, read with care: one decoding function and typed looks at its members. Pure.

Called by the parsers of this room. Text is made storable here: PostgreSQL takes no NUL, and nobody needs a
megabyte of user agent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from dogwatch.model.times import parse_rfc3339
from dogwatch.registry.limits import TEXT_MAX

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def decode_json(content: bytes) -> object:
    """Decode UTF-8 JSON into plain values.

    Raises:
        ValueError: not JSON, not UTF-8, a number out of range, or nested too deeply. The text says which.
    """
    try:
        return msgspec.json.decode(content.removeprefix(_BYTE_ORDER_MARK))
    except RecursionError as deep:
        raise ValueError("nested too deeply") from deep
    except (msgspec.MsgspecError, UnicodeError, OverflowError) as error:
        raise ValueError(f"not JSON: {error}") from error


def decode_object(content: bytes) -> dict[str, object]:
    """Decode a JSON object.

    Raises:
        ValueError: as `decode_json`, or the document is not an object.
    """
    document = decode_json(content)
    if not isinstance(document, dict):
        raise ValueError("not a JSON object")
    return document


def text(holder: Mapping[str, object], name: str, *, longest: int = TEXT_MAX) -> str:
    """Return a member as storable text, cut to `longest` characters; empty when absent or not text."""
    value = holder.get(name)
    return value[:longest].replace("\x00", "�") if isinstance(value, str) else ""


def exact_text(holder: Mapping[str, object], name: str) -> str:
    """Return a member uncut, for values that a grammar checks next; empty when absent or not text."""
    value = holder.get(name)
    return value if isinstance(value, str) else ""


def member(holder: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Return a member that is an object; empty when absent or something else."""
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def moment(holder: Mapping[str, object], name: str) -> datetime | None:
    """Return a member that is an RFC 3339 time, in UTC; None when absent or not such a time."""
    try:
        return parse_rfc3339(exact_text(holder, name))
    except ValueError:
        return None
