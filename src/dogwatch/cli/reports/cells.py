"""Cells of CSV that a spreadsheet shows as they are. Used by reports and by lists."""

from __future__ import annotations

_BEGINS_A_FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")  # the wide ones count in some languages' spreadsheets
_GUARD = "'"


def guarded_cell(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula: where it begins like one, with a ' before it.

    Names, versions and texts come from images and feeds, so whoever writes these could have the reader's spreadsheet
    compute. The mark belongs to the cell in CSV; npm's scoped names (`@scope/name`) get it as well, and a program that
    wants a text untouched takes JSON.
    """
    return _GUARD + text if text.lstrip()[:1] in _BEGINS_A_FORMULA else text
