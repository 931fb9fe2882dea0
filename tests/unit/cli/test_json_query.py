"""`--query` and `--filter`: refusals point at the place, and nothing is asked of the database before."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dogwatch.cli.json_query import asked_of
from dogwatch.cli.lists import lay_out, listing_of
from dogwatch.cli.rendering import Column, Format
from dogwatch.model.errors import InvalidRequestError

COLUMNS: tuple[Column[dict[str, int]], ...] = (Column("a", "A", lambda row: str(row["a"])),)
LISTING = listing_of(COLUMNS)


def test_a_query_finds_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(LISTING, ["json"], query="[].a").write([{"a": 1}, {"a": 2}])
    assert json.loads(capsys.readouterr().out) == [1, 2]
    lay_out(LISTING, ["json"]).write([{"a": 1}])
    assert json.loads(capsys.readouterr().out) == [{"a": 1}]


@pytest.mark.parametrize("form", [one for one in Format if one is not Format.JSON])
def test_a_query_is_asked_of_json(form: Format) -> None:
    with pytest.raises(InvalidRequestError, match="add -o json"):
        lay_out(LISTING, [form], query="[]")


@pytest.mark.parametrize("query", ["abs(@)", "nothing(@)"])
def test_a_query_that_does_not_fit_the_document_is_refused(query: str) -> None:
    ask = asked_of(query)
    assert ask is not None
    with pytest.raises(InvalidRequestError):
        ask([{"a": 1}])


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            ["findings", "--filter", "severty = high"],
            [
                "dogwatch: filter, at character 1: there is no field severty; did you mean severity?",
                "  severty = high",
                "  ^",
            ],
        ),
        (
            ["images", "--filter", "repository = a b"],
            [
                "dogwatch: filter, at character 16: expected and, or, or the end",
                "  repository = a b",
                "                 ^",
            ],
        ),
        (["coverage", "-o", "csv", "--query", "[]"], ["dogwatch: query: is asked of JSON; add -o json"]),
    ],
)
def test_a_refusal_points_at_the_place(tmp_path: Path, arguments: list[str], lines: list[str]) -> None:
    command = [sys.executable, "-m", "dogwatch.cli", *arguments, "--data", str(tmp_path / "data")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == lines


def test_an_expression_that_does_not_parse_is_pointed_at() -> None:
    command = [sys.executable, "-m", "dogwatch.cli", "findings", "-o", "json", "--query", "a b"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[1:] == ["  a b", "    ^"]
