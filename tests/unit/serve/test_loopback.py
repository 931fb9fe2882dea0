"""Who counts as the person at this machine: no page in a browser, no proxy, nobody from elsewhere."""

from __future__ import annotations

import pytest

from dogwatch.serve.loopback import is_loopback, is_loopback_host, refusal
from dogwatch.serve.messages import Incoming
from tests.serve.asgi import call
from tests.serve.asking import bearer
from tests.serve.callers import ADMIN
from tests.serve.rooms import Rooms


def ask(client: str = "127.0.0.1", *headers: tuple[str, str]) -> str:
    return refusal(Incoming("GET", "/", "/", "", headers or (("host", "127.0.0.1:8470"),), client))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.4.70", "::1", "::ffff:127.0.0.1"])
def test_loopback_addresses_are_this_machine(address: str) -> None:
    assert is_loopback(address)
    assert ask(address) == ""


@pytest.mark.parametrize(
    "address", ["", "192.0.2.1", "10.0.0.1", "::ffff:192.0.2.1", "2001:db8::1", "localhost", "0.0.0.0"]
)
def test_other_addresses_are_not(address: str) -> None:
    assert not is_loopback(address)
    assert ask(address) == "the client is not on loopback"


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8470", "LOCALHOST", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8470"]
)
def test_loopback_hosts_are_taken(host: str) -> None:
    assert ask("127.0.0.1", ("host", host)) == ""


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8470",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "localhost@evil.example",
        "evil.example#localhost",
        "127.0.0.1:8470@evil.example",
        "[::1].evil.example",
        "192.0.2.1",
        "0.0.0.0:8470",
        "::1",
        "localhost:",
        "localhost:99999999",
        "2130706433",
        "",
        " ",
    ],
)
def test_other_hosts_are_refused(host: str) -> None:
    assert not is_loopback_host(host)
    assert ask("127.0.0.1", ("host", host)) == "the Host header names no loopback address"


def test_a_missing_and_a_doubled_host_are_refused() -> None:
    assert ask("127.0.0.1", ("accept", "*/*")) != ""
    assert ask("127.0.0.1", ("host", "localhost"), ("host", "evil.example")) != ""


@pytest.mark.parametrize("origin", ["http://localhost:8470", "HTTP://LOCALHOST:8470", "https://localhost:8470"])
def test_our_own_pages_may_ask(origin: str) -> None:
    assert ask("127.0.0.1", ("host", "localhost:8470"), ("origin", origin)) == ""


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.example",
        "http://localhost",
        "http://localhost:8471",
        "http://127.0.0.1:8470",
        "http://localhost:8470.evil.example",
        "http://evil@localhost:8470",
        "file://localhost:8470",
        "http://[",
    ],
)
def test_pages_of_other_sites_may_not(origin: str) -> None:
    assert ask("127.0.0.1", ("host", "localhost:8470"), ("origin", origin)) == "the Origin header names another site"


def test_two_origins_are_refused() -> None:
    own = ("origin", "http://localhost")
    assert ask("127.0.0.1", ("host", "localhost"), own, own) != ""


@pytest.mark.parametrize(
    ("site", "taken"), [("same-origin", True), ("none", True), ("cross-site", False), ("same-site", False)]
)
def test_the_browser_says_whose_page_asks(site: str, taken: bool) -> None:
    assert (ask("127.0.0.1", ("host", "localhost"), ("sec-fetch-site", site)) == "") is taken


@pytest.mark.parametrize("name", ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"])
def test_what_a_proxy_passes_on_is_not_this_machine(name: str) -> None:
    assert ask("127.0.0.1", ("host", "localhost"), (name, "127.0.0.1")) == "the request was passed on by a proxy"


PLACES = [
    ("GET", "/api/v1/findings"),
    ("PUT", "/api/v1/rescan"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/metrics"),
    ("GET", "/"),
    ("POST", "/findings/list"),
    ("POST", "/filters/list"),
]


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_every_place_refuses_a_rebound_name_in_open_mode(method: str, path: str) -> None:
    app = Rooms().app(open_loopback=True)
    body = b'{"push_window": "DAYS_7"}'
    assert call(app, method, path, body, {"host": "localhost:8470"}).status in (200, 400)
    assert call(app, method, path, body, {"host": "evil.example:8470"}).status == 403
    assert call(app, method, path, body, {"host": "localhost:8470", "origin": "http://evil.example"}).status == 403
    assert call(app, method, path, body, {"host": "localhost:8470"}, client="192.0.2.1").status == 403


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_every_place_refuses_loopback_where_it_is_not_open(method: str, path: str) -> None:
    app = Rooms().app(open_loopback=False)
    assert call(app, method, path, b'{"push_window": "DAYS_7"}').status == 403


def test_nothing_is_open_where_there_are_no_keys_either() -> None:
    rooms = Rooms(keys=[])
    headers = {"host": "localhost", "authorization": bearer(ADMIN)}
    assert call(rooms.app(), "GET", "/api/v1/findings", headers=headers).status == 403


def test_a_key_opens_from_anywhere_under_any_name() -> None:
    headers = {"host": "dogwatch.example", "authorization": f"bearer {ADMIN.id}:{ADMIN.secret}"}
    for app in (Rooms().app(), Rooms().app(open_loopback=True)):
        assert call(app, "GET", "/api/v1/findings", headers=headers, client="192.0.2.1").status == 200


@pytest.mark.parametrize(
    "authorization",
    [
        f"Bearer {ADMIN.id}:wrong",
        f"Bearer {ADMIN.id}:",
        f"Bearer {ADMIN.id}",
        f"Bearer :{ADMIN.secret}",
        f"Basic {ADMIN.id}:{ADMIN.secret}",
        "Bearer \xff\xfe:\xff",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=////aws4_request, SignedHeaders=, Signature=",
    ],
)
def test_what_proves_nothing_is_refused(authorization: str) -> None:
    headers = {"host": "localhost", "authorization": authorization}
    assert call(Rooms().app(), "GET", "/api/v1/findings", headers=headers).status == 403
