"""Two bills of materials of one image, compared: which packages each names, by type."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from packageurl import PackageURL

Named = frozenset[tuple[str, str, str]]
"""(type, name with namespace, version) of packages; the same one found at several places counts once."""


def read_packages(bill: Path) -> Named:
    """Return the packages that a CycloneDX file names by package URLs; files and the system itself have none."""
    document = json.loads(bill.read_text(encoding="utf-8"))
    urls = [PackageURL.from_string(one["purl"]) for one in document.get("components", ()) if one.get("purl")]
    return frozenset((url.type, _name(url), url.version or "") for url in urls)


def compare(ours: Named, others: Named) -> Mapping[str, tuple[int, int, int]]:
    """Return type → (named by both, only by us, only by the other), the most frequent type first."""
    counts = [Counter(kind for kind, _, _ in part) for part in (ours & others, ours - others, others - ours)]
    kinds = Counter(kind for kind, _, _ in ours | others)
    return {kind: (counts[0][kind], counts[1][kind], counts[2][kind]) for kind, _ in kinds.most_common()}


def _name(url: PackageURL) -> str:
    """Return the name; a distribution's namespace says nothing more, that of npm belongs to it."""
    is_scoped = url.namespace and url.type != "deb"
    return f"{url.namespace}/{url.name}" if is_scoped else str(url.name)
