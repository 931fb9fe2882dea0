"""The names of packages that feeds speak of, by which labels are joined."""

from __future__ import annotations

import json
import zipfile
from collections import defaultdict
from pathlib import Path

from dogwatch.advisories import parse_advisory
from dogwatch.model.advisories import AffectedPackage
from dogwatch.model.errors import MalformedAdvisoryError
from dogwatch.versions import family_of, normalise_name


def names_of_feeds(shared: Path) -> dict[str, frozenset[str]]:
    """Return the family of every feed of which at least a part is here → the normalised names in its records."""
    found: dict[str, set[str]] = defaultdict(set)
    for archive in sorted((shared / "osv").glob("*/all.zip")):
        with zipfile.ZipFile(archive) as records:
            for name in records.namelist():
                for entry in _affected(records.read(name)):
                    family = family_of(entry.ecosystem)
                    found[family].add(normalise_name(family, entry.name))
    wolfi = json.loads((shared / "wolfi-secdb" / "security.json").read_bytes())
    found["Wolfi"] |= {str(entry["pkg"]["name"]) for entry in wolfi["packages"]}
    return {family: frozenset(names) for family, names in found.items()}


def _affected(document: bytes) -> tuple[AffectedPackage, ...]:
    try:
        return parse_advisory(document).affected
    except MalformedAdvisoryError:  # an import refuses it as well, and says so
        return ()
