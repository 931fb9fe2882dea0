"""The import contract: it knows every room, and it refuses exactly what the design does not allow."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[3]

PURE = {"model", "versions", "inventory", "matching", "windows"}
MAY_IMPORT: dict[str, set[str]] = {
    "model": set(),
    "versions": {"model"},
    "inventory": {"model", "versions"},
    "matching": {"model", "versions"},
    "windows": {"model", "versions"},
    "registry": PURE,
    "advisories": PURE,
    "store": PURE,
    "flow": PURE,
    "serve": PURE,
    "demonstration": {"model"},
    "settings": {"model"},
    "app": PURE | {"registry", "advisories", "store", "flow", "serve", "demonstration", "settings"},
    "cli": {"model", "settings", "app"},
}
ROOMS = sorted(MAY_IMPORT)


def make_rooms(folder: Path, imports: set[tuple[str, str]]) -> None:
    """Lays out a package of empty rooms with our contract, and one module for each import (from, what)."""
    shutil.copy(PROJECT / "pyproject.toml", folder)
    for room in ROOMS:
        (folder / "dogwatch" / room).mkdir(parents=True)
        (folder / "dogwatch" / room / "__init__.py").touch()
    (folder / "dogwatch" / "__init__.py").touch()
    for room, imported in imports:
        name = imported.removeprefix("dogwatch.")
        (folder / "dogwatch" / room / f"uses_{name}.py").write_text(f"import {imported}\n", encoding="utf-8")


def refused(folder: Path) -> tuple[int, set[tuple[str, str]]]:
    """Checks the contract there; returns the exit status and the direct imports (from, what) it refuses."""
    command = Path(sys.executable).parent / "lint-imports"
    environment = {"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin", "PYTHONUTF8": "1"}
    run = subprocess.run(
        [command, "--no-cache"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    lines = re.findall(r"dogwatch\.(\w+)\.uses_(\w+) -> ([\w.]+)", run.stdout)
    return run.returncode, {(room, imported) for room, used, imported in lines if imported.endswith(used)}


def test_every_room_of_the_package_stands_in_the_table() -> None:
    package = PROJECT / "src" / "dogwatch"
    found = {path.stem for path in package.iterdir() if path.suffix == ".py" or (path.is_dir() and any(path.iterdir()))}
    assert found - {"__init__", "__pycache__"} <= set(ROOMS)


def test_the_imports_of_the_design_are_kept(tmp_path: Path) -> None:
    make_rooms(tmp_path, {(room, f"dogwatch.{other}") for room in ROOMS for other in MAY_IMPORT[room]})
    assert refused(tmp_path) == (0, set())


def test_every_other_import_is_refused(tmp_path: Path) -> None:
    others = {
        (room, f"dogwatch.{other}") for room in ROOMS for other in ROOMS if other not in MAY_IMPORT[room] | {room}
    }
    make_rooms(tmp_path, others)
    assert refused(tmp_path) == (1, others)


def test_pure_rooms_are_refused_io_clock_and_logging(tmp_path: Path) -> None:
    modules = {"asyncio", "httpx2", "logging", "procrastinate", "psycopg", "socket", "subprocess", "time"}
    imports = {(room, module) for room in PURE for module in modules}
    make_rooms(tmp_path, imports)
    assert refused(tmp_path) == (1, imports)
