"""`dogwatch lifecycle` over a real database, beside a running server."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dogwatch.model.lifecycle import NOTHING_IS_DELETED
from dogwatch.model.registries import RegistryAccess
from tests.builders.lifecycle import rule, text_of
from tests.builders.watching import ACCOUNT, digest
from tests.command_line import Answer, run_here
from tests.serve.old_images import Served, serving_old_images

KEEP_ONE = text_of(rule(1, "any", keep=1))
_ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("DOGWATCH_")}


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[Served]:
    with serving_old_images(database, tmp_path) as opened:
        yield opened


def run(served: Served, *arguments: str, given: str = "") -> Answer:
    flags = ["--database-url", served.world.dsn, "--account", ACCOUNT]
    return run_here("lifecycle", *arguments, *flags, environment=_ENVIRONMENT, given=given)


def rows(done: Answer) -> Any:
    assert done.exit_code == 0, done.told
    return json.loads(done.output)


def failure(served: Served, *arguments: str, given: str = "") -> tuple[int, str, str]:
    done = run(served, *arguments, given=given)
    return done.exit_code, done.output, done.told.removeprefix("dogwatch: ").rstrip("\n")


def test_a_policy_is_set_shown_previewed_and_removed(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text(KEEP_ONE)
    (stored,) = rows(run(served, "set", "app", str(file), "-o", "json"))
    assert (stored["registry_alias"], stored["repository"], stored["going"]) == ("local", "app", 3)
    assert run(served, "show", "app").output == KEEP_ONE + "\n"
    assert rows(run(served, "show", "-o", "json")) == [stored]
    preview = run(served, "preview", "app", "-o", "json")
    assert [(one["digest"], one["verdict"]) for one in rows(preview)] == [(digest(name), "goes") for name in "abc"]
    assert preview.told == f"Of 4 images: 3 would be deleted, 1 stay.\nThis is {NOTHING_IS_DELETED}.\n"
    table = run(served, "preview", "app", "--all", "-o", "table")
    assert table.output.count("would be deleted") == 4  # three rows, and the sum
    removed = run(served, "remove", "app")
    assert (removed.exit_code, removed.output) == (0, "")
    assert failure(served, "show", "app") == (4, "", "no such lifecycle policy: app")


def test_a_policy_is_read_from_standard_input_or_named(served: Served) -> None:
    assert len(rows(run(served, "preview", "app", "-", "-o", "json", given=KEEP_ONE))) == 3
    unused = rows(run(served, "preview", "app", "--preset", "unused", "-o", "json"))
    assert {(one["digest"], one["action"], one["rule"]) for one in unused} == {
        (digest("a"), "archive", 2),
        (digest("b"), "archive", 2),
        (digest("c"), "expire", 1),
        (digest("d"), "archive", 2),
    }


def test_what_is_wrong_is_told_with_its_place(served: Served) -> None:
    assert failure(served, "set", "app") == (2, "", "lifecycle set: name a file, or a --preset")
    both = "lifecycle preview: name a file or a --preset, not both"
    assert failure(served, "preview", "app", "-", "--preset", "unused") == (2, "", both)
    missing = "file: cannot read /no/such/file: No such file or directory"
    assert failure(served, "set", "app", "/no/such/file") == (2, "", missing)
    assert failure(served, "set", "app", "-", given="x" * 200_001) == (2, "", "file: - is larger than any policy")
    code, _, said = failure(served, "set", "app", "-", given=text_of(rule(4, "any", keep=0)))
    assert (code, said.startswith("rules[0].selection.countNumber: rule 4: 0 is no whole number")) == (2, True)
    code, _, said = failure(served, "set", "app", "-", given='{"rules": [}'.ljust(100))
    assert (code, said.splitlines()[1].strip()) == (2, '{"rules": [}')


def test_what_is_not_there_is_told(served: Served) -> None:
    assert failure(served, "show", "other") == (4, "", "no such repository: other")
    assert failure(served, "preview", "app") == (4, "", "no such lifecycle policy: app")
    missing = "no such preset: strict; there are untagged, unused"
    assert failure(served, "set", "app", "--preset", "strict") == (4, "", missing)
    shown = run(served, "show")
    assert (shown.exit_code, shown.output, shown.told.splitlines()[0]) == (
        0,
        "",
        "No repository has a policy. Keep one: dogwatch lifecycle set REPOSITORY FILE",
    )


def test_a_name_that_two_registries_have_wants_the_registry(served: Served) -> None:
    world = served.world
    other, _ = world.registries.add(ACCOUNT, "other", RegistryAccess("https://other.example"), "eu-west-1")
    with world.database.transaction() as connection:
        connection.execute(
            "INSERT INTO repository (account_id, registry_id, name) VALUES (%s, %s, 'app')", (ACCOUNT, other.id)
        )
    unused = ("preview", "app", "--preset", "unused", "-o", "json")
    assert failure(served, *unused) == (2, "", "registry: name one by --registry: local, other have app")
    assert len(rows(run(served, *unused, "--registry", "local"))) == 4
    assert rows(run(served, *unused, "--registry", "other")) == []
