from __future__ import annotations

from dataclasses import replace

import pytest

from dogwatch.model.errors import ConflictError, InvalidRequestError, NotFoundError
from dogwatch.model.registries import Registry, RegistryAccess
from dogwatch.store.registries import digest_of_secret
from tests.builders.watching import ACCOUNT, START, World, day, image, pushed

ACCESS = RegistryAccess("http://127.0.0.1:5000", "me", "/run/secret", "TOKEN", "/etc/ca.pem")
_SECRET_DIGEST = "SELECT hook_secret_digest FROM registry WHERE id = %s"


def test_a_registry_comes_back_as_it_was_added(world: World) -> None:
    added, _ = world.registries.add(ACCOUNT, "second", ACCESS, "local-1")
    assert added == Registry(added.id, ACCOUNT, "second", "distribution", "local-1", ACCESS, START)
    assert world.registries.load(added.id) == added
    assert world.registries.find(ACCOUNT, "second") == added
    assert world.registries.list(ACCOUNT) == (world.registry, added)


def test_accounts_see_their_own_registries(world: World) -> None:
    other, _ = world.registries.add("000000000001", "local", ACCESS, "here")
    assert world.registries.list("000000000001") == (other,)
    assert world.registries.list(ACCOUNT) == (world.registry,)
    assert world.registries.load_all() == (world.registry, other)
    with pytest.raises(NotFoundError):
        world.registries.remove("000000000002", "local")


def test_an_alias_belongs_to_one_registry_until_it_is_removed(world: World) -> None:
    with pytest.raises(ConflictError):
        world.registries.add(ACCOUNT, "local", ACCESS, "here")
    world.registries.remove(ACCOUNT, "local")
    again, _ = world.registries.add(ACCOUNT, "local", ACCESS, "here")
    assert world.registries.list(ACCOUNT) == (again,)
    with pytest.raises(NotFoundError):
        world.registries.load(world.registry.id)


def test_a_registry_that_moved_is_the_same_at_another_address(world: World) -> None:
    added, secret = world.registries.add(ACCOUNT, "second", ACCESS, "local-1")
    world.registries.move(ACCOUNT, "second", "http://127.0.0.1:5001")
    assert world.registries.load(added.id) == replace(added, access=replace(ACCESS, url="http://127.0.0.1:5001"))
    assert world.rows(_SECRET_DIGEST, added.id) == [(digest_of_secret(secret),)]
    with pytest.raises(NotFoundError):
        world.registries.move("000000000002", "second", "http://127.0.0.1:5001")


@pytest.mark.parametrize("alias", ["", "-x", "a b", "x" * 64, "ä", "a\n", "a/b"])
def test_an_alias_is_a_short_plain_name(world: World, alias: str) -> None:
    with pytest.raises(InvalidRequestError):
        world.registries.add(ACCOUNT, alias, ACCESS, "here")


@pytest.mark.parametrize("account", ["", "12345678901", "1234567890123", "12345678901x", "１２３４５６７８９０１２"])
def test_an_account_is_twelve_digits(world: World, account: str) -> None:
    with pytest.raises(InvalidRequestError):
        world.registries.ensure_account(account)


def test_an_address_without_a_scheme_is_refused(world: World) -> None:
    with pytest.raises(InvalidRequestError):
        world.registries.add(ACCOUNT, "x", RegistryAccess("registry.example"), "here")


def test_removing_a_registry_ends_its_monitoring_each_at_its_own_end(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.resolve(1, image("a"))
    world.tell(20, pushed("b", 20))
    world.resolve(20, image("b"))
    world.machine[0] = day(40)
    world.registries.remove(ACCOUNT, "local")
    (late,) = world.intervals("a")
    assert late[3] == "monitoring ended: both windows are over"
    assert world.rows("SELECT to_at - interval '1 microsecond' FROM monitoring ORDER BY id LIMIT 1") == [(day(31),)]
    assert world.intervals("b") == [(20, 40, "pushed", "monitoring ended: the registry was removed")]
    assert world.watch.end_expired(day(99), 10) == 0


def test_a_poll_with_a_problem_does_not_count_as_seen(world: World) -> None:
    world.registries.record_poll(world.registry.id, day(1), "")
    world.registries.record_poll(world.registry.id, day(2), "app: 500\0")
    assert world.rows("SELECT polled_at, poll_problem FROM registry") == [(day(1), "app: 500\ufffd")]
