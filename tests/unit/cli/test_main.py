"""The program as a whole: help, version, examples, settings as flags."""

import itertools
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from dogwatch import __version__
from dogwatch.cli import commands
from dogwatch.cli.commands import COMMANDS as LISTED
from dogwatch.cli.main import application
from dogwatch.settings import SETTINGS
from tests.command_line import Answer, run_here

_HEAVY = {"rich", "fastapi", "psycopg", "procrastinate", "botocore", "uvicorn", "httpx2", "msgspec"}
_ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("DOGWATCH_")}


def _dogwatch(*arguments: str, **variables: str) -> Answer:
    return run_here(*arguments, environment=_ENVIRONMENT | variables)


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    below = getattr(command, "commands", {})
    if not below:
        yield path, command
    for name, one in below.items():
        yield from _commands(one, (*path, name))


COMMANDS = dict(_commands(typer.main.get_command(application)))


def test_the_version_is_shown() -> None:
    done = _dogwatch("--version")
    assert (done.exit_code, done.output, done.told) == (0, f"dogwatch {__version__}\n", "")


def test_help_names_every_command() -> None:
    done = _dogwatch("--help")
    assert done.exit_code == 0
    assert all(f"\n  {path[0]} " in done.output for path in COMMANDS)


@pytest.mark.parametrize("path", sorted(COMMANDS), ids=" ".join)
def test_every_command_has_help_with_examples_that_parse(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    lines = [line.strip() for line in (command.epilog or "").splitlines()]
    assert "Examples:" in lines
    examples = [line for line in lines[lines.index("Examples:") + 1 :] if line]
    assert examples
    assert command.help
    for example in examples:
        words = list(itertools.dropwhile(lambda word: "=" in word, shlex.split(example)))  # DOGWATCH_DEMO=1 dogwatch …
        assert tuple(words[: len(path) + 1]) == ("dogwatch", *path)
        command.make_context("dogwatch", words[len(path) + 1 :])


def test_the_purposes_in_the_list_of_commands_are_their_own() -> None:
    commands = typer.main.get_command(application).commands  # type: ignore[attr-defined]  # a group has some
    own = {name: " ".join(one.help.split("\n\n")[0].split()) for name, one in commands.items()}
    assert {one.name: one.purpose for one in LISTED} == own


def test_every_module_with_commands_is_in_the_list() -> None:
    modules = {path.stem for path in Path(commands.__file__).parent.glob("*.py") if "\ndef add_to(" in path.read_text()}
    assert {one.module for one in LISTED} == modules


def test_help_imports_no_command() -> None:
    modules = {f"dogwatch.cli.{one.module}" for one in LISTED}
    program = (
        "import sys\nfrom dogwatch.cli.main import main\nsys.argv = ['dogwatch', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print(set(sys.modules) & {modules})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=180, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_heavy_libraries_stay_out_of_help_and_version(option: str) -> None:
    program = (
        "import sys\n"
        "from dogwatch.cli.main import main\n"
        f"sys.argv = ['dogwatch', '{option}']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print(sorted({_HEAVY} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=180, check=True)
    assert done.stderr == "[]\n"


def test_an_unknown_command_is_a_usage_error() -> None:
    done = _dogwatch("finding")
    assert (done.exit_code, done.output) == (2, "")
    assert "No such command" in done.told


def test_the_service_takes_every_setting_as_a_flag_and_other_commands_the_usual_ones() -> None:
    def flags(*path: str) -> set[str]:
        return {name for one in COMMANDS[path].params for name in one.opts if name.startswith("--")}

    every = {one.flag for one in SETTINGS}
    afar = {"--server", "--token-file", "--ca-file", "--plain-http"}
    assert every - afar <= flags("serve") & flags("worker")
    assert every <= flags("config")
    for path in COMMANDS:
        assert {"--data", "--database-url", "--account", "--config"} <= flags(*path)


def test_flags_win_over_the_environment_and_the_origin_is_told(tmp_path: object) -> None:
    done = _dogwatch(
        "config",
        "--listen",
        "127.0.0.1:9",
        "--demo",
        "1",
        "-o",
        "json",
        DOGWATCH_LISTEN="127.0.0.1:8",
        DOGWATCH_WORKERS="3",
    )
    shown = {row["name"]: (row["value"], row["origin"]) for row in json.loads(done.output)}
    assert shown["listen"] == ("127.0.0.1:9", "flag --listen")
    assert shown["demo"] == ("1", "flag --demo")
    assert shown["workers"] == ("3", "environment DOGWATCH_WORKERS")
    assert shown["region"] == ("us-east-1", "default")


def test_a_switch_can_be_turned_off_by_its_flag() -> None:
    done = _dogwatch("config", "--no-open-loopback")
    assert "open_loopback\t0\tflag --open-loopback" in done.output


def test_a_password_in_a_setting_is_not_shown() -> None:
    done = _dogwatch("config", "-o", "json", DOGWATCH_DATABASE_URL="postgresql://me:s3cret@db.example/dogwatch")
    assert "s3cret" not in done.output
    assert "postgresql://me:***@db.example/dogwatch" in done.output


def test_plain_http_is_refused_unless_it_is_asked_for_by_name() -> None:
    done = _dogwatch("registries", "add", "http://127.0.0.1:1")
    assert (done.exit_code, done.output) == (2, "")
    assert "--plain-http" in done.told


@pytest.mark.parametrize(
    "options",
    [
        ["--password-file", "/p", "--password-variable", "P", "--username", "u"],
        ["--password-file", "/p"],
    ],
)
def test_contradictory_credentials_are_refused_before_anything_starts(options: list[str]) -> None:
    done = _dogwatch("registries", "add", "registry.example", *options, "--data", "/nonexistent")
    assert (done.exit_code, done.output) == (2, "")
    assert "password" in done.told


@pytest.mark.parametrize(
    "arguments",
    [
        ["findings", "--severity", "SEVERE"],
        ["findings", "--status", "OPEN"],
        ["findings", "--fix", "MAYBE"],
        ["rescan", "set", "--mode", "dancing"],
        ["clock", "advance", "a while"],
        ["keys", "add", "--role", "king"],
    ],
)
def test_a_wrong_word_is_refused_in_one_line_before_anything_starts(arguments: list[str]) -> None:
    done = _dogwatch(*arguments, "--data", "/dev/null/data")
    assert (done.exit_code, done.output) == (2, "")
    assert done.told.startswith("dogwatch: ")
    assert done.told.count("\n") == 1
    assert "/dev/null" not in done.told


@pytest.mark.parametrize("command", [["findings"], ["keys", "add"]])
def test_a_data_folder_that_cannot_be_made_is_told_without_a_traceback(command: list[str]) -> None:
    done = _dogwatch(*command, "--data", "/dev/null/data")
    assert (done.exit_code, done.output) == (2, "")
    assert done.told == "dogwatch: DOGWATCH_DATA: cannot make the folder /dev/null/data: Not a directory\n"


def test_a_database_that_is_not_there_is_told_and_not_an_empty_list() -> None:
    done = _dogwatch("findings", "--database-url", "postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=5")
    assert (done.exit_code, done.output) == (5, "")
    assert done.told.startswith("dogwatch: database unavailable: ")
    assert "Traceback" not in done.told


def test_keys_are_made_listed_without_their_secret_and_removed(tmp_path: Path) -> None:
    where = ["--data", str(tmp_path), "-o", "json"]
    made = json.loads(_dogwatch("keys", "add", "--role", "admin", *where).output)
    assert json.loads(_dogwatch("keys", "list", *where).output) == [
        {"id": made["id"], "account_id": "000000000000", "role": "admin"}
    ]
    assert _dogwatch("keys", "remove", made["id"], "--data", str(tmp_path)).exit_code == 0
    assert json.loads(_dogwatch("keys", "list", *where).output) == []
    assert _dogwatch("keys", "remove", made["id"], "--data", str(tmp_path)).exit_code == 4


def test_a_change_of_windows_has_to_name_one() -> None:
    done = _dogwatch("rescan", "set", "--data", "/nonexistent")
    assert done.exit_code == 2
    assert "--push, --activity, --mode" in done.told
