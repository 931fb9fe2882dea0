"""Lists: several outputs in one run, columns, order, and long lists that are written as they come."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dogwatch.cli.lists import lay_out, listing_of
from dogwatch.cli.outputs import Output, opened_file, read_outputs
from dogwatch.cli.rendering import Column
from dogwatch.cli.taking import Order, Taken
from dogwatch.model.errors import ConfigError, InvalidRequestError
from dogwatch.model.views import Page

COLUMNS: tuple[Column[dict[str, str]], ...] = (
    Column("name", "NAME", lambda one: one["name"]),
    Column("version", "", lambda one: one["version"]),
)
LISTING = listing_of(COLUMNS)
THINGS = [{"name": "b", "version": "1.10"}, {"name": "a", "version": "1.9"}, {"name": "=c()", "version": "2"}]


def test_one_run_writes_several_outputs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {form: tmp_path / form for form in ("csv", "json", "ndjson", "table")}
    lay_out(LISTING, ["tsv", *(f"{form}={file}" for form, file in files.items())]).write(iter(THINGS), "looked at")
    assert capsys.readouterr() == ("b\t1.10\na\t1.9\n=c()\t2\n", "looked at\n")
    cells = [["name", "version"], ["b", "1.10"], ["a", "1.9"], ["'=c()", "2"]]
    assert list(csv.reader(io.StringIO(files["csv"].read_text(encoding="utf-8")))) == cells
    assert json.loads(files["json"].read_text(encoding="utf-8")) == THINGS
    assert [json.loads(line) for line in files["ndjson"].read_text(encoding="utf-8").splitlines()] == THINGS
    assert files["table"].read_text(encoding="utf-8").splitlines()[-1] == "looked at"


def test_what_goes_to_files_only_leaves_standard_output_empty(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(LISTING, [f"table={tmp_path / 'list'}"]).write(THINGS, "looked at")
    assert capsys.readouterr() == ("", "looked at\n")


def test_rows_are_written_before_the_next_ones_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "list"
    sizes = []

    def things() -> Iterator[dict[str, str]]:
        for _ in range(3):
            yield {"name": "x" * 100_000, "version": "1"}
            sizes.append(path.stat().st_size)

    lay_out(LISTING, [f"ndjson={path}"]).write(things())
    assert sizes == sorted(sizes)
    assert sizes[1] > 100_000


def test_a_run_that_breaks_off_leaves_no_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "list"

    def things() -> Iterator[dict[str, str]]:
        yield THINGS[0]
        raise InvalidRequestError("cursor", "broken")

    with pytest.raises(InvalidRequestError):
        lay_out(LISTING, [f"csv={path}"]).write(things())
    assert not path.exists()


@pytest.mark.parametrize("path", ["/dev/full", "/nonexistent/list", "/"])
def test_a_file_that_cannot_be_written_is_named(path: str) -> None:
    with pytest.raises(ConfigError, match=f"output: {path}: "), opened_file(Path(path)) as file:
        file.write("x")


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (["xml"], "none of csv, json"),
        (["csv="], "no file"),
        (["csv", "json"], "only one format"),
        (["csv=x", "json=x"], "go to x;"),
        ([""], "none of"),
    ],
)
def test_outputs_that_cannot_be_are_refused(texts: list[str], reason: str) -> None:
    with pytest.raises(InvalidRequestError, match=reason):
        read_outputs(texts, ["csv", "json"])


def test_an_equals_sign_in_a_name_belongs_to_the_name() -> None:
    assert read_outputs(["csv=a=b"], ["csv"]) == (Output("csv", Path("a=b")),)


@pytest.mark.parametrize("form", ["tsv", "csv", "ndjson", "json", "table"])
def test_a_list_that_cannot_be_read_gives_nothing_at_all(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(size: int, after: str) -> Page[dict[str, str]]:
        raise InvalidRequestError("cursor", "broken")

    with pytest.raises(InvalidRequestError):
        lay_out(LISTING, [form]).write(Taken(broken, None))
    assert capsys.readouterr() == ("", "")


def test_columns_are_chosen_by_name_in_the_order_asked(capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(LISTING, ["tsv"], columns="VERSION, name").write(THINGS[:1])
    assert capsys.readouterr().out == "1.10\tb\n"
    lay_out(LISTING, ["table"], columns="version").write(THINGS[:1])
    assert next(line.strip() for line in capsys.readouterr().out.split("\n") if line.strip()) == "VERSION"


@pytest.mark.parametrize(("form", "columns"), [("tsv", "nmae"), ("json", "name"), ("ndjson", "name")])
def test_columns_that_are_not_there_are_refused(form: str, columns: str) -> None:
    with pytest.raises(InvalidRequestError, match="columns"):
        lay_out(LISTING, [form], columns=columns)


def test_an_order_takes_numbers_in_texts_for_numbers() -> None:
    version = COLUMNS[1]
    assert [one["version"] for one in Order(version).arrange(THINGS)] == ["1.9", "1.10", "2"]
    assert [one["version"] for one in Order(version, is_descending=True).arrange(THINGS, 2)] == ["2", "1.10"]
    assert [one["version"] for one in Order(version).arrange(THINGS, 1)] == ["1.9"]
    odd = [{"version": text} for text in ("9" * 5_000, "a2", "", "007", "1" * 5_000, "8", "a10")]
    expected = ["", "007", "8", "1" * 5_000, "9" * 5_000, "a2", "a10"]
    assert [one["version"] for one in Order(version).arrange(odd)] == expected


def test_an_order_by_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="'size' is none of name, version"):
        lay_out(LISTING, ["tsv"], sort="-size")


def numbers(size: int, after: str) -> Page[dict[str, str]]:
    """Return a page of 2,500 rows."""
    begin = int(after or 0)
    end = min(begin + size, 2_500)
    rows = tuple({"name": str(number), "version": ""} for number in range(begin, end))
    return Page(rows, str(end) if end < 2_500 else "")


@pytest.mark.parametrize(
    ("limit", "count", "is_more"), [(1, 1, True), (1_500, 1_500, True), (2_500, 2_500, False), (None, 2_500, False)]
)
def test_pages_are_taken_to_the_limit_or_to_the_end(limit: int | None, count: int, is_more: bool) -> None:
    taken = Taken(numbers, limit)
    assert [one["name"] for one in taken] == [str(number) for number in range(count)]
    assert (taken.count, taken.is_more, bool(taken.note)) == (count, is_more, is_more)


def test_an_order_reads_the_whole_list_and_keeps_its_first() -> None:
    taken = Taken(numbers, 2, Order(COLUMNS[0], is_descending=True))
    assert [one["name"] for one in taken] == ["2499", "2498"]
    assert (taken.count, taken.is_more) == (2, True)
