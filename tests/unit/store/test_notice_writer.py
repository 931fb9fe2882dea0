from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest

from dogwatch.model.errors import NotFoundError, StoreUnavailableError
from dogwatch.store import notice_writer
from dogwatch.store.hook_secrets import HookSecrets
from dogwatch.store.notice_writer import NoticeWriter
from tests.builders.watching import ACCOUNT, World, day
from tests.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio

IS_HELD_UP = "SELECT FROM pg_stat_activity WHERE application_name = 'dogwatch notices' AND wait_event_type = 'Lock'"


@asynccontextmanager
async def _held_table(world: World) -> AsyncIterator[None]:
    """Keep notices from being committed for as long as the block runs."""
    async with await psycopg.AsyncConnection.connect(world.dsn) as connection:
        await connection.execute("LOCK TABLE notice IN SHARE ROW EXCLUSIVE MODE")
        yield
        await connection.rollback()


async def test_a_notice_is_there_when_save_returns(world: World) -> None:
    async with NoticeWriter(world.dsn) as writer:
        await writer.save(world.registry.id, "application/json\0", b"\0\xff{", day(1))
        (notice,) = world.events.load_notices(10)
        assert (notice.registry_id, notice.received_at, notice.content_type, notice.body) == (
            world.registry.id,
            day(1),
            "application/json\ufffd",
            b"\0\xff{",
        )


async def test_callers_at_once_share_transactions_and_all_are_written_in_order(world: World) -> None:
    async with NoticeWriter(world.dsn) as writer:
        await asyncio.gather(*(writer.save(world.registry.id, "x", str(i).encode(), day(1)) for i in range(3000)))
    assert [notice.body for notice in world.events.load_notices(5000)] == [str(i).encode() for i in range(3000)]
    ((transactions,),) = world.rows("SELECT count(DISTINCT xmin::text) FROM notice")
    assert isinstance(transactions, int)
    assert transactions <= 5


async def test_leaving_writes_what_waits(world: World) -> None:
    async with _held_table(world):
        writer = NoticeWriter(world.dsn)
        await writer.__aenter__()
        saves = [asyncio.create_task(writer.save(world.registry.id, "x", b"x", day(1))) for _ in range(5)]
        await asyncio.sleep(0.05)
        leaving = asyncio.create_task(writer.__aexit__(None, None, None))
        await asyncio.sleep(0.05)
        with pytest.raises(StoreUnavailableError):
            await writer.save(world.registry.id, "x", b"x", day(1))
    await leaving
    await asyncio.gather(*saves)
    assert len(world.events.load_notices(10)) == 5


async def test_a_notice_for_no_registry_takes_no_other_down(world: World) -> None:
    async with NoticeWriter(world.dsn) as writer:
        await writer.save(world.registry.id, "x", b"first", day(1))
        numbers = (world.registry.id, 999, world.registry.id)
        outcomes = await asyncio.gather(*(writer.save(n, "x", b"x", day(1)) for n in numbers), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), NotFoundError, type(None)]
    assert len(world.events.load_notices(10)) == 3


async def test_a_broken_connection_is_made_anew(world: World) -> None:
    async with NoticeWriter(world.dsn) as writer:
        await writer.save(world.registry.id, "x", b"one", day(1))
        kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dogwatch notices'"
        assert world.rows(kill) == [(True,)]
        await writer.save(world.registry.id, "x", b"two", day(1))
    assert [notice.body for notice in world.events.load_notices(10)] == [b"one", b"two"]


async def test_a_database_that_is_away_is_said_to_the_caller_and_forgiven_later(world: World) -> None:
    writer = NoticeWriter(world.dsn)
    reachable, writer._dsn = writer._dsn, "host=/nowhere dbname=none"
    async with writer:
        with pytest.raises(StoreUnavailableError):
            await writer.save(world.registry.id, "x", b"x", day(1))
        writer._dsn = reachable
        await writer.save(world.registry.id, "x", b"x", day(1))
    assert len(world.events.load_notices(10)) == 1


