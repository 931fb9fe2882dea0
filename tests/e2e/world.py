"""A registry on this machine, Dogwatch watching it, and the image that the end-to-end tests push."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.docker_registry import DockerRegistry, running_docker_registry
from tests.e2e.fixture_image import FixtureImage
from tests.e2e.running import Dogwatch, own_requests, running_dogwatch
from tests.ports import free_port


@dataclass(frozen=True)
class World:
    """A registry with its watcher, and the image that is pushed."""

    dogwatch: Dogwatch
    registry: DockerRegistry
    image: FixtureImage
    folder: Path

    def push(self) -> None:
        """Push the image as shop/web:1.4."""
        self.registry.push(self.image.built, "shop/web", "1.4", self.folder / "layout")

    def pull(self, number: int) -> None:
        """Pull it, for the number-th time."""
        self.registry.pull("shop/web", "1.4", self.folder / f"pulled-{number}")

    def findings(self, *options: str) -> list[dict[str, Any]]:
        """Return its findings as `dogwatch findings` shows them."""
        found: list[dict[str, Any]] = self.dogwatch.ask(
            "findings", "--repository", "shop/web", "--limit", "1000", *options
        )
        return found

    def shown(self) -> dict[str, Any]:
        """Return the pushed image as `dogwatch images` shows it."""
        (image,) = self.dogwatch.ask("images", f"shop/web@{self.image.built.digest}")
        return dict(image)

    def own_requests(self) -> list[tuple[str, str]]:
        """Return (method, path) of every request that the registry had from Dogwatch."""
        return own_requests(self.registry.log)


@contextmanager
def watched_registry(folder: Path, mirror: Path, image: FixtureImage) -> Iterator[World]:
    """Start everything: the service with the advisories of a mirror, then a registry that notifies it.

    Args:
        folder: for the registry and what is pulled.
        mirror: a bucket of advisories.
        image: what the test is going to push.
    """
    port = free_port()
    with running_dogwatch(demo="1", open_loopback="1", feed_mirror=str(mirror)) as dogwatch:
        added = dogwatch.ask("registries", "add", f"http://127.0.0.1:{port}", "--plain-http", "--alias", "local")
        secret = {"Authorization": f"Bearer {added['webhook_secret']}"}
        with running_docker_registry(folder / "registry", added["webhook_url"], secret, port) as registry:
            yield World(dogwatch, registry, image, folder)
