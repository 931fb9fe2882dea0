"""docs/several-machines.md, typed on machines: a database's, one that serves, and two that work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from dogwatch import __version__
from tests.hosts.networks import Host, Network, requires_namespaces
from tests.hosts.postgresql import PostgresServer
from tests.hosts.services import running
from tests.waiting import wait_until

pytestmark = [requires_namespaces()]

_PAGE = Path(__file__).parents[2] / "docs" / "several-machines.md"
_FENCE = re.compile(r"^```sh (?P<where>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def _blocks() -> dict[str, str]:
    return {found["where"]: found["text"] for found in _FENCE.finditer(_PAGE.read_text(encoding="utf-8"))}


def test_the_page_brings_three_machines_to_work(hosts: Network, postgres: PostgresServer, tmp_path: Path) -> None:
    typed = _blocks()
    assert list(typed) == ["database", "machine", "service", "worker", "look"]
    psql = {"PATH": f"{postgres.programs}:{os.environ['PATH']}", "PGHOST": postgres.host.address}
    _type(postgres.host, typed["database"], psql | {"PGUSER": "postgres", "PGPASSWORD": "s3cret"})
    with ExitStack() as machines:
        for number, program in enumerate(("service", "worker", "worker")):
            host, folder = hosts.add_host(), tmp_path / str(number)
            folder.mkdir()
            own = {"db.example": postgres.host.address, "/etc/dogwatch": str(folder)}
            machine = _machine(folder)
            _type(host, _replaced(typed["machine"], own), machine)
            command = ["sh", "-c", f"exec {_replaced(typed[program], own)}"]
            machines.enter_context(running(host, folder / "log", *command, environment=machine))

        def seen() -> list[list[str]]:
            return [line.split("\t") for line in _type(host, typed["look"], machine).splitlines()]

        wait_until(lambda: len(seen()) == 3, "all three are there", seconds=600)
        assert [row[2:4] for row in seen()] == [[__version__, "at work"]] * 3


def _machine(folder: Path) -> dict[str, str]:
    """A machine's environment, with the program on its path; feeds are not looked for in the wide world."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    mirror = folder / "mirror"
    mirror.mkdir()
    return {
        "PATH": path,
        "DOGWATCH_CONFIG": str(folder / "config.toml"),
        "DOGWATCH_DATA": str(folder / "data"),
        "DOGWATCH_FEED_MIRROR": str(mirror),
        "DOGWATCH_FACTS_OFF": "all",
    }


def _replaced(text: str, own: Mapping[str, str]) -> str:
    for theirs, ours in own.items():
        text = text.replace(theirs, ours)
    return text


def _type(host: Host, text: str, environment: Mapping[str, str]) -> str:
    """Run lines of shell on a machine; returns what they print."""
    command = host.command("sh", "-euc", text)
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)
    assert done.returncode == 0, (text, done.stderr)
    return done.stdout
