"""A real server and peers that do not behave: they are let go, and the others are served."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from dogwatch.serve import connections
from tests.serve.callers import ACCOUNT, HOOK_SECRET
from tests.serve.rooms import Rooms
from tests.serve.server import running

SOON = 1.0
PATIENCE_SECONDS, DRIP_SECONDS = 120.0, 0.05


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


@pytest.fixture
def port(rooms: Rooms) -> Iterator[int]:
    with running(rooms.app(open_loopback=True)) as number:
        yield number


@pytest.fixture
def hasty_port(monkeypatch: pytest.MonkeyPatch, port: int) -> int:
    """A server that waits for the head of a request for a second only."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", SOON)
    return port


def read_all(connection: socket.socket) -> bytes:
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := connection.recv(65536):
            received += chunk
    return received


def get(port: int, path: str = "/api/v1/findings", **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    with contextlib.closing(connection):
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status


@pytest.mark.parametrize("start", [b"", b"\r\n", b"G", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: a"])
def test_a_request_that_never_comes_is_not_waited_for(hasty_port: int, start: bytes) -> None:
    with socket.create_connection(("127.0.0.1", hasty_port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(start)
        assert read_all(connection) == b""
    assert get(hasty_port) == 200


def test_headers_that_drip_are_given_up(hasty_port: int) -> None:
    with socket.create_connection(("127.0.0.1", hasty_port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        with contextlib.suppress(OSError):
            for _ in range(round(PATIENCE_SECONDS / DRIP_SECONDS)):
                connection.sendall(b"X-Drip: x\r\n")
                time.sleep(DRIP_SECONDS)
            pytest.fail("headers may drip for minutes")


@pytest.mark.parametrize("part", [b"X-Many: x\r\n" * 1000, b"x" * 10_000])
def test_headers_without_end_are_refused(port: int, part: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX-Long: ")
        with contextlib.suppress(OSError):
            for _ in range(1000):
                connection.sendall(part)
            pytest.fail("ten million bytes of headers were taken")
    assert get(port) == 200


def test_a_second_request_on_a_connection_has_its_own_deadline(hasty_port: int) -> None:
    request = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with socket.create_connection(("127.0.0.1", hasty_port), timeout=PATIENCE_SECONDS) as connection:
        for _ in range(3):
            connection.sendall(request)
            received = b""
            while not received.endswith(b"}"):
                received += (chunk := connection.recv(65536))
                assert chunk
            time.sleep(SOON * 1.5)  # idle between requests is no fault
        connection.sendall(request[:10])
        assert read_all(connection) == b""


def test_a_refused_stranger_does_not_hold_the_connection(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(
            f"POST /hooks/{ACCOUNT}/harbour HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nx".encode()
        )
        assert connection.recv(65536).startswith(b"HTTP/1.1 401")
        connection.sendall(b"y")
        assert b"200 OK" not in read_all(connection)


def test_a_slow_answer_is_not_cut_by_the_deadline_of_requests(rooms: Rooms, hasty_port: int) -> None:
    rooms.delay_seconds = SOON * 2
    assert get(hasty_port) == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET /\x00 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /findings/list HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /findings/list HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"POST /findings/list HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}",
        b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET http://evil.example/api/v1/findings HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET /api/v1/findings HTTP/1.1\r\n\r\n",
        b"GET /api/v1/findings HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
        b"GET //evil.example/api/v1/findings HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /%ff%fe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    ],
)
def test_what_is_no_request_of_ours_gets_no_data_and_harms_nobody(port: int, request_bytes: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(request_bytes)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
        received = read_all(connection)
    assert b"CVE-2024-6119" not in received
    assert b"Traceback" not in received
    assert get(port) == 200


def test_a_large_notice_in_chunks_arrives_whole(rooms: Rooms, port: int) -> None:
    body = b'{"events": [' + b" " * 3_000_000 + b"]}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    with contextlib.closing(connection):
        headers = {"Authorization": f"Bearer {HOOK_SECRET}", "Content-Type": "application/json"}
        parts = (body[start : start + 50_000] for start in range(0, len(body), 50_000))
        connection.request("POST", f"/hooks/{ACCOUNT}/harbour", parts, headers, encode_chunked=True)
        assert connection.getresponse().status == 202
    assert [one[2] for one in rooms.saved] == [body]


def test_many_at_once_are_answered(rooms: Rooms, port: int) -> None:
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(get(port))) for _ in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 60
