"""Feeds of whole files as functions of one file's bytes, and good files of each."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from dogwatch.advisories.snapshot import SnapshotSource
from dogwatch.matching import key_affected_ranges
from dogwatch.model.errors import ContentError
from tests.builders import advisories

NOW = datetime(2026, 7, 1, tzinfo=UTC)

Seeds = tuple[bytes, ...]


def reader_of(source: SnapshotSource, ecosystem: str) -> Callable[[bytes], object]:
    """Return what takes the records out of a file, and keys what each says; the source refuses by these errors."""

    def read(content: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "file")
            path.write_bytes(content)
            try:
                records = list(source.snapshot_of(ecosystem).split({"file": path}))
            except ContentError:
                return None
        return [_key(source, record_id, record) for record_id, record in records]

    return read


def _key(source: SnapshotSource, record_id: str, record: bytes) -> object:
    try:
        return key_affected_ranges(source.read(record_id, record, NOW))
    except (ValueError, RecursionError):
        return None


def secdbs() -> Seeds:
    """Files of Alpine."""
    return (advisories.secdb({"bash": {"5.2-r1": ["CVE-2026-1000 CVE-2026-1001"], "0": ["CVE-2026-1002"]}}),)


def trackers() -> Seeds:
    """Files of Debian's tracker."""
    fixed, opened = {"status": "resolved", "fixed_version": "5.2-1"}, {"status": "open", "urgency": "low**"}
    return (advisories.tracker({"bash": {"CVE-2026-1000": {"bookworm": fixed, "sid": opened}}}),)


def updates() -> Seeds:
    """Files of updates, plain and packed."""
    plain = advisories.updateinfo(advisories.update("ELSA-1", "bash 1 5.2 1.el9 x86_64", cves=["CVE-2026-1000"]))
    return plain, gzip.compress(plain, mtime=0)


def statements() -> Seeds:
    """Files of Photon OS."""
    fixed, clean = ("CVE-2026-1000", "bash", "Fixed", "5.2-1.ph5"), ("CVE-2026-1001", "bash", "Not Affected", "NA")
    return (advisories.photon(fixed, clean),)
