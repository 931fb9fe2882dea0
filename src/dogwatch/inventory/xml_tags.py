"""XML that is looked through for tags of one name: nothing is expanded or followed, and no tree is built."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from dogwatch.inventory.naming import decode_text
from dogwatch.model.errors import MalformedPackageDatabaseError

_ATTRIBUTE: Final = re.compile(r"\b(\w++)\s*+=\s*+[\"']([^\"'<>&]*)[\"']")
_TAG_CHARS_MAX: Final = 2000
_BODY_CHARS_MAX: Final = 4000  # of one package with all that is said of it


class Tag(NamedTuple):
    """One element: its attributes, and what stands in it up to the next of its name; nothing where that is endless."""

    attributes: dict[str, str]
    body: str

    def child(self, name: str) -> str:
        """Return the text of the first element of this name, or nothing."""
        found = re.search(rf"<{name}>([^<>]*)</{name}>", self.body)
        return found[1].strip() if found is not None else ""


def read_xml(path: str, content: bytes) -> str:
    """Return the text without comments.

    Raises:
        MalformedPackageDatabaseError: it is not UTF-8.
    """
    text = decode_text(content.removeprefix(b"\xef\xbb\xbf"))
    if text is None:
        raise MalformedPackageDatabaseError(path, "not UTF-8")
    return cut(text, "<!--", "-->")


def cut(text: str, opening: str, closing: str) -> str:
    """Return the text without the parts between an opening and the next closing; one that is never closed goes on."""
    parts = []
    at = 0
    while at >= 0:
        found = text.find(opening, at)
        parts.append(text[at:found] if found >= 0 else text[at:])
        end = text.find(closing, found + len(opening)) if found >= 0 else -1
        at = end + len(closing) if end >= 0 else -1
    return "".join(parts)


def read_tags(text: str, name: str) -> Iterator[Tag]:
    """Yield the elements of this name in their order, wherever they stand.

    Args:
        text: as `read_xml` returns it.
        name: a pattern; what it matches has no marks of XML in it.
    """
    opening = re.compile(rf"<({name})(\s[^<>]{{0,{_TAG_CHARS_MAX}}})?>")
    for found in opening.finditer(text):
        attributes = dict(_ATTRIBUTE.findall(found[2] or ""))
        end = -1
        if not found[0].endswith("/>"):
            end = text.find(f"</{found[1]}>", found.end(), found.end() + _BODY_CHARS_MAX)
        body = text[found.end() : end] if end >= 0 else ""
        yield Tag(attributes, body.partition(f"<{found[1]}")[0])
