"""Rows taken from a list page by page, to its end or to a limit; sorted where the list itself does not."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic

from dogwatch.cli.rendering import Column, Row
from dogwatch.model.views import Page

_PAGE = 1_000  # rows that are asked for at a time: as many as the API gives
_NUMBER = re.compile(r"([0-9]+)")


@dataclass(frozen=True, slots=True)
class Order(Generic[Row]):
    """Rows in the order of one column; numbers inside its texts count as numbers."""

    column: Column[Row]
    is_descending: bool = False

    def arrange(self, rows: Iterable[Row], limit: int | None = None) -> list[Row]:
        """Return the first rows in this order; no more than those are held in memory."""
        if limit is None:
            return sorted(rows, key=self._key, reverse=self.is_descending)
        choose = heapq.nlargest if self.is_descending else heapq.nsmallest
        return choose(limit, rows, key=self._key)

    def _key(self, row: Row) -> list[tuple[int, str]]:
        parts = _NUMBER.split(self.column.text(row))  # text and digits by turns, so that like meets like
        digits = [part.lstrip("0") for part in parts[1::2]]  # compared by length, then as text: of any size
        numbers = [(len(part), part) for part in digits]
        texts = [(0, part) for part in parts[::2]]
        return [key for pair in zip(texts, [*numbers, (0, "")], strict=True) for key in pair]


class Taken(Generic[Row]):
    """The rows of a list; afterwards `count` tells how many there were, and `is_more` whether there are others.

    Args:
        fetch: returns a page from (limit, cursor).
        limit: rows at most; None takes all there are.
        order: what they are sorted by in place of the list's own order; then the whole list is read.
    """

    def __init__(
        self, fetch: Callable[[int, str], Page[Row]], limit: int | None, order: Order[Row] | None = None
    ) -> None:
        self._fetch = fetch
        self._limit = limit
        self._order = order
        self.count = 0
        self.is_more = False

    def __iter__(self) -> Iterator[Row]:
        if self._order is None:
            yield from self._pages(self._limit)
            return
        rows = self._order.arrange(self._pages(None), self._limit)
        self.is_more = self.count > len(rows)
        self.count = len(rows)
        yield from rows

    @property
    def note(self) -> str:
        """A line that says that there are more; empty where these are all."""
        return f"The first {self.count:,}; there are more (--limit, --all).\n" if self.is_more else ""

    def _pages(self, limit: int | None) -> Iterator[Row]:
        after = ""
        while limit is None or self.count < limit:
            page = self._fetch(_PAGE if limit is None else min(_PAGE, limit - self.count), after)
            for row in page.rows:
                self.count += 1
                yield row
            after = page.next
            self.is_more = bool(after)
            if not after:
                return
