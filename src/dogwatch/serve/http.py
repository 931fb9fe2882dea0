"""The web server's application: one way in for webhooks, AWS clients, the JSON API, the page, probes and metrics.

Here a request gets its id, its limits and its log line, and whatever nobody expected becomes a plain 500. `make_app` is
called by `app`; `server.py` listens.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from dogwatch.model.errors import DogwatchError
from dogwatch.serve import metrics, probes
from dogwatch.serve.api import application as api
from dogwatch.serve.api.asked import INCOMING, REQUEST_ID, SERVICE
from dogwatch.serve.aws.doors import AwsCall, AwsDoors
from dogwatch.serve.callers import CallerCheck
from dogwatch.serve.errors import (
    BODY_PROBLEMS,
    BROKEN,
    TOO_SLOW,
    WRONG_METHOD,
    bare_problem,
    problem_answer,
)
from dogwatch.serve.hooks.coalescing import Coalesced
from dogwatch.serve.hooks.receiver import PREFIX as HOOKS
from dogwatch.serve.hooks.receiver import HookReceiver
from dogwatch.serve.limits import BODY_SECONDS, MAX_REQUEST_BYTES, REQUEST_SECONDS
from dogwatch.serve.messages import (
    Answer,
    BodyRefusedError,
    ClientGoneError,
    Incoming,
    Receive,
    Scope,
    Send,
    head_of,
    in_thread,
    json_answer,
    read_body,
    replay,
    send_answer,
)
from dogwatch.serve.page.application import PageApplication, is_for_browsers
from dogwatch.serve.present import Present
from dogwatch.serve.request_ids import RequestIds
from dogwatch.serve.served import Served

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_log = logging.getLogger("dogwatch.serve")


def make_app(served: Served) -> Application:
    """Return the ASGI application."""
    if served.open_loopback:
        _log.warning(
            "OPEN ON LOOPBACK: whoever can connect from this machine is the administrator, without credentials",
            extra={"fields": {"account": served.account_id, "turn_off": "DOGWATCH_OPEN_LOOPBACK=0"}},
        )
    return Application(served)


class Application:
    """The ASGI application. `begin_shutdown` makes /readyz say no; requests are still answered."""

    def __init__(self, served: Served) -> None:
        open_account = served.account_id if served.open_loopback else ""
        self._callers = CallerCheck(served.credentials, served.machine_now, open_account)
        self._metrics = metrics.Metrics(served.rooms.views, served.health, served.version)
        self._probes = probes.Probes(served.health)
        self._after_notices = Coalesced(served.after_notice)
        self._hooks = HookReceiver(
            served.hook_secrets,
            served.notices,
            Present(served.rooms.views.now),
            self._after_notices,
            self._metrics.count_notice,
        )
        self._aws = AwsDoors(self._callers, served.rooms)
        self._api = api.make_api(self._callers, served.rooms, served.version)
        self._page = PageApplication(self._callers, served.rooms, served.version)
        self._version = served.version
        self._request_ids = RequestIds()

    def begin_shutdown(self) -> None:
        """Let /readyz say no from now on."""
        self._probes.is_ending = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's scope."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self.begin_shutdown()
                await self._after_notices.settle()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = head_of(scope)
        asked_id = head.only("x-request-id")
        request_id = asked_id if _REQUEST_ID.fullmatch(asked_id) else self._request_ids.next()
        one = _Request(request_id, scope, head, receive, _Reply(send, request_id), self._aws.call_of(head))
        begun = time.monotonic()
        limit = asyncio.timeout(REQUEST_SECONDS)
        try:
            async with limit:
                await self._route(one)
        except ClientGoneError:
            pass
        except TimeoutError as error:
            if not limit.expired():
                _log_broken(one, error)
            await one.reply.fail(_failure(one, is_slow=limit.expired()))
        except Exception as error:
            _log_broken(one, error)
            await one.reply.fail(_failure(one, is_slow=False))
        finally:
            _log_line(one, time.monotonic() - begun)

    async def _route(self, one: _Request) -> None:
        if one.head.path.startswith(HOOKS):
            await send_answer(await self._hooks.answer(one.head, one.receive, one.id), one.reply.send)
        elif one.head.path in probes.PATHS:
            await send_answer(await self._probes.answer(one.head.path), one.reply.send)
        else:
            try:
                body = await read_body(one.head, one.receive, MAX_REQUEST_BYTES, BODY_SECONDS)
            except BodyRefusedError as refused:
                await send_answer(_refuse_body(refused, one.id), one.reply.send)
                return
            incoming = head_of(one.scope, body)
            answer = self._answerer(one, incoming)
            if answer is not None:
                await send_answer(await in_thread(answer, incoming, one.id), one.reply.send)
            else:
                inner = {**one.scope, INCOMING: incoming, REQUEST_ID: one.id}
                await self._api(inner, replay(body, one.receive), one.reply.send)

    def _answerer(self, one: _Request, incoming: Incoming) -> Callable[[Incoming, str], Answer] | None:
        """Return what answers a request whose body was read, on a thread; None where the JSON API does."""
        if one.call is not None:
            return one.call.answer
        if incoming.path == "/metrics":
            return self._scrape
        if is_for_browsers(incoming):
            return self._page.answer
        return self._greet if incoming.path == "/" else None

    def _scrape(self, incoming: Incoming, request_id: str) -> Answer:
        return self._refuse(incoming, request_id) or Answer(200, self._metrics.render(), metrics.CONTENT_TYPE)

    def _greet(self, incoming: Incoming, request_id: str) -> Answer:
        links = {"product": "dogwatch", "version": self._version, "api": api.PREFIX}
        return self._refuse(incoming, request_id) or json_answer(200, links)

    def _refuse(self, incoming: Incoming, request_id: str) -> Answer | None:
        """Refuse what does not read, and whoever is not known."""
        if incoming.method != "GET":
            return bare_problem(WRONG_METHOD, f"{incoming.path} is read with GET", request_id, {"allow": "GET"})
        try:
            self._callers.identify(incoming, SERVICE)
        except DogwatchError as error:
            return problem_answer(error, request_id)
        return None


@dataclass(frozen=True, slots=True)
class _Request:
    """A request whose body is still to be read; `call` where it is for AWS's API."""

    id: str
    scope: Scope
    head: Incoming
    receive: Receive
    reply: _Reply
    call: AwsCall | None


