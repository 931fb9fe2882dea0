"""CISA's catalogue of known exploited vulnerabilities: one small JSON file, always read whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from dogwatch.advisories.cve_ids import is_cve
from dogwatch.advisories.fact_source import FactFiles, FactState, read_whole
from dogwatch.model.errors import MalformedSnapshotError
from dogwatch.model.facts import Exploitation, FactChanges, FactKind, RefusedFact
from dogwatch.model.times import parse_rfc3339

_FILE: Final = "known_exploited_vulnerabilities.json"
_MAX_ACTION = 2_000  # characters; the longest real one has 700


class _Entry(msgspec.Struct):
    cveID: str  # noqa: N815 -- the catalogue's own name
    dateAdded: str  # noqa: N815
    dueDate: str = ""  # noqa: N815
    requiredAction: str = ""  # noqa: N815
    knownRansomwareCampaignUse: str = ""  # noqa: N815


class _Catalogue(msgspec.Struct):
    dateReleased: str  # noqa: N815
    count: int
    vulnerabilities: list[_Entry]


_CATALOGUE = msgspec.json.Decoder(_Catalogue)


@dataclass(frozen=True, slots=True)
class KevSource:
    """The catalogue as CISA publishes it."""

    name: str = "kev"
    licence: str = "CC0-1.0 (CISA)"
    stale_after: timedelta = timedelta(
        days=2
    )  # it changes on most working days, and is looked at each quarter of an hour
    public_location: str = "https://www.cisa.gov/sites/default/files/feeds"

    def fetch_facts(
        self, state: FactState, files: FactFiles, now: datetime, confirmed: bool = False
    ) -> FactChanges | None:
        """Bring the catalogue if it is another; see `FactSource.fetch_facts`.

        Source:
            CISA, known_exploited_vulnerabilities_schema.json (2026).
        """
        downloaded = files.download(_FILE, state.fingerprints.get(_FILE, ""))
        if downloaded is None:
            return None
        path, fingerprint = downloaded
        content = read_whole(path, self.name, files.limits.max_fact_list_bytes)
        try:
            catalogue = _CATALOGUE.decode(content)
            released_at = parse_rfc3339(catalogue.dateReleased)
        except (msgspec.MsgspecError, ValueError, RecursionError) as malformed:
            raise MalformedSnapshotError(self.name, f"not the catalogue: {str(malformed)[:300]}") from malformed
        found = len(catalogue.vulnerabilities)
        if catalogue.count != found:
            raise MalformedSnapshotError(self.name, f"it says it lists {catalogue.count} entries and lists {found}")
        files.refuse_older(_FILE, released_at, state.as_of, confirmed)
        files.refuse_shrinking(_FILE, found, state.records, confirmed)
        told = FactState({_FILE: fingerprint}, min(released_at, now), found)
        return FactChanges(FactKind.EXPLOITATION, told.to_mapping(), _read(catalogue.vulnerabilities))


def _read(entries: list[_Entry]) -> Iterator[Exploitation | RefusedFact]:
    for entry in entries:
        if not is_cve(entry.cveID):
            yield RefusedFact(entry.cveID[:80], "not a CVE id")
            continue
        try:
            yield Exploitation(
                cve=entry.cveID,
                added_on=date.fromisoformat(entry.dateAdded),
                due_on=date.fromisoformat(entry.dueDate) if entry.dueDate else None,
                by_ransomware=entry.knownRansomwareCampaignUse.strip().lower() == "known",
                action=entry.requiredAction[:_MAX_ACTION],
            )
        except ValueError as unreadable:
            yield RefusedFact(entry.cveID, str(unreadable)[:300])
