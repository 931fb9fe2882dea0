"""Exclusion lists in the JSON API, over a real database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dogwatch.cli.remote import setup_shapes
from dogwatch.model.exclusions import ExclusionKind
from tests.serve.asgi import LOCAL, Reply, call
from tests.serve.asking import bearer
from tests.serve.old_images import Served, serving_old_images

PATH = "/api/v1/exclusions"


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[Served]:
    with serving_old_images(database, tmp_path) as opened:
        yield opened


def ask(served: Served, method: str, path: str, content: Any = None, *, reader: bool = False) -> Reply:
    body = b"" if content is None else json.dumps(content).encode()
    key = served.reader if reader else served.admin
    return call(served.application, method, path, body, {**LOCAL, "authorization": bearer(key)})


def test_the_list_is_kept_by_admins_and_read_by_all(served: Served) -> None:
    added = ask(served, "POST", PATH, {"kind": "user agent", "pattern": "Trivy/*", "reason": "scanner"})
    assert (added.status, added.json["added_by"], added.json["pattern"]) == (201, served.admin.id, "Trivy/*")
    listed = ask(served, "GET", PATH, reader=True)
    assert listed.json == {"exclusions": [added.json]}
    assert msgspec.json.decode(listed.body, type=setup_shapes.Exclusions).exclusions[0].kind is (
        ExclusionKind.USER_AGENT
    )
    number = added.json["id"]
    refused: list[tuple[str, str, Any, bool, int]] = [
        ("POST", PATH, {"kind": "address", "pattern": "192.0.2.0/24"}, True, 403),
        ("DELETE", f"{PATH}/{number}", None, True, 403),
        ("POST", PATH, {"kind": "address", "pattern": "192.0.2.7/24"}, False, 400),
        ("POST", PATH, {"kind": "someone", "pattern": "x"}, False, 400),
        ("POST", PATH, {"kind": "principal", "pattern": "x", "more": 1}, False, 400),
        ("POST", PATH, None, False, 400),
        ("DELETE", f"{PATH}/x", None, False, 400),
        ("DELETE", f"{PATH}/{number + 1}", None, False, 404),
    ]
    for method, path, content, reader, status in refused:
        assert ask(served, method, path, content, reader=reader).status == status
    assert ask(served, "DELETE", f"{PATH}/{number}").status == 204
    assert ask(served, "GET", PATH).json == {"exclusions": []}
