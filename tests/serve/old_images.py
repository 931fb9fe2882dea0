"""A running server over a real database, with images that are old enough for lifecycle rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dogwatch.app.process import build
from dogwatch.app.service import served_by
from dogwatch.serve.access_keys import create_access_key
from dogwatch.serve.http import Application, make_app
from dogwatch.serve.ports import AccessKey, Role
from dogwatch.store.notice_writer import NoticeWriter
from tests.builders.watching import ACCOUNT, World, image, open_world, pushed
from tests.flow.world import settings_for
from tests.serve.asgi import LOCAL, call
from tests.serve.server import running
from tests.serve.shapes import ECR, reply_violations
from tests.serve.test_aws_clients import client_of

TARGET = "AmazonEC2ContainerRegistry_V20150921"


@dataclass
class Served:
    """A server on a port; its clock is the machine's, so what was pushed in January 2026 is old."""

    world: World
    application: Application
    admin: AccessKey
    reader: AccessKey
    port: int

    def client(self, key: AccessKey | None = None) -> Any:
        return client_of(self.port, key or self.admin, service="ecr")

    def ask(self, operation: str, **members: Any) -> Any:
        """Ask without a client, so that the reply is seen as it is sent; it must have the model's shape."""
        headers = {**LOCAL, "x-amz-target": f"{TARGET}.{operation}"}
        reply = call(self.application, "POST", "/", json.dumps(members).encode(), headers)
        assert reply.status == 200, reply.body
        assert reply_violations(operation, reply.json, ECR) == []
        return reply.json


@contextmanager
def serving_old_images(database: str, folder: Path) -> Iterator[Served]:
    """Yield a server over a repository `app` with four images of January 2026, of which `c` has no tag."""
    world = open_world(database)
    for number, name in enumerate("abcd"):
        world.tell(number, pushed(name, number, f"v{number}" if name in "abd" else ""))
        world.resolve(number, image(name))
    with build(settings_for(database, folder)) as app:
        app.access_key_file.parent.mkdir(parents=True, exist_ok=True)
        admin, reader = (create_access_key(app.access_key_file, ACCOUNT, role) for role in (Role.ADMIN, Role.READER))
        application = make_app(served_by(app, NoticeWriter(database)))
        with running(application) as port:
            yield Served(world, application, admin, reader, port)
    world.database.close()
