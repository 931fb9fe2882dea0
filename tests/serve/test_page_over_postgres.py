"""The page over the real store: what was pushed is seen, and its links and filters are understood there."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from dogwatch.app.service import served_by
from dogwatch.serve.http import Application, make_app
from dogwatch.store.notice_writer import NoticeWriter
from tests.flow.world import small_world, vulnerable_image
from tests.serve.asgi import LOCAL, call


@pytest.fixture
def app(database: str, tmp_path: Path) -> Iterator[Application]:
    with small_world(database, tmp_path) as world:
        world.push("team/app", vulnerable_image())
        world.app.run_until_idle()
        yield make_app(served_by(world.app, NoticeWriter(world.app.dsn)))


def get(app: Application, target: str, status: int = 200) -> str:
    reply = call(app, "GET", target, headers={**LOCAL, "accept": "text/html"})
    assert reply.status == status, reply.body
    return reply.body.decode()


def test_what_was_pushed_is_seen_and_every_link_leads_somewhere(app: Application) -> None:
    content = get(app, "/")
    for words in ("team/app", "CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003"):
        assert words in content
    links = {html.unescape(link).partition("#")[0] for link in re.findall(r'href="(/[^"]*)"', content)}
    assert "/images/1" in links
    for link in sorted(links - {"/api/v1/openapi.json"}):
        assert get(app, link)
    assert "openssl" in get(app, "/images/1")
    (why,) = {
        link for link in links if link.startswith("/findings/") and "requests 2.30.0 is affected" in get(app, link)
    }
    assert "requests of PyPI: introduced 0, fixed 2.31.0" in get(app, why)


def test_filters_are_understood_by_the_store(app: Application) -> None:
    asked = get(app, f"/?filter={quote('package ~ open* and not ecosystem = npm')}")
    assert "CVE-2026-0001" in asked
    assert "CVE-2026-0002" not in asked
    found = call(app, "GET", f"/api/v1/findings?filter={quote('package ~ lod* or score > 99')}").json
    assert [one["vulnerability"] for one in found["findings"]] == ["CVE-2026-0003"]
    assert found["looked_at"]["images"] == 1
    get(app, "/?cursor=nothing", status=400)
    get(app, "/images/999", status=404)
