"""`dogwatch images …` and `dogwatch exclusions` on a real database, and the same by asking the running server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dogwatch.cli.main import application
from dogwatch.model.errors import DogwatchError
from tests.builders.watching import ACCOUNT, digest
from tests.serve.old_images import Served, serving_old_images

AFAR, HERE = "afar", "here"


@pytest.fixture(params=[HERE, AFAR])
def flags(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> Iterator[list[str]]:
    """Yield what makes commands work on a database, or ask the server over it."""
    with serving_old_images(database, tmp_path) as served:
        yield _flags(served, request.param, tmp_path)


def _flags(served: Served, where: str, folder: Path) -> list[str]:
    if where == HERE:
        return ["--database-url", served.world.dsn, "--account", ACCOUNT]
    token = folder / "token"
    token.write_text(f"{served.admin.id}:{served.admin.secret}")
    token.chmod(0o600)
    return ["--server", f"http://127.0.0.1:{served.port}", "--token-file", str(token)]


def run(flags: list[str], *words: str) -> str:
    done = CliRunner().invoke(application, [*words, *flags])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def refusal(flags: list[str], *words: str) -> str:
    done = CliRunner().invoke(application, [*words, *flags])
    if isinstance(done.exception, DogwatchError):
        return done.exception.message
    assert done.exit_code == 2, (done.output, done.exception)
    return done.output


def asked(flags: list[str], *words: str) -> Any:
    return json.loads(CliRunner().invoke(application, [*words, "-o", "json", *flags]).stdout)


def test_deeds_change_the_watch_of_one_image_and_stand_in_its_history(flags: list[str]) -> None:
    held = run(flags, "images", "hold", "app:v0", "--until", "30d", "--reason", "audit")
    assert "held by: hold" in held
    (shown,) = asked(flags, "images", "app:v0")
    assert (shown["status_code"], shown["hold"]["reason"]) == ("ACTIVE", "audit")
    assert refusal(flags, "images", "forget", "app:v0") == "forget: it is held; release it first"
    assert "not watched" in run(flags, "images", "release", f"app@{digest('a')}")
    assert "held by: in use" not in run(flags, "images", "touch", "1", "--as", "in-use", "--reason", "plant floor")
    assert "held by: pull" in run(flags, "images", "touch", "1", "--as", "pull")
    run(flags, "images", "forget", "1")
    run(flags, "images", "wake", "1")
    run(flags, "images", "scan", "1")
    history = asked(flags, "images", "history", "1")
    deeds = [one["what"].partition(" until")[0] for one in history if one["how"] == "by hand"]
    assert sorted(deeds) == sorted(["hold", "release", "touch (in use)", "touch (pull)", "forget", "wake", "scan"])
    assert history[-1]["what"] == "pushed as v0"


def test_names_and_moments_that_mean_nothing_are_refused_in_words(flags: list[str]) -> None:
    hold = ("images", "hold", "1", "--reason", "audit", "--until")
    assert refusal(flags, "images", "history", "app").startswith("image: app is several; name one by its id: 1 (linux/")
    assert refusal(flags, "images", "wake", "elsewhere:1") == "no such image: elsewhere:1"
    assert refusal(flags, *hold, "soon").endswith("is needed, not 'soon'")
    assert refusal(flags, *hold, "2026-01-01") == "until: a hold ends at a moment to come"
    assert refusal(flags, *hold, "9999d") == "until: a hold ends within 3660 days; it can be renewed"
    assert refusal(flags, "images", "touch", "1", "--as", "push") == "as: 'push' is none of pull, in-use"


def test_the_exclusion_list_is_kept_by_commands(flags: list[str]) -> None:
    run(flags, "exclusions", "add", "principal", "mirror*", "--reason", "nightly")
    (entry,) = asked(flags, "exclusions", "list")
    assert (entry["kind"], entry["pattern"], entry["reason"]) == ("principal", "mirror*", "nightly")
    assert refusal(flags, "exclusions", "add", "address", "192.0.2.7/24") == (
        "pattern: '192.0.2.7/24' is no network; 192.0.2.0/24 is the network it lies in"
    )
    assert refusal(flags, "exclusions", "add", "robot", "x") == "kind: 'robot' is none of principal, agent, address"
    run(flags, "exclusions", "remove", str(entry["id"]))
    assert refusal(flags, "exclusions", "remove", str(entry["id"])) == f"no such exclusion: {entry['id']}"
    assert asked(flags, "exclusions", "list") == []


def test_an_image_that_was_not_looked_at_has_no_bill_of_materials(flags: list[str]) -> None:
    told = "no such bill of materials: image 1 was not looked at yet"
    assert refusal(flags, "sbom", "app:v0") == told
    assert refusal(flags, "sbom", "app").startswith("image: app is several; say --platform, or name one by its id: 1 (")
    assert "is none of cyclonedx, spdx" in refusal(flags, "sbom", "app:v0", "-o", "sarif")
