"""Which vulnerabilities an advisory is about: one name for each flaw, whoever describes it.

A group never holds two CVE ids: an advisory that names several is about several vulnerabilities. Nothing here depends
on order. Called when an advisory is journalled; merging comes after matching, never before.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dogwatch.model.advisories import Advisory
from dogwatch.model.feeds import VEX_SOURCE

_CVE = re.compile(r"(?:^|-)(CVE-[0-9]{4}-[0-9]{4,19})$", re.IGNORECASE)
"""A CVE id, alone or at the end of a distribution's own id (`DEBIAN-CVE-2021-1234`)."""

_ERRATA = re.compile(
    r"^(?:DSA|DLA|DTSA|ALSA|ALBA|ALEA|RLSA|RXSA|RHSA|RHBA|RHEA|ELSA|USN|LSN|MGASA|SUSE-[A-Z]+|openSUSE-[A-Z]+|OESA|ALAS[A-Z0-9]*)-"
)
"""Distributions' announcements. Older ones name the CVEs they fix only as `related`."""


_NOTICE = re.compile(r"^(?:ALBA|ALEA|ELBA|ELEA|RHBA|RHEA|RLBA|RLEA)-")
"""Announcements of mended bugs and new features; a few of them mend a vulnerability as well, and then name it."""


@dataclass(frozen=True, slots=True)
class AdvisoryNames:
    """The names in one advisory: `cves` it is about, and `others`, its own id and aliases that are no CVE ids; sorted.

    `others` always holds the advisory's own id unless that is, or ends in, a CVE id, or is that of a VEX statement.
    """

    id: str
    cves: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VulnerabilityGroup:
    """One vulnerability: its leading `name`, every name it goes by, and the advisories about it, all sorted."""

    name: str
    names: tuple[str, ...]
    advisories: tuple[str, ...]


def name_advisory(advisory: Advisory) -> AdvisoryNames:
    """Read the names out of an advisory.

    Aliases are the same flaw; `upstream` is what a distribution's record is about. `related` is something else, except
    where a distribution's announcement names its CVEs nowhere else. The id of a VEX statement names the statement.

    Source:
        OSV schema 1.7.3, sections aliases, upstream and related.
    """
    cves: set[str] = set()
    others: set[str] = set()
    own = () if advisory.source == VEX_SOURCE else (advisory.id,)
    for name in (*own, *filter(None, advisory.aliases), *filter(None, advisory.upstream)):
        cve = _cve_in(name)
        if cve:
            cves.add(cve)
        else:
            others.add(name)
    if not cves and _ERRATA.match(advisory.id):
        cves = {cve for name in advisory.related if (cve := _cve_in(name))}
    return AdvisoryNames(advisory.id, tuple(sorted(cves)), tuple(sorted(others)))


def is_notice(advisory: Advisory) -> bool:
    """Say whether an advisory announces no mended vulnerability: it is kept, and no package is affected by it."""
    is_announced = advisory.source != VEX_SOURCE and _NOTICE.match(advisory.id) is not None
    return is_announced and not name_advisory(advisory).cves


def names_of_vulnerabilities(advisory: Advisory | AdvisoryNames) -> tuple[str, ...]:
    """Return the leading names of the vulnerabilities that one advisory is about, by its own word alone.

    Returns:
        All its CVE ids, sorted, if it names any: then no other advisory can change the answer. Otherwise one name, the
        best of its own id and aliases: GitHub's before others, then by text.
    """
    names = advisory if isinstance(advisory, AdvisoryNames) else name_advisory(advisory)
    return names.cves or (_leading(names.others),)


def group_vulnerabilities(advisories: Iterable[Advisory | AdvisoryNames]) -> tuple[VulnerabilityGroup, ...]:
    """Group advisories into vulnerabilities.

    An advisory that names CVE ids is in the group of each. One that names none joins the groups of all CVE ids that its
    names lead to, directly or by way of others that name none; a name that bridges two CVE ids belongs to both. What
    leads to no CVE id at all forms a group of its own.

    Args:
        advisories: in any order; hearing one twice changes nothing.

    Returns:
        The groups by name. Each holds at most one CVE id, and then it is the name.
    """
    named = {names if isinstance(names, AdvisoryNames) else name_advisory(names) for names in advisories}
    cves_by_name: dict[str, set[str]] = defaultdict(set)
    for advisory in named:
        if advisory.cves:
            for name in advisory.others:
                cves_by_name[name].update(advisory.cves)
    names_in: dict[str, set[str]] = defaultdict(set)
    advisories_in: dict[str, set[str]] = defaultdict(set)
    for advisory in named:
        for cve in advisory.cves:
            names_in[cve].update((cve, *_names_of_one(advisory)))
            advisories_in[cve].add(advisory.id)
    for component in _connected([advisory for advisory in named if not advisory.cves]):
        names = {name for advisory in component for name in advisory.others}
        leads = {cve for name in names for cve in cves_by_name.get(name, ())} or {_leading(names)}
        for lead in leads:
            names_in[lead].update(names)
            advisories_in[lead].update(advisory.id for advisory in component)
    return tuple(
        VulnerabilityGroup(name, tuple(sorted({name, *names_in[name]})), tuple(sorted(advisories_in[name])))
        for name in sorted(advisories_in)
    )


def _names_of_one(advisory: AdvisoryNames) -> tuple[str, ...]:
    """Return the names that mean the same flaw as the advisory's CVE id; of several CVE ids they mean none."""
    return advisory.others if len(advisory.cves) == 1 else ()


def _cve_in(name: str) -> str:
    found = _CVE.search(name)
    return found[1].upper() if found else ""


def _leading(names: Iterable[str]) -> str:
    return min(names, key=lambda name: (not name.startswith("GHSA-"), name))


def _connected(advisories: Sequence[AdvisoryNames]) -> list[list[AdvisoryNames]]:
    """Split advisories into those that share names, directly or through one another."""
    by_name: dict[str, list[AdvisoryNames]] = defaultdict(list)
    for advisory in advisories:
        for name in advisory.others:
            by_name[name].append(advisory)
    components: list[list[AdvisoryNames]] = []
    seen: set[AdvisoryNames] = set()
    for start in advisories:
        if start in seen:
            continue
        seen.add(start)
        component = [start]
        for advisory in component:
            for name in advisory.others:
                for neighbour in by_name.pop(name, ()):
                    if neighbour not in seen:
                        seen.add(neighbour)
                        component.append(neighbour)
        components.append(component)
    return components
