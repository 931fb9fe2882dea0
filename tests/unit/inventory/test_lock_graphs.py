"""What only development needs, in lock files that tell it by what depends on what."""

from __future__ import annotations

import pytest

from dogwatch.inventory.catalogue import find_extractor
from dogwatch.inventory.extractor import SpooledExtractor
from dogwatch.inventory.limits import DEFAULT_LIMITS, Limits
from dogwatch.inventory.lock_graphs import LockGraph
from tests.builders import lock_files as files


def names(path: str, content: str, limits: Limits = DEFAULT_LIMITS) -> list[str]:
    extractor = find_extractor(path)
    assert extractor is not None
    assert not isinstance(extractor, SpooledExtractor)
    found = extractor.extract(path, content.encode(), limits)
    assert found.gaps == ()
    return [f"{one.name}@{one.version}" for one in found.packages]


PNPM = ["@s/a@1.0.0", "deep@1.0.0", "peer@2.0.0", "real@1.0.0"]
BUN = ["@s/a@1.0.0", "deep@0.9.0", "deep@1.0.0", "peer@2.0.0"]  # places of a name are not told apart
UV = ["asgiref@3.0.0", "flask@2.0.0", "jinja2@3.0.0", "redis@5.0"]


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [("pnpm-lock.yaml", files.PNPM_9_PARTS, PNPM), ("bun.lock", files.BUN_PARTS, BUN), ("uv.lock", files.UV_PARTS, UV)],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
def test_what_the_project_does_not_lead_to_is_left_out(path: str, content: str, expected: list[str]) -> None:
    assert names(path, content) == expected
    assert names(path, content.replace("\n", "\r\n")) == expected


@pytest.mark.parametrize(
    ("path", "content", "missing"),
    [
        ("pnpm-lock.yaml", files.PNPM_9_PARTS.replace("importers:", "other:"), ["tool@3.0.0", "toolbox@1.0.0"]),
        ("bun.lock", files.BUN_PARTS.replace('"workspaces"', '"other"'), ["tool@3.0.0", "toolbox@1.0.0"]),
        ("uv.lock", files.UV_PARTS.replace("editable", "registry"), ["app@0.1.0", "pluggy@1.0", "pytest@8.0"]),
    ],
    ids=["pnpm", "bun", "uv"],
)
def test_where_the_project_is_not_named_everything_is_listed(path: str, content: str, missing: list[str]) -> None:
    assert set(names(path, content)) >= set(missing)


def test_a_project_that_needs_nothing_to_run_leads_to_nothing() -> None:
    only_tools = files.PNPM_9_PARTS.replace("\n    dependencies:\n      '@s/a'", "\n    devDependencies:\n      '@s/a'")
    assert names("pnpm-lock.yaml", only_tools) == []


def test_a_graph_is_followed_through_circles_and_given_up_where_it_is_too_large() -> None:
    graph = LockGraph(Limits(file_entries=1))
    graph.begin()
    graph.need(["a"])
    graph.need(["b"], "a")
    graph.need(["a", "c"], "b")
    assert graph.needed() == frozenset("abc")
    graph.need([str(number) for number in range(50)], "c")
    assert graph.needed() is None
