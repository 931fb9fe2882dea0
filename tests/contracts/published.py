"""A feed of two records, one of them of a certain day, as each source's publisher lays it out."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dogwatch.advisories import AdvisorySource
from tests.builders.advisories import osv_record, photon, repomd, secdb, tracker, update, updateinfo
from tests.builders.facts import cpe, nvd_file, nvd_product_record, put_facts
from tests.builders.vex import listing, vex
from tests.simulators.buckets import FeedBucket

_ALWAYS = "CVE-2026-1"


@dataclass(frozen=True)
class Day:
    """A day of July 2026."""

    number: int

    @property
    def cve(self) -> str:
        """The flaw that only this day's feed tells of."""
        return f"CVE-2026-100{self.number}"

    @property
    def changed_at(self) -> str:
        """When the feed was made."""
        return f"2026-07-0{self.number}T10:00:00Z"


def lay_out(source: AdvisorySource, folder: Path, day: int = 1) -> str:
    """Write the feed of a day as the source's publisher does; returns its ecosystem."""
    if source.name == "osv":
        return _lay_out_osv(folder, source.ecosystems[0], Day(day))
    if source.name == "nvd-products":
        return _lay_out_nvd(folder, source.ecosystems[0], Day(day))
    ecosystem, make = _PUBLISHED[source.name]  # where a source is missing: say there what its feed looks like
    made_at = datetime.fromisoformat(Day(day).changed_at).timestamp()
    for path, content in make(Day(day)).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
        os.utime(folder / path, (made_at, made_at))
    return ecosystem


def _lay_out_osv(folder: Path, ecosystem: str, day: Day) -> str:
    records = [osv_record(f"A-{number}", ecosystem=ecosystem, modified=day.changed_at) for number in (1, 2)]
    FeedBucket(folder).put(ecosystem, *records)
    return ecosystem


def _lay_out_nvd(folder: Path, ecosystem: str, day: Day) -> str:
    records = [
        nvd_product_record(f"CVE-2026-{number}", [[cpe("openssl:openssl", versionEndExcluding="3.0.2")]])
        for number in (1000, 1001)
    ]
    put_facts(folder.parent, modified=nvd_file(*records, timestamp=day.changed_at), until=2026)
    (folder.parent / "nvd").rename(folder)
    return ecosystem


def _debian_tracker(day: Day) -> Mapping[str, bytes]:
    return {"json": tracker({"bash": {_ALWAYS: {}, day.cve: {}}})}


def _alpine(day: Day) -> Mapping[str, bytes]:
    return {"v3.22/main.json": _wolfi(day)["security.json"]}


def _wolfi(day: Day) -> Mapping[str, bytes]:
    return {"security.json": secdb({"bash": {"5.1-r0": [_ALWAYS], "5.2-r0": [day.cve]}})}


def _fedora(day: Day) -> Mapping[str, bytes]:
    updates = updateinfo(
        update("FEDORA-1", "bash 0 5.2 1.fc43 x86_64", cves=[day.cve]),
        update("FEDORA-2", "bash 0 5.2 2.fc43 x86_64"),
    )
    return _repository("43/Everything/x86_64", updates)


def _oracle(day: Day) -> Mapping[str, bytes]:
    files: dict[str, bytes] = {}
    for number, place in enumerate(("OL9/baseos/latest", "OL9/appstream"), 1):
        updates = updateinfo(update(f"ELSA-{number}", "bash 0 5.2 1.el9 x86_64", cves=[day.cve]))
        files |= _repository(f"{place}/x86_64", updates)
    return files


def _amazon(place: str) -> Callable[[Day], Mapping[str, bytes]]:
    def make(day: Day) -> Mapping[str, bytes]:
        updates = updateinfo(
            update("ALAS-1", "bash 0 5.2 1 x86_64", cves=[day.cve]), update("ALAS-2", "bash 0 5.2 2 x86_64")
        )
        mirror = f"core/guids/{day.number}a/x86_64"
        return {
            f"{place}/x86_64/mirror.list": f"https://cdn.amazonlinux.com/{mirror}/\n".encode(),
            **_repository(mirror, updates),
        }

    return make


def _repository(place: str, updates: bytes) -> Mapping[str, bytes]:
    return {
        f"{place}/repodata/repomd.xml": repomd("repodata/updateinfo.xml", updates),
        f"{place}/repodata/updateinfo.xml": updates,
    }


def _photon(day: Day) -> Mapping[str, bytes]:
    statements = (("CVE-2026-1000", "bash", "Fixed", "5.2-1.ph5"), (day.cve, "bash", "Not Affected", "NA"))
    return {"cve_data_photon5.0.json": photon(*statements)}


def _vex(folder: str, changes: str) -> Callable[[Day], Mapping[str, bytes]]:
    """Return how to make documents in a folder; the list of changes names them from where it stands itself."""

    def make(day: Day) -> Mapping[str, bytes]:
        names = [f"cve-2026-{number}" for number in (1000, 1001)]
        paths = [f"{folder}/{name}.json" for name in names]
        below = changes.removesuffix("changes.csv")
        told = listing({path.removeprefix(below): day.changed_at for path in paths})
        return {**{path: vex(name.upper()) for path, name in zip(paths, names, strict=True)}, changes: told}

    return make


_PUBLISHED: Mapping[str, tuple[str, Callable[[Day], Mapping[str, bytes]]]] = {
    "debian-tracker": ("Debian", _debian_tracker),
    "alpine-secdb": ("Alpine:v3.22", _alpine),
    "wolfi-secdb": ("Wolfi", _wolfi),
    "chainguard-secdb": ("Chainguard", _wolfi),
    "fedora": ("Fedora:43", _fedora),
    "oracle-linux": ("Oracle Linux:9", _oracle),
    "amazon-linux-2023": ("Amazon Linux:2023", _amazon("al2023/core/mirrors/latest")),
    "amazon-linux-2": ("Amazon Linux:2", _amazon("2/core/latest")),
    "photon": ("Photon OS:5.0", _photon),
    "redhat-vex": ("Red Hat", _vex("2026", "changes.csv")),
    "suse-vex": ("SUSE", _vex("csaf-vex", "csaf-vex/changes.csv")),
    "opensuse-vex": ("openSUSE", _vex("csaf-vex", "csaf-vex/changes.csv")),
}
"""By the name of the source: an ecosystem, and its files by path."""
