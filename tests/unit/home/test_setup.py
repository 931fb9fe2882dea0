"""./run, ./test and ./dev: what they do on machines in different states, with stand-ins for python3, apt-get and id."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]

INTERPRETER = """#!/bin/sh
# A python3 of $VERSION, with ensurepip where $STATE/ensurepip exists; it writes down what it is asked.
case "$*" in
    *version_info*) [ "$VERSION" != 3.9.2 ] ;;
    *python_version*) echo "$VERSION" ;;
    *"import ensurepip"*) [ -e "$STATE/ensurepip" ] ;;
    "-m venv --clear "*)
        echo venv >>"$STATE/log"
        rm -rf "$4"; mkdir -p "$4/bin"; cp "$0" "$4/bin/python"
        printf '#!/bin/sh\\necho dogwatch "$@"\\n' >"$4/bin/dogwatch"; chmod +x "$4/bin/dogwatch" ;;
    "-m pip --version") ;;
    "-m pip install "*--editable*) echo project >>"$STATE/log" ;;
    "-m pip install "*)
        for last; do :; done
        echo "packages $(basename "$last")" >>"$STATE/log"
        [ ! -e "$STATE/slow" ] || sleep 0.5
        [ ! -e "$STATE/offline" ] ;;
    "-m pytest "*) echo "$@" ;;
    *) exit 99 ;;
esac
"""
APT_GET = """#!/bin/sh
echo "apt-get $*" >>"$STATE/log"
case "$*" in *install*) touch "$STATE/ensurepip" ;; esac
"""


@dataclass(frozen=True)
class Machine:
    """A copy of the project's scripts on a machine of stand-ins."""

    home: Path
    state: Path
    programs: Path

    def has(self, *states: str) -> None:
        for each in states:
            (self.state / each).touch()

    def is_used_by(self, user_id: int) -> None:
        self.install("id", f"#!/bin/sh\necho {user_id}\n")

    def install(self, program: str, text: str) -> None:
        path = self.programs / program
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def start(self, *command: str, version: str = "3.11.2") -> subprocess.Popen[str]:
        environment = {
            "PATH": f"{self.programs}:{os.defpath}",
            "PYTHON": str(self.programs / "python3"),
            "STATE": str(self.state),
            "VERSION": version,
        }
        line = [str(self.home / command[0]), *command[1:]]
        return subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *command: str, version: str = "3.11.2") -> tuple[int, str, str]:
        """Returns exit status, standard output and standard error."""
        process = self.start(*command, version=version)
        output, errors = process.communicate(timeout=180)
        return process.returncode, output, errors

    def log(self) -> list[str]:
        """Returns what was asked of the stand-ins since the last look."""
        path = self.state / "log"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(home=tmp_path / "my dogwatch", state=tmp_path / "state", programs=tmp_path / "bin")
    for folder in (made.home, made.state, made.programs):
        folder.mkdir()
    for name in ("run", "test", "dev", "pyproject.toml"):
        shutil.copy(PROJECT / name, made.home)
    for name in ("scripts", "requirements"):
        shutil.copytree(PROJECT / name, made.home / name)
    made.install("python3", INTERPRETER)
    made.install("apt-get", APT_GET)
    made.is_used_by(1000)
    return made


def test_the_first_start_sets_up_and_the_second_asks_nobody(machine: Machine) -> None:
    machine.has("ensurepip")
    assert machine.run("run", "--listen", "127.0.0.1:1")[:2] == (0, "dogwatch serve --listen 127.0.0.1:1\n")
    assert machine.log() == ["venv", "packages run.txt", "project"]
    assert machine.run("run") == (0, "dogwatch serve\n", "")
    assert machine.log() == []


def test_tests_need_more_than_a_start_and_cover_it(machine: Machine) -> None:
    machine.has("ensurepip")
    machine.run("run")
    machine.log()
    assert machine.run("test", "-k", "a b")[:2] == (0, "-m pytest -k a b\n")
    assert machine.log() == ["packages dev.txt", "project"]
    assert machine.run("run") == (0, "dogwatch serve\n", "")
    assert machine.log() == []


