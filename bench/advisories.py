"""The advisories that are measured with: the real feeds where DOGWATCH_SHARED leads to them, otherwise made-up ones.

Both come as a bucket in the shape of the public OSV export, and everything else reads them from there.
"""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

from dogwatch.advisories import parse_advisory
from dogwatch.model.advisories import Advisory
from tests.builders.advisories import osv_record
from tests.simulators.buckets import FeedBucket

ECOSYSTEMS = ("Debian", "PyPI", "npm")
_MADE_UP = {"Debian:12": 5_000, "PyPI": 3_000, "npm": 2_000}  # as many as a run without real feeds can afford
_SEED = 20260715


def open_bucket(shared: Path | None, folder: Path) -> FeedBucket:
    """Return a bucket of our own, which may be changed.

    Args:
        shared: the folder with `osv/`, or None for made-up advisories.
        folder: where the bucket is made.
    """
    if shared is not None:
        return FeedBucket.copied(shared / "osv", folder, ECOSYSTEMS)
    bucket = FeedBucket(folder)
    numbers = random.Random(_SEED)
    for ecosystem, count in _MADE_UP.items():
        records = [
            osv_record(
                f"MADE-UP-{ecosystem.partition(':')[0]}-{number}",
                ecosystem=ecosystem,
                name=f"package-{numbers.randrange(count // 3)}",
                introduced=f"{numbers.randrange(3)}.{numbers.randrange(9)}.0",
                fixed=f"{numbers.randrange(3, 9)}.{numbers.randrange(30)}.{numbers.randrange(9)}",
                range_type="SEMVER" if ecosystem == "npm" else "ECOSYSTEM",
                aliases=[f"CVE-2026-{number}"],
            )
            for number in range(count)
        ]
        bucket.put(ecosystem.partition(":")[0], *records)
    return bucket


def read_advisories(bucket: FeedBucket, ecosystem: str) -> Iterator[Advisory]:
    """Yield every advisory of a feed's archive."""
    with zipfile.ZipFile(bucket.folder / ecosystem / "all.zip") as archive:
        for name in archive.namelist():
            yield parse_advisory(archive.read(name))


def named_versions(bucket: FeedBucket, ecosystem: str, release: str = "") -> dict[str, list[str]]:
    """Return package name → the distinct versions that advisories name for it, sorted as text.

    Args:
        bucket: where the advisories are.
        ecosystem: the feed, without release.
        release: count only packages of this release (`Debian:12`); empty for all.
    """
    found: dict[str, set[str]] = {}
    for advisory in read_advisories(bucket, ecosystem):
        for entry in advisory.affected:
            if release and entry.ecosystem != release:
                continue
            events = (event.version for stated in entry.ranges for event in stated.events)
            found.setdefault(entry.name, set()).update(version for version in (*events, *entry.versions) if version)
    return {name: sorted(versions - {"0"}) for name, versions in sorted(found.items())}
