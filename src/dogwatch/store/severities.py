"""What ranges state on severity, as it is stored: a JSON list of kind and value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from dogwatch.model.advisories import SeverityFact

_STATEMENTS_KEPT = 4_096
"""Statements that are read once: of ten thousands of documents, no more than these differ."""

_pairs = msgspec.json.Decoder(list[tuple[str, str]])


@lru_cache(_STATEMENTS_KEPT)
def read_severity(text: str) -> tuple[SeverityFact, ...]:
    """Read what a range states; the text is the column's own (`severity::text`)."""
    return severity_of(_pairs.decode(text))


def severity_of(pairs: Iterable[Sequence[str]]) -> tuple[SeverityFact, ...]:
    """Return what a range states, of the column as the driver reads it."""
    return tuple(SeverityFact(kind, value) for kind, value in pairs)
