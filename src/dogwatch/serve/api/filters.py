"""Query parameters as filters: a value as it is, `value*` for a beginning, `!value` for anything else.

A parameter given several times offers alternatives; different parameters must all hold. Unknown parameters are
refused: a mistyped filter must not widen a list.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from dogwatch.model.errors import InvalidRequestError
from dogwatch.serve.limits import MAX_PAGE, MAX_VALUE_CHARACTERS, MAX_VALUES

_USUAL_PAGE = 100  # rows where nobody says how many

Texts = dict[str, list[tuple[str, str]]]

IMAGE_FILTERS = ("repository", "registry", "tag", "digest", "architecture", "image")
"""Filters that lists of findings and of images share."""

FINDING_FILTERS = (
    *IMAGE_FILTERS,
    "severity",
    "status",
    "vulnerability",
    "package",
    "ecosystem",
    "fix",
    "source",
    "exploited",
    "exploit",
)
ALL_IMAGE_FILTERS = (*IMAGE_FILTERS, "status_code", "status_reason")
PAGING = ("limit", "cursor")
FILTER = "filter"
"""The parameter that holds a filter of the grammar (`model.filter_grammar`), which must hold beside all others."""


def read_filters(parameters: Iterable[tuple[str, str]], filters: Collection[str], others: Collection[str]) -> Texts:
    """Return the filters among the query parameters.

    Args:
        parameters: (name, value) as sent.
        filters: the filters that this list offers.
        others: parameters that are no filters; each may be given once.

    Raises:
        InvalidRequestError: an unknown parameter, too many or too long values.
    """
    texts: Texts = {}
    seen: set[str] = set()
    for name, value in parameters:
        if name in others:
            if name in seen:
                raise InvalidRequestError(name, "given more than once")
            seen.add(name)
        elif name in filters:
            texts.setdefault(name, []).append(_entry(name, value))
        else:
            raise InvalidRequestError(name[:100], f"no such parameter; offered are {', '.join([*filters, *others])}")
    for name, entries in texts.items():
        if len(entries) > MAX_VALUES:
            raise InvalidRequestError(name, f"more than {MAX_VALUES} values")
    return texts


def _entry(name: str, value: str) -> tuple[str, str]:
    if len(value) > MAX_VALUE_CHARACTERS:
        raise InvalidRequestError(name, f"longer than {MAX_VALUE_CHARACTERS} characters")
    if value.startswith("!"):
        comparison, value = "NOT_EQUALS", value[1:]
    elif value.endswith("*"):
        comparison, value = "PREFIX", value[:-1]
    else:
        comparison = "EQUALS"
    if not value:
        raise InvalidRequestError(name, "an empty value")
    if name in ("severity", "status", "fix", "exploited", "exploit", "status_code", "status_reason"):
        value = value.upper()
    return comparison, value


def only_images(texts: Mapping[str, list[tuple[str, str]]]) -> Texts:
    """Return those filters that say which images are meant."""
    return {name: entries for name, entries in texts.items() if name in IMAGE_FILTERS}


def read_limit(text: str) -> int:
    """Return the page size; where none is asked for, the usual one.

    Raises:
        InvalidRequestError: not a number from 1 to MAX_PAGE.
    """
    if not text:
        return _USUAL_PAGE
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_PAGE):
        raise InvalidRequestError("limit", f"must be 1 to {MAX_PAGE}")
    return int(text)
