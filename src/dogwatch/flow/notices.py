"""From notices to moved clocks: read what webhooks brought, save its events, let them take effect.

Called for every notice within a moment of its arrival, and by the safety net.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from dogwatch.flow.ports import Defer, Isolation, Outside
from dogwatch.flow.steps import Step, problem_of
from dogwatch.model.errors import NotFoundError, StoreUnavailableError
from dogwatch.model.registries import Notice, NoticeReading, Registry, RegistryEvent

NOTICES_PER_READ = 200  # at most some 10 MB of bodies at a time; usually each is 1 KiB
EVENTS_PER_APPLY = 1000  # one transaction; long enough to be efficient, short enough to give way

_log = logging.getLogger("dogwatch.flow")


def read_notices_step(isolation: Isolation) -> Step:
    """Plan to read what waits. A failure is retried: notices stay waiting until they are read."""
    return Step("read_notices", "all", isolation.read_notices)


def read_notices(outside: Outside, defer: Defer) -> int:
    """Read the waiting notices, then let the waiting events take effect. Returns the number of notices.

    Those that come meanwhile wait for the next call, which sees many of them together. One that cannot be read is
    marked as read with its problem: it must not hold up those behind it.

    Raises:
        StoreUnavailableError: what was read before stays read.
    """
    registries: dict[int, Registry | None] = {}
    read = 0
    while notices := outside.event_store.load_notices(NOTICES_PER_READ):
        for registry_id in {notice.registry_id for notice in notices} - registries.keys():
            registries[registry_id] = _load(outside, registry_id)
        _save(outside, [_read(outside, registries[notice.registry_id], notice) for notice in notices])
        read += len(notices)
        if len(notices) < NOTICES_PER_READ:
            break
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


def _read(outside: Outside, registry: Registry | None, notice: Notice) -> NoticeReading:
    if registry is None:
        return _reading(notice, problem="the registry was removed")
    try:
        content = outside.registries.read_notice(registry, notice.content_type, notice.body)
        events = tuple(replace(event, occurred_at=outside.clock.of(event.occurred_at)) for event in content.events)
    except StoreUnavailableError:
        raise
    except Exception as error:
        # Outside input, one body among many: whatever is wrong with this one, the next must be read.
        return _not_understood(notice, error)
    return _reading(notice, events, "; ".join(content.problems))


def _save(outside: Outside, readings: list[NoticeReading]) -> None:
    """Save together; what cannot be saved is found one by one, and kept without its events."""
    try:
        outside.event_store.save_readings(readings)
    except StoreUnavailableError:
        raise
    except Exception as error:
        if len(readings) > 1:
            for reading in readings:
                _save(outside, [reading])
            return
        outside.event_store.save_readings([_not_understood(readings[0], error)])


def _not_understood(notice: Notice | NoticeReading, error: Exception) -> NoticeReading:
    number = notice.id if isinstance(notice, Notice) else notice.notice_id
    fields = {"notice": number, "registry_id": notice.registry_id}
    _log.error("notice not understood", extra={"fields": fields}, exc_info=error)
    return NoticeReading(number, notice.registry_id, notice.received_at, (), problem_of(error))


def _reading(notice: Notice, events: tuple[RegistryEvent, ...] = (), problem: str = "") -> NoticeReading:
    return NoticeReading(notice.id, notice.registry_id, notice.received_at, events, problem)
