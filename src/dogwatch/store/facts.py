"""Facts about CVE ids: taking them over, a batch at a time, and what follows from them for exposures.

Scores take part in `matching.resolve`: a publication resolves the pairs of those CVE ids whose scores changed, and no
others. Exploitation and probability change no exposure. What is read of facts stands in `known_facts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

import psycopg
from psycopg.types.json import Jsonb

from dogwatch.model.facts import (
    CATALOGUE,
    CveScores,
    Exploitation,
    Fact,
    FactChanges,
    FactKind,
    Probability,
    RefusedFact,
)
from dogwatch.model.feeds import Publication
from dogwatch.model.matches import Assessment, ExposureReason
from dogwatch.store.connection import Database, copy_rows
from dogwatch.store.journal import begin_revision, forget_revision, refuse_older
from dogwatch.store.locks import become_publisher, own_vulnerabilities
from dogwatch.store.matching import OpenExposure, Resolution, resolve_pairs, what_changed
from dogwatch.store.queries import load_queries
from dogwatch.store.text import storable

_SQL = load_queries("facts")

_AT_ONCE = 20_000
"""Scores per transaction: some 5 MB, and packages that arrive wait no longer than one batch takes to resolve."""

_SCORES_TYPES = ("text", "timestamptz", "text[]", "text[]", "bool")
_EXPLOITATION_TYPES = ("text", "date", "date", "bool", "text", "timestamptz")
_PROBABILITY_TYPES = ("text", "int4", "int4")


class FactStore:
    """Takes over facts. Implements `flow.ports.FactStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def publish_facts(self, source: str, changes: FactChanges, now: datetime) -> Publication:
        """Take over what a feed of facts brought.

        Scores are taken over a batch at a time: each is true without the others, and what a file brought before it
        turned out to be damaged stays; its state is not saved then, so that it is read again. The other two kinds are
        replaced as a whole in one transaction. Scores are taken by their own time, so older ones take nothing back.

        Returns:
            What was done; its revision is the last one, None where no exposure changed.

        Raises:
            MalformedSnapshotError: from the facts.
            ConflictError: what is held was said after the changes were; its state and lists stay.
        """
        reading = _Reading(changes.facts)
        done = Publication(None)
        if changes.kind is FactKind.SCORES:
            while batch := list(islice(reading.scores(), _AT_ONCE)):
                with self._database.transaction() as connection:
                    done = _added(done, _publish_scores(connection, source, batch, now))
        with self._database.transaction() as connection:
            become_publisher(connection)
            refuse_older(connection, (source, CATALOGUE), changes)
            records = _replace(connection, source, changes.kind, reading, now)
            saved = {"state": Jsonb(dict(changes.state)), "records": records, "refused": reading.refused}
            values = {"source": source, "ecosystem": CATALOGUE, "answered_at": min(changes.answered_at or now, now)}
            connection.execute(_SQL["save_feed"], values | saved)
        return Publication(
            done.revision, 0, done.changed, 0, reading.refused, done.exposures_begun, done.exposures_ended
        )


class _Reading:
    """Facts as they come, each CVE id once; counts what was refused."""

    def __init__(self, facts: Iterator[Fact | RefusedFact]) -> None:
        self._facts = facts
        self.refused = 0

    def _readable(self) -> Iterator[Fact]:
        for fact in self._facts:
            if isinstance(fact, RefusedFact):
                self.refused += 1
            else:
                yield fact

    def scores(self) -> Iterator[CveScores]:
        """Yield scores; the same CVE id may come again."""
        return (fact for fact in self._readable() if isinstance(fact, CveScores))

    def lists(self) -> Iterator[Exploitation | Probability]:
        """Yield the facts of a list; of a CVE id that stands in it twice the first counts."""
        seen: set[str] = set()
        for fact in self._readable():
            if isinstance(fact, CveScores) or fact.cve in seen:
                self.refused += 1
                continue
            seen.add(fact.cve)
            yield fact


def _added(done: Publication, one: Publication) -> Publication:
    return Publication(
        one.revision or done.revision,
        changed=done.changed + one.changed,
        exposures_begun=done.exposures_begun + one.exposures_begun,
        exposures_ended=done.exposures_ended + one.exposures_ended,
    )


def _publish_scores(
    connection: psycopg.Connection, source: str, batch: Iterable[CveScores], now: datetime
) -> Publication:
    """Take over scores and resolve what hangs on them.

    Packages that arrive resolve with the scores they see, so none may be on its way between the look at what is exposed
    and the end of this transaction; nor may a vulnerability get its CVE id.
    """
    connection.execute(_SQL["stage_scores"])
    copy_rows(connection, _SQL["copy_scores"], _SCORES_TYPES, (_scores_row(one, now) for one in _newest(batch)))
    connection.execute(_SQL["analyze_stage"])
    values = {"source": source, "ecosystem": CATALOGUE, "now": now}
    become_publisher(connection)
    connection.execute(_SQL["keep_what_differs"], values)
    own_vulnerabilities(connection)
    pairs = connection.execute(_SQL["touched_pairs"], values).fetchall()
    changed = connection.execute(_SQL["save_scores"], values).rowcount
    if not pairs:
        return Publication(None, changed=changed)
    revision = begin_revision(connection, values)
    resolution = resolve_pairs(connection, pairs, revision, now, _reason)
    if resolution == Resolution():
        forget_revision(connection, revision)
        return Publication(None, changed=changed)
    connection.execute(_SQL["end_revision"], {"revision": revision, "changed": changed})
    return Publication(revision, changed=changed, exposures_begun=resolution.begun, exposures_ended=resolution.ended)


def _reason(old: OpenExposure | None, new: Assessment | None) -> ExposureReason:
    return ExposureReason.RANGE_CHANGED if old is None else what_changed(old.assessment, new)


def _newest(batch: Iterable[CveScores]) -> Iterable[CveScores]:
    """Return each CVE id once, as it was last."""
    newest: dict[str, CveScores] = {}
    for one in batch:
        if one.cve not in newest or newest[one.cve].modified_at <= one.modified_at:
            newest[one.cve] = one
    return newest.values()


def _scores_row(one: CveScores, now: datetime) -> Sequence[object]:
    """Return a row of the stage. A date in the future would keep every later word of the source out."""
    flat = [storable(text) for score in one.scores for text in (score.kind, score.vector, score.source)]
    return (one.cve, min(one.modified_at, now), flat, list(one.cwes), one.has_exploit)


def _replace(connection: psycopg.Connection, source: str, kind: FactKind, reading: _Reading, now: datetime) -> int:
    """Replace a list as a whole; returns how many records there are now."""
    if kind is FactKind.SCORES:
        return _first(connection.execute(_SQL["count_scores"], {"source": source}))
    if kind is FactKind.EXPLOITATION:
        connection.execute(_SQL["stage_exploitation"])
        rows = copy_rows(connection, _SQL["copy_exploitation"], _EXPLOITATION_TYPES, _exploitation_rows(reading, now))
        connection.execute(_SQL["forget_exploitation"])
        connection.execute(_SQL["save_exploitation"])
        return rows
    connection.execute(_SQL["forget_probability"])
    rows = copy_rows(connection, _SQL["copy_probability"], _PROBABILITY_TYPES, _probability_rows(reading))
    connection.execute(_SQL["analyze_probability"])
    connection.execute(_SQL["probability_of_vulnerabilities"])
    return rows


def _first(cursor: psycopg.Cursor) -> int:
    row = cursor.fetchone()
    assert row is not None  # an aggregate gives a row
    return int(row[0])


def _exploitation_rows(reading: _Reading, now: datetime) -> Iterator[Sequence[object]]:
    for one in reading.lists():
        if isinstance(one, Exploitation):
            yield (one.cve, one.added_on, one.due_on, one.by_ransomware, storable(one.action, len(one.action)), now)


def _probability_rows(reading: _Reading) -> Iterator[Sequence[object]]:
    for one in reading.lists():
        if isinstance(one, Probability):
            yield (one.cve, one.score_ppm, one.percentile_ppm)