async def test_a_database_that_hangs_is_given_up_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with NoticeWriter(world.dsn) as writer:
        async with _held_table(world):
            with monkeypatch.context() as hasty:
                hasty.setattr(notice_writer, "_COMMIT_SECONDS", 0.2)
                with pytest.raises(StoreUnavailableError):
                    await writer.save(world.registry.id, "x", b"x", day(1))
        await writer.save(world.registry.id, "x", b"y", day(1))


async def test_a_queue_that_is_full_refuses_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice_writer, "MAX_WAITING_NOTICES", 3)
    monkeypatch.setattr(notice_writer, "MAX_WAITING_BYTES", 100)
    async with NoticeWriter(world.dsn) as writer:
        async with _held_table(world):
            first = asyncio.create_task(writer.save(world.registry.id, "x", b"x" * 10, day(1)))
            while not world.rows(IS_HELD_UP):  # until it is being written, and the queue is empty
                await asyncio.sleep(0.01)
            with pytest.raises(StoreUnavailableError, match="100 bytes"):
                await writer.save(world.registry.id, "x", b"x" * 91, day(1))
            waiting = [asyncio.create_task(writer.save(world.registry.id, "x", b"x", day(1))) for _ in range(3)]
            await asyncio.sleep(0.05)
            with pytest.raises(StoreUnavailableError, match="3 notices"):
                await writer.save(world.registry.id, "x", b"x", day(1))
        await asyncio.gather(first, *waiting)
        await writer.save(world.registry.id, "x", b"x" * 100, day(1))
    assert len(world.events.load_notices(10)) == 5


async def test_a_caller_that_goes_away_leaves_its_notice(world: World) -> None:
    async with NoticeWriter(world.dsn) as writer:
        async with _held_table(world):
            gone = asyncio.create_task(writer.save(world.registry.id, "x", b"gone", day(1)))
            await asyncio.sleep(0.05)
            gone.cancel()
        await writer.save(world.registry.id, "x", b"next", day(1))
    assert [notice.body for notice in world.events.load_notices(10)] == [b"gone", b"next"]


async def test_secrets_are_known_from_memory_and_follow_what_is_added_and_removed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dogwatch.store.hook_secrets._RETRY_SECONDS", 0.0)
    monkeypatch.setattr("dogwatch.store.hook_secrets._FRESH_SECONDS", PATIENCE_SECONDS)
    secrets = HookSecrets(world.dsn)
    assert await secrets.verify(ACCOUNT, "local", world.secret) == world.registry.id
    for wrong in ("guess", "", "\ud800"):
        assert await secrets.verify(ACCOUNT, "local", wrong) is None
    assert await secrets.verify("000000000001", "local", world.secret) is None
    second, secret = world.registries.add(ACCOUNT, "second", world.registry.access, "here")
    assert await secrets.verify(ACCOUNT, "second", secret) == second.id
    assert await secrets.verify(ACCOUNT, "second", world.secret) is None
    world.registries.remove(ACCOUNT, "second")
    assert await secrets.verify(ACCOUNT, "second", secret) == second.id  # for a few seconds more
    monkeypatch.setattr("dogwatch.store.hook_secrets._FRESH_SECONDS", 0.0)
    assert await secrets.verify(ACCOUNT, "second", secret) is None


async def test_secrets_outlast_a_database_that_goes_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dogwatch.store.hook_secrets._FRESH_SECONDS", 0.0)
    secrets = HookSecrets("host=/nowhere dbname=none")
    with pytest.raises(StoreUnavailableError):
        await secrets.verify(ACCOUNT, "local", world.secret)
    secrets = HookSecrets(world.dsn)
    assert await secrets.verify(ACCOUNT, "local", world.secret) == world.registry.id
    secrets._dsn = "host=/nowhere dbname=none"
    assert await secrets.verify(ACCOUNT, "local", world.secret) == world.registry.id
