"""The package versions that databases are filled with: some that advisories name, most that none does, as in life."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from bench.advisories import named_versions
from dogwatch.model.packages import Package
from dogwatch.store.connection import Database
from dogwatch.store.locks import share_ecosystems
from dogwatch.store.packages import save_packages
from tests.simulators.buckets import FeedBucket

PACKAGES = 100_000
DISTRIBUTION = "Debian:12"
ECOSYSTEMS = (DISTRIBUTION, "PyPI", "npm")
VERSIONS_OF_A_NAME = 10
_AT_ONCE = 5_000
_SEED = 1


def choose_packages(bucket: FeedBucket, count: int = PACKAGES) -> tuple[list[Package], list[Package]]:
    """Return packages whose names advisories know, in versions that these name, and others, `count` in all."""
    chance = random.Random(_SEED)
    named = [
        _package(ecosystem, name, version)
        for ecosystem in ECOSYSTEMS
        for name, versions in _versions(bucket, ecosystem).items()
        for version in chance.sample(versions, min(VERSIONS_OF_A_NAME, len(versions)))
    ]
    others: set[Package] = set()
    while len(named) + len(others) < count:
        ecosystem = chance.choice(ECOSYSTEMS)
        version = f"{chance.randrange(6)}.{chance.randrange(30)}.{chance.randrange(20)}"
        suffix = "-1" if ecosystem == DISTRIBUTION else ""
        others.add(_package(ecosystem, f"unconcerned-{chance.randrange(count // 4)}", version + suffix))
    return sorted(set(named)), sorted(others)


def _versions(bucket: FeedBucket, ecosystem: str) -> dict[str, list[str]]:
    if ecosystem == DISTRIBUTION:
        return named_versions(bucket, "Debian", DISTRIBUTION)
    return named_versions(bucket, ecosystem)


def _package(ecosystem: str, name: str, version: str) -> Package:
    return (
        Package(ecosystem, name, version, "amd64", name, version)
        if ecosystem == DISTRIBUTION
        else Package(ecosystem, name, version)
    )


def store_packages(database: Database, packages: Sequence[Package], now: datetime) -> dict[Package, int]:
    """Store packages without letting them meet any advisory; returns their ids."""
    ids: dict[Package, int] = {}
    remaining = iter(packages)
    while batch := list(islice(remaining, _AT_ONCE)):
        with database.transaction() as connection:
            share_ecosystems(connection, ["Debian", "PyPI", "npm"])
            ids |= save_packages(connection, batch, now).ids
    return ids
