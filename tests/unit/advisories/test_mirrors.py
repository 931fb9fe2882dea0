"""Mirrors: one file from a folder or from a real server, whole or with a clear error."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from dogwatch.advisories import open_mirror
from dogwatch.advisories.folder_mirror import FolderMirror
from dogwatch.advisories.limits import FEED_LIMITS
from dogwatch.advisories.mirror import Downloaded, DownloadResult, FeedMirror, Missing, NotModified
from dogwatch.advisories.web_mirror import WebMirror
from dogwatch.model.errors import ConfigError, FeedRejectedError, FeedUnavailableError, LimitExceededError
from dogwatch.model.progress import Progress, Unit
from tests.ports import free_port
from tests.simulators.feeds import Failure, FeedServer, serve_feed
from tests.waiting import PATIENCE_SECONDS

QUICK = replace(FEED_LIMITS, first_pause_seconds=0.01, attempts=3)
CONTENT = b"2026-07-01T00:00:00Z,A-1\n" * 40


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    folder = tmp_path / "bucket"
    (folder / "PyPI").mkdir(parents=True)
    (folder / "PyPI" / "list.csv").write_bytes(CONTENT)
    (folder / "Red Hat").mkdir()
    (folder / "Red Hat" / "list.csv").write_bytes(b"red\n")
    return folder


@pytest.fixture
def server(bucket: Path) -> Iterator[FeedServer]:
    with serve_feed(bucket) as running:
        yield running


@pytest.fixture
def web(server: FeedServer) -> Iterator[WebMirror]:
    with closing(WebMirror(server.url, "osv", QUICK)) as mirror:
        yield mirror


@pytest.fixture(params=["folder", "web"])
def mirror(request: pytest.FixtureRequest, bucket: Path) -> FeedMirror:
    if request.param == "folder":
        return FolderMirror(bucket, "osv")
    web: WebMirror = request.getfixturevalue("web")
    return web


def download(
    mirror: FeedMirror, path: str = "PyPI/list.csv", fingerprint: str = "", timeout_seconds: float = PATIENCE_SECONDS
) -> tuple[DownloadResult, bytes]:
    sink = io.BytesIO(b"left over from before, and longer than what comes" * 100)
    result = mirror.download(path, sink, max_bytes=1_000, timeout_seconds=timeout_seconds, fingerprint=fingerprint)
    return result, sink.getvalue()


def test_a_file_arrives_whole_and_its_fingerprint_says_later_that_it_is_the_same(mirror: FeedMirror) -> None:
    result, content = download(mirror)

    assert isinstance(result, Downloaded)
    assert (content, result.size_bytes) == (CONTENT, len(CONTENT))
    assert result.fingerprint
    assert isinstance(download(mirror, fingerprint=result.fingerprint)[0], NotModified)


@pytest.mark.parametrize("kind", ["folder", "web"])
def test_a_large_file_is_told_as_it_comes_and_a_small_one_is_not(bucket: Path, server: FeedServer, kind: str) -> None:
    size_bytes = 3 * 1024 * 1024
    (bucket / "PyPI" / "all.zip").write_bytes(bytes(size_bytes))
    heard: list[Progress] = []
    location = str(bucket) if kind == "folder" else server.url
    with closing(open_mirror(location, limits=QUICK, tell=heard.append)) as mirror:
        mirror.download("PyPI/list.csv", io.BytesIO(), max_bytes=size_bytes, timeout_seconds=PATIENCE_SECONDS)
        assert heard == []
        mirror.download("PyPI/all.zip", io.BytesIO(), max_bytes=size_bytes, timeout_seconds=PATIENCE_SECONDS)
    assert {(one.activity, one.total, one.unit) for one in heard} == {
        ("downloading PyPI/all.zip", size_bytes, Unit.BYTES)
    }
    counts = [one.done for one in heard]
    assert counts == sorted(counts)
    assert (len(counts) > 1, counts[-1]) == (True, size_bytes)


def test_a_changed_file_arrives_in_spite_of_the_fingerprint(mirror: FeedMirror, bucket: Path) -> None:
    """Also when size and time stamp are the same, as with a copied folder."""
    result, _ = download(mirror)
    assert isinstance(result, Downloaded)
    path = bucket / "PyPI" / "list.csv"
    before = path.stat()
    path.write_bytes(CONTENT.replace(b"A-1", b"B-2"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    again, content = download(mirror, fingerprint=result.fingerprint)

    assert isinstance(again, Downloaded)
    assert content == CONTENT.replace(b"A-1", b"B-2")


def test_names_with_spaces_are_found(mirror: FeedMirror) -> None:
    assert download(mirror, "Red Hat/list.csv")[1] == b"red\n"


def test_a_file_that_is_not_there_is_missing(mirror: FeedMirror) -> None:
    assert isinstance(download(mirror, "npm/list.csv")[0], Missing)


def test_a_file_over_the_limit_is_an_error_and_not_read_on(mirror: FeedMirror, bucket: Path) -> None:
    (bucket / "PyPI" / "list.csv").write_bytes(b"x" * 1_001)

    with pytest.raises(LimitExceededError, match="1000 bytes"):
        download(mirror)


# --- folders ----------------------------------------------------------------------------------------------------------


def test_a_folder_that_is_not_mounted_is_unavailable_and_not_empty(tmp_path: Path) -> None:
    with pytest.raises(FeedUnavailableError, match="no such folder"):
        download(FolderMirror(tmp_path / "nowhere", "osv"))


def test_a_named_pipe_or_a_folder_in_place_of_a_file_does_not_hang(bucket: Path) -> None:
    os.mkfifo(bucket / "PyPI" / "pipe")

    for name in ("pipe", "."):
        with pytest.raises((FeedRejectedError, FeedUnavailableError)):
            download(FolderMirror(bucket, "osv"), f"PyPI/{name}")


# --- the web ----------------------------------------------------------------------------------------------------------


def test_a_server_without_validators_is_read_anew_each_time(web: WebMirror, server: FeedServer) -> None:
    server.send_validators = False
    result, _ = download(web)

    assert result == Downloaded("", len(CONTENT))
    assert isinstance(download(web, fingerprint="")[0], Downloaded)
    assert [request.conditional for request in server.take_requests()] == [False, False]


def test_a_fingerprint_of_another_location_asks_without_condition(web: WebMirror, server: FeedServer) -> None:
    result, _ = download(web)
    assert isinstance(result, Downloaded)

    foreign = result.fingerprint.replace(server.url, "https://elsewhere.example")

    assert isinstance(download(web, fingerprint=foreign)[0], Downloaded)
    assert not server.take_requests()[-1].conditional


@pytest.mark.parametrize(
    "failure",
    [
        Failure("list", times=2, status=500),
        Failure("list", times=2, status=429, headers=(("Retry-After", "0"),)),
        Failure("list", times=2, truncate_to=100),
        Failure("list", times=2, truncate_to=0),
    ],
    ids=lambda failure: f"{failure.status} {failure.truncate_to}",
)
def test_what_fails_twice_and_then_works_is_worth_waiting_for(
    web: WebMirror, server: FeedServer, failure: Failure
) -> None:
    server.fail(failure)

    assert download(web)[1] == CONTENT
    assert len(server.take_requests()) == 3


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (Failure("list", times=-1, status=503), "503"),
        (Failure("list", times=-1, truncate_to=100), "incomplete|closed"),
    ],
)
def test_what_fails_every_time_is_unavailable_after_a_few_attempts(
    web: WebMirror, server: FeedServer, failure: Failure, reason: str
) -> None:
    server.fail(failure)

    with pytest.raises(FeedUnavailableError, match=reason):
        download(web)
    assert len(server.take_requests()) == QUICK.attempts


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with (
        closing(WebMirror(f"http://127.0.0.1:{free_port()}", "osv", replace(QUICK, attempts=1))) as mirror,
        pytest.raises(FeedUnavailableError, match="onnect"),
    ):
        download(mirror)


def test_a_body_that_drips_for_ever_ends_by_the_whole_transfers_time(server: FeedServer) -> None:
    server.fail(Failure("list", times=-1, drip_seconds=0.05))
    began = time.monotonic()
    with (
        closing(WebMirror(server.url, "osv", replace(QUICK, attempts=1))) as mirror,
        pytest.raises(FeedUnavailableError, match=r"not received within 0\.3 s"),
    ):
        download(mirror, timeout_seconds=0.3)
    assert time.monotonic() - began < 60  # of an endless body


def test_a_server_that_says_nothing_ends_by_the_idle_time(server: FeedServer) -> None:
    server.fail(Failure("list", times=-1, drip_seconds=5.0))
    with (
        closing(WebMirror(server.url, "osv", replace(QUICK, attempts=1, idle_timeout_seconds=0.2))) as mirror,
        pytest.raises(FeedUnavailableError),
    ):
        download(mirror)


@pytest.mark.parametrize("status", [400, 401, 403, 206, 304])
def test_a_refusal_is_rejected_at_once(web: WebMirror, server: FeedServer, status: int) -> None:
    server.fail(Failure("list", status=status, body=b""))

    with pytest.raises(FeedRejectedError, match=str(status)):
        download(web)
    assert len(server.take_requests()) == 1


def test_a_content_coding_nobody_asked_for_is_rejected(web: WebMirror, server: FeedServer) -> None:
    server.fail(Failure("list", headers=(("Content-Encoding", "gzip"),)))

    with pytest.raises(FeedRejectedError, match="content coding"):
        download(web)


def test_a_redirect_on_the_same_server_is_followed(web: WebMirror, server: FeedServer) -> None:
    server.fail(Failure("list", status=302, location="/Red%20Hat/list.csv"))

    assert download(web)[1] == b"red\n"


@pytest.mark.parametrize(
    "location", ["http://localhost:1/x", "file:///etc/passwd", "//other.example/x", "ftp://127.0.0.1/x", ""]
)
def test_a_redirect_to_elsewhere_without_https_is_rejected(web: WebMirror, server: FeedServer, location: str) -> None:
    server.fail(Failure("list", status=302, location=location))

    with pytest.raises(FeedRejectedError, match="not followed"):
        download(web)


def test_a_login_in_the_location_goes_to_that_server_only_and_into_no_message(server: FeedServer, bucket: Path) -> None:
    url = server.url.replace("http://", "http://me:se%40cret@")
    with serve_feed(bucket) as other, closing(WebMirror(url, "osv", QUICK)) as mirror:
        result, _ = download(mirror)
        assert isinstance(result, Downloaded)
        server.fail(Failure("list", status=403, body=b""))
        with pytest.raises(FeedRejectedError) as refused:
            download(mirror)
        server.fail(Failure("list", status=302, location=f"{other.url}/PyPI/list.csv"))
        with pytest.raises(FeedRejectedError, match="not followed"):
            download(mirror)
        asked = [request.authorization for request in server.take_requests()]

    assert asked == ["Basic bWU6c2VAY3JldA=="] * 3
    assert not any("cret" in text for text in (str(refused.value), result.fingerprint, mirror.describe("x")))


def test_redirects_in_a_circle_end(web: WebMirror, server: FeedServer) -> None:
    server.fail(Failure("list", times=-1, status=302, location="/PyPI/list.csv"))

    with pytest.raises(FeedRejectedError, match="more than 3 redirects"):
        download(web)


# --- locations --------------------------------------------------------------------------------------------------------


def test_a_location_is_a_folder_a_url_or_the_public_export(tmp_path: Path) -> None:
    assert open_mirror(str(tmp_path)).describe("PyPI/all.zip") == f"{tmp_path}/PyPI/all.zip"
    assert open_mirror("http://feeds.example/osv/").describe("Red Hat/all.zip") == (
        "http://feeds.example/osv/Red%20Hat/all.zip"
    )


@pytest.mark.parametrize(
    "location", ["ftp://feeds.example", "https://", "http://feeds.example:port", "https://feeds.example/?a=b"]
)
def test_other_locations_are_a_mistake_in_the_settings(location: str) -> None:
    with pytest.raises(ConfigError, match="DOGWATCH_FEED_MIRROR"):
        open_mirror(location)
