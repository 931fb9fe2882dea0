"""What a subject gives back: figures with every value that was measured, and the words that belong to them."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured; `values` has one entry per round, in the order in which they were measured.

    `target` is the aim of the project's design for exactly this figure, in words; empty where it has none.
    """

    what: str
    unit: str
    values: tuple[float, ...]
    target: str = ""

    @property
    def middle(self) -> float:
        """The median."""
        return median(self.values)


@dataclass(frozen=True, slots=True)
class Section:
    """One subject's part of the page: what went in, and what came out."""

    title: str
    inputs: str
    figures: tuple[Figure, ...]
    remarks: tuple[str, ...] = ()
