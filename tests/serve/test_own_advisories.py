"""Documents of the operator's own: by the command on a database, by asking the running server, and who may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dogwatch.model.packages import Package
from dogwatch.serve.access_keys import FILE_NAME, create_access_key
from dogwatch.serve.ports import Role
from dogwatch.store.inventories import admit_packages
from tests.builders.advisories import osv_record
from tests.builders.statements import NAME, openvex, statement
from tests.builders.watching import ACCOUNT, START
from tests.flow.world import settings_for
from tests.serve.asgi import LOCAL, call
from tests.serve.asking import bearer
from tests.serve.old_images import Served, serving_old_images
from tests.serve.test_image_commands import asked, refusal, run

LIBSSL = Package("Debian:12", "libssl3", "3.0.11-1", "amd64", "openssl", "3.0.11-1")


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[Served]:
    with serving_old_images(database, tmp_path) as opened:
        with opened.world.database.transaction() as connection:
            admit_packages(connection, [LIBSSL], START)
        yield opened


@pytest.fixture(params=["here", "afar"])
def flags(request: pytest.FixtureRequest, served: Served, tmp_path: Path) -> list[str]:
    """What makes commands work on the database, or ask the server over it as an operator."""
    if request.param == "here":
        return ["--database-url", served.world.dsn, "--account", ACCOUNT]
    key = create_access_key(settings_for(served.world.dsn, tmp_path).data / FILE_NAME, ACCOUNT, Role.OPERATOR)
    token = tmp_path / "token"
    token.write_text(f"{key.id}:{key.secret}")
    token.chmod(0o600)
    return ["--server", f"http://127.0.0.1:{served.port}", "--token-file", str(token)]


def told(flags: list[str], *words: str) -> list[str]:
    """The lines that a command says; the server beside it writes its log to the same place."""
    return [line for line in run(flags, *words).splitlines() if not line.startswith("{")]


def test_documents_are_added_listed_shown_and_taken_back(flags: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    said = statement("CVE-2026-1001", "affected", "pkg:deb/debian/libssl3", "pkg:oci/app")
    (folder / "a.openvex.json").write_text(json.dumps(openvex(said)))
    (folder / "b.json").write_text(json.dumps(osv_record("ACME-1", ecosystem="npm", name="@acme/app")))
    (folder / "notes.txt").write_text("nothing")
    assert told(flags, "advisories", "add", str(folder)) == [
        f"{folder}/a.openvex.json: {NAME} added as 1: 1 statement about 1 stored package; 1 verdict changed."
        " 1 product no package can be met by (dogwatch advisories show 1).",
        f"{folder}/b.json: ACME-1 added as 2: 1 statement about 0 stored packages; 0 verdicts changed.",
    ]
    again = told(flags, "advisories", "add", f"{folder}/b.json")
    assert again == [f"{folder}/b.json: ACME-1 is in force already, unchanged."]
    assert [(one["id"], one["name"], one["packages"]) for one in asked(flags, "advisories", "list")] == [
        (2, "ACME-1", 0),
        (1, NAME, 1),
    ]
    (shown,) = asked(flags, "advisories", "show", NAME)
    assert (shown["vulnerability"], shown["verdict"], shown["versions"]) == ("CVE-2026-1001", "affected", "all")
    assert "About nothing: statements[0].products[1]: pkg:oci/app is an image" in run(flags, "advisories", "show", "1")
    (folder / "b.json").write_text(json.dumps(osv_record("ACME-1", modified="2026-07-02T00:00:00Z") | {"affected": []}))
    assert told(flags, "advisories", "add", f"{folder}/b.json")[0].endswith(" It names no package, so it says nothing.")
    (folder / "b.json").write_text("{}")
    assert refusal(flags, "advisories", "add", f"{folder}/b.json").startswith(f"{folder}/b.json: no OSV ")
    assert refusal(flags, "advisories", "show", "9") == "no such document: 9"
    for name in (NAME, "2"):
        assert told(flags, "advisories", "remove", name) == [f"{name} no longer counts."]
    assert "There are none" in run(flags, "advisories", "list")


def test_only_operators_work_with_what_counts_for_every_account(served: Served) -> None:
    def status(method: str, path: str) -> int:
        headers = {**LOCAL, "authorization": bearer(served.admin)}
        return call(served.application, method, f"/api/v1/advisories{path}", b"{}", headers).status

    statuses = [status("GET", ""), status("POST", "?file=a"), status("DELETE", "/1"), status("GET", "/1")]
    assert statuses == [403] * 4
