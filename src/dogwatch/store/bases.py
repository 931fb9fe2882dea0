"""What images were built on: found when somebody asks, among the stacks of layers seen in the account.

Nothing of it is stored with images, so a base that is seen later is found from then on for all that stand on it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg

from dogwatch.model.images import NO_BASE, NOTHING_TOLD, BaseImage, ToldBase
from dogwatch.store.layers import content_keys
from dogwatch.store.queries import load_queries

_SQL = load_queries("bases")


@dataclass(frozen=True, slots=True)
class Stack:
    """A layer chain as its base is asked for: whose it is, its diff IDs oldest first, what it says of its base."""

    account_id: str
    diff_ids: tuple[str, ...]
    told: ToldBase = NOTHING_TOLD


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A stack that may be another's base, with the image of it that was pushed first."""

    stack: Stack
    reference: str
    digest: str
    order: tuple[bool, datetime | None, int]


def load_bases_of_images(connection: psycopg.Connection, images: Iterable[int]) -> dict[int, BaseImage]:
    """Return what each of these images was built on."""
    rows = connection.execute(_SQL["stacks"], {"images": list(images)}).fetchall()
    stacks = {row[0]: Stack(row[2], tuple(row[3]), ToldBase(row[4], row[5])) for row in rows}
    bases = load_bases(connection, stacks)
    return {image_id: bases[chain_id] for chain_id, image_ids, *_ in rows for image_id in image_ids}


def load_bases(connection: psycopg.Connection, stacks: Mapping[int, Stack]) -> dict[int, BaseImage]:
    """Return what each stack was built on, by the id of its chain.

    Of several stacks that it begins with the longest counts, and of several images of one content the first pushed.
    """
    keys = {chain_id: content_keys(stack.diff_ids[:-1]) for chain_id, stack in stacks.items()}
    found = _load_candidates(connection, stacks.values(), {key for each in keys.values() for key in each})
    return {chain_id: _base_of(stack, keys[chain_id], found) for chain_id, stack in stacks.items()}


def _load_candidates(
    connection: psycopg.Connection, stacks: Iterable[Stack], keys: Iterable[int]
) -> Mapping[int, Sequence[_Candidate]]:
    values = {"accounts": sorted({stack.account_id for stack in stacks}), "keys": sorted(keys)}
    found: dict[int, list[_Candidate]] = defaultdict(list)
    for key, account, diff_ids, name, digest, image_id, pushed_at, repository, image_digest, tag in connection.execute(
        _SQL["candidates"], values
    ):
        reference = f"{repository}:{tag}" if tag else f"{repository}@{image_digest}"
        stack = Stack(account, tuple(diff_ids), ToldBase(name, digest))
        found[key].append(_Candidate(stack, reference, image_digest, (pushed_at is None, pushed_at, image_id)))
    return found


def _base_of(stack: Stack, keys: Sequence[int], found: Mapping[int, Sequence[_Candidate]]) -> BaseImage:
    for depth in range(len(keys), 0, -1):
        below = stack.diff_ids[:depth]
        fitting = [
            one
            for one in found.get(keys[depth - 1], ())
            if one.stack.account_id == stack.account_id and one.stack.diff_ids == below
        ]
        if fitting:
            base = min(fitting, key=lambda one: one.order)
            # Labels are handed down: what the base says of itself was not said of this image.
            is_inherited = any(one.stack.told == stack.told for one in fitting)
            return BaseImage(base.reference, base.digest, depth, NOTHING_TOLD if is_inherited else stack.told)
    return replace(NO_BASE, told=stack.told)
