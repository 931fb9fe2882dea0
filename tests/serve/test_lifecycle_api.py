"""Lifecycle policies in the JSON API and on the page, over a real database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dogwatch.model.lifecycle import NOTHING_IS_DELETED
from tests.builders.lifecycle import rule, text_of
from tests.builders.watching import digest
from tests.serve.asgi import LOCAL, Reply, call
from tests.serve.asking import bearer
from tests.serve.old_images import Served, serving_old_images

KEEP_ONE = text_of(rule(1, "any", keep=1))
POLICY, PREVIEW = "/api/v1/lifecycle/policies/local/app", "/api/v1/lifecycle/previews/local/app"
WHY = "rule 1 (any image) keeps 1"


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[Served]:
    with serving_old_images(database, tmp_path) as opened:
        yield opened


def ask(served: Served, method: str, path: str, body: str = "") -> Reply:
    return call(served.application, method, path, body.encode())


def test_a_policy_is_put_listed_shown_and_taken_away(served: Served) -> None:
    put = ask(served, "PUT", POLICY, KEEP_ONE)
    assert put.status == 200
    assert {name: put.json[name] for name in ("registry", "repository", "policy", "problem", "going", "notice")} == {
        "registry": "local",
        "repository": "app",
        "policy": KEEP_ONE,
        "problem": "",
        "going": 3,
        "notice": NOTHING_IS_DELETED,
    }
    assert ask(served, "GET", POLICY).json == put.json
    assert ask(served, "GET", "/api/v1/lifecycle/policies").json == {"policies": [put.json]}
    assert ask(served, "DELETE", POLICY).json == put.json
    gone = ask(served, "GET", POLICY)
    assert (gone.status, gone.json["what"]) == (404, "lifecycle policy")
    assert ask(served, "DELETE", POLICY).status == 404


def test_a_preview_says_what_would_go_and_keeps_nothing(served: Served) -> None:
    reply = ask(served, "POST", PREVIEW, KEEP_ONE)
    assert reply.status == 200
    first = reply.json["images"][0]
    assert first == {
        "digest": digest("a"),
        "tags": ["v0"],
        "pushed_at": "2026-01-01T00:00:00Z",
        "storage_class": "standard",
        "verdict": "goes",
        "rule": 1,
        "action": "expire",
        "due_at": None,
        "why": f"number 4 of 4 from the youngest, {WHY}",
    }
    assert [len(reply.json["images"]), reply.json["counts"]["goes"], reply.json["notice"]] == [3, 3, NOTHING_IS_DELETED]
    assert len(ask(served, "POST", f"{PREVIEW}?all=true", KEEP_ONE).json["images"]) == 4
    assert ask(served, "POST", PREVIEW).status == 404  # it has no policy of its own
    assert served.world.rows("SELECT FROM lifecycle_evaluation") == []


def test_a_preview_is_read_page_by_page(served: Served) -> None:
    first = ask(served, "POST", f"{PREVIEW}?limit=2", KEEP_ONE).json
    second = ask(served, "POST", f"{PREVIEW}?limit=2&cursor={first['next']}", KEEP_ONE).json
    pages = [[one["digest"] for one in page["images"]] for page in (first, second)]
    assert pages == [[digest("a"), digest("b")], [digest("c")]]
    assert [second["next"], first["counts"], second["counts"]["goes"]] == [None, second["counts"], 3]


def test_what_is_in_use_is_proposed_only_when_asked(served: Served) -> None:
    with served.world.database.transaction() as connection:
        connection.execute("UPDATE clocks SET in_use_at = %s", (datetime.now(UTC),))
    assert ask(served, "POST", PREVIEW, KEEP_ONE).json["counts"]["goes"] == 0
    assert ask(served, "POST", f"{PREVIEW}?include_in_use=true", KEEP_ONE).json["counts"]["goes"] == 3


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PUT", POLICY, text_of(rule(1, "any", keep=0)), "rules[0].selection.countNumber"),
        ("PUT", POLICY, "", "policy"),
        ("POST", f"{PREVIEW}?all=perhaps", KEEP_ONE, "all"),
        ("POST", f"{PREVIEW}?cursor=x", KEEP_ONE, "cursor"),
        ("POST", f"{PREVIEW}?everything=true", KEEP_ONE, "everything"),
        ("GET", f"{POLICY}?all=true", "", "all"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(served: Served, method: str, path: str, body: str, field: str) -> None:
    reply = ask(served, method, path, body)
    assert (reply.status, reply.json["field"]) == (400, field)


def test_a_body_that_is_no_text_is_refused(served: Served) -> None:
    reply = call(served.application, "PUT", POLICY, b"\xff" * 200)
    assert (reply.status, reply.json["field"]) == (400, "body")


def test_a_reader_previews_and_sets_nothing(served: Served) -> None:
    headers = {**LOCAL, "authorization": bearer(served.reader)}
    body = KEEP_ONE.encode()
    assert call(served.application, "POST", PREVIEW, body, headers).status == 200
    assert call(served.application, "PUT", POLICY, body, headers).status == 403
    assert call(served.application, "DELETE", POLICY, b"", headers).status == 403


def test_an_image_shows_what_would_happen_to_it(served: Served) -> None:
    ask(served, "PUT", POLICY, KEEP_ONE)
    images = {one["digest"]: one for one in ask(served, "GET", "/api/v1/images").json["images"]}
    shown = images[digest("a")]["lifecycle"]
    sentence = f"would be deleted: number 4 of 4 from the youngest, {WHY}"
    assert (shown["verdict"], shown["why"], shown["notice"]) == ("goes", sentence, NOTHING_IS_DELETED)
    assert images[digest("d")]["lifecycle"] is None
    browser = {**LOCAL, "accept": "text/html"}
    for path in ("/", f"/images/{images[digest('a')]['id']}"):
        page = call(served.application, "GET", path, b"", browser).body.decode()
        assert sentence in page
        assert NOTHING_IS_DELETED in page