class _Reply:
    """Passes an answer on with the headers that all have, and remembers whether it has begun."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._headers = [
            (b"x-request-id", request_id.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"cache-control", b"no-store"),
        ]
        self.status = 0

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Pass on a message of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message["headers"], *self._headers]}
        await self._send(message)

    async def fail(self, answer: Answer) -> None:
        """Answer with a failure, unless an answer has begun: the server then breaks the connection off."""
        if self.status == 0:
            await send_answer(answer, self.send)


def _refuse_body(refused: BodyRefusedError, request_id: str) -> Answer:
    return bare_problem(BODY_PROBLEMS[refused.status], refused.reason, request_id, {"connection": "close"})


def _failure(one: _Request, *, is_slow: bool) -> Answer:
    if one.call is not None:
        return one.call.fail(one.id)
    problem = TOO_SLOW if is_slow else BROKEN
    return bare_problem(problem, f"ask the operator about request {one.id}", one.id)


def _log_broken(one: _Request, error: Exception) -> None:
    fields = {"method": one.head.method, "path": one.head.path[:200], "request_id": one.id}
    _log.error("request broke", extra={"fields": fields}, exc_info=error)


def _log_line(one: _Request, seconds: float) -> None:
    """Log a request: what went well with the busy ones (notices, probes, scrapes) only for those who debug."""
    head, status = one.head, one.reply.status
    is_busy = head.path.startswith(HOOKS) or head.path in (*probes.PATHS, "/metrics")
    level = logging.DEBUG if is_busy and 0 < status < 400 else logging.INFO
    if not _log.isEnabledFor(level):
        return  # before anything is made of it: at thousands of notices a second a line that nobody reads is dear
    fields = {
        "method": head.method,
        "path": head.path[:200],
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
        "client": head.client,
        "request_id": one.id,
    }
    _log.log(level, "request", extra={"fields": fields})
