"""Tells Dogwatch what happens in the sample registry, as a registry does: by HTTP, with its secret, again until taken.

A thread of its own sends; what could not be told in a while is dropped, as registries do. Polling finds pushes again.
"""

from __future__ import annotations

import http.client
import json
import logging
import queue
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from dogwatch.demonstration.folder import Webhook

MEDIA_TYPE = "application/vnd.docker.distribution.events.v2+json"

_WAITING_MAX = 1_000  # anyone may pull; what waits here must not grow without bound
_ATTEMPTS = 20
_PAUSE_SECONDS = 0.5
_TIMEOUT_SECONDS = 5.0

_log = logging.getLogger("dogwatch.demonstration")

Event = Mapping[str, Any]


class Notifications:
    """Sends events in their order. `close` ends it; what still waits is dropped."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[tuple[Webhook, Event]] = queue.Queue(_WAITING_MAX)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._send_all, name="demonstration notifications", daemon=True)
        self._thread.start()

    def send(self, webhook: Webhook, event: Event) -> None:
        """Queue one event; returns at once."""
        try:
            self._waiting.put_nowait((webhook, event))
        except queue.Full:
            _log.warning("the demonstration's notification is dropped: too many wait")

    def close(self) -> None:
        """End the thread; may be called twice."""
        self._ending.set()
        self._thread.join(_TIMEOUT_SECONDS + 1)

    def _send_all(self) -> None:
        while not self._ending.is_set():
            try:
                webhook, event = self._waiting.get(timeout=_PAUSE_SECONDS)
            except queue.Empty:
                continue
            self._send_one(webhook, json.dumps({"events": [event]}).encode())

    def _send_one(self, webhook: Webhook, body: bytes) -> None:
        problem = ""
        for _ in range(_ATTEMPTS):
            try:
                status = _post(webhook, body)
            except (OSError, http.client.HTTPException) as error:
                problem = str(error)
            else:
                if status < 300:
                    return
                problem = f"status {status}"
            if self._ending.wait(_PAUSE_SECONDS):
                return
        _log.warning("the demonstration's notification is dropped: not taken", extra={"fields": {"problem": problem}})


def _post(webhook: Webhook, body: bytes) -> int:
    """Send a body; returns the status."""
    parts = urlsplit(webhook.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        headers = {"Content-Type": MEDIA_TYPE, "Authorization": f"Bearer {webhook.secret}"}
        connection.request("POST", parts.path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()
