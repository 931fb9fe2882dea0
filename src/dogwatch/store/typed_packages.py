"""Packages that somebody types: those of the account's images that are meant, and the feeds that speak for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

from dogwatch.matching import goes_by_source, key_package
from dogwatch.model.explanations import JudgedName
from dogwatch.model.packages import KeyedPackage, Package
from dogwatch.model.release_endings import why_nothing_follows
from dogwatch.model.views import FeedView
from dogwatch.store.feed_gaps import load_feed_gaps
from dogwatch.store.feeds import ExpectedFeeds, read_feed_views
from dogwatch.store.queries import load_queries
from dogwatch.store.text import storable
from dogwatch.versions import family_of, speaks_for

_SQL = load_queries("explanations")

MAX_PACKAGES = 20
"""Packages explained at once: a name and version has one per architecture and source, a finding one per package."""


@dataclass(frozen=True, slots=True)
class TypedPackage:
    """A package, stored for the account (with its id) or not."""

    id: int | None
    package: Package

    @property
    def doubt(self) -> str:
        """A sentence where its source package is not told, and advisories go by that; otherwise empty."""
        one = self.package
        if self.id is not None or _tells_source(one) or not goes_by_source(one.ecosystem):
            return ""
        family = family_of(one.ecosystem)
        return f" Advisories of {family} name source packages; that of {one.name} is not known, unless it is its own."


def find_typed(connection: psycopg.Connection, account_id: str, package: Package) -> list[TypedPackage]:
    """Return the account's packages that are meant; otherwise the package as it was typed. There is always one.

    Of packages that were built from a source package of that name one will do: advisories mean them all.
    """
    keyed = key_package(package)
    values = {
        "ecosystem": storable(package.ecosystem),
        "name": storable(package.name),
        "match_name": storable(keyed.match_name),
        "version": storable(package.version),
        "account": account_id,
        "most": MAX_PACKAGES,
    }
    stored = [typed_of(row) for row in connection.execute(_SQL["packages_named"], values)]
    meant = [one for one in stored if _is_meant(package, one.package)]
    own = [one for one in meant if one.package.name == package.name]
    return own or meant[:1] or [TypedPackage(None, package)]


def _is_meant(typed: Package, stored: Package) -> bool:
    """Say whether a stored package is the one that was typed; what was not typed does not matter."""
    if typed.arch and typed.arch != stored.arch:
        return False
    if not _tells_source(typed):
        return True
    return (typed.source_name, typed.source_version) == (stored.source_name, stored.source_version)


def _tells_source(typed: Package) -> bool:
    """Say whether somebody typed a source package: a package URL that leaves it out is read as its own."""
    return typed.source_name not in ("", typed.name)


def typed_of(row: Sequence[Any]) -> TypedPackage:
    """Return the stored package of a row: its id, then its identity, then how many there are."""
    number, *identity, _ = row
    return TypedPackage(number, Package(*identity))


def judged_name(keyed: KeyedPackage) -> JudgedName:
    """Return what a package is judged by."""
    key = "" if keyed.key is None else keyed.key.hex()
    return JudgedName(keyed.match_name, keyed.match_version, keyed.scheme, key, keyed.not_comparable)


def load_feeds_of(
    connection: psycopg.Connection, expected: ExpectedFeeds, ecosystem: str, now: datetime
) -> tuple[tuple[FeedView, ...], tuple[str, ...]]:
    """Return the feeds that speak for an ecosystem, whether or not packages of it were found, and what is wrong.

    Wrong with them is also that the release has ended, so that nothing more comes by them.
    """

    def expected_with(found: Collection[str]) -> Sequence[tuple[str, str, timedelta]]:
        return expected((*found, ecosystem))

    views = read_feed_views(connection, expected_with, now)
    gaps = load_feed_gaps(connection, expected_with, now).of([(family_of(ecosystem), False)])
    wrong = [why_nothing_follows(ecosystem, now), *(gap.detail for gap in gaps)]
    return tuple(one for one in views if speaks_for(one.ecosystem, ecosystem)), tuple(filter(None, wrong))
