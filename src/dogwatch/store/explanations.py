"""Why a package is, or is not, affected by a vulnerability: what is stored of it, read and put into words.

Judged anew by the pure functions that the stored exposures come from (`matching.decide`, `matching.resolve`), so that
it holds for packages that nobody has as well. When an exposure began and ended is told only of packages in images of
the account that asks: others' images are nobody's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psycopg

from dogwatch.inventory.named_packages import read_package
from dogwatch.inventory.package_urls import write_package_url
from dogwatch.matching import conclude, key_package, resolve, weigh
from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.explanations import Explanation, ExposureView, ShownSpan, Standing
from dogwatch.model.matches import Severity
from dogwatch.model.packages import KeyedPackage
from dogwatch.model.views import finding_parts
from dogwatch.store.connection import Database, see_one_moment
from dogwatch.store.considered import Considered, consider, considered_of, drop_what_is_elsewhere
from dogwatch.store.feeds import ExpectedFeeds
from dogwatch.store.judgement import ask, meet_ranges
from dogwatch.store.known_facts import load_scores
from dogwatch.store.matching import newest_revision
from dogwatch.store.queries import load_queries
from dogwatch.store.text import is_storable_key, storable
from dogwatch.store.typed_packages import MAX_PACKAGES, TypedPackage, find_typed, judged_name, load_feeds_of, typed_of
from dogwatch.store.unaffected import load_unaffected
from dogwatch.versions import speaks_for

_SQL = load_queries("explanations")
_BY_NAME = load_queries("vulnerability_views")["by_name"]

MAX_VULNERABILITIES = 20
"""Vulnerabilities explained at once: some documents of distributions are about hundreds."""

MAX_RANGES = 200
"""Ranges shown; the nearest come first, and nobody reads more."""

MAX_ENDED = 50
"""Ranges shown that are no longer in force."""

MAX_EXPOSURES = 100
"""Intervals shown: one that changes every week for two years has as many."""


@dataclass(frozen=True, slots=True)
class _Vulnerability:
    """A vulnerability that is known (with its id), or only a name."""

    id: int | None
    name: str
    aliases: tuple[str, ...] = ()


class Explainer:
    """Reads what is stored; writes nothing."""

    def __init__(self, database: Database, expected_feeds: ExpectedFeeds) -> None:
        self._database = database
        self._expected_feeds = expected_feeds

    def explain(
        self, account_id: str, text: str, ecosystem: str, vulnerability: str, now: datetime
    ) -> tuple[Explanation, ...]:
        """Explain a package that somebody types, and a vulnerability by any of its names.

        Args:
            account_id: who asks.
            text: a package URL, or name@version.
            ecosystem: as `read_package` takes it.
            vulnerability: its name; empty for what cannot be compared with the package at all.
            now: the product's present.

        Returns:
            One for each package of that name and version in the account's images, and each vulnerability of that name;
            mostly one.

        Raises:
            InvalidRequestError: it is no package, or the name is that of a document about too many vulnerabilities.
        """
        package = read_package(text, ecosystem)
        with self._database.transaction() as connection:
            see_one_moment(connection)
            packages = find_typed(connection, account_id, package)
            named = _find_vulnerabilities(connection, vulnerability)
            return tuple(self._explain(connection, one, each, now) for one in packages for each in named)

    def explain_finding(self, account_id: str, finding: str, now: datetime) -> tuple[Explanation, ...]:
        """Explain the packages of a finding, open or closed, by its id: image and vulnerability in hex.

        Raises:
            InvalidRequestError: it is no id.
            NotFoundError: the account has no such finding.
        """
        image, number = _read_finding(finding)
        values = {"image": image, "vulnerability": number, "account": account_id, "now": now}
        values |= {"most": MAX_PACKAGES, "most_spans": MAX_EXPOSURES}
        with self._database.transaction() as connection:
            see_one_moment(connection)
            rows = connection.execute(_SQL["packages_of_finding"], values).fetchall()
            if not rows:
                raise NotFoundError("finding", finding)
            (named,) = connection.execute(_SQL["vulnerability_by_id"], values).fetchall()
            spans = connection.execute(_SQL["spans_of_finding"], values).fetchall()
            explained = [self._explain(connection, typed_of(row), _vulnerability(named), now) for row in rows]
        return tuple(
            replace(
                one,
                shown=tuple(ShownSpan(*span[1:]) for span in spans if span[0] == row[0]),
                more_packages=row[-1] - len(rows),
            )
            for row, one in zip(rows, explained, strict=True)
        )

    def _explain(
        self, connection: psycopg.Connection, asked: TypedPackage, vulnerability: _Vulnerability, now: datetime
    ) -> Explanation:
        keyed = key_package(asked.package)
        judged_by = judged_name(keyed)
        found, more = _load_ranges(connection, asked, keyed, vulnerability)
        matches = [one.match for one in found if one.view.standing is Standing.INSIDE]
        scores = {} if vulnerability.id is None else load_scores(connection, {vulnerability.id})
        assessment = resolve(matches, scores.get(vulnerability.id or 0, ())) if vulnerability.name else None
        weights = weigh(matches, assessment)
        ranges = tuple(one.weighed(weights) for one in found)
        verdict, conclusion = conclude(judged_by, vulnerability.name, assessment, ranges)
        feeds, feed_gaps = load_feeds_of(connection, self._expected_feeds, asked.package.ecosystem, now)
        return Explanation(
            package=asked.package,
            package_url=write_package_url(asked.package),
            judged_by=judged_by,
            vulnerability=vulnerability.name,
            aliases=vulnerability.aliases,
            revision=newest_revision(connection),
            verdict=verdict,
            conclusion=conclusion + ("" if verdict else asked.doubt),
            ranges=ranges,
            more_ranges=more,
            exposures=_load_exposures(connection, asked, vulnerability),
            feeds=feeds,
            feed_gaps=(*feed_gaps, *_load_unread(connection, asked, vulnerability)),
        )


def _read_finding(text: str) -> tuple[int, int]:
    try:
        image, vulnerability = finding_parts(text)
    except ValueError:
        image = vulnerability = -1
    if len(text) != 32 or not (0 <= image < 2**63 and 0 <= vulnerability < 2**63):
        raise InvalidRequestError("finding", "an id has 32 hexadecimal digits")
    return image, vulnerability


def _find_vulnerabilities(connection: psycopg.Connection, name: str) -> list[_Vulnerability]:
    """Return what is known by a name: of a vulnerability, or of a document, which may be about several."""
    if not name or not is_storable_key(name):
        return [_Vulnerability(None, name)]
    values = {"name": name, "most": MAX_VULNERABILITIES + 1}
    rows = connection.execute(_BY_NAME, values).fetchall()
    rows = rows or connection.execute(_SQL["vulnerabilities_of_document"], values).fetchall()
    if len(rows) > MAX_VULNERABILITIES:
        reason = f"{name!r} is a document about more than {MAX_VULNERABILITIES} vulnerabilities; name one of them"
        raise InvalidRequestError("vulnerability", reason)
    return [_vulnerability(row) for row in rows] or [_Vulnerability(None, name)]


def _vulnerability(row: Sequence[Any]) -> _Vulnerability:
    number, name, names = row
    return _Vulnerability(number, name, tuple(one for one in names or () if one != name))


def _load_ranges(
    connection: psycopg.Connection, asked: TypedPackage, keyed: KeyedPackage, vulnerability: _Vulnerability
) -> tuple[list[Considered], int]:
    """Return what was considered, the nearest first, and how many ranges in force were left out."""
    values = {
        "name": vulnerability.name,
        "vulnerability": vulnerability.id,
        "package": asked.id,
        "ecosystem": storable(keyed.package.ecosystem),
        "match_name": storable(keyed.match_name),
        "own_name": storable(keyed.package.name),
        "match_version": storable(keyed.match_version),
        "scheme": keyed.scheme,
        "scheme_number": keyed.scheme_number,
        "key": keyed.key,
    }
    if not vulnerability.name:
        met = [row[2] for row in meet_ranges(connection, ask([keyed])).met]
        rows = connection.execute(_SQL["not_compared"], values | {"met": met, "most": MAX_RANGES}).fetchall()
        return [considered_of(row, keyed) for row in rows], _left(rows)
    rows = connection.execute(_SQL["considered"], values | {"most": MAX_RANGES}).fetchall()
    found = [considered_of(row, keyed) for row in rows]
    found += [
        consider(keyed, one.origin, stated, vulnerability.name)
        for one in load_unaffected(connection, vulnerability.id)
        for stated in one.about(keyed.package.ecosystem, keyed.match_name)
    ]
    if asked.id is not None:
        ended = connection.execute(_SQL["ended"], values | {"most": MAX_ENDED})
        found += [considered_of(row, keyed) for row in ended]
    kept = drop_what_is_elsewhere(found)
    return kept, _left(rows) + len(found) - len(kept)


def _left(rows: Sequence[Sequence[Any]]) -> int:
    return int(rows[0][-1]) - len(rows) if rows else 0


def _load_unread(connection: psycopg.Connection, asked: TypedPackage, vulnerability: _Vulnerability) -> Iterator[str]:
    """Say what could not be read of the vulnerability's documents, of feeds that speak for the package."""
    values = {"vulnerability": vulnerability.id, "most": MAX_RANGES}
    for ecosystem, source, advisory, unread in connection.execute(_SQL["unread"], values):
        if speaks_for(ecosystem, asked.package.ecosystem):
            yield f"{advisory} ({source}) was not read whole: {unread}"


def _load_exposures(
    connection: psycopg.Connection, asked: TypedPackage, vulnerability: _Vulnerability
) -> tuple[ExposureView, ...]:
    if asked.id is None or vulnerability.id is None:
        return ()
    values = {"package": asked.id, "vulnerability": vulnerability.id, "most": MAX_EXPOSURES}
    return tuple(
        ExposureView(verdict, Severity(severity).name, *rest)
        for verdict, severity, *rest in connection.execute(_SQL["exposures"], values)
    )
