"""A bucket of ten records, its server, and an import of it by either mirror."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dogwatch.advisories.folder_mirror import FolderMirror
from dogwatch.advisories.web_mirror import WebMirror
from tests.builders.advisories import osv_record
from tests.simulators.buckets import FeedBucket
from tests.simulators.feeds import FeedServer, serve_feed
from tests.unit.advisories.importing import LIMITS, Importer, at


@pytest.fixture
def bucket(tmp_path: Path) -> FeedBucket:
    bucket = FeedBucket(tmp_path / "bucket")
    bucket.put("PyPI", *(osv_record(f"A-{day}", modified=at(day)) for day in range(1, 11)))
    return bucket


@pytest.fixture
def server(bucket: FeedBucket) -> Iterator[FeedServer]:
    with serve_feed(bucket.folder) as running:
        yield running


@pytest.fixture
def web(server: FeedServer, tmp_path: Path) -> Iterator[Importer]:
    (tmp_path / "spool").mkdir()
    with closing(WebMirror(server.url, "osv", LIMITS)) as mirror:
        yield Importer(mirror, tmp_path / "spool")


@pytest.fixture(params=["folder", "web"])
def importer(request: pytest.FixtureRequest, bucket: FeedBucket, tmp_path: Path) -> Importer:
    if request.param == "web":
        web: Importer = request.getfixturevalue("web")
        return web
    (tmp_path / "spool").mkdir()
    return Importer(FolderMirror(bucket.folder, "osv"), tmp_path / "spool")
