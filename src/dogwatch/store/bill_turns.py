"""Which watched images have to be looked at for attached bills of materials: what asks for their turn.

Apart from `bills`, which lets packages meet the stored ranges: most who ask do nothing of that kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import psycopg

from dogwatch.store.queries import load_queries

_SQL = load_queries("bills")


def ask_for_bills(
    connection: psycopg.Connection, manifests: Sequence[tuple[int, str]], tags: Sequence[tuple[int, str]] = ()
) -> None:
    """Have the bills of images looked at that manifests concern: pushed, deleted or resolved just now.

    Args:
        connection: in a transaction that holds the repositories.
        manifests: (repository id, digest): of images, of indexes, and of what refers to one of these.
        tags: (repository id, name) of tags that moved or went: cosign's, and those that stand for lists of referrers,
            name the digest of the image.
    """
    values = {
        "repositories": [repository_id for repository_id, _ in manifests],
        "digests": [digest for _, digest in manifests],
        "tagged_in": [repository_id for repository_id, _ in tags],
        "tags": [name for _, name in tags],
    }
    connection.execute(_SQL["ask"], values)


def ask_for_bills_of(connection: psycopg.Connection, image_id: int) -> None:
    """Have the bills of one image looked at."""
    connection.execute(_SQL["ask_image"], {"image": image_id})


def ask_for_all_bills(connection: psycopg.Connection, registry_id: int, now: datetime) -> None:
    """Let every image of a registry have its turn: its bills are believed from now on, or not any more."""
    connection.execute(_SQL["ask_all"], {"registry": registry_id, "now": now})
    connection.execute(_SQL["forget_unread"], {"registry": registry_id})
