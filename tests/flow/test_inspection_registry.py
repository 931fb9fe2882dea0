"""An image in a real registry, looked at once: by its reference, and as in a registry that was added."""

from __future__ import annotations

from pathlib import Path

import pytest

from dogwatch.app.process import App
from dogwatch.model.errors import ImageGoneError
from dogwatch.model.images import Platform
from dogwatch.model.judgements import Choice
from dogwatch.model.targets import Target, TargetKind
from tests.builders.layers import dpkg_status, file, os_release, stanza, tar_of
from tests.builders.oci import build_image, build_index
from tests.docker_registry import (
    DockerRegistry,
    docker_registry,
    notifications,
    requires_docker_registry,
    requires_skopeo,
)

__all__ = ["docker_registry", "notifications"]

pytestmark = [requires_docker_registry, requires_skopeo]

BASE = tar_of(file("etc/os-release", os_release()), file("var/lib/dpkg/status", dpkg_status(stanza("a"))))
INDEX = build_index([build_image([BASE]), build_image([BASE], architecture="arm64", variant="v8")])


def test_a_reference_is_looked_at_for_one_platform(app: App, docker_registry: DockerRegistry, tmp_path: Path) -> None:
    docker_registry.push(INDEX, "shop/app", "1", tmp_path / "built")
    host = docker_registry.access.url.partition("://")[2].rstrip("/")

    def look(reference: str, plain_http: bool) -> tuple[str, list[str]]:
        target = Target(TargetKind.REGISTRY, reference, Platform("linux", "arm64"), plain_http=plain_http)
        report = app.inspect(target, Choice(), update=False)
        return report.examined.subject.platform, [one.package.name for one in report.examined.packages]

    assert look(f"{host}/shop/app:1", True) == ("linux/arm64/v8", ["a"])
    with pytest.raises(ImageGoneError):
        look(f"{host}/shop/app:2", True)
    app.registries.add(app.settings.account, "shop", docker_registry.access, "us-east-1")
    assert look(f"{host}/shop/app:1", False) == ("linux/arm64/v8", ["a"])
