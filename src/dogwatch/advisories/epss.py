"""EPSS: the probability that a CVE id is exploited within 30 days, one packed CSV file a day with all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from dogwatch.advisories.cve_ids import is_cve
from dogwatch.advisories.fact_source import FactFiles, FactState, read_gzip
from dogwatch.advisories.limits import FeedLimits
from dogwatch.model.errors import LimitExceededError, MalformedSnapshotError
from dogwatch.model.facts import FactChanges, FactKind, Probability, RefusedFact
from dogwatch.model.times import parse_rfc3339

_FILE: Final = "epss_scores-current.csv.gz"
_HEADER = b"cve,epss,percentile"
_DATED = re.compile(rb"#.*\bscore_date:([0-9T:+.Z-]{10,40})")
_MAX_LINE_BYTES = 1_000  # a line has about 30
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class EpssSource:
    """The scores of the day as FIRST publishes them."""

    name: str = "epss"
    licence: str = "free to use with credit to FIRST.org (EPSS)"
    stale_after: timedelta = timedelta(days=2)  # renewed once a day
    public_location: str = "https://epss.empiricalsecurity.com"

    def fetch_facts(
        self, state: FactState, files: FactFiles, now: datetime, confirmed: bool = False
    ) -> FactChanges | None:
        """Bring the scores if they are of another day; see `FactSource.fetch_facts`.

        The file is read twice: first to its end, so that nothing is replaced by half of it.

        Source:
            FIRST.org, EPSS data and statistics (2025).
        """
        downloaded = files.download(_FILE, state.fingerprints.get(_FILE, ""))
        if downloaded is None:
            return None
        path, fingerprint = downloaded
        scored_at, found = _look_through(path, self.name, files.limits)
        files.refuse_older(_FILE, scored_at, state.as_of, confirmed)
        files.refuse_shrinking(_FILE, found, state.records, confirmed)
        told = FactState({_FILE: fingerprint}, min(scored_at, now), found)
        return FactChanges(FactKind.PROBABILITY, told.to_mapping(), _read(path, self.name, files.limits))


def _look_through(path: Path, source: str, limits: FeedLimits) -> tuple[datetime, int]:
    """Return the date of a file and how many lines of scores it has."""
    lines = _lines(path, source, limits)
    dated = _DATED.match(next(lines, b""))
    if dated is None or next(lines, b"") != _HEADER:
        raise MalformedSnapshotError(source, "it does not begin with a score_date and the names of the columns")
    try:
        scored_at = parse_rfc3339(_with_zone(dated[1].decode("ascii")))
    except ValueError as malformed:
        raise MalformedSnapshotError(source, f"its score_date cannot be read: {malformed}") from malformed
    return scored_at, sum(1 for _ in lines)


def _with_zone(text: str) -> str:
    """Complete what FIRST wrote in earlier years: a time whose zone has no colon, or a day."""
    if len(text) == 10:
        return f"{text}T00:00:00Z"
    return f"{text[:-2]}:{text[-2:]}" if re.search(r"[+-][0-9]{4}$", text) else text


def _lines(path: Path, source: str, limits: FeedLimits) -> Iterator[bytes]:
    rest, count = b"", 0
    for piece in read_gzip(path, source, limits):
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.rstrip(b"\r")
        count += len(whole)
        if len(rest) > _MAX_LINE_BYTES or count > limits.max_listed_records:
            raise LimitExceededError(f"{source} {path.name}", "max_listed_records", limits.max_listed_records, "lines")
    if rest:
        yield rest


def _read(path: Path, source: str, limits: FeedLimits) -> Iterator[Probability | RefusedFact]:
    lines = _lines(path, source, limits)
    next(lines), next(lines)
    for line in lines:
        yield _read_line(line.decode("ascii", "replace"))


def _read_line(line: str) -> Probability | RefusedFact:
    """Read one line; a share outside 0 to 1 is refused."""
    cve, *shares = line.split(",")
    if not is_cve(cve) or len(shares) != 2:
        return RefusedFact(cve[:80], "not a CVE id with two numbers")
    try:
        score, percentile = map(Decimal, shares)
        are_shares = (
            0 <= score <= 1 and 0 <= percentile <= 1
        )  # before they become integers: 1e999999 would take seconds
    except InvalidOperation:
        return RefusedFact(cve, "not numbers")
    if not are_shares:
        return RefusedFact(cve, "not a share of one")
    return Probability(cve, round(score * _MILLION), round(percentile * _MILLION))
