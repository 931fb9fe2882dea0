"""Texts of feeds, made fit to be kept: what decides is refused where it cannot be kept, what is only shown is cut.

No database takes the zero character. Called by whatever reads a feed.
"""

from __future__ import annotations

from collections.abc import Iterable

from dogwatch.advisories.limits import TEXT_LIMITS


def refuse_long(texts: Iterable[str], longest: int = TEXT_LIMITS.max_name) -> None:
    """Refuse names and versions that cannot be kept: of more than so many characters, or with the zero character.

    Raises:
        ValueError: there is one.
    """
    if any(len(text) > longest or "\0" in text for text in texts):
        raise ValueError("a name or version that cannot be kept")


def cut_prose(text: str, longest: int) -> str:
    """Return a text that is only shown, of so many characters at most."""
    shown = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def keep_unread(parts: Iterable[str]) -> tuple[str, ...]:
    """Return what could not be read of a document, in words that can be kept.

    Raises:
        ValueError: it is more than the limit.
    """
    kept = tuple(dict.fromkeys(cut_prose(part, TEXT_LIMITS.max_identifier) for part in parts))
    most = TEXT_LIMITS.max_unread_parts
    if len(kept) > most:
        raise ValueError(f"more than {most} parts that cannot be read, the first of them: {kept[0]}")
    return kept


def is_link(url: str) -> bool:
    """Whether it is the address of a page, as browsers open it."""
    return url.startswith(("https://", "http://")) and len(url) <= TEXT_LIMITS.max_reference and "\0" not in url
