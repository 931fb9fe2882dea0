"""Hostile things looked at once, in a child process as for a user: each ends with a sentence, none takes us down."""

from __future__ import annotations

import gzip
import json
import os
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dogwatch.app.process import App, build
from dogwatch.cli.errors import INCOMPLETE, exit_code
from dogwatch.model.errors import DogwatchError, StepCrashedError
from dogwatch.model.images import Platform, digest_of
from dogwatch.model.judgements import Choice, Report
from dogwatch.model.progress import Progress
from dogwatch.model.targets import Target, TargetKind
from dogwatch.settings import load_settings
from tests.builders.archives import BASE, FOUND_IN_BOTH, TOP, archive_of, saved
from tests.builders.oci import build_image, write_layout
from tests.processes import kill, workers_of
from tests.waiting import wait_until

_MIB = 1024 * 1024


@pytest.fixture
def heard() -> list[Progress]:
    return []


@pytest.fixture
def app(database: str, tmp_path: Path, heard: list[Progress]) -> Iterator[App]:
    (tmp_path / "data").mkdir()
    flags = {"data": str(tmp_path / "data"), "database_url": database, "demo": "0"}
    with build(load_settings(flags, {}), tell=heard.append) as opened:
        yield opened


def look(app: App, kind: TargetKind, name: object) -> Report:
    return app.inspect(Target(kind, str(name), Platform("linux", "amd64")), Choice(), update=False)


def refused(app: App, kind: TargetKind, name: object) -> str:
    """Return what a user is told of a thing that cannot be looked at."""
    with pytest.raises(DogwatchError) as told:
        look(app, kind, name)
    assert exit_code(told.value) == INCOMPLETE
    return told.value.message


def test_what_is_read_apart_is_reported_and_its_progress_is_heard_here(
    app: App, tmp_path: Path, heard: list[Progress]
) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(archive_of(saved()))
    report = look(app, TargetKind.DOCKER_ARCHIVE, path)
    assert [(one.package.ecosystem, one.package.name) for one in report.examined.packages] == FOUND_IN_BOTH
    assert [one.activity for one in heard if one.total == 0] == [f"opening docker-archive:{path}", "judging 2 packages"]
    assert {one.activity for one in heard if one.total} == {"reading layer 1 of 2", "reading layer 2 of 2"}


def test_a_bomb_is_told_by_the_limit_that_it_reached(app: App, tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    head = tarfile.TarInfo("1/layer.tar")
    head.size = 40 * 64 * _MIB
    zeros = gzip.compress(bytes(64 * _MIB))
    path.write_bytes(gzip.compress(head.tobuf()) + zeros * 40)
    assert (
        refused(app, TargetKind.DOCKER_ARCHIVE, path) == f"{path}: over the limit unpacked_ratio of 200 times its size"
    )


def test_sizes_that_lie_are_told_with_both_sizes(app: App, tmp_path: Path) -> None:
    for number, (lie, words) in enumerate(((-1, "received more"), (1, "bytes"))):
        image = build_image([BASE, TOP])
        folder = write_layout(tmp_path / f"layout-{number}", image)
        _rewrite_sizes(folder, lie)
        told = refused(app, TargetKind.OCI, folder)
        assert told.startswith("size of layer sha256:")
        assert words in told


def _rewrite_sizes(folder: Path, by: int) -> None:
    """Let the manifest of a layout say another size for each layer, and everything else agree with that."""
    index = json.loads((folder / "index.json").read_bytes())
    blobs = folder / "blobs" / "sha256"
    manifest = json.loads((blobs / index["manifests"][0]["digest"].partition(":")[2]).read_bytes())
    for layer in manifest["layers"]:
        layer["size"] += by
    content = json.dumps(manifest).encode()
    digest = digest_of(content)
    (blobs / digest.partition(":")[2]).write_bytes(content)
    index["manifests"][0] |= {"digest": digest, "size": len(content)}
    (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")


def test_an_archive_that_is_cut_or_announces_what_never_comes_is_told(app: App, tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    whole = archive_of(saved())
    path.write_bytes(whole[: len(whole) // 2])
    assert refused(app, TargetKind.DOCKER_ARCHIVE, path).startswith(f"malformed manifest {path}: not an archive")
    head = tarfile.TarInfo("1/layer.tar")
    head.size = 8 * 1024**4
    path.write_bytes(head.tobuf(tarfile.GNU_FORMAT) + b"short")
    assert refused(app, TargetKind.DOCKER_ARCHIVE, path).startswith(f"malformed manifest {path}: not an archive")


def test_a_bill_that_wants_more_memory_than_there_may_be_is_told(app: App, tmp_path: Path) -> None:
    path = tmp_path / "bill.json"
    with path.open("wb") as file:
        file.write(b'{"bomFormat":"CycloneDX","specVersion":"1.6","components":[')
        for _ in range(60):
            file.write(b"[]," * (_MIB // 3))
        file.write(b"[]]}")
    told = refused(app, TargetKind.BILL, path)
    assert told == "the scan: over the limit child memory of 470 MiB"


def test_a_child_that_dies_is_told_and_the_next_scan_works(app: App, tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)

    def kill_it() -> None:
        wait_until(lambda: workers_of(os.getpid()), "the child is there")
        kill(*workers_of(os.getpid()))

    killer = threading.Thread(target=kill_it)
    killer.start()
    with pytest.raises(StepCrashedError) as told:
        look(app, TargetKind.BILL, path)  # nobody writes into the pipe: it would wait for ever
    killer.join()
    assert told.value.message == "the scan died: signal 9"
    good = tmp_path / "image.tar"
    good.write_bytes(archive_of(saved()))
    assert len(look(app, TargetKind.DOCKER_ARCHIVE, good).examined.packages) == 2
