"""What a name and a version must look like to be kept, whatever file they come from; extractors call it."""

from __future__ import annotations

from dogwatch.inventory.limits import Limits
from dogwatch.model.gaps import Gap, GapKind


def decode_text(raw: bytes) -> str | None:
    """Return the field's text, or None if it is not UTF-8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def is_keepable(text: str | None, limits: Limits) -> bool:
    """Say whether a name or version can be stored and shown: not empty, printable, not longer than any real one."""
    return bool(text) and text is not None and len(text) <= limits.text_chars and text.isprintable()


def show(text: object, limit: int = 100) -> str:
    """Return a short printable form of anything found in a file, for the detail of a gap."""
    plain = text[: 4 * limit + 4].decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    plain = "".join(character if character.isprintable() else "?" for character in plain[: limit + 1])
    return plain if len(plain) <= limit else plain[:limit] + "…"


def too_many_entries(path: str, limits: Limits) -> Gap:
    """Return the gap for a file that lists more than the limit; what stands behind is not read."""
    return Gap(GapKind.TOO_MANY_FILES, path, f"over the limit file_entries of {limits.file_entries} in one file")


def incomplete(path: str, name: object, version: object) -> Gap:
    """Return the gap for an entry that has no usable name or version."""
    return Gap(
        GapKind.PACKAGE_INCOMPLETE, path, f"no usable name and version: {show(name or '-')} {show(version or '-')}"
    )
