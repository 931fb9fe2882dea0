"""Registries as stored: added, listed, removed. Secrets stay where the operator keeps them."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime
from typing import Any

import psycopg

from dogwatch.model.errors import ConflictError, InvalidRequestError, NotFoundError
from dogwatch.model.registries import ALL, LookBack, Registry, RegistryAccess
from dogwatch.store.accounts import ensure_account, own_account
from dogwatch.store.bill_turns import ask_for_all_bills
from dogwatch.store.clock import ProductClock
from dogwatch.store.connection import Database
from dogwatch.store.queries import load_queries
from dogwatch.store.text import storable

_SQL = load_queries("registries")
_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_SECRET_BYTES = 32
"""Random bytes in a webhook secret: nobody guesses it, and it fits a header."""
_KIND = "distribution"


def digest_of_secret(secret: str) -> bytes:
    """Return what is stored of a webhook secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def is_secret(secret: str, digest: bytes) -> bool:
    """Compare a secret with a stored digest, in a time that tells nothing."""
    return hmac.compare_digest(digest_of_secret(secret), digest)


class RegistryStore:
    """Implements `flow.ports.RegistryStore` and `serve.ports.RegistryAdmin`."""

    def __init__(self, database: Database, clock: ProductClock) -> None:
        self._database = database
        self._clock = clock

    def ensure_account(self, account_id: str) -> None:
        """Make the account, activated now, unless it exists.

        Raises:
            InvalidRequestError: the id is not twelve digits.
        """
        with self._database.transaction() as connection:
            ensure_account(connection, account_id, self._clock.now())

    def add(
        self,
        account_id: str,
        alias: str,
        access: RegistryAccess,
        region: str,
        look_back: LookBack = ALL,
        believes_bills: bool = False,
    ) -> tuple[Registry, str]:
        """Add a registry; returns it and its webhook secret, which is not stored.

        Raises:
            InvalidRequestError: an alias that is no short name, or an address that is not http(s).
            ConflictError: the account already has a registry of that alias.
        """
        if not _ALIAS.fullmatch(alias):
            raise InvalidRequestError("alias", f"{alias!r} is not 1 to 63 letters, digits, dots, dashes, underscores")
        if not access.url.startswith(("https://", "http://")):
            raise InvalidRequestError("url", f"{access.url!r} is neither https:// nor http://")
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        now = self._clock.now()
        values = {
            "account": account_id,
            "alias": alias,
            "kind": _KIND,
            "region": region,
            "url": access.url,
            "username": access.username,
            "password_file": access.password_file,
            "password_variable": access.password_variable,
            "ca_file": access.ca_file,
            "secret": digest_of_secret(secret),
            "now": now,
            "look_back": str(look_back),
            "believes_bills": believes_bills,
        }
        with self._database.transaction() as connection:
            ensure_account(connection, account_id, now)
            row = connection.execute(_SQL["insert"], values).fetchone()
        if row is None:
            raise ConflictError(f"registry {alias}", "a registry of this alias is already watched")
        return Registry(int(row[0]), account_id, alias, _KIND, region, access, now, look_back, believes_bills), secret

    def load(self, registry_id: int) -> Registry:
        """Return the registry.

        Raises:
            NotFoundError: it is unknown or removed.
        """
        with self._database.transaction() as connection:
            row = connection.execute(_SQL["load"], {"registry": registry_id}).fetchone()
        if row is None:
            raise NotFoundError("registry", str(registry_id))
        return _registry(row)

    def find(self, account_id: str, alias: str) -> Registry:
        """Return the registry of that alias.

        Raises:
            NotFoundError: the account watches none of that alias.
        """
        with self._database.transaction() as connection:
            row = connection.execute(_SQL["find"], {"account": account_id, "alias": alias}).fetchone()
        if row is None:
            raise NotFoundError("registry", alias)
        return _registry(row)

    def load_all(self) -> tuple[Registry, ...]:
        """Return every registry that is not removed, of all accounts, by id."""
        with self._database.transaction() as connection:
            return tuple(map(_registry, connection.execute(_SQL["load_all"]).fetchall()))

    def list(self, account_id: str) -> tuple[Registry, ...]:
        """Return the registries of an account that are not removed, by id."""
        with self._database.transaction() as connection:
            return tuple(map(_registry, connection.execute(_SQL["list"], {"account": account_id}).fetchall()))

    def move(self, account_id: str, alias: str, url: str) -> None:
        """Remember that a registry answers at another address now; its images and its webhook secret stay.

        Raises:
            NotFoundError: the account watches none of that alias.
        """
        with self._database.transaction() as connection:
            values = {"account": account_id, "alias": alias, "url": url}
            if not connection.execute(_SQL["move"], values).rowcount:
                raise NotFoundError("registry", alias)

    def believe_bills(self, account_id: str, alias: str, *, believed: bool) -> None:
        """Let bills that are attached to a registry's images count from now on, or not any more.

        Raises:
            NotFoundError: the account watches none of that alias.
        """
        with self._database.transaction() as connection:
            own_account(connection, account_id)  # no image is being made known that would miss its turn
            values = {"account": account_id, "alias": alias, "believes_bills": believed}
            row = connection.execute(_SQL["believe_bills"], values).fetchone()
            if row is None:
                raise NotFoundError("registry", alias)
            ask_for_all_bills(connection, row[0], self._clock.now())

    def remove(self, account_id: str, alias: str) -> None:
        """Stop watching a registry: monitoring of its images ends; history stays, the alias is free again.

        Raises:
            NotFoundError: the account watches none of that alias.
        """
        registry = self.find(account_id, alias)
        now = self._clock.now()
        with self._database.transaction() as connection:
            own_account(connection, account_id)
            if not connection.execute(_SQL["remove"], {"registry": registry.id, "now": now}).rowcount:
                raise NotFoundError("registry", alias)
            _end_all(connection, registry.id, now)

    def record_poll(self, registry_id: int, at: datetime, problem: str) -> None:
        """Remember when a poll ended; an empty problem means that it saw everything."""
        values = {"registry": registry_id, "at": at, "problem": storable(problem)}
        with self._database.transaction() as connection:
            connection.execute(_SQL["record_poll"], values)


def _end_all(connection: psycopg.Connection, registry_id: int, now: datetime) -> None:
    connection.execute(_SQL["end_all"], {"registry": registry_id, "now": now})


def _registry(row: tuple[Any, ...]) -> Registry:
    number, account_id, alias, kind, region, url, username, password_file, password_variable, ca_file, *added = row
    access = RegistryAccess(url, username, password_file, password_variable, ca_file)
    return Registry(number, account_id, alias, kind, region, access, added[0], LookBack.parse(added[1]), added[2])
