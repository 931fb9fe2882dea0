"""The lock files: complete, with hashes, bound to no index, and of one mind."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parents[3]
REQUIREMENTS = PROJECT / "requirements"


def locked(name: str) -> dict[str, str]:
    """Returns distribution → pinned version."""
    text = (REQUIREMENTS / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, flags=re.MULTILINE))


def wanted(*groups: str) -> list[Requirement]:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = [
        *project["project"]["dependencies"],
        *(line for each in groups for line in project["dependency-groups"][each]),
    ]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize(("name", "groups"), [("run.txt", ["build"]), ("dev.txt", ["build", "dev"])])
def test_every_requirement_is_locked_inside_its_range(name: str, groups: list[str]) -> None:
    versions = locked(name)
    outside = [
        str(each) for each in wanted(*groups) if not each.specifier.contains(versions[canonicalize_name(each.name)])
    ]
    assert outside == []


def test_tests_run_with_what_users_run_with() -> None:
    assert locked("run.txt").items() <= locked("dev.txt").items()


@pytest.mark.parametrize("name", ["run.txt", "dev.txt", "fuzz.txt"])
def test_every_pin_has_hashes_and_no_address(name: str) -> None:
    text = (REQUIREMENTS / name).read_text(encoding="utf-8")
    pins = re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:]
    assert [pin.splitlines()[0] for pin in pins if "--hash=sha256:" not in pin] == []
    assert re.findall(r"://|--index|--find-links|--trusted", text) == []
