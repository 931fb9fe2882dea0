"""What scans cost, as boto3, the JSON API, the page and the command tell of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dogwatch.cli.main import application
from dogwatch.model.costs import Costs, MonthOfScans, PriceTable, RescanRate, Scans
from tests.builders.watching import day
from tests.serve.asgi import LOCAL, call
from tests.serve.callers import ACCOUNT, OPERATOR, OTHER_ACCOUNT, READER
from tests.serve.old_images import Served, serving_old_images
from tests.serve.rooms import Rooms
from tests.serve.server import running
from tests.serve.shapes import reply_violations
from tests.serve.shown import NOW
from tests.serve.test_aws_clients import client_of, refusal

TWO_MONTHS = Costs(
    PriceTable(Decimal("0.09"), Decimal("0.01")),
    NOW,
    3,
    (
        MonthOfScans("harbour", date(2026, 7, 1), Scans(10, 5), Scans(10, 1_000)),
        MonthOfScans("harbour", date(2026, 6, 1), Scans(0, 7), Scans(0, 7)),
    ),
    RescanRate(5, 50),
)


@pytest.fixture
def rooms() -> Rooms:
    rooms = Rooms()
    rooms.costs.kept = TWO_MONTHS
    return rooms


def usage(initial: float, initial_cost: float, rescans: float, rescan_cost: float) -> list[dict[str, Any]]:
    return [
        {
            "type": kind,
            "total": total,
            "estimatedMonthlyCost": cost,
            "currency": "USD",
            "cloudProvider": "AWS",
        }
        for kind, total, cost in (("ECR_INITIAL_SCAN", initial, initial_cost), ("ECR_RESCAN", rescans, rescan_cost))
    ]


def test_a_client_sees_the_usage_of_its_account(rooms: Rooms) -> None:
    expected = [{"accountId": ACCOUNT, "usage": usage(12.0, 1.08, 345.0, 3.45)}]
    with running(rooms.app()) as port:
        reader = client_of(port, READER)
        pages = list(reader.get_paginator("list_usage_totals").paginate())
        assert [page["totals"] for page in pages] == [expected]
        assert reader.list_usage_totals(accountIds=[ACCOUNT])["totals"] == expected
        assert refusal(reader.list_usage_totals, accountIds=[OTHER_ACCOUNT]) == (403, "AccessDeniedException")
        for wrong in ({"nextToken": "x"}, {"accountIds": ["everybody 123456789012"]}):
            assert refusal(reader.list_usage_totals, **wrong) == (400, "ValidationException")


def test_an_operator_asks_for_accounts_page_by_page(rooms: Rooms) -> None:
    rooms.costs.recent[OTHER_ACCOUNT] = Scans(1, 0)
    asked = [ACCOUNT, OTHER_ACCOUNT, "888888888888"]  # the last is nobody's
    with running(rooms.app()) as port:
        pages = (
            client_of(port, OPERATOR)
            .get_paginator("list_usage_totals")
            .paginate(accountIds=asked, PaginationConfig={"PageSize": 1})
        )
        found = [page["totals"] for page in pages]
    by_account = {ACCOUNT: usage(12.0, 1.08, 345.0, 3.45), OTHER_ACCOUNT: usage(1.0, 0.09, 0.0, 0.0)}
    assert found == [[{"accountId": one, "usage": by_account[one]}] for one in sorted(by_account)]


def test_a_reply_has_the_models_shape(rooms: Rooms) -> None:
    reply = call(rooms.app(open_loopback=True), "POST", "/usage/list", b"{}", LOCAL)
    assert reply_violations("ListUsageTotals", json.loads(reply.body)) == []


def test_the_api_tells_amounts_as_exact_texts(rooms: Rooms) -> None:
    reply = call(rooms.app(open_loopback=True), "GET", "/api/v1/costs", b"", LOCAL)
    assert json.loads(reply.body) == {
        "counted_until": "2026-07-09T12:00:00Z",
        "currency": "USD",
        "prices": {"initial_scan": "0.09", "rescan": "0.01"},
        "never_scanned": 3,
        "recent": {"days": 30, "rescans": 5, "image_days": 50},
        "months": [
            {
                "registry": "harbour",
                "month": "2026-07",
                "initial_scans": 10,
                "rescans": 5,
                "cost": "0.95",
                "without_windows": {"initial_scans": 10, "rescans": 1000, "cost": "10.90"},
            },
            {
                "registry": "harbour",
                "month": "2026-06",
                "initial_scans": 0,
                "rescans": 7,
                "cost": "0.07",
                "without_windows": {"initial_scans": 0, "rescans": 7, "cost": "0.07"},
            },
        ],
    }


def test_the_page_shows_months_with_and_without_windows(rooms: Rooms) -> None:
    browser = {**LOCAL, "accept": "text/html"}
    page = call(rooms.app(open_loopback=True), "GET", "/", b"", browser).body.decode()
    assert 'data-label="Cost">0.95<' in page
    assert 'data-label="Without windows">10.90<' in page
    assert "3 images outside the windows never scanned" in page
    rooms.costs.kept = Costs(PriceTable(), None, 0, ())
    page = call(rooms.app(open_loopback=True), "GET", "/", b"", browser).body.decode()
    assert "Nothing is counted yet, at 0.09 for an initial scan and 0.01 for a re-scan." in page


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[Served]:
    with serving_old_images(database, tmp_path) as served:
        yield served


def test_the_command_tells_the_same_here_and_from_afar(served: Served, tmp_path: Path) -> None:
    world = served.world
    world.rows("INSERT INTO scan_day VALUES (%s, '2026-01-31', 1, 2, 3, 4, 50, 6) RETURNING true", world.registry.id)
    world.rows("UPDATE scan_count SET counted_until = %s RETURNING true", day(31))
    token = tmp_path / "token"
    token.write_text(f"{served.admin.id}:{served.admin.secret}")
    token.chmod(0o600)
    here = ["--database-url", world.dsn, "--account", ACCOUNT]
    afar = ["--server", f"http://127.0.0.1:{served.port}", "--token-file", str(token)]
    runs = [CliRunner().invoke(application, ["costs", "-o", "json", *flags]) for flags in (here, afar)]
    assert [json.loads(one.stdout) for one in runs] == 2 * [
        [
            {
                "month": "2026-01",
                "registry": "local",
                "initial_scans": 1,
                "rescans": 5,
                "cost": "0.14",
                "rescans_without_windows": 54,
                "cost_without_windows": "0.63",
            }
        ]
    ]
    assert [one.stderr for one in runs] == 2 * [
        "USD 0.09 for an initial scan, 0.01 for a re-scan; months are UTC.\nCounted until 2026-02-01 00:00 UTC.\n"
    ]
    week = "SELECT %s, %s::date - day, 0, 0, 1, 0, 1, 10 FROM generate_series(0, 6) AS day"
    world.rows(f"INSERT INTO scan_day {week} RETURNING true", world.registry.id, datetime.now(UTC).date())
    foretold = [CliRunner().invoke(application, ["rescan", "what-if", "-o", "table", *flags]) for flags in (here, afar)]
    sentence = "By the last 30 days a month would have 0 re-scans (USD 0.00) in place of 0 re-scans (USD 0.00)"
    assert [sentence in one.stdout for one in foretold] == [True, True]
    assert foretold[0].stdout == foretold[1].stdout
