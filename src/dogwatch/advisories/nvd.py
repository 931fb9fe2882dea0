"""NVD's JSON 2.0 feeds: a file per year, and one of what changed in the last eight days.

How a file is read stands in `nvd_file`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from dogwatch.advisories.fact_source import FactFiles, FactState
from dogwatch.advisories.nvd_file import read_file, read_timestamp
from dogwatch.model.facts import CveScores, FactChanges, FactKind, RefusedFact

_MODIFIED: Final = "nvdcve-2.0-modified.json.gz"
_FIRST_YEAR = 2002  # its file holds everything older
_COVERED = timedelta(days=7)
"""How far back the file of changes is trusted: it covers eight days, and is some hours old when it comes."""


@dataclass(frozen=True, slots=True)
class NvdSource:
    """Scores, weaknesses and exploits by CVE id, as NVD publishes them."""

    name: str = "nvd"
    licence: str = "public domain (NIST, National Vulnerability Database)"
    stale_after: timedelta = timedelta(hours=24)  # the file of changes is renewed every two hours
    public_location: str = "https://nvd.nist.gov/feeds/json/cve/2.0"

    def fetch_facts(
        self, state: FactState, files: FactFiles, now: datetime, confirmed: bool = False
    ) -> FactChanges | None:
        """Bring what changed; see `FactSource.fetch_facts` and `bring_files`."""
        brought = bring_files(state, files, now, confirmed)
        if brought is None:
            return None
        told, paths = brought
        return FactChanges(FactKind.SCORES, told.to_mapping(), _read(paths, files))


def bring_files(
    state: FactState, files: FactFiles, now: datetime, confirmed: bool
) -> tuple[FactState, tuple[Path, ...]] | None:
    """Download what changed since a state, oldest first; returns it with what to remember, None if nothing changed.

    1. The file of changes, conditionally. Not modified: nothing new.
    2. Where the last state is older than what it covers, and at first, the files of all years, conditionally too.
       Those come first: what is in the file of changes is the newest.
    3. Records are to be taken by their own time, so that an older file never takes back a newer record.

    Raises:
        As `FactSource.fetch_facts`.

    Source:
        NVD, "Data feeds" (2025): CVE JSON 2.0 feeds.
    """
    downloaded = files.download(_MODIFIED, state.fingerprints.get(_MODIFIED, ""))
    if downloaded is None:
        return None
    path, fingerprint = downloaded
    changed_at = read_timestamp(path, files.source, files.limits)
    files.refuse_older(_MODIFIED, changed_at, state.as_of, confirmed)
    prints = dict(state.fingerprints)
    paths = []
    if confirmed or state.as_of is None or changed_at - state.as_of > _COVERED:
        paths = _download_years(files, prints, now)
    prints[_MODIFIED] = fingerprint
    return replace(state, fingerprints=prints, as_of=min(changed_at, now)), (*paths, path)


def _download_years(files: FactFiles, prints: dict[str, str], now: datetime) -> list[Path]:
    """Bring the files of years that changed, and note their fingerprints; that of the newest year may be to come."""
    paths = []
    for year in range(_FIRST_YEAR, now.year + 1):
        name = f"nvdcve-2.0-{year}.json.gz"
        downloaded = files.download(name, prints.get(name, ""), may_lack=year == now.year)
        if downloaded is not None:
            path, prints[name] = downloaded
            paths.append(path)
    return paths


def _read(paths: Sequence[Path], files: FactFiles) -> Iterator[CveScores | RefusedFact]:
    for path in paths:
        yield from read_file(path, files.source, files.limits)
        path.unlink()
