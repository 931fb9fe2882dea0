"""Human labels: this vulnerability does, or does not, apply to this package in this image."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

LABELS = Path("labels") / "vulnerability-match-labels.jsonl.gz"
APPLIES, DOES_NOT, UNDECIDED = "TP", "FP", "??"


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """One label. A package is told by its name and version alone; `vulnerabilities` are the names it goes by."""

    id: str
    image: str
    name: str
    version: str
    verdict: str
    vulnerabilities: tuple[str, ...]
    note: str = ""


def read_labels(shared: Path) -> tuple[Label, ...]:
    """Return all labels below a folder of shared data, in the order of the file."""
    with gzip.open(shared / LABELS, "rt", encoding="utf-8") as lines:
        return tuple(_label(json.loads(line)) for line in lines)


def _label(row: dict[str, object]) -> Label:
    image, package = row["image"], row["package"]
    assert isinstance(image, dict)
    assert isinstance(package, dict)
    names = dict.fromkeys(str(row[key]) for key in ("vulnerability_id", "effective_cve") if row.get(key))
    return Label(
        str(row["ID"]),
        str(image["exact"]).removeprefix("docker.io/"),
        str(package["name"]),
        str(package["version"]),
        str(row["label"]),
        tuple(names),
        str(row.get("note") or ""),
    )
