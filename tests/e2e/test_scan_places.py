"""One real Debian image in every place that it can be scanned from: the findings are the same."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.oci import write_layout
from tests.docker_registry import requires_docker_registry, requires_skopeo, run_skopeo, running_docker_registry
from tests.e2e import advisories
from tests.e2e.fixture_image import FixtureImage, make_fixture_image, requirements
from tests.e2e.running import Dogwatch
from tests.e2e.test_scan import dogwatch
from tests.simulators.buckets import FeedBucket
from tests.simulators.engine import simulated_engine

__all__ = ["dogwatch"]

pytestmark = [requires_docker_registry, requires_skopeo, *requirements()]

FLAWS = {advisories.DEBIAN_FLAW, advisories.PYTHON_FLAW, advisories.NPM_FLAW}


@pytest.fixture(scope="module")
def image() -> FixtureImage:
    return make_fixture_image()


@pytest.fixture
def around() -> Iterator[Path]:
    """A folder for sockets, whose name is short enough."""
    with tempfile.TemporaryDirectory(prefix="dogwatch-") as made:
        yield Path(made)


def test_registry_layout_archive_and_engine_give_the_same_findings(
    dogwatch: Dogwatch, image: FixtureImage, around: Path, tmp_path: Path
) -> None:
    _, source, version = image.debian
    FeedBucket(tmp_path / "mirror").put("Debian", advisories.debian_advisory(source, version))
    layout, archive = write_layout(tmp_path / "layout", image.built), tmp_path / "image.tar"
    run_skopeo("copy", f"oci:{layout}:latest", f"docker-archive:{archive}:shop/real:1")
    with running_docker_registry(tmp_path / "registry") as registry, simulated_engine(around / "e.sock") as engine:
        registry.push(image.built, "shop/real", "1", tmp_path / "pushed")
        engine.images["shop/real:1"] = archive.read_bytes()
        places = (
            (f"{registry.hostport}/shop/real:1", "--plain-http"),
            (f"oci:{layout}",),
            (f"docker-archive:{archive}",),
            ("shop/real:1",),
        )
        found = [_scan(dogwatch, around, *place) for place in places]
    names = [one[0] for one in found]
    assert names == [f"{registry.hostport}/shop/real:1", *(place[0] for place in places[1:3]), "docker:shop/real:1"]
    assert {flaw for flaw, _ in found[0][1]} == FLAWS
    assert [one[1:] for one in found] == [found[0][1:]] * len(places)


def _scan(dogwatch: Dogwatch, around: Path, *arguments: str) -> tuple[str, list[tuple[str, str]], int, list[object]]:
    """Return what a scan says: the thing's name, (vulnerability, severity) of the findings, packages, gaps."""
    answer = dogwatch.run("scan", *arguments, "-o", "json", DOCKER_HOST=f"unix://{around}/e.sock")
    assert answer.exit_code == 0, answer.told
    said = json.loads(answer.output)
    findings = [(one["vulnerability"], one["severity"]) for one in said["findings"]]
    return said["subject"]["name"], findings, said["packages"], said["gaps"]
