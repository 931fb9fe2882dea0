"""Large downloads outlive a fetch that was killed, and nothing else."""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dogwatch.advisories import FeedReader
from dogwatch.advisories.kept_downloads import KeptDownloads, keeping_downloads
from dogwatch.advisories.mirror import Downloaded, NotModified
from dogwatch.advisories.nvd import NvdSource
from dogwatch.advisories.web_mirror import WebMirror
from dogwatch.model.errors import FeedUnavailableError, MalformedSnapshotError
from tests.builders.facts import cpe, nvd_file, nvd_product_record, put_facts
from tests.simulators.buckets import replace_file
from tests.simulators.feeds import FeedServer, serve_feed
from tests.waiting import PATIENCE_SECONDS

NOW = datetime(2026, 7, 31, tzinfo=UTC)
LARGE, SMALL, OTHER = b"a large file " * 100_000, b"a small file", b"another one " * 100_000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FeedServer]:
    """Serves a large and a small file."""
    replace_file(tmp_path / "feed" / "large", LARGE)
    replace_file(tmp_path / "feed" / "small", SMALL)
    with serve_feed(tmp_path / "feed") as served:
        yield served


def download(server: FeedServer, folder: Path, path: str, fingerprint: str = "") -> tuple[bytes, str, list[int]]:
    """Download as a process of its own would; returns what came, its fingerprint, and the server's answers."""
    sink = io.BytesIO()
    with closing(KeptDownloads(WebMirror(server.url, "osv"), folder)) as mirror:
        result = mirror.download(
            path, sink, max_bytes=10_000_000, timeout_seconds=PATIENCE_SECONDS, fingerprint=fingerprint
        )
    found = result.fingerprint if isinstance(result, Downloaded) else type(result).__name__
    content = sink.getvalue() if isinstance(result, Downloaded) else b""
    return content, found, [one.status for one in server.take_requests()]


def test_a_large_file_is_downloaded_once_and_a_small_one_again(server: FeedServer, tmp_path: Path) -> None:
    first = download(server, tmp_path / "kept", "large")
    again = download(server, tmp_path / "kept", "large")
    small = [download(server, tmp_path / "kept", "small") for _ in range(2)]

    assert (first[0], first[2]) == (LARGE, [200])
    assert again == (LARGE, first[1], [304])
    assert [(one[0], one[2]) for one in small] == [(SMALL, [200])] * 2


def test_a_file_that_changed_meanwhile_comes_anew(server: FeedServer, tmp_path: Path) -> None:
    download(server, tmp_path / "kept", "large")
    replace_file(tmp_path / "feed" / "large", OTHER)

    assert download(server, tmp_path / "kept", "large")[::2] == (OTHER, [200])
    assert download(server, tmp_path / "kept", "large")[::2] == (OTHER, [304])


def test_what_was_taken_over_already_is_still_not_modified(server: FeedServer, tmp_path: Path) -> None:
    _, fingerprint, _ = download(server, tmp_path / "kept", "large")

    assert download(server, tmp_path / "kept", "large", fingerprint) == (b"", NotModified.__name__, [304])


def test_a_copy_that_is_not_whole_is_not_used(server: FeedServer, tmp_path: Path) -> None:
    download(server, tmp_path / "kept", "large")
    (copy,) = (one for one in (tmp_path / "kept").iterdir() if not one.suffix)
    copy.write_bytes(LARGE[:-1])

    assert download(server, tmp_path / "kept", "large")[::2] == (LARGE, [304, 200])
    assert download(server, tmp_path / "kept", "large")[::2] == (LARGE, [304])


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (None, False),
        (MalformedSnapshotError("osv", "cut off"), False),
        (FeedUnavailableError("osv", "http://mirror", "broke off"), True),
        (KeyboardInterrupt(), True),
    ],
)
def test_what_was_published_or_is_unusable_is_not_kept(
    server: FeedServer, tmp_path: Path, error: BaseException | None, kept: bool
) -> None:
    opened = WebMirror(server.url, "osv")

    def fetch() -> None:
        with closing(opened), keeping_downloads(opened, tmp_path, "osv/PyPI", NOW) as mirror:
            mirror.download("large", io.BytesIO(), max_bytes=10_000_000, timeout_seconds=PATIENCE_SECONDS)
            if error is not None:
                raise error

    if error is None:
        fetch()
    else:
        with pytest.raises(type(error)):
            fetch()
    assert any((tmp_path / "kept").glob("*/*")) is kept


def test_files_of_scores_and_of_products_are_downloaded_once_and_kept_for_some_hours(tmp_path: Path) -> None:
    record = nvd_product_record("CVE-2026-1000", [[cpe("openssl:openssl")]])
    record["cve"]["filling"] = secrets.token_hex(1_500_000)  # packs to half of it
    put_facts(tmp_path / "feed", modified=nvd_file(record), until=NOW.year)
    now = datetime.now(UTC)

    def read_both(served: FeedServer, spool: str, second_at: datetime) -> list[tuple[str, int]]:
        reader = FeedReader(served.url, tmp_path / spool, facts=(NvdSource(),))
        with reader.fetch_facts("nvd", {}, now) as scores:
            assert scores is not None
            assert len(list(scores.facts)) == 1
        with reader.fetch("nvd-products", "CPE", {}, (), second_at) as products:
            assert products is not None
            assert len(list(products.records)) == 1
        return [(one.path, one.status) for one in served.take_requests() if "modified" in one.path]

    with serve_feed(tmp_path / "feed") as served:
        at_once, later = read_both(served, "a", now), read_both(served, "b", now + timedelta(hours=4))

    path = "nvd/nvdcve-2.0-modified.json.gz"
    assert at_once == [(path, 200), (path, 304)]
    assert later == [(path, 200), (path, 200)]
