"""A simulated registry that serves, and clients: one that tries again soon, one that loses patience soon as well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dogwatch.registry.client import RegistryClient
from dogwatch.registry.limits import ClientLimits
from tests.builders.oci import BuiltManifest, build_image, layer_tar
from tests.docker_registry import docker_registry, notifications
from tests.simulators.registry import RegistrySimulator, serving_registry

__all__ = [
    "client",
    "docker_registry",
    "hasty_client",
    "hasty_limits",
    "image",
    "notifications",
    "quick_limits",
    "simulator",
]


@pytest.fixture
def quick_limits() -> ClientLimits:
    """Limits with which a registry that stumbles costs a test no time; as patient as usual with one that is slow."""
    return ClientLimits(first_pause_seconds=0.001, longest_pause_seconds=0.002, short_wait_seconds=1.0)


@pytest.fixture
def hasty_limits(quick_limits: ClientLimits) -> ClientLimits:
    """Limits with which a registry that never comes to an end costs a test about a second."""
    return replace(quick_limits, silence_seconds=0.5, stall_seconds=0.3, stall_bytes=4096, document_seconds=3.0)


@pytest.fixture
def simulator() -> Iterator[RegistrySimulator]:
    """A simulated registry on loopback, empty and honest."""
    with serving_registry(RegistrySimulator()) as registry:
        yield registry


@pytest.fixture
def client(simulator: RegistrySimulator, quick_limits: ClientLimits) -> Iterator[RegistryClient]:
    """An anonymous client of the simulated registry."""
    with RegistryClient(simulator.access, {}, "dogwatch/0.1.0", quick_limits) as client:
        yield client


@pytest.fixture
def hasty_client(simulator: RegistrySimulator, hasty_limits: ClientLimits) -> Iterator[RegistryClient]:
    """The same without patience."""
    with RegistryClient(simulator.access, {}, "dogwatch/0.1.0", hasty_limits) as client:
        yield client


@pytest.fixture
def image(simulator: RegistrySimulator) -> BuiltManifest:
    """An image that the simulated registry has, as `team/app:1.0`."""
    built = build_image([layer_tar({"etc/motd": b"hello" * 4000})], compression="none")
    simulator.add("team/app", built, "1.0")
    return built
