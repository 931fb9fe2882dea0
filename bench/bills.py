"""Two bills of materials of one image, compared: which packages each names, by type, and why one of them is alone."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from packageurl import PackageURL

Identity = tuple[str, str, str]
"""(type, name with namespace, version) of a package; the same one found at several places counts once."""

Named = frozenset[Identity]

_PLACE = "syft:location:"

OWNED = "every file that names them belongs to a Debian package, which is listed and whose advisories speak for it"
NO_VERSION = "no version is told, so nobody can judge it"
NO_PLACE = "no place is told"
RUNTIME = "the runtime's own archive of modules, which no repository has: its version is told by `release`"
ELSE = "not explained"


def read_packages(bill: Path) -> Mapping[Identity, frozenset[str]]:
    """Return the packages that a CycloneDX file names by package URLs, with the paths that `syft` saw them at."""
    document = json.loads(bill.read_text(encoding="utf-8"))
    found: dict[Identity, set[str]] = defaultdict(set)
    for one in document.get("components", ()):
        if one.get("purl"):  # files and the system itself have none
            url = PackageURL.from_string(one["purl"])
            found[url.type, _name(url), url.version or ""] |= _places(one)
    return {identity: frozenset(paths) for identity, paths in found.items()}


def compare(ours: Named, others: Named) -> Mapping[str, tuple[int, Named, Named]]:
    """Return type → (how many both name, those we name alone, those the other does), the most frequent type first."""
    kinds = Counter(kind for kind, _, _ in ours | others)
    return {
        kind: (
            len(_of_kind(ours & others, kind)),
            _of_kind(ours - others, kind),
            _of_kind(others - ours, kind),
        )
        for kind, _ in kinds.most_common()
    }


def why_alone(
    alone: Named, places: Mapping[Identity, frozenset[str]], owned: frozenset[str]
) -> Mapping[str, frozenset[Identity]]:
    """Return why packages stand in the other's bill alone → these, by what the image itself says.

    Args:
        alone: packages that only the other names.
        places: the paths that it saw each package at.
        owned: paths that belong to packages of the distribution.
    """
    found: dict[str, set[Identity]] = defaultdict(set)
    for one in alone:
        found[_reason(one, places[one], owned)].add(one)
    return {reason: frozenset(found[reason]) for reason in sorted(found)}


def _reason(one: Identity, paths: Iterable[str], owned: frozenset[str]) -> str:
    _, name, version = one
    files = {path.lstrip("/") for path in paths}
    if name.endswith("/jrt-fs"):
        return RUNTIME
    if not version:
        return NO_VERSION
    if not files:
        return NO_PLACE
    return OWNED if files <= owned else ELSE


def _of_kind(packages: Named, kind: str) -> Named:
    return frozenset(one for one in packages if one[0] == kind)


def _places(component: Mapping[str, Any]) -> set[str]:
    return {
        each["value"]
        for each in component.get("properties", ())
        if each["name"].startswith(_PLACE) and each["name"].endswith(":path")
    }


def _name(url: PackageURL) -> str:
    """Return the name; a distribution's namespace says nothing more, that of npm belongs to it."""
    is_scoped = url.namespace and url.type != "deb"
    return f"{url.namespace}/{url.name}" if is_scoped else str(url.name)
