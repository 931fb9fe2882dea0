"""POST /hooks/{account}/{alias}: check the secret, store the body as it came, answer, then have it read.

What is in the body is understood later: a slow or picky receiver would hold up everything else the registry has to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from dogwatch.model.errors import DogwatchError, NotFoundError
from dogwatch.serve.errors import (
    BODY_PROBLEMS,
    NO_SUCH_PATH,
    WRONG_METHOD,
    Problem,
    bare_problem,
    problem_answer,
)
from dogwatch.serve.hooks.coalescing import Coalesced
from dogwatch.serve.hooks.secrets import KnownSecrets
from dogwatch.serve.limits import BODY_SECONDS, MAX_NOTICE_BYTES
from dogwatch.serve.messages import Answer, BodyRefusedError, Incoming, Receive, read_body
from dogwatch.serve.ports import HookSecrets, NoticeSink
from dogwatch.serve.present import Present

PREFIX = "/hooks/"
MEDIA_TYPES = frozenset(
    {
        "application/vnd.docker.distribution.events.v1+json",
        "application/vnd.docker.distribution.events.v2+json",
        "application/json",
    }
)
"""CNCF Distribution 2.x writes v1, 3.x writes v2; other senders say plain JSON."""

_PATH = re.compile(r"/hooks/(?P<account>[^/]+)/(?P<alias>[^/]+)")
_BEARER = re.compile(r"bearer +(?P<secret>\S{1,512})", re.IGNORECASE)
_DENIED = Problem(401, "wrong-secret", "Not a registry that may speak here")
_WRONG_TYPE = Problem(415, "wrong-media-type", "Not a notification of a registry")
_EMPTY = Problem(400, "empty-body", "An empty notification")

ACCEPTED, DENIED, REFUSED, TOO_LARGE, TOO_SLOW, UNAVAILABLE = RESULTS = (
    "accepted",
    "denied",
    "refused",
    "too_large",
    "too_slow",
    "unavailable",
)
"""What can become of a notice, as /metrics counts it."""


class HookReceiver:
    """Answers webhooks; `count` is told what became of each."""

    def __init__(
        self, secrets: HookSecrets, sink: NoticeSink, present: Present, after: Coalesced, count: Callable[[str], None]
    ) -> None:
        self._secrets = KnownSecrets(secrets)
        self._sink = sink
        self._present = present
        self._after = after
        self._count = count

    async def answer(self, head: Incoming, receive: Receive, request_id: str) -> Answer:
        """Take in one notice.

        Raises:
            ClientGoneError: the sender went away before the body was complete.
        """
        place = _PATH.fullmatch(head.path)
        if place is None:
            return bare_problem(NO_SUCH_PATH, "hooks are at /hooks/{account}/{alias}", request_id)
        if head.method != "POST":
            return bare_problem(WRONG_METHOD, "hooks take POST", request_id, {"allow": "POST"})
        try:
            result, answer = await self._take(head, receive, request_id, place["account"], place["alias"])
        except BodyRefusedError as refused:
            result = TOO_LARGE if refused.status == 413 else TOO_SLOW
            answer = bare_problem(BODY_PROBLEMS[refused.status], refused.reason, request_id, {"connection": "close"})
        except DogwatchError as error:
            result, answer = UNAVAILABLE, problem_answer(error, request_id)
        self._count(result)
        return answer

    async def _take(
        self, head: Incoming, receive: Receive, request_id: str, account_id: str, alias: str
    ) -> tuple[str, Answer]:
        # The secret comes first: a stranger's body is not even read.
        secret = _BEARER.fullmatch(head.only("authorization"))
        registry_id = await self._secrets.verify(account_id, alias, secret["secret"]) if secret else None
        if registry_id is None:
            return DENIED, _denied(request_id)
        content_type = head.only("content-type").partition(";")[0].strip().lower()
        if content_type not in MEDIA_TYPES or head.only("content-encoding").lower() not in ("", "identity"):
            return REFUSED, bare_problem(_WRONG_TYPE, f"known are {', '.join(sorted(MEDIA_TYPES))}", request_id)
        body = await read_body(head, receive, MAX_NOTICE_BYTES, BODY_SECONDS)
        if not body:
            return REFUSED, bare_problem(_EMPTY, "there is nothing in it", request_id)
        try:
            await self._sink.save(registry_id, content_type, body, await self._present.now())
        except NotFoundError:  # removed since its secret was last asked for
            return DENIED, _denied(request_id)
        self._after.call()
        return ACCEPTED, Answer(202)


def _denied(request_id: str) -> Answer:
    """The same for a wrong secret, no secret, and a registry that does not exist."""
    return bare_problem(_DENIED, "wrong or missing secret", request_id, {"www-authenticate": "Bearer"})
