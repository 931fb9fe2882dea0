"""The web server around the application: uvicorn, with what it needs to be told here and nowhere else."""

from __future__ import annotations

import uvicorn

from dogwatch.serve.connections import GuardedConnection
from dogwatch.serve.limits import MAX_CONNECTIONS
from dogwatch.serve.messages import AsgiApplication

_END_SECONDS = 25
"""How long running requests may finish after SIGTERM; orchestrators kill after 30."""

_IDLE_SECONDS = 75
"""How long an idle connection is kept: longer than the proxies and registries that reuse it."""


def make_server(app: AsgiApplication, host: str, port: int) -> uvicorn.Server:
    """Return a server that is not running yet: `await server.serve()`, end it with `server.should_exit = True`."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=GuardedConnection,
        log_config=None,  # lines go where everything else goes
        access_log=False,  # `http.py` writes them, with their ids
        proxy_headers=False,  # the peer is the client: whoever is let in on loopback depends on it
        server_header=False,
        ws="none",
        lifespan="on",
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_END_SECONDS,
    )
    return uvicorn.Server(config)
