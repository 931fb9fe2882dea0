"""Lifecycle policies of repositories, as callers set, show and preview them, and as the day evaluates them.

Proposals only: nothing here, and nobody who calls it, deletes anything in a registry.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg

from dogwatch.model.errors import ConflictError, InvalidRequestError, NotFoundError
from dogwatch.model.lifecycle import LifecycleAction, LifecyclePreview, PreviewPage, PreviewQuery, StoredPolicy
from dogwatch.model.manifests import ManifestQuery
from dogwatch.store.clock import ProductClock
from dogwatch.store.connection import Database
from dogwatch.store.cursors import decode_cursor, encode_cursor, foreign_cursor, list_fingerprint, refuse_page_size
from dogwatch.store.lifecycle_outcomes import Kind, evaluate_repository, outcome_of, save_outcomes
from dogwatch.store.locks import is_first_to_preview
from dogwatch.store.queries import load_queries
from dogwatch.store.text import storable, storable_identity
from dogwatch.windows.lifecycle import parse_policy

_SQL = load_queries("lifecycle")

EVALUATED_EVERY = timedelta(hours=23)
"""A policy is evaluated again once its last evaluation is so old: by an hourly job, so within a day."""

PREVIEW_PAGE_MAX = 100
"""Images of one page of a preview; AWS's model has the same bound."""


class LifecycleStore:
    """Implements `serve.ports.Lifecycle` and `flow.ports.LifecycleStore`."""

    def __init__(self, database: Database, clock: ProductClock) -> None:
        self._database = database
        self._clock = clock

    def set_policy(self, account_id: str, alias: str, repository: str, text: str) -> StoredPolicy:
        """Keep a policy as the repository's own, and evaluate it at once.

        Raises:
            InvalidRequestError: what ECR would refuse; `field` names the place.
            NotFoundError: no such repository.
        """
        now = self._clock.now()
        policy = parse_policy(text)
        with self._database.transaction() as connection:
            repository_id = find_repository(connection, account_id, alias, repository)
            connection.execute(_SQL["save_policy"], {"repository": repository_id, "text": text, "now": now})
            outcomes = evaluate_repository(connection, repository_id, policy, now)
            save_outcomes(connection, repository_id, Kind.DAILY, text, outcomes, now)
            return _load(connection, account_id, repository_id, repository)

    def load_policy(self, account_id: str, alias: str, repository: str) -> StoredPolicy:
        """Return a repository's policy.

        Raises:
            NotFoundError: no such repository, or no policy of it.
        """
        with self._database.transaction() as connection:
            return _load(connection, account_id, find_repository(connection, account_id, alias, repository), repository)

    def load_policies(self, account_id: str) -> tuple[StoredPolicy, ...]:
        """Return the policies of an account's repositories, by registry and name."""
        with self._database.transaction() as connection:
            rows = connection.execute(_SQL["policies"], {"account": account_id, "repository": None}).fetchall()
        return tuple(StoredPolicy(*row) for row in rows)

    def remove_policy(self, account_id: str, alias: str, repository: str) -> StoredPolicy:
        """Forget a repository's policy and what it proposed; returns it as it was.

        Raises:
            NotFoundError: no such repository, or no policy of it.
        """
        with self._database.transaction() as connection:
            repository_id = find_repository(connection, account_id, alias, repository)
            former = _load(connection, account_id, repository_id, repository)
            connection.execute(_SQL["delete_policy"], {"repository": repository_id})
            return former

    def preview(
        self, account_id: str, alias: str, repository: str, text: str | None, *, spares_in_use: bool = True
    ) -> LifecyclePreview:
        """Say what a policy would do now; None: the repository's own. Keeps nothing.

        Raises:
            InvalidRequestError: what ECR would refuse.
            NotFoundError: no such repository, or no policy of it where none is given.
        """
        now = self._clock.now()
        with self._database.transaction() as connection:
            repository_id = find_repository(connection, account_id, alias, repository)
            policy = parse_policy(text or _load(connection, account_id, repository_id, repository).text)
            outcomes = evaluate_repository(connection, repository_id, policy, now, spares_in_use=spares_in_use)
            unresolved = connection.execute(_SQL["unresolved"], {"repository": repository_id}).fetchone()
        assert unresolved is not None  # count(*)
        return LifecyclePreview(alias, repository, policy, now, outcomes, unresolved[0])

    def start_preview(self, account_id: str, alias: str, repository: str, text: str | None) -> str:
        """Evaluate a policy and keep what it came to, for `load_preview`; None: the repository's own. Returns its text.

        Raises:
            InvalidRequestError, NotFoundError: as for `preview`.
            ConflictError: another preview of the repository is being made at this very moment.
        """
        now = self._clock.now()
        with self._database.transaction() as connection:
            repository_id = find_repository(connection, account_id, alias, repository)
            if not is_first_to_preview(connection, repository_id):
                raise ConflictError("lifecycle policy preview", "another one of the repository is being made")
            policy = parse_policy(text or _load(connection, account_id, repository_id, repository).text)
            outcomes = evaluate_repository(connection, repository_id, policy, now)
            save_outcomes(connection, repository_id, Kind.PREVIEW, policy.text, outcomes, now)
        return policy.text

    def load_preview(self, account_id: str, alias: str, repository: str, query: PreviewQuery) -> PreviewPage:
        """Return a page of the repository's newest preview: images that would go, oldest first.

        Raises:
            NotFoundError: no such repository, or no preview of it.
            InvalidRequestError: a cursor of another preview or filter, or a page size that is not offered.
        """
        refuse_page_size(query.limit, PREVIEW_PAGE_MAX)
        with self._database.transaction() as connection:
            repository_id = find_repository(connection, account_id, alias, repository)
            found = connection.execute(_SQL["preview"], {"repository": repository_id}).fetchone()
            if found is None:
                raise NotFoundError("lifecycle policy preview", repository)
            evaluation_id, text, at = found
            fingerprint = list_fingerprint("preview", evaluation_id, query.named, query.is_tagged)
            values = {"evaluation": evaluation_id, "after": _after(query.after, fingerprint), **asked_of(query)}
            rows = connection.execute(_SQL["preview_page"], values).fetchall()
            counts = connection.execute(_SQL["preview_counts"], values).fetchall()
        shown = rows[: query.limit]
        following = encode_cursor(fingerprint, at, [shown[-1][0]]) if len(rows) > len(shown) else ""
        in_all = {LifecycleAction(action): count for action, count in counts}
        return PreviewPage(text, at, tuple(outcome_of(row[1:]) for row in shown), following, in_all)

    def load_due(self, now: datetime) -> tuple[int, ...]:
        """Return the repositories whose policy was not evaluated for a day."""
        with self._database.transaction() as connection:
            rows = connection.execute(_SQL["due"], {"before": now - EVALUATED_EVERY}).fetchall()
        return tuple(row[0] for row in rows)

    def evaluate_policy(self, repository_id: int, now: datetime) -> None:
        """Evaluate a repository's policy and keep what it came to; one that is no policy any more keeps its problem."""
        with self._database.transaction() as connection:
            found = connection.execute(_SQL["own_policy"], {"repository": repository_id}).fetchone()
            if found is None:
                return  # taken away meanwhile
            text = found[0]
            try:
                policy = parse_policy(text)
            except InvalidRequestError as error:  # rules that a later program refuses: nothing is proposed, and why
                save_outcomes(connection, repository_id, Kind.DAILY, text, (), now, storable(error.message))
                return
            outcomes = evaluate_repository(connection, repository_id, policy, now)
            save_outcomes(connection, repository_id, Kind.DAILY, text, outcomes, now)


