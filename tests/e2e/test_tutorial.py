"""docs/tutorial.md, typed from top to bottom: what it promises to show is what is shown.

Blocks marked `sh` are typed, `sh service` runs on, `sh not-tested` is left out. A `text` block is what the block above
shows on a terminal: its lines in this order, among others; … stands for anything. Ports are other ones, and what
mmdebstrap, pip and npm would download comes from the cache of the end-to-end test.
"""

from __future__ import annotations

import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.docker_registry import requires_docker_registry, requires_skopeo
from tests.e2e.fixture_image import cache_folder, debian_tar, npm_files, python_files, requirements
from tests.folders import fast_root
from tests.ports import free_port
from tests.quiet import quiet_minutes

DOCS = Path(__file__).parents[2] / "docs"
_FENCE = re.compile(r"^```(?P<kind>[a-z][^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LOOKS = re.compile(r"(dogwatch (findings|images|coverage|db status|rescan show|registries test)|curl) ?.*")
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_WAIT_SECONDS = 240.0
_BLOCK_SECONDS = 180.0
_STOP_SECONDS = 120.0


def _requires_image(test: Callable[[], None]) -> Callable[[], None]:
    for mark in requirements():
        test = mark(test)
    return test


@dataclass(frozen=True)
class Block:
    """One block of the tutorial: its kind, what is typed, and what it is to show."""

    kind: str
    text: str
    shows: tuple[str, ...] = ()


def blocks(page: str) -> list[Block]:
    """Return the blocks that are typed, each with what it is to show."""
    found: list[Block] = []
    for fence in _FENCE.finditer(page):
        if fence["kind"] == "text":
            found[-1] = Block(found[-1].kind, found[-1].text, tuple(fence["text"].splitlines()))
        else:
            found.append(Block(fence["kind"], fence["text"]))
    return found


def test_every_block_is_of_a_kind_that_the_test_knows() -> None:
    page = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    kinds = {one.kind for one in blocks(page)}
    assert kinds == {"sh", "sh service", "sh not-tested"}


@requires_docker_registry
@requires_skopeo
@_requires_image
def test_the_tutorial_shows_what_it_says() -> None:
    with _terminal() as terminal:
        for block in blocks((DOCS / "tutorial.md").read_text(encoding="utf-8")):
            terminal.type(block)


@dataclass
class Terminal:
    """Where the tutorial is typed: a folder, ports of our own, and what was exported so far."""

    folder: Path
    environment: Mapping[str, str]
    replaced: Mapping[str, str]
    services: ExitStack
    exported: str = ""

    def type(self, block: Block) -> None:
        """Do what a block says and wait until it shows what it should."""
        if block.kind == "sh not-tested":
            return
        text = self._own(block.text)
        if block.kind == "sh service":
            self.services.enter_context(self._running(text))
            return
        self.exported += "".join(f"{line}\n" for line in text.splitlines() if line.startswith("export "))
        shown = self._run(text)
        expected = [self._own(line) for line in block.shows]
        looks = "\n".join(line for line in text.splitlines() if _LOOKS.fullmatch(line))
        deadline = time.monotonic() + _WAIT_SECONDS
        while missing := _missing(expected, shown):
            assert time.monotonic() < deadline, f"{text}\nshows\n{shown}\nwithout\n{missing}"
            time.sleep(0.5)
            shown = self._run(looks)

    def _own(self, text: str) -> str:
        for theirs, ours in self.replaced.items():
            text = text.replace(theirs, ours)
        return text

    def _run(self, text: str) -> str:
        """Run lines of shell on a terminal and return what it shows."""
        leader, follower = pty.openpty()
        command = ["bash", "-euo", "pipefail", "-c", self.exported + text]
        process = subprocess.Popen(
            command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=follower, stderr=follower
        )
        os.close(follower)
        shown = b""
        with os.fdopen(leader, "rb", buffering=0) as terminal, suppress(OSError):  # the end of a terminal is an error
            while part := terminal.read(65536):
                shown += part
        code = process.wait(_BLOCK_SECONDS)
        answer = shown.decode(errors="replace")
        assert code == 0, f"{text}\nended with {code}:\n{answer}"
        return answer

    @contextmanager
    def _running(self, text: str) -> Iterator[None]:
        """Run what runs on, as in a terminal of its own; Ctrl-C ends it."""
        with (self.folder / "services.log").open("ab") as log:
            process = subprocess.Popen(
                ["bash", "-c", f"exec env --default-signal=INT {text}"],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def _terminal() -> Iterator[Terminal]:
    cache = cache_folder()
    listen, registry = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    # Not pytest's temporary folder: as root, the database server's own user must be able to pass through.
    with tempfile.TemporaryDirectory(prefix="dogwatch-tutorial-", dir=fast_root(), ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        (folder / "docs").symlink_to(DOCS)
        programs = folder / "programs"
        _write_programs(programs, cache)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DOGWATCH_")}
        environment = kept | {
            "PATH": f"{programs}:{kept['PATH']}",
            "DOGWATCH_LISTEN": listen,
            "DOGWATCH_WORKERS": "1",
            "DOGWATCH_FEED_MINUTES": quiet_minutes(),
            "DOGWATCH_POLL_MINUTES": quiet_minutes(),
            "COLUMNS": "250",
            "NO_COLOR": "1",
        }
        replaced = {
            "127.0.0.1:8470": listen,
            "127.0.0.1:5000": registry,
            "./run": "dogwatch serve",
            ". .venv/bin/activate": ":",
        }
        with ExitStack() as services:
            yield Terminal(folder, environment, replaced, services)


def _write_programs(folder: Path, cache: Path) -> None:
    """Write `dogwatch` as tested, and stand-ins that hand out what the real programs would download."""
    folder.mkdir()
    for name, files in (("python", python_files(cache)), ("npm", npm_files(cache))):
        for path, content in files.items():
            place = folder / "files" / name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    python, kept = shlex.quote(sys.executable), shlex.quote(str(folder / "files"))
    site_packages = f"{kept}/python/usr/local/lib/python3.11/site-packages"
    scripts = {
        "dogwatch": f'exec {python} -m dogwatch.cli "$@"',
        "mmdebstrap": f'for target; do :; done; cp {shlex.quote(str(debian_tar(cache)))} "$target"',
        "npm": f'while [ "$1" != --prefix ]; do shift; done; mkdir -p "$2"; cp -r {kept}/npm/srv/app/. "$2"',
        "python3": f'[ "$1 $2" = "-m pip" ] || exec {python} "$@"\n'
        f'while [ "$1" != --target ]; do shift; done; mkdir -p "$2"; cp -r {site_packages}/. "$2"',
    }
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)


def _missing(expected: Sequence[str], shown: str) -> list[str]:
    """Return the expected lines from the first on that is not shown in its order."""
    lines = iter([" ".join(line.split()) for line in _STYLE.sub("", shown).splitlines()])
    for number, wanted in enumerate(expected):
        if not any(_pattern(wanted).fullmatch(line) for line in lines):
            return list(expected[number:])
    return []


def _pattern(wanted: str) -> re.Pattern[str]:
    """Return what a line has to look like; … at its end may also stand for nothing."""
    words = " ".join(wanted.split())
    begun = words.removesuffix(" …")
    anything = ".*".join(re.escape(part) for part in begun.split("…"))
    return re.compile(anything if begun == words else f"{anything}( .*)?")
