"""Judges packages from the stored advisories and leaves no trace: those that are not stored, or all of them anew.

The same conditions as when packages arrive (`matching.sql`) and the same `matching.resolve`; a law holds the two
together: what is judged here is what would be stored there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from dogwatch.matching import key_package
from dogwatch.model.facts import NOTHING_KNOWN
from dogwatch.model.judgements import AdvisoryText, Judged, Judgement, NotCompared
from dogwatch.model.matches import Assessment
from dogwatch.model.packages import KeyedPackage, Package
from dogwatch.store.connection import Database
from dogwatch.store.finding_details import load_documents
from dogwatch.store.known_facts import load_known_facts
from dogwatch.store.matching import MetRange, assess, newest_revision
from dogwatch.store.queries import load_queries
from dogwatch.store.text import numbers, storable

_SQL = load_queries("judgement")


class Judge:
    """Reads the stored advisories; writes nothing, anywhere."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def judge(self, packages: Iterable[Package]) -> Judgement:
        """Say what the stored advisories say of packages, as of one moment; see the module."""
        asked = [key_package(package) for package in sorted(set(packages))]
        with self._database.transaction() as connection:
            connection.execute(_SQL["read_only"])
            document = ask(asked)
            rows = meet_ranges(connection, document)
            assessments = dict(assess(connection, rows))
            names = _load_names(connection, {vulnerability for _, vulnerability in assessments})
            facts = load_known_facts(connection, {name for name, _ in names.values()})
            documents = load_documents(connection, {(one.source, one.advisory) for one in assessments.values()})
            found = find_not_compared(connection, document, rows)
            not_compared = tuple(NotCompared(asked[ordinal].package, reason, count) for ordinal, reason, count in found)
            revision = newest_revision(connection)
        texts = {wanted: _text(*found) for wanted, found in documents.items()}
        judged = (
            replace(
                _judged(asked[ordinal].package, *names[vulnerability], assessment, texts),
                facts=facts.get(names[vulnerability][0], NOTHING_KNOWN),
            )
            for (ordinal, vulnerability), assessment in assessments.items()
        )
        ordered = sorted(judged, key=lambda one: (one.package, one.vulnerability))
        return Judgement(revision, tuple(ordered), not_compared)


def ask(packages: Sequence[KeyedPackage]) -> Jsonb:
    """Return packages as the queries take them: one document, which costs less than as many arrays; keys are base64."""
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
    return Jsonb(rows, dumps=msgspec.json.encode)


def meet_ranges(connection: psycopg.Connection, asked: Jsonb) -> list[MetRange]:
    """Let packages meet the open ranges; returns (ordinal, vulnerability id, range id, verdict) by these."""
    return connection.execute(_SQL["judge"], {"asked": asked}).fetchall()


def find_not_compared(
    connection: psycopg.Connection, asked: Jsonb, rows: Sequence[MetRange]
) -> list[tuple[int, str, int]]:
    """Return (ordinal, reason, advisories) of what cannot be compared; `rows` are those of `meet_ranges`."""
    met = sorted({(row[0], row[2]) for row in rows})
    values = {"met_ordinals": numbers(one[0] for one in met), "met_ranges": numbers(one[1] for one in met)}
    return connection.execute(_SQL["find_not_compared"], {"asked": asked} | values).fetchall()


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


def _judged(
    package: Package,
    name: str,
    aliases: tuple[str, ...],
    assessment: Assessment,
    texts: Mapping[tuple[str, str], AdvisoryText],
) -> Judged:
    text = texts.get((assessment.source, assessment.advisory), AdvisoryText())
    return Judged(package, name, aliases, assessment, text)
