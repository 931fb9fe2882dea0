"""A feed as the public OSV export is one: a bucket in a folder that tests change, and that a folder mirror reads."""

from __future__ import annotations

import json
import os
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from tests.builders.advisories import Record, encode_record

LISTING = "modified_id.csv"
ARCHIVE = "all.zip"


def folder_name(ecosystem: str) -> str:
    """Return the folder of an ecosystem as it is written on disk: without its release, `_` for `:`."""
    base = ecosystem.partition(":")[0] if ecosystem.startswith(("Debian:", "Alpine:", "Ubuntu:")) else ecosystem
    return base.replace(":", "_")


def replace_file(path: Path, content: bytes) -> None:
    """Write a file at once: a reader sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    os.replace(partial, path)


class FeedBucket:
    """A bucket that tests change: every change rewrites record, archive and list, as the public export does.

    NOTE: an importer takes a list whose newest record is older than the newest it saw before for a lagging mirror; so
    `remove` the newest record only together with a later change of another one. `withdraw` has no such limit.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @classmethod
    def copied(cls, source: Path, folder: Path, ecosystems: Iterable[str]) -> FeedBucket:
        """Start from the lists and archives of some ecosystems of another bucket."""
        bucket = cls(folder)
        for ecosystem in ecosystems:
            for name in (LISTING, ARCHIVE):
                content = (source / folder_name(ecosystem) / name).read_bytes()
                replace_file(folder / folder_name(ecosystem) / name, content)
        return bucket

    def listed(self, ecosystem: str) -> dict[str, str]:
        """Return id → modified, as the list has them."""
        path = self.folder / folder_name(ecosystem) / LISTING
        lines = path.read_text().splitlines() if path.exists() else []
        return {record_id: modified for modified, _, record_id in (line.partition(",") for line in lines)}

    def put(self, ecosystem: str, *records: Record) -> None:
        """Add or replace records."""
        documents = {record["id"]: encode_record(record) for record in records}
        listed = self.listed(ecosystem) | {record["id"]: record["modified"] for record in records}
        self._rewrite(ecosystem, listed, documents)

    def withdraw(self, ecosystem: str, record_id: str, at: str) -> None:
        """Let a record be withdrawn at a time (RFC 3339), which is also its new modified time."""
        record = self.record(ecosystem, record_id)
        self.put(ecosystem, record | {"withdrawn": at, "modified": at})

    def remove(self, ecosystem: str, record_id: str) -> None:
        """Take a record out of list, archive and folder."""
        listed = self.listed(ecosystem)
        del listed[record_id]
        self._rewrite(ecosystem, listed, {})
        (self.folder / folder_name(ecosystem) / f"{record_id}.json").unlink(missing_ok=True)

    def record(self, ecosystem: str, record_id: str) -> Record:
        """Return a record as the bucket has it."""
        folder = self.folder / folder_name(ecosystem)
        single = folder / f"{record_id}.json"
        content = single.read_bytes() if single.exists() else read_archived(folder / ARCHIVE, f"{record_id}.json")
        record: Record = json.loads(content)
        return record

    def lay_over(self, day: Path) -> None:
        """Lay one day's delta (a tar of changed lists and records) over the bucket. Archives stay as they were."""
        with tarfile.open(day) as tar:
            for member in tar:
                file = tar.extractfile(member)
                if file is not None:
                    replace_file(self.folder / member.name, file.read())

    def _rewrite(self, ecosystem: str, listed: dict[str, str], documents: dict[str, bytes]) -> None:
        folder = self.folder / folder_name(ecosystem)
        for record_id, content in documents.items():
            replace_file(folder / f"{record_id}.json", content)
        write_archive(folder / ARCHIVE, set(listed), documents)
        write_listing(folder / LISTING, listed)


def write_listing(path: Path, listed: dict[str, str]) -> None:
    """Write a list, newest first."""
    newest_first = sorted(listed.items(), key=lambda item: item[1], reverse=True)
    replace_file(path, "".join(f"{modified},{record_id}\n" for record_id, modified in newest_first).encode())


def write_archive(path: Path, keep: set[str], documents: dict[str, bytes]) -> None:
    """Write an archive of the old one's records that are to be kept, and the new ones."""
    partial = path.with_name(path.name + ".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        if path.exists():
            with zipfile.ZipFile(path) as old:
                for entry in old.infolist():
                    record_id = entry.filename.removesuffix(".json")
                    if record_id in keep and record_id not in documents:
                        archive.writestr(entry.filename, old.read(entry))
        for record_id, content in documents.items():
            archive.writestr(f"{record_id}.json", content)
    os.replace(partial, path)


def read_archived(path: Path, name: str) -> bytes:
    """Return a record of an archive; KeyError where it has none of that name."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)