def find_repository(connection: psycopg.Connection, account_id: str, alias: str, repository: str) -> int:
    """Return the id of a repository of a registry that is watched.

    Raises:
        NotFoundError: there is none.
    """
    values = {"account": account_id, "alias": storable_identity(alias), "name": storable_identity(repository)}
    row = connection.execute(_SQL["repository"], values).fetchone()
    if row is None:
        raise NotFoundError("repository", repository)
    return int(row[0])


def _load(connection: psycopg.Connection, account_id: str, repository_id: int, repository: str) -> StoredPolicy:
    row = connection.execute(_SQL["policies"], {"account": account_id, "repository": repository_id}).fetchone()
    if row is None:
        raise NotFoundError("lifecycle policy", repository)
    return StoredPolicy(*row)


def asked_of(query: PreviewQuery | ManifestQuery) -> dict[str, object]:
    """Return what a list of a repository's manifests is asked for, as its query names it; one row more than a page."""
    named = query.named or ()
    return {
        "limit": query.limit + 1,
        "tagged": query.is_tagged,
        "named": query.named is not None,
        "digests": [storable_identity(digest) for digest, _ in named],
        "tags": [storable_identity(tag) for _, tag in named],
    }


def _after(cursor: str, fingerprint: str) -> int:
    if not cursor:
        return -1
    _, key = decode_cursor(cursor, fingerprint)
    if len(key) == 1 and isinstance(key[0], int) and 0 <= key[0] < 2**31:
        return key[0]
    raise foreign_cursor()
