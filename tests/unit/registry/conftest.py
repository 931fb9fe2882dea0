"""A simulated registry that serves, and clients that lose patience quickly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dogwatch.registry.client import RegistryClient
from dogwatch.registry.limits import ClientLimits
from tests.builders.oci import BuiltManifest, build_image, layer_tar
from tests.docker_registry import docker_registry, notifications
from tests.simulators.registry import RegistrySimulator, serving_registry

__all__ = ["client", "docker_registry", "image", "notifications", "quick_limits", "simulator"]


@pytest.fixture
def quick_limits() -> ClientLimits:
    """Limits with which a hostile registry costs a test about a second."""
    return ClientLimits(
        connect_seconds=2.0,
        silence_seconds=0.5,
        stall_seconds=0.3,
        stall_bytes=4096,
        document_seconds=3.0,
        first_pause_seconds=0.001,
        longest_pause_seconds=0.002,
        short_wait_seconds=1.0,
    )


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
def image(simulator: RegistrySimulator) -> BuiltManifest:
    """An image that the simulated registry has, as `team/app:1.0`."""
    built = build_image([layer_tar({"etc/motd": b"hello" * 4000})], compression="none")
    simulator.add("team/app", built, "1.0")
    return built
