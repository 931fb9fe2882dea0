"""The sample registry over real HTTP, with a receiver of its notifications."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dogwatch.demonstration import DemonstrationFolder, Notifications, SampleRegistry, Webhook, build_samples
from dogwatch.serve.messages import Receive, Scope, Send
from tests.docker_registry import NotificationReceiver
from tests.serve.server import running

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SECRET = "s3cret"


@dataclass(frozen=True)
class Served:
    """A running registry."""

    url: str
    folder: DemonstrationFolder
    receiver: NotificationReceiver

    def told(self, count: int) -> list[dict[str, Any]]:
        """Return the events that were told, once there are so many."""
        return self.receiver.wait_for(lambda events: len(events) >= count)


@contextmanager
def serving_samples(data: Path, receiver: NotificationReceiver) -> Iterator[Served]:
    """Serve the samples on a free port of this machine."""
    folder = DemonstrationFolder(data)
    notifications = Notifications()
    registry = SampleRegistry(
        build_samples(), folder, notifications, lambda: Webhook(receiver.url, SECRET), lambda: NOW
    )
    try:
        with running(registry.beside(nothing_else)) as port:
            yield Served(f"http://127.0.0.1:{port}", folder, receiver)
    finally:
        notifications.close()


async def nothing_else(scope: Scope, receive: Receive, send: Send) -> None:
    """Live and die with the server; everything that is asked is gone."""
    while scope["type"] == "lifespan":
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
    await send({"type": "http.response.start", "status": 410, "headers": []})
    await send({"type": "http.response.body", "body": b""})
