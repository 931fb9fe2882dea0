"""Judges packages from the stored advisories and leaves no trace: those that are not stored, or all of them anew.

The same conditions as when packages arrive (`matching.sql`) and the same `matching.resolve`; a law holds the two
together: what is judged here is what would be stored there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from dogwatch.matching import key_package, match_name
from dogwatch.model.facts import NOTHING_KNOWN
from dogwatch.model.judgements import AdvisoryText, Judged, Judgement, NotCompared
from dogwatch.model.matches import DocumentKey
from dogwatch.model.packages import PACKAGE_ORDER, KeyedPackage, Package
from dogwatch.store.assessments import MetRange, assess
from dogwatch.store.connection import Database, see_one_moment
from dogwatch.store.finding_details import load_documents
from dogwatch.store.known_facts import load_known_facts
from dogwatch.store.matching import newest_revision
from dogwatch.store.queries import load_queries
from dogwatch.store.text import storable

_SQL = load_queries("judgement")


@dataclass(frozen=True, slots=True)
class Meeting:
    """What packages met, and what cannot be compared with them.

    `met` are (ordinal, vulnerability id, range id, verdict) in this order, `not_compared` (ordinal, reason, documents).
    """

    met: tuple[MetRange, ...]
    not_compared: tuple[tuple[int, str, int], ...]


class Judge:
    """Reads the stored advisories; writes nothing, anywhere."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def judge(self, packages: Iterable[Package]) -> Judgement:
        """Say what the stored advisories say of packages, as of one moment and without texts; see the module."""
        distinct = sorted(set(packages), key=PACKAGE_ORDER)
        with self._database.transaction() as connection:
            see_one_moment(connection)
            asked = [key_package(package) for package in _named(connection, distinct)]
            meeting = meet_ranges(connection, ask(asked))
            names = _load_names(connection, {row[1] for row in meeting.met})
            facts = load_known_facts(connection, {name for name, _ in names.values()})
            scores = {number: facts[name].scores for number, (name, _) in names.items() if name in facts}
            assessments = dict(assess(connection, meeting.met, scores))
            revision = newest_revision(connection)
        not_compared = tuple(
            NotCompared(asked[ordinal].package, reason, count) for ordinal, reason, count in meeting.not_compared
        )
        judged = (
            Judged(
                asked[ordinal].package,
                *names[number],
                assessment,
                facts=facts.get(names[number][0], NOTHING_KNOWN),
            )
            for (ordinal, number), assessment in sorted(
                assessments.items(), key=lambda one: (one[0][0], names[one[0][1]][0])
            )
        )
        return Judgement(revision, tuple(judged), not_compared)

    def load_texts(self, documents: Collection[DocumentKey]) -> dict[DocumentKey, AdvisoryText]:
        """Return what documents tell people, for those who show it: reading it takes as long as judging by it."""
        with self._database.transaction() as connection:
            return {key: _text(*found) for key, found in load_documents(connection, documents).items()}


def ask(packages: Sequence[KeyedPackage]) -> Jsonb:
    """Return packages as `meet_ranges` takes them."""
    rows = [
        {
            "ordinal": ordinal,
            "ecosystem": storable(one.package.ecosystem),
            "name": storable(one.match_name),
            "version": storable(one.match_version),
            "scheme": one.scheme,
            "scheme_number": one.scheme_number,
            "key": one.key,
            "not_comparable": storable(one.not_comparable),
            "installed_name": storable(one.package.name),
            "installed_version": storable(one.package.version),
            "arch": storable(one.package.arch),
        }
        for ordinal, one in enumerate(packages)
    ]
    return _one_document(rows)


def meet_ranges(connection: psycopg.Connection, asked: Jsonb) -> Meeting:
    """Let packages, as `ask` returns them, meet the open ranges."""
    rows = connection.execute(_SQL["judge"], {"asked": asked}).fetchall()
    met = tuple(row[:4] for row in rows if row[4] is None)
    return Meeting(met, tuple((row[0], row[4], row[5]) for row in rows if row[4] is not None))


def _named(connection: psycopg.Connection, packages: Sequence[Package]) -> list[Package]:
    """Return the packages that open ranges name, in their order: the others need neither a key nor the join."""
    rows = [
        {
            "ordinal": ordinal,
            "ecosystem": storable(package.ecosystem),
            "name": storable(match_name(package)),
            "installed_name": storable(package.name),
        }
        for ordinal, package in enumerate(packages)
    ]
    found = connection.execute(_SQL["named"], {"asked": _one_document(rows)})
    return [packages[ordinal] for (ordinal,) in found]


def _one_document(rows: Sequence[Mapping[str, object]]) -> Jsonb:
    """Return rows as one parameter: it costs less than as many arrays. Bytes become base64."""
    return Jsonb(rows, dumps=msgspec.json.encode)


def _load_names(connection: psycopg.Connection, wanted: set[int]) -> dict[int, tuple[str, tuple[str, ...]]]:
    rows = connection.execute(_SQL["vulnerabilities"], {"vulnerabilities": sorted(wanted)})
    return {number: (name, tuple(one for one in names if one != name)) for number, name, names in rows}


def _text(times: Mapping[str, Any], document: Any) -> AdvisoryText:
    return AdvisoryText(
        summary=document.summary,
        description=document.details or document.summary,
        references=tuple(reference.url for reference in document.references if reference.url),
        published_at=times["published_at"],
        modified_at=times["modified_at"],
    )
