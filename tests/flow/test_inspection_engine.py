"""An image that a container engine of this machine has, looked at once, by the real application."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dogwatch.app.process import App
from dogwatch.model.errors import ConfigError, ContentError, EngineError, NotFoundError
from dogwatch.model.images import Platform
from dogwatch.model.judgements import Choice, Report
from dogwatch.model.targets import Target, TargetKind
from dogwatch.registry import opened
from tests.builders.archives import FOUND_IN_BOTH, archive_of, saved
from tests.simulators.engine import SimulatedEngine, send_chunks, simulated_engine

ARCHIVE = archive_of(saved())


@pytest.fixture
def around(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The user's own folder for sockets; nothing else that could name an engine."""
    for name in ("DOCKER_HOST", "CONTAINER_HOST"):
        monkeypatch.delenv(name, raising=False)
    with tempfile.TemporaryDirectory(prefix="dogwatch-") as made:
        monkeypatch.setenv("XDG_RUNTIME_DIR", made)
        (Path(made) / "podman").mkdir()
        yield Path(made)


@pytest.fixture
def docker(around: Path) -> Iterator[SimulatedEngine]:
    with simulated_engine(around / "docker.sock") as running:
        running.images["shop/app:1"] = ARCHIVE
        yield running


def look(app: App, kind: TargetKind, name: str, platform: Platform | None = None) -> Report:
    target = Target(kind, name, platform)
    return app.inspect(target, Choice(), update=False)


def told(report: Report) -> tuple[str, list[tuple[str, str]]]:
    packages = [(one.package.ecosystem, one.package.name) for one in report.examined.packages]
    return report.examined.subject.name, packages


def test_an_image_of_docker_is_looked_at_and_nothing_of_it_stays(app: App, docker: SimulatedEngine) -> None:
    assert told(look(app, TargetKind.DOCKER, "shop/app:1")) == ("docker:shop/app:1", FOUND_IN_BOTH)
    assert list((app.settings.data / "spool").iterdir()) == []


def test_a_bare_reference_means_the_first_engine_that_has_it(app: App, docker: SimulatedEngine, around: Path) -> None:
    with simulated_engine(around / "podman" / "podman.sock") as podman:
        podman.images |= {"shop/app:1": b"not asked for", "shop/own": ARCHIVE}
        assert told(look(app, TargetKind.IMAGE, "shop/app:1")) == ("docker:shop/app:1", FOUND_IN_BOTH)
        assert podman.asked == []
        assert told(look(app, TargetKind.IMAGE, "shop/own")) == ("podman:shop/own", FOUND_IN_BOTH)
        podman.images.clear()
        with pytest.raises(NotFoundError, match="no such image: shop/own in podman at "):
            look(app, TargetKind.PODMAN, "shop/own")


def test_without_an_engine_docker_says_where_it_looked(app: App, around: Path) -> None:
    with pytest.raises(NotFoundError, match=rf"docker, looked for its socket at .*{around}/docker.sock"):
        look(app, TargetKind.DOCKER, "shop/app:1")


def test_without_room_or_a_spool_the_setting_is_named(
    app: App, docker: SimulatedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened, "_ROOM_BYTES_KEPT", 2**62)
    with pytest.raises(ConfigError, match=r"DOGWATCH_DATA: no room in .* for docker:shop/app:1"):
        look(app, TargetKind.DOCKER, "shop/app:1")
    spool = app.settings.data / "spool"
    assert list(spool.iterdir()) == []
    spool.rmdir()
    spool.write_text("in the way", encoding="ascii")
    with pytest.raises(ConfigError, match="DOGWATCH_DATA: no spool for docker:shop/app:1: File exists"):
        look(app, TargetKind.DOCKER, "shop/app:1")


def test_an_export_that_is_cut_or_is_something_else_gives_no_report(app: App, docker: SimulatedEngine) -> None:
    path = "/images/shop/app:1/get"
    docker.replies[path] = lambda one: send_chunks(one, ARCHIVE[:5000], is_whole=False)
    with pytest.raises(EngineError):
        look(app, TargetKind.DOCKER, "shop/app:1")
    for content in (ARCHIVE[:5000], b"no archive", b"", archive_of({"manifest.json": b"[]"})):
        docker.images["shop/app:1"] = content
        docker.replies.clear()
        with pytest.raises(ContentError):
            look(app, TargetKind.DOCKER, "shop/app:1")
    assert list((app.settings.data / "spool").iterdir()) == []
