"""Permanent ids for vulnerabilities: the pure grouping (`matching.aliases`) meets the ids given before.

An id is never used again; a merge leaves a redirect. Only the neighbourhood of what a publication touched is regrouped:
documents are neighbours through names that are no CVE ids, because a CVE id is a vulnerability of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import psycopg

from dogwatch.matching import AdvisoryNames, VulnerabilityGroup, group_vulnerabilities
from dogwatch.store.queries import load_queries

_SQL = load_queries("vulnerabilities")

Link = tuple[int, int]
"""(advisory id, vulnerability id)."""


@dataclass(slots=True)
class _Ids:
    """Which ids the groups get: those given before where there are any."""

    by_group: dict[str, int] = field(default_factory=dict)
    created: list[str] = field(default_factory=list)
    renamed: dict[int, str] = field(default_factory=dict)
    redirected: dict[int, int] = field(default_factory=dict)


def link_vulnerabilities(connection: psycopg.Connection, source: str) -> frozenset[int]:
    """Regroup around the touched documents (temporary table incoming_advisory) and note the pairs that are touched.

    Fills the temporary table touched_pair. The caller owns the vulnerabilities' lock (`locks.own_ecosystem`).

    Returns:
        Ids of the vulnerabilities that were merged into others.
    """
    named, advisory_ids, seen = _neighbourhood(connection, source)
    groups = group_vulnerabilities(named)
    ids = _assign(connection, groups)
    known_by = _columns("names", "ids", [(name, ids.by_group[one.name]) for one in groups for name in one.names])
    connection.execute(_SQL["forget_vulnerability_names"], known_by | {"seen": sorted(seen)})
    connection.execute(_SQL["add_names"], known_by)
    wanted = {(advisory_ids[name], ids.by_group[group.name]) for group in groups for name in group.advisories}
    _relink(connection, frozenset(advisory_ids.values()), wanted, ids.redirected)
    return frozenset(ids.redirected)


def _columns(first: str, second: str, pairs: Iterable[tuple[object, object]]) -> dict[str, object]:
    rows = list(pairs)
    return {first: [row[0] for row in rows], second: [row[1] for row in rows]}


def _neighbourhood(
    connection: psycopg.Connection, source: str
) -> tuple[list[AdvisoryNames], dict[str, int], frozenset[str]]:
    """Return the names of every document whose grouping may change, the documents' ids, and the names looked for."""
    values = {"source": source}
    names = {row[0] for row in connection.execute(_SQL["names_of_incoming"], values)}
    connection.execute(_SQL["forget_names"], values)
    connection.execute(_SQL["add_advisory_names"], values)
    touched = [row[0] for row in connection.execute(_SQL["incoming_ids"], values)]
    found: dict[int, AdvisoryNames] = {}
    seen: set[str] = set()
    while names - seen or touched:
        asked = {"names": sorted(names - seen), "advisories": touched}
        seen |= names
        touched = []
        for advisory_id, name, cves, others in connection.execute(_SQL["advisories_by_name"], asked):
            found[advisory_id] = AdvisoryNames(name, tuple(cves), tuple(others))
            if not cves:  # only documents without a CVE id carry the connection on
                names |= set(others)
    return list(found.values()), {one.id: advisory_id for advisory_id, one in found.items()}, frozenset(seen)


def _assign(connection: psycopg.Connection, groups: Sequence[VulnerabilityGroup]) -> _Ids:
    every = sorted({name for group in groups for name in group.names})
    known: dict[str, list[tuple[int, str]]] = {}
    for name, vulnerability_id, leading in connection.execute(_SQL["vulnerabilities_by_name"], {"names": every}):
        known.setdefault(name, []).append((vulnerability_id, leading))
    ids = _Ids()
    claimed: set[int] = set()
    for group in groups:
        _claim(group, known, claimed, ids)
    for vulnerability_id, name in connection.execute(_SQL["insert_vulnerabilities"], {"names": ids.created}):
        ids.by_group[name] = vulnerability_id
    if ids.renamed:
        connection.execute(_SQL["rename_vulnerabilities"], _columns("ids", "names", ids.renamed.items()))
        connection.execute(_SQL["touch_renamed"], {"ids": sorted(ids.renamed)})
    if ids.redirected:
        connection.execute(_SQL["redirect_vulnerabilities"], _columns("ids", "targets", ids.redirected.items()))
    return ids


def _claim(group: VulnerabilityGroup, known: dict[str, list[tuple[int, str]]], claimed: set[int], ids: _Ids) -> None:
    """Give a group the id it had; one that goes by its leading name first, then the oldest that had no CVE id."""
    candidates = sorted({one for name in group.names for one in known.get(name, ()) if one[0] not in claimed})
    own = [one[0] for one in candidates if one[1] == group.name]
    nameless = [one[0] for one in candidates if not one[1].startswith("CVE-") and one[1] != group.name]
    chosen = (own or nameless)[:1]
    if not chosen:
        ids.created.append(group.name)
        return
    ids.by_group[group.name] = chosen[0]
    claimed.add(chosen[0])
    if not own:
        ids.renamed[chosen[0]] = group.name
    for other in nameless:
        if other != chosen[0]:
            ids.redirected[other] = chosen[0]
            claimed.add(other)


def _relink(
    connection: psycopg.Connection, advisory_ids: frozenset[int], wanted: set[Link], redirected: dict[int, int]
) -> None:
    asked = {"advisories": sorted(advisory_ids), "vulnerabilities": sorted(redirected)}
    current: set[Link] = {(row[0], row[1]) for row in connection.execute(_SQL["links"], asked)}
    elsewhere = {link for link in current if link[0] not in advisory_ids}
    wanted |= {(advisory, redirected.get(old, old)) for advisory, old in elsewhere}
    gone, come = sorted(current - wanted), sorted(wanted - current)
    for links in (gone, come):
        connection.execute(_SQL["touch_links"], _columns("advisories", "vulnerabilities", links))
    connection.execute(_SQL["remove_links"], _columns("advisories", "vulnerabilities", gone))
    connection.execute(_SQL["add_links"], _columns("advisories", "vulnerabilities", come))
