"""A service that is not there, is none, or breaks off: told in one line, and never read as an empty list."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import trustme

from dogwatch.cli.errors import INCOMPLETE, NOT_FOUND, USAGE, exit_code
from dogwatch.cli.remote import wire
from dogwatch.cli.remote.problems import ServiceError
from dogwatch.cli.remote.service import connected
from dogwatch.model.errors import (
    ConfigError,
    ConflictError,
    DogwatchError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
)
from dogwatch.settings import Settings, load_settings

FEEDS = b'{"at": "2026-07-09T12:00:00Z", "feeds": []}'
KEY = "DOGWREADER000000:reader-secret-of-forty-characters-000000"


Reply = Callable[[socket.socket], object]


def answer(body: bytes, status: str = "200 OK", *headers: str, kind: str = "application/json") -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def problem(status: str, slug: str, members: str) -> bytes:
    document = f'{{"type": "urn:dogwatch:problem:{slug}", "title": "T", "detail": "D", "request_id": "r1", {members}}}'
    return answer(document.encode(), status, kind="application/problem+json")


@contextmanager
def serving(reply: Reply, tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[bytes]]]:
    """Yield the address of a server that answers each connection by `reply`, and the heads of requests it had."""
    heads: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def run() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                try:
                    with connection if tls is None else tls.wrap_socket(connection, server_side=True) as stream:
                        heads.append(stream.recv(65536))
                        reply(stream)
                except OSError:
                    pass  # the client has gone

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield f"http{'' if tls is None else 's'}://127.0.0.1:{listener.getsockname()[1]}", heads
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def settings(server: str, **others: str) -> Settings:
    return load_settings({"server": server, **others}, environment={}, config_file=Path("/dev/null"))


def ask(server: str, **others: str) -> None:
    with connected(settings(server, **others)) as there:
        there.views.feeds()


def refusal(content: bytes) -> DogwatchError:
    with serving(lambda stream: stream.sendall(content)) as (server, _), pytest.raises(DogwatchError) as raised:
        ask(server)
    return raised.value


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (answer(b"<html>welcome</html>", kind="text/html"), "answers with text/html, not with JSON"),
        (
            answer(b"<html>no</html>", "404 Not Found", kind="text/html"),
            "status 404, and not in the words of a Dogwatch",
        ),
        (answer(b"bad gateway", "502 Bad Gateway", kind="text/plain"), "status 502"),
        (answer(FEEDS[:-5]), "not understood"),
        (answer(b""), "not understood"),
        (answer(b"{}"), "missing required field `at`"),
        (answer(b'{"at": "2026-07-09T12:00:00Z", "feeds": [7]}'), r"\$.feeds\[0\]"),
        (answer(b"[" * 100_000), "not understood"),
        (answer(b"\xff\xfe"), "not understood"),
        (answer(FEEDS).replace(b"Content-Length: 43", b"Content-Length: 99"), "not reached"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "not reached"),
        (b"", "not reached"),
        (answer(b"", "302 Found", "Location: https://login.example/"), "sends elsewhere.*login.example"),
        (problem("503 Service Unavailable", "store-unavailable", '"x": 1'), r"status 503: D \(request r1\)"),
    ],
)
def test_what_is_no_answer_of_a_dogwatch_is_told(content: bytes, words: str) -> None:
    error = refusal(content)
    assert (type(error), exit_code(error)) == (ServiceError, INCOMPLETE)
    with pytest.raises(ServiceError, match=words):
        raise error
    assert "\n" not in error.message


@pytest.mark.parametrize(
    ("content", "expected", "code"),
    [
        (
            problem(
                "400 Bad Request", "invalid-request", '"field": "filter", "reason": "n", "text": "a b", "position": 2'
            ),
            InvalidRequestError("filter", "n", text="a b", position=2),
            USAGE,
        ),
        (
            problem("404 Not Found", "not-found", '"what": "image", "name": "x:1"'),
            NotFoundError("image", "x:1"),
            NOT_FOUND,
        ),
        (
            problem("409 Conflict", "conflict", '"what": "the windows", "reason": "again"'),
            ConflictError("the windows", "again"),
            INCOMPLETE,
        ),
    ],
)
def test_a_refusal_is_the_error_that_the_data_folder_would_give(
    content: bytes, expected: DogwatchError, code: int
) -> None:
    error = refusal(content)
    assert (type(error), error.message, error.fields, exit_code(error)) == (
        type(expected),
        expected.message,
        expected.fields,
        code,
    )


@pytest.mark.parametrize(
    "content",
    [
        problem("403 Forbidden", "forbidden", '"action": "call", "reason": "wrong secret"'),
        answer(b"no", "401 Unauthorized", kind="text/plain"),
    ],
)
def test_a_key_that_is_refused_says_how_to_make_one(content: bytes) -> None:
    error = refusal(content)
    assert (type(error), exit_code(error)) == (ForbiddenError, NOT_FOUND)
    assert "dogwatch keys add" in error.message


def test_a_service_that_says_nothing_is_not_waited_for_longer_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SILENCE_SECONDS", 0.2)
    done = threading.Event()
    with serving(lambda _: done.wait(30)) as (server, _):
        with pytest.raises(ServiceError, match="no answer in time"):
            ask(server)
        done.set()


def test_a_trickle_and_a_flood_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "ANSWER_BYTES_MAX", 10)
    with pytest.raises(ServiceError, match="more than 10 bytes"):
        raise refusal(answer(FEEDS))
    monkeypatch.setattr(wire, "ANSWER_BYTES_MAX", 1000)
    monkeypatch.setattr(wire, "ANSWER_SECONDS", -1.0)
    with pytest.raises(ServiceError, match="takes longer"):
        raise refusal(answer(FEEDS))


@pytest.mark.parametrize(
    "content", [KEY, f"{KEY}\n", "aws_access_key_id = DOGWREADER000000\naws_secret_access_key = "
                + KEY.partition(":")[2] + "\n"]
)  # fmt: skip
def test_a_key_comes_from_its_file_as_typed_or_as_it_was_printed(tmp_path: Path, content: str) -> None:
    token = tmp_path / "token"
    token.write_text(content, encoding="utf-8")
    with serving(lambda stream: stream.sendall(answer(FEEDS))) as (server, heads):
        ask(server, token_file=str(token))
    assert f"Authorization: Bearer {KEY}".encode() in heads[0]


@pytest.mark.parametrize("content", ["", "secret without id", f"{KEY}\n{KEY}", "x" * 5000, "ü:ü"])
def test_a_file_that_holds_no_key_is_named_and_not_shown(tmp_path: Path, content: str) -> None:
    token = tmp_path / "token"
    token.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as raised, connected(settings("http://127.0.0.1:1", token_file=str(token))):
        pass
    assert raised.value.message.startswith(f"token_file: {token}: neither")
    assert not content or content not in raised.value.message


def test_a_key_does_not_travel_in_the_clear_unless_told_so(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(KEY, encoding="utf-8")
    given = {"token_file": str(token)}
    for server in ("http://192.0.2.1:8470", "http://dogwatch.example", "http://127.0.0.1.example"):
        with pytest.raises(ConfigError, match=r"in the clear.*--plain-http"), connected(settings(server, **given)):
            pass
    allowed: Sequence[dict[str, str]] = (
        {"server": "http://192.0.2.1:8470", "server_plain_http": "1"},
        {"server": "http://[::1]:8470"},
        {"server": "http://localhost:8470"},
        {"server": "https://dogwatch.example"},
    )
    for one in allowed:
        with connected(settings(**one, **given)):
            pass


def test_a_certificate_is_verified_against_the_authorities_named(tmp_path: Path) -> None:
    ours, strangers = trustme.CA(), trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.issue_cert("127.0.0.1").configure_cert(tls)
    for name, authority in (("ours.pem", ours), ("strangers.pem", strangers)):
        authority.cert_pem.write_to_path(tmp_path / name)
    with serving(lambda stream: stream.sendall(answer(FEEDS)), tls) as (server, _):
        ask(server, server_ca_file=str(tmp_path / "ours.pem"))
        for ca_file in ("", str(tmp_path / "strangers.pem")):
            with pytest.raises(ServiceError, match="CERTIFICATE_VERIFY_FAILED"):
                ask(server, server_ca_file=ca_file)


def test_authorities_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    for server, ca_file, words in (
        ("https://127.0.0.1:1", str(empty), "not a file of PEM certificates"),
        ("https://127.0.0.1:1", str(tmp_path / "none"), "not a file of PEM certificates"),
        ("http://127.0.0.1:1", str(empty), "has no use"),
    ):
        with pytest.raises(ConfigError, match=words), connected(settings(server, server_ca_file=ca_file)):
            pass


@pytest.mark.parametrize(
    "server", ["dogwatch.example", "ftp://x", "https://", "https://u:p@x", "https://x?y", "http://x:y"]
)
def test_an_address_that_is_none_is_refused(server: str) -> None:
    with pytest.raises(ConfigError, match="server"):
        settings(server)
