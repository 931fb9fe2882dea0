"""Images as resolved: what a manifest turned out to be, its layers, and how far reading them has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import LiteralString

import psycopg

from dogwatch.model.images import (
    BaseImage,
    Descriptor,
    ImageToIndex,
    KeptEvidence,
    Layer,
    OtherArtifact,
    Platform,
    Resolved,
    ResolvedImage,
    ResolvedIndex,
)
from dogwatch.model.monitoring import StatusReason
from dogwatch.store.bases import Stack, load_bases
from dogwatch.store.bill_turns import ask_for_bills
from dogwatch.store.connection import Database
from dogwatch.store.layers import chain_digest, decode_layers, save_chains
from dogwatch.store.queries import load_queries
from dogwatch.store.replays import replay
from dogwatch.store.repositories import ensure_repository, lock_repositories
from dogwatch.store.retries import INDEX_PAUSES, RETRIED_REASONS
from dogwatch.store.text import storable

_SQL = load_queries("images")
_EVENTS = load_queries("events")
_ASKED = 0  # stands for the chain of an image that has none here


class ImageStore:
    """Implements `flow.ports.ImageStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save_resolved(self, registry_id: int, repository: str, resolved: Resolved, now: datetime) -> tuple[int, ...]:
        """Record what a manifest turned out to be, and let the events that waited for it take their effect.

        The clocks come from the whole history of the manifest and of the indexes that name it, so no event is lost that
        came before the manifest was known. Idempotent. Nothing happens where the registry was removed.

        Returns:
            The ids of images that are watched and have no inventory yet.
        """
        with self._database.transaction() as connection:
            known = ensure_repository(connection, registry_id, repository)
            if known is None:
                return ()
            account_id, repository_id = known
            lock_repositories(connection, [repository_id], alone=True)
            place = {"account": account_id, "repository": repository_id, "now": now}
            connection.execute(_SQL["forget_unresolved"], {**place, "digests": _digests(resolved)})
            ids = _save(connection, place, resolved)
            manifest = {"registries": [registry_id], "names": [repository], "digests": [resolved.digest]}
            connection.execute(_EVENTS["settle_indexes"], {**manifest, "repositories": [repository_id]})
            replay(connection, ids, now)
            ask_for_bills(connection, [(repository_id, resolved.digest)])
            rows = connection.execute(_SQL["watched_without_inventory"], {"ids": ids}).fetchall()
            return tuple(row[0] for row in rows)

    def save_unresolved(
        self, registry_id: int, repository: str, digest: str, status_reason: str, problem: str, now: datetime
    ) -> None:
        """Remember that a manifest could not be resolved, and why."""
        with self._database.transaction() as connection:
            known = ensure_repository(connection, registry_id, repository)
            if known is not None:
                values = {
                    "repository": known[1],
                    "digest": digest,
                    "reason": status_reason,
                    "problem": storable(problem),
                    "now": now,
                }
                connection.execute(_SQL["save_unresolved"], values)

    def find_base(self, account_id: str, image: ResolvedImage) -> BaseImage:
        """Return what an image was built on; it need not be one that was ever saved."""
        stack = Stack(account_id, tuple(layer.diff_id for layer in image.layers), image.told_base)
        with self._database.transaction() as connection:
            return load_bases(connection, {_ASKED: stack})[_ASKED]

    def load_to_index(self, image_id: int, fingerprint: str) -> ImageToIndex | None:
        """Return the image's layers; None when nothing is left to do.

        Nothing is left where the chain has an inventory by these extractors (its images have it too), and where the
        image is not watched.
        """
        with self._database.transaction() as connection:
            values = {"image": image_id, "fingerprint": fingerprint}
            row = connection.execute(_SQL["to_index"], values).fetchone()
        if row is None:
            return None
        chain_id, account_id, registry_id, repository, digest, system, architecture, variant, layers = row
        platform = Platform(system, architecture, variant)
        return ImageToIndex(
            image_id, chain_id, account_id, registry_id, repository, digest, platform, decode_layers(layers)
        )

    def load_waiting(self, fingerprint: str, now: datetime, limit: int) -> tuple[int, ...]:
        """Return watched images that were never read, oldest first, then those that failed.

        What these extractors failed at is there when its turn has come (`store.retries`), or never.
        """
        return self._load_turns(_SQL["waiting"], fingerprint, now, limit)

    def load_to_reread(self, fingerprint: str, now: datetime, limit: int) -> tuple[int, ...]:
        """Return a watched image for each stack of layers that other extractors read.

        Stacks of most watched images come first, then those pulled last. What these extractors failed at is there when
        its turn has come.
        """
        return self._load_turns(_SQL["to_reread"], fingerprint, now, limit)

    def _load_turns(self, query: LiteralString, fingerprint: str, now: datetime, limit: int) -> tuple[int, ...]:
        """Return images whose turn has come."""
        values = {
            "fingerprint": fingerprint,
            "now": now,
            "limit": limit,
            "retried": list(RETRIED_REASONS),
            "pauses": list(INDEX_PAUSES),
        }
        with self._database.transaction() as connection:
            rows = connection.execute(query, values).fetchall()
        return tuple(row[0] for row in rows)

    def load_evidence(
        self, account_id: str, layers: Sequence[Layer], fingerprint: str
    ) -> Mapping[tuple[str, str], KeptEvidence]:
        """Return evidence already kept for this account, by digest and diff ID.

        That of this fingerprint, or else the newest; whoever asks has to find out whether that one still holds.
        """
        values = {
            "account": account_id,
            "digests": [layer.digest for layer in layers],
            "diff_ids": [layer.diff_id for layer in layers],
            "fingerprint": fingerprint,
        }
        with self._database.transaction() as connection:
            rows = connection.execute(_SQL["evidence"], values).fetchall()
        return {(row[0], row[1]): KeptEvidence(row[2], bytes(row[3])) for row in rows}

    def adopt_evidence(self, account_id: str, layer: Layer, made_by: str, fingerprint: str) -> None:
        """Let evidence of a layer made under one fingerprint count as made under another."""
        values = {
            "account": account_id,
            "digest": layer.digest,
            "diff_id": layer.diff_id,
            "made_by": made_by,
            "fingerprint": fingerprint,
        }
        with self._database.transaction() as connection:
            connection.execute(_SQL["adopt_evidence"], values)

    def save_evidence(self, account_id: str, layer: Layer, fingerprint: str, evidence: bytes, now: datetime) -> None:
        """Keep the reading of one layer; what is kept already stays."""
        values = {
            "account": account_id,
            "digest": layer.digest,
            "diff_id": layer.diff_id,
            "fingerprint": fingerprint,
            "evidence": evidence,
            "now": now,
        }
        with self._database.transaction() as connection:
            connection.execute(_SQL["save_evidence"], values)

    def record_failure(self, image_id: int, fingerprint: str, status_reason: str, problem: str, now: datetime) -> None:
        """Mark an image that has no inventory as failed, with the problem in words, and note the attempt.

        An image that has one keeps it: what an older extractor saw is still true, and still watched.
        """
        values = {
            "image": image_id,
            "fingerprint": fingerprint,
            "reason": str(StatusReason(status_reason)),  # a word of ours, or a programming mistake
            "problem": storable(problem),
            "now": now,
        }
        with self._database.transaction() as connection:
            connection.execute(_SQL["record_failure"], values)

    def record_delay(self, image_id: int, problem: str) -> None:
        """Say with an image that is pending why it still is."""
        with self._database.transaction() as connection:
            connection.execute(_SQL["record_delay"], {"image": image_id, "problem": storable(problem)})


def _digests(resolved: Resolved) -> list[str]:
    """Return the digest of a manifest and of all that became known with it."""
    if not isinstance(resolved, ResolvedIndex):
        return [resolved.digest]
    images = [image.digest for image in resolved.images]
    return [resolved.digest, *images, *(other.digest for other in resolved.others)]


def _save(connection: psycopg.Connection, place: Mapping[str, object], resolved: Resolved) -> list[int]:
    """Store a manifest and what stands behind it; returns the ids of its images."""
    if isinstance(resolved, OtherArtifact):
        _save_other(connection, place, resolved)
        return []
    if isinstance(resolved, ResolvedImage):
        return _save_images(connection, place, [resolved])
    return _save_index(connection, place, resolved)


def _save_index(connection: psycopg.Connection, place: Mapping[str, object], index: ResolvedIndex) -> list[int]:
    ids = _save_images(connection, place, index.images)
    for other in index.others:
        _save_other(connection, place, other)
    values = {**place, "digest": index.digest, "media_type": storable(index.media_type)}
    row = connection.execute(_SQL["save_index"], values).fetchone()
    assert row is not None  # INSERT … ON CONFLICT DO UPDATE … RETURNING
    missing = [child.descriptor.digest for child in index.unresolved]
    connection.execute(_SQL["link_index"], {"index": row[0], "images": ids, "missing": missing})
    for child in index.unresolved:
        problem = storable(f"named by the index {index.digest}: {child.reason}")
        # What is not there at all cannot be pulled either: nothing to look at, until a push brings it.
        reason = StatusReason.RESOURCE_TERMINATED if child.is_gone else StatusReason.INVALID_ARTIFACT
        unresolved = {"reason": str(reason), "problem": problem}
        connection.execute(_SQL["save_unresolved"], {**place, "digest": child.descriptor.digest, **unresolved})
    return ids


def _save_other(connection: psycopg.Connection, place: Mapping[str, object], other: OtherArtifact | Descriptor) -> None:
    """Store what is no image: as it was read, or as an index names it."""
    values = {
        **place,
        "digest": other.digest,
        "media_type": storable(other.media_type),
        "artifact_type": storable(other.artifact_type),
        "subject": storable(other.subject_digest) if isinstance(other, OtherArtifact) else "",
    }
    connection.execute(_SQL["save_other"], values)


def _save_images(
    connection: psycopg.Connection, place: Mapping[str, object], images: Sequence[ResolvedImage]
) -> list[int]:
    chains = save_chains(connection, str(place["account"]), images)
    return [_save_image(connection, place, image, chains[chain_digest(image.layers)]) for image in images]


def _save_image(
    connection: psycopg.Connection, place: Mapping[str, object], image: ResolvedImage, chain_id: int
) -> int:
    platform = image.config.platform
    values = {
        **place,
        "digest": image.digest,
        "media_type": storable(image.media_type),
        "size_bytes": image.size_bytes + sum(layer.size_bytes for layer in image.layers),
        "os": storable(platform.os),
        "architecture": storable(platform.architecture),
        "variant": storable(platform.variant),
        "author": storable(image.config.author),
        "created_at": image.config.created_at,
        "chain": chain_id,
    }
    connection.execute(_SQL["insert_image"], values)
    row = connection.execute(_SQL["find_image"], values).fetchone()
    assert row is not None  # inserted, or it was there; images are never deleted
    image_id = int(row[0])
    connection.execute(_SQL["insert_clocks"], {**values, "image": image_id})
    connection.execute(_SQL["link_waiting_indexes"], {**values, "image": image_id})
    return image_id