@pytest.mark.parametrize("changed", ["requirements/run.txt", "pyproject.toml"])
def test_a_changed_lock_is_installed_into_the_same_environment(machine: Machine, changed: str) -> None:
    machine.has("ensurepip")
    machine.run("run")
    machine.log()
    with (machine.home / changed).open("a", encoding="utf-8") as text:
        text.write("# changed\n")
    assert machine.run("run")[:2] == (0, "dogwatch serve\n")
    assert machine.log() == ["packages run.txt", "project"]


def test_a_moved_folder_gets_a_new_environment(machine: Machine) -> None:
    machine.has("ensurepip")
    machine.run("run")
    machine.log()
    moved = Machine(machine.home.rename(machine.home.with_name("moved")), machine.state, machine.programs)
    assert moved.run("run")[:2] == (0, "dogwatch serve\n")
    assert moved.log() == ["venv", "packages run.txt", "project"]


def test_an_environment_whose_interpreter_is_gone_is_made_anew(machine: Machine) -> None:
    machine.has("ensurepip")
    machine.run("run")
    machine.log()
    (machine.home / ".venv" / "bin" / "python").unlink()
    assert machine.run("run")[:2] == (0, "dogwatch serve\n")
    assert machine.log() == ["venv", "packages run.txt", "project"]


def test_a_failed_installation_is_tried_again(machine: Machine) -> None:
    machine.has("ensurepip", "offline")
    status, output, errors = machine.run("run")
    assert (status, output) == (1, "")
    assert "the packages could not be installed" in errors
    assert machine.log() == ["venv", "packages run.txt"]
    (machine.state / "offline").unlink()
    assert machine.run("run")[:2] == (0, "dogwatch serve\n")
    assert machine.log() == ["packages run.txt", "project"]


def test_of_two_starts_at_once_one_waits_for_the_other(machine: Machine) -> None:
    machine.has("ensurepip", "slow")
    starts = [machine.start("run") for _ in range(2)]
    answers = [start.communicate(timeout=180) for start in starts]
    assert [(start.returncode, output) for start, (output, _) in zip(starts, answers, strict=True)] == [
        (0, "dogwatch serve\n")
    ] * 2
    assert machine.log() == ["venv", "packages run.txt", "project"]


def test_without_ensurepip_an_ordinary_user_gets_one_line_to_type(machine: Machine) -> None:
    status, output, errors = machine.run("run")
    assert (status, output) == (1, "")
    assert errors.splitlines()[-1] == "    sudo apt-get update && sudo apt-get install -y python3-venv"
    assert machine.log() == []


def test_without_ensurepip_root_installs_it(machine: Machine) -> None:
    machine.is_used_by(0)
    assert machine.run("run")[:2] == (0, "dogwatch serve\n")
    assert machine.log() == [
        "apt-get -q update",
        "apt-get -q install -y --no-install-recommends python3-venv",
        "venv",
        "packages run.txt",
        "project",
    ]


@pytest.mark.parametrize("command", ["run", "test"])
def test_an_old_python_is_named(machine: Machine, command: str) -> None:
    status, output, errors = machine.run(command, version="3.9.2")
    assert (status, output) == (1, "")
    assert "needs Python 3.11 to 3.14" in errors
    assert "is 3.9.2" in errors
    assert machine.log() == []


def test_without_any_python_the_package_to_install_is_named(machine: Machine) -> None:
    (machine.programs / "python3").unlink()
    status, _, errors = machine.run("run")
    assert status == 1
    assert "apt-get install -y python3" in errors


def test_a_verb_that_is_none_is_refused_before_anything_is_set_up(machine: Machine) -> None:
    assert machine.run("dev", "nonsense")[:2] == (2, "")
    assert machine.run("dev")[0] == 2
    assert machine.run("dev", "help")[0] == 0
    assert machine.log() == []


@pytest.mark.parametrize("script", ["run", "test", "dev", "scripts/setup.sh"])
def test_scripts_are_plain_posix_shell(script: str) -> None:
    assert subprocess.run(["sh", "-n", PROJECT / script], check=False).returncode == 0
    assert "\n[[ " not in (PROJECT / script).read_text(encoding="utf-8")
