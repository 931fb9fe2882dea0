"""The service: it answers requests and works until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from contextlib import AsyncExitStack, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from dogwatch import __version__
from dogwatch.app.stopping import stop_on_signals
from dogwatch.demonstration import Notifications, SampleRegistry, build_samples
from dogwatch.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dogwatch.app.process import App
    from dogwatch.serve.http import Application
    from dogwatch.serve.messages import AsgiApplication
    from dogwatch.serve.served import Served
    from dogwatch.store.notice_writer import NoticeWriter

_GATHER_SECONDS = 0.02  # between two looks at arrived notices: many are read at once, and one within 100 ms
_BACKLOG = 2048  # connections that wait to be accepted while the loop is busy: a registry's burst

_log = logging.getLogger("dogwatch.app")


def serve(app: App) -> None:
    """Answer requests and do jobs until SIGTERM or SIGINT: `dogwatch serve`.

    Raises:
        ConfigError: the address cannot be listened on.
    """
    import uvloop

    with (
        _listen(app.settings.listen_host, app.settings.listen_port) as listener,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        try:
            runner.run(_serve(app, listener))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from several  # the first to fail; it ended the others


async def _serve(app: App, listener: socket.socket) -> None:
    from dogwatch.serve.http import make_app
    from dogwatch.serve.server import make_server
    from dogwatch.store.notice_writer import NoticeWriter

    stop = stop_on_signals()
    async with NoticeWriter(app.dsn) as notices, AsyncExitStack() as opened:
        application = make_app(served_by(app, notices))
        front = opened.enter_context(_beside_samples(app, application, listener))
        server = make_server(front, app.settings.listen_host, app.settings.listen_port)
        server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]  # one order of ending: below

        async def answer() -> None:
            await server.serve(sockets=[listener])
            stop.set()

        async def end() -> None:
            await stop.wait()
            application.begin_shutdown()
            server.should_exit = True

        async with asyncio.TaskGroup() as tasks:
            for each in (answer(), end(), app.work(stop)):
                tasks.create_task(each)


def served_by(app: App, notices: NoticeWriter) -> Served:
    """Return the rooms as `serve` wants them handed over."""
    from dogwatch.serve.access_keys import AccessKeyFile
    from dogwatch.serve.served import Rooms, Served
    from dogwatch.store.hook_secrets import HookSecrets

    return Served(
        rooms=Rooms(
            views=app.views,
            rescan=app.rescan_settings,
            lifecycle=app.lifecycle,
            deeds=app.deeds,
            exclusions=app.exclusions,
            scanning=app.scanning,
            accounts=app.accounts,
            usage=app.usage,
            costs=app.costs,
            documents=app.documents,
            registries=app.registries,
            after_setting=app.queue.pick_up_forgotten,
            request_audit=app.queue.audit,
            work=app,
        ),
        health=app.views,
        hook_secrets=HookSecrets(app.dsn),
        notices=notices,
        credentials=AccessKeyFile(app.access_key_file),
        machine_now=app.machine_now,
        after_notice=partial(_after_notice, app),
        open_loopback=app.settings.open_loopback,
        account_id=app.settings.account,
        version=__version__,
    )


@contextmanager
def _beside_samples(app: App, application: Application, listener: socket.socket) -> Iterator[AsgiApplication]:
    """Yield the application, with the demonstration's registry beside it where that is offered."""
    if not app.demonstration.is_offered:
        yield application
        return
    port = listener.getsockname()[1]
    url = replace(app.settings, listen_port=port).service_url
    _log.warning(
        "DEMONSTRATION: sample images are offered, no real registry is watched"
        if not app.demonstration.folder.is_begun
        else "DEMONSTRATION: sample images are watched",
        extra={"fields": {"see": "dogwatch demo", "turn_off": "DOGWATCH_DEMO=0"}},
    )
    if app.demonstration.follow(url):
        _log.info(
            "the demonstration's registry is watched at the service's new address", extra={"fields": {"url": url}}
        )
    notifications = Notifications()
    try:
        registry = SampleRegistry(
            build_samples(),
            app.demonstration.folder,
            notifications,
            lambda: app.demonstration.begin(url),
            app.machine_now,
        )
        yield registry.beside(application)
    finally:
        notifications.close()


def _after_notice(app: App) -> None:
    """Have notices read; the caller gathers what comes meanwhile, so a pause here makes one job of many notices."""
    app.queue.read_notices()
    time.sleep(_GATHER_SECONDS)


def _listen(host: str, port: int) -> socket.socket:
    """Return a listening socket, so that an address in use is told before anything is started."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise ConfigError("DOGWATCH_LISTEN", f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{listener.getsockname()[1]}"
    _log.info("listening", extra={"fields": {"url": url}})
    return listener
