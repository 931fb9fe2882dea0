"""Pieces of JSON, decoded one at a time: a bill of 100 MB becomes no tree of a gigabyte, and odd pieces are no errors.

A piece is a view of the file's bytes. What is asked of it in the wrong kind is empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeVar

import msgspec
from msgspec import Raw

T = TypeVar("T", bound=msgspec.Struct)

NOTHING: Final = Raw()

_TEXT: Final = msgspec.json.Decoder(str)
_LIST: Final = msgspec.json.Decoder(list[Raw])


class _Pair(msgspec.Struct):
    name: Raw = NOTHING
    value: Raw = NOTHING


_PAIR: Final = msgspec.json.Decoder(_Pair)


def text_of(piece: Raw) -> str:
    """Return a text; empty for anything else."""
    try:
        return _TEXT.decode(piece) if piece else ""
    except (msgspec.MsgspecError, UnicodeError):
        return ""


def pieces_of(piece: Raw) -> list[Raw]:
    """Return the elements of a list; none for anything else."""
    try:
        return _LIST.decode(piece) if piece else []
    except msgspec.MsgspecError:
        return []


def members_of(piece: Raw, decoder: msgspec.json.Decoder[T]) -> T | None:
    """Return the members of an object that a structure of pieces asks for; None for anything else."""
    try:
        return decoder.decode(piece) if piece else None
    except msgspec.MsgspecError:
        return None


def pairs_of(piece: Raw) -> Iterator[tuple[str, str]]:
    """Yield (name, value) of a CycloneDX list of properties."""
    for one in pieces_of(piece):
        if pair := members_of(one, _PAIR):
            yield text_of(pair.name), text_of(pair.value)
