"""Webhooks: the secret first, the body as it came, an answer at once, and one reading for many notices."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from dogwatch.model.errors import NotFoundError, StoreUnavailableError
from dogwatch.serve.hooks.coalescing import Coalesced
from dogwatch.serve.hooks.receiver import MEDIA_TYPES
from dogwatch.serve.limits import MAX_NOTICE_BYTES
from tests.serve.asgi import Reply, acall, call
from tests.serve.callers import ACCOUNT, HOOK_SECRET
from tests.serve.rooms import Rooms
from tests.serve.shown import NOW
from tests.waiting import PATIENCE_SECONDS

PATH = f"/hooks/{ACCOUNT}/harbour"
V2 = "application/vnd.docker.distribution.events.v2+json"
GOOD = {"host": "dogwatch.example", "authorization": f"Bearer {HOOK_SECRET}", "content-type": V2}
BODY = b'{"events": []}'


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


def counted(rooms: Rooms, app: object, result: str) -> float:
    text = call(app, "GET", "/metrics").body.decode()  # type: ignore[arg-type]
    line = next(one for one in text.splitlines() if one.startswith(f'dogwatch_notices_total{{result="{result}"}}'))
    return float(line.split()[-1])


@pytest.mark.parametrize("content_type", [*sorted(MEDIA_TYPES), f"{V2}; charset=utf-8", V2.upper()])
@pytest.mark.parametrize("body", [BODY, b"not json at all \xff", b"\x00" * 100])
def test_a_notice_is_kept_as_it_came(rooms: Rooms, content_type: str, body: bytes) -> None:
    reply = call(rooms.app(), "POST", PATH, body, {**GOOD, "content-type": content_type}, client="192.0.2.1")
    assert (reply.status, reply.body) == (202, b"")
    registry, kind, saved, at = rooms.saved[0]
    assert (registry, kind, saved) == (1, content_type.partition(";")[0].lower(), body)
    assert 0 <= (at - NOW).total_seconds() < 5


@pytest.mark.parametrize(
    "headers",
    [
        {**GOOD, "authorization": "Bearer wrong"},
        {**GOOD, "authorization": HOOK_SECRET},
        {**GOOD, "authorization": f"Basic {HOOK_SECRET}"},
        {**GOOD, "authorization": "Bearer "},
        {**GOOD, "authorization": "Bearer \xff\xfe"},
        {name: value for name, value in GOOD.items() if name != "authorization"},
    ],
)
def test_without_its_secret_nothing_is_kept(rooms: Rooms, headers: dict[str, str]) -> None:
    assert call(rooms.app(), "POST", PATH, BODY, headers).status == 401
    assert rooms.saved == []


def test_an_unknown_registry_looks_like_a_wrong_secret(rooms: Rooms) -> None:
    app = rooms.app()

    def refusal(path: str, secret: str) -> Reply:
        headers = {**GOOD, "authorization": f"Bearer {secret}", "x-request-id": "the-same-id"}
        return call(app, "POST", path, BODY, headers)

    wrong = refusal(PATH, "wrong")
    assert wrong.status == 401
    assert refusal(f"/hooks/{ACCOUNT}/nowhere", HOOK_SECRET) == wrong
    assert refusal("/hooks/000000000000/harbour", HOOK_SECRET) == wrong
    assert refusal("/hooks/not-an-account/%00%ff", HOOK_SECRET) == wrong


def test_two_secrets_in_one_request_are_none(rooms: Rooms) -> None:
    headers = [*GOOD.items(), ("authorization", "Bearer other")]
    assert call(rooms.app(), "POST", PATH, BODY, headers).status == 401


def test_a_right_secret_is_asked_for_once_and_a_wrong_one_each_time(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dogwatch.serve.hooks.secrets.SECRET_FRESH_SECONDS", PATIENCE_SECONDS)
    app = rooms.app()
    for _ in range(3):
        call(app, "POST", PATH, BODY, GOOD)
    assert rooms.verifications == 1
    for _ in range(3):
        call(app, "POST", PATH, BODY, {**GOOD, "authorization": "Bearer wrong"})
    assert rooms.verifications == 4


def test_a_secret_is_forgotten_after_some_seconds(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dogwatch.serve.hooks.secrets.SECRET_FRESH_SECONDS", 0.0)
    app = rooms.app()
    for _ in range(2):
        assert call(app, "POST", PATH, BODY, GOOD).status == 202
        time.sleep(0.01)
    assert rooms.verifications == 2


@pytest.mark.parametrize(
    "headers",
    [{**GOOD, "content-type": "text/html"}, {**GOOD, "content-type": ""}, {**GOOD, "content-encoding": "gzip"}],
)
def test_what_no_registry_sends_is_refused(rooms: Rooms, headers: dict[str, str]) -> None:
    app = rooms.app(open_loopback=True)
    assert call(app, "POST", PATH, BODY, headers).status == 415
    assert (rooms.saved, counted(rooms, app, "refused")) == ([], 1)


def test_an_empty_body_is_refused(rooms: Rooms) -> None:
    assert call(rooms.app(), "POST", PATH, b"", GOOD).status == 400
    assert rooms.saved == []


def test_a_body_may_be_as_large_as_its_limit_and_not_larger(rooms: Rooms) -> None:
    app = rooms.app(open_loopback=True)
    half = b"x" * (MAX_NOTICE_BYTES // 2)
    assert call(app, "POST", PATH, [half, half], GOOD).status == 202
    assert call(app, "POST", PATH, [half, half, b"x"], GOOD).status == 413
    announced = {**GOOD, "content-length": str(MAX_NOTICE_BYTES + 1)}
    assert call(app, "POST", PATH, b"", announced, ends=False).status == 413
    assert call(app, "POST", PATH, b"", {**GOOD, "content-length": "9" * 5000}, ends=False).status == 413
    assert [len(body) for _, _, body, _ in rooms.saved] == [MAX_NOTICE_BYTES]
    assert counted(rooms, app, "too_large") == 3


def test_a_body_that_does_not_end_is_given_up(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dogwatch.serve.hooks.receiver.BODY_SECONDS", 0.1)
    app = rooms.app(open_loopback=True)
    assert call(app, "POST", PATH, [b"{", b"}"], GOOD, ends=False).status == 408
    assert (rooms.saved, counted(rooms, app, "too_slow")) == ([], 1)


def test_a_stranger_is_answered_before_their_body_is_read(rooms: Rooms) -> None:
    reply = call(rooms.app(), "POST", PATH, b"{", {**GOOD, "authorization": "Bearer wrong"}, ends=False)
    assert reply.status == 401


def test_a_database_that_is_away_makes_the_registry_send_again(rooms: Rooms) -> None:
    rooms.sink_failure = StoreUnavailableError("connection to secret-host failed")
    app = rooms.app(open_loopback=True)
    reply = call(app, "POST", PATH, BODY, GOOD)
    assert (reply.status, reply.headers["retry-after"]) == (503, "5")
    assert b"secret-host" not in reply.body
    assert (rooms.readings, counted(rooms, app, "unavailable")) == (0, 1)


def test_a_registry_that_was_just_removed_is_unknown(rooms: Rooms) -> None:
    rooms.sink_failure = NotFoundError("registry", "1")
    assert call(rooms.app(), "POST", PATH, BODY, GOOD).status == 401


@pytest.mark.parametrize("path", ["/hooks/", "/hooks/a", "/hooks/a/b/c", "/hooks/a/b/"])
def test_other_places_under_hooks_are_nothing(rooms: Rooms, path: str) -> None:
    assert call(rooms.app(), "POST", path, BODY, GOOD).status == 404


def test_only_post_is_taken(rooms: Rooms) -> None:
    reply = call(rooms.app(), "GET", PATH, b"", GOOD)
    assert (reply.status, reply.headers["allow"]) == (405, "POST")


class HeldReader(Rooms):
    """Remembers how much each reading finds; the first one takes until it is let go."""

    def read_notices(self) -> None:
        found.append(len(self.saved))
        let_go.wait(PATIENCE_SECONDS)


found: list[int] = []
let_go = threading.Event()


@pytest.mark.anyio
async def test_many_notices_are_read_together_and_none_is_forgotten() -> None:
    found.clear()
    let_go.clear()
    app = HeldReader().app()
    for _ in range(40):
        assert (await acall(app, "POST", PATH, BODY, GOOD)).status == 202
    let_go.set()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while found[-1:] != [40]:
            await asyncio.sleep(0.01)
    assert len(found) <= 2


@pytest.mark.anyio
async def test_a_reading_that_fails_does_not_end_reading() -> None:
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        raise StoreUnavailableError("away")

    after = Coalesced(fail)
    after.call()
    await after.settle()
    after.call()
    await after.settle()
    assert len(calls) == 2


@pytest.mark.anyio
async def test_no_notice_waits_for_a_clock_that_is_slow(rooms: Rooms) -> None:
    app = rooms.app()
    await asyncio.gather(*(acall(app, "POST", PATH, BODY, GOOD) for _ in range(200)))
    assert len(rooms.saved) == 200
