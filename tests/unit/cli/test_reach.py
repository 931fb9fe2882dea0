"""Which commands ask a service that is named, and what the others say."""

from __future__ import annotations

import itertools
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.testing

from dogwatch.cli.main import application
from dogwatch.cli.remote.problems import ServiceError
from dogwatch.model.deeds import Deed
from dogwatch.model.errors import InvalidRequestError
from tests.unit.cli.test_main import COMMANDS

NOBODY = "http://127.0.0.1:1"
ASK = {
    *(
        "findings",
        "explain",
        *("vulns show", "vulns search"),
        "images list",
        "images history",
        *(f"images {deed}" for deed in Deed),
        *("exclusions list", "exclusions add", "exclusions remove"),
        *("advisories list", "advisories show", "advisories add", "advisories remove"),
        "coverage",
        "sbom",
        *("db search", "db diff", "db status"),
        "db update",
        "rescan show",
        "rescan set",
        "rescan what-if",
        "rescan scopes",
        *("accounts status", "accounts enable", "accounts disable"),
        "costs",
        "scanning show",
        "scanning set",
        "scanning reset",
    ),
    *(f"images {deed}" for deed in Deed),
    *("registries list", "registries test", "registries set", "registries remove"),
}
MACHINE = {"serve", "worker", "scan", "config"}
FOLDER = {" ".join(path) for path in COMMANDS} - ASK - MACHINE


def example_of(command: str) -> list[str]:
    """Return the words of the first example in a command's help."""
    lines = COMMANDS[tuple(command.split())].epilog.split("Examples:\n")[1].splitlines()
    words = itertools.dropwhile(lambda word: "=" in word, shlex.split(lines[0]))
    return list(words)[1:]


def refusal_of(command: str, *options: str, **variables: str) -> BaseException | None:
    """Run a command's example in this process and return the error that it ends with."""
    words = [*example_of(command), *options]
    outcome = typer.testing.CliRunner().invoke(application, words, env=variables, prog_name="dogwatch")
    assert outcome.stdout == ""
    return outcome.exception


@pytest.mark.parametrize("command", sorted(ASK))
def test_a_command_that_asks_reaches_for_the_service_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for word in example_of(command):
        if word.endswith(".json"):
            (tmp_path / word).write_text("{}")
    error = refusal_of(command, DOGWATCH_SERVER=NOBODY, DOGWATCH_DATA="/dev/null/data")
    assert isinstance(error, ServiceError)
    assert error.message.startswith(f"{NOBODY}/api/v1/")


@pytest.mark.parametrize("command", sorted(FOLDER))
def test_a_command_that_needs_the_data_folder_says_what_to_type_and_touches_nothing(
    tmp_path: Path, command: str
) -> None:
    error = refusal_of(command, "--server", NOBODY, "--data", str(tmp_path / "data"))
    assert isinstance(error, InvalidRequestError)
    assert f"type `dogwatch {command}` on the machine of {NOBODY}" in error.message
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("flag", ["--data", "--database-url", "--account"])
def test_a_data_folder_beside_a_service_is_refused(flag: str) -> None:
    value = "123456789012" if flag == "--account" else "host=x"
    error = refusal_of("findings", "--server", NOBODY, flag, value)
    assert isinstance(error, InvalidRequestError)
    assert "means nothing beside --server" in error.message


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_no_flag_of_a_command_means_two_things(path: tuple[str, ...]) -> None:
    command: Any = typer.main.get_command(application)
    for name in path:
        command = command.commands[name]
    flags = [flag for one in command.params for flag in (*one.opts, *one.secondary_opts)]
    assert sorted(flags) == sorted(set(flags))
