"""From notices to moved clocks: read what webhooks brought, save its events, let them take effect.

Called for every notice within a moment of its arrival, and by the safety net.
"""

from __future__ import annotations

from dataclasses import replace

import structlog

from dogwatch.flow.ports import Clock, Defer, Outside, ReadNotice
from dogwatch.flow.steps import Step, problem_of
from dogwatch.model.errors import NotFoundError, StoreUnavailableError
from dogwatch.model.registries import EventOrigin, Notice, Registry, RegistryEvent

NOTICES_PER_READ = 200  # at most some 10 MB of bodies at a time; usually each is 1 KiB
EVENTS_PER_APPLY = 1000  # one transaction; long enough to be efficient, short enough to give way

_log = structlog.stdlib.get_logger("dogwatch.flow")


def read_notices_step(outside: Outside, defer: Defer) -> Step:
    """Plan to read what waits. A failure is retried: notices stay waiting until they are read."""
    return Step("read_notices", "all", lambda: read_notices(outside, defer))


def read_notices(outside: Outside, defer: Defer) -> int:
    """Read all waiting notices, then let all waiting events take effect. Returns the number of notices.

    A notice that cannot be read is marked as read with its problem: it must not hold up those behind it.

    Raises:
        StoreUnavailableError: what was read before stays read.
    """
    registries: dict[int, Registry | None] = {}
    read = 0
    while notices := outside.event_store.load_notices(NOTICES_PER_READ):
        for notice in notices:
            if notice.registry_id not in registries:
                registries[notice.registry_id] = _load(outside, notice.registry_id)
            _read(outside, registries[notice.registry_id], notice)
            read += 1
    apply_events(outside, defer)
    return read


def apply_events(outside: Outside, defer: Defer) -> None:
    """Let the waiting events take effect, and queue the manifests they name that are not known."""
    while True:
        taken, manifests = outside.event_store.apply_events(EVENTS_PER_APPLY, outside.clock.now())
        for manifest in manifests:
            defer.resolve(manifest)
        if taken < EVENTS_PER_APPLY:
            return


def _load(outside: Outside, registry_id: int) -> Registry | None:
    try:
        return outside.registry_store.load(registry_id)
    except NotFoundError:
        return None  # removed while its notice waited


def _read(outside: Outside, registry: Registry | None, notice: Notice) -> None:
    if registry is None:
        _save(outside, notice, ReadNotice((), ("the registry was removed",)))
        return
    try:
        content = outside.registries.read_notice(registry, notice.content_type, notice.body)
        _save(outside, notice, content)
    except StoreUnavailableError:
        raise
    except Exception as error:
        # Outside input, one body among many: whatever is wrong with this one, the next must be read.
        _log.error("notice not understood", notice=notice.id, registry=registry.alias, exc_info=error)
        _save(outside, notice, ReadNotice((), (problem_of(error),)))


def _save(outside: Outside, notice: Notice, content: ReadNotice) -> None:
    outside.event_store.save_events(
        notice.registry_id,
        EventOrigin.WEBHOOK,
        tuple(_in_product_time(outside.clock, event) for event in content.events),
        notice.received_at,
        read_notice=notice.id,
        problem="; ".join(content.problems),
    )


def _in_product_time(clock: Clock, event: RegistryEvent) -> RegistryEvent:
    return replace(event, occurred_at=clock.of(event.occurred_at))
