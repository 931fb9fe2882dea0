import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from dogwatch.cli.lists import lay_out, listing_of
from dogwatch.cli.outputs import Output, read_outputs
from dogwatch.cli.rendering import Column, as_document, plural, short_digest
from dogwatch.model.matches import Severity
from dogwatch.model.monitoring import StatusCode


@dataclass(frozen=True)
class Thing:
    name: str
    found_at: datetime | None = None
    severity: Severity = Severity.HIGH
    counts: dict[Severity, int] | None = None
    code: StatusCode = StatusCode.ACTIVE
    parts: tuple[str, ...] = ()


COLUMNS: tuple[Column[Thing], ...] = (
    Column("name", "NAME", lambda one: one.name, lambda one: one.name[:20]),
    Column("severity", "", lambda one: one.severity.name),
    Column("code", "CODE", lambda one: one.code, style=lambda one: "green"),
)
HOSTILE = "a\tb\nc\x1b[2Jd\x9be"


def write(things: list[Thing], *outputs: str, columns: tuple[Column[Thing], ...] = COLUMNS, footer: str = "") -> None:
    lay_out(listing_of(columns), outputs).write(things, footer)


def test_tab_separated_text_has_a_line_per_row_and_nothing_that_moves_a_cursor(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write([Thing("plain"), Thing(HOSTILE)], "tsv", footer="looked at")
    out, err = capsys.readouterr()
    assert out == "plain\tHIGH\tACTIVE\na�b�c�[2Jd�e\tHIGH\tACTIVE\n"
    assert err == "looked at\n"


def test_csv_has_a_header_and_whole_values(capsys: pytest.CaptureFixture[str]) -> None:
    write([Thing(HOSTILE)], "csv", footer="looked at")
    out, err = capsys.readouterr()
    assert list(csv.reader(io.StringIO(out, newline=""))) == [["name", "severity", "code"], [HOSTILE, "HIGH", "ACTIVE"]]
    assert err == "looked at\n"


def test_json_is_one_list_of_whole_documents_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    write([Thing(HOSTILE)], "json", footer="looked at")
    out, err = capsys.readouterr()
    assert json.loads(out) == [
        {"name": HOSTILE, "found_at": None, "severity": "HIGH", "counts": None, "code": "ACTIVE", "parts": []}
    ]
    assert err == "looked at\n"


def test_an_empty_list_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    write([], "json")
    assert capsys.readouterr() == ("[]\n", "")


def test_ndjson_is_a_document_per_line(capsys: pytest.CaptureFixture[str]) -> None:
    write([Thing("one"), Thing("two\nlines")], "ndjson")
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["one", "two\nlines"]


def test_a_table_shows_headed_columns_and_the_footer_below(capsys: pytest.CaptureFixture[str]) -> None:
    write([Thing("[red]plain[/red]"), Thing(HOSTILE)], "table", footer="looked at")
    out, err = capsys.readouterr()
    lines = [line.rstrip() for line in out.splitlines() if line.strip()]
    assert lines[0].split() == ["NAME", "CODE"]
    assert lines[2].split() == ["[red]plain[/red]", "ACTIVE"]
    assert "\x1b" not in out
    assert "\x9b" not in out
    assert lines[-1] == "looked at"
    assert err == ""


def test_a_table_without_rows_is_its_footer(capsys: pytest.CaptureFixture[str]) -> None:
    write([], "table", footer="nothing")
    assert capsys.readouterr() == ("nothing\n", "")


def test_a_narrow_table_leaves_out_spare_columns_and_columns_without_content(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    columns: tuple[Column[Thing], ...] = (
        Column("name", "NAME", lambda one: one.name),
        Column("a", "FIRST SPARE", lambda one: "a" * 20, spare=1),
        Column("empty", "EMPTY", lambda one: ""),
        Column("b", "SECOND SPARE", lambda one: "b" * 20, spare=2),
    )
    headings = {}
    for width in ("100", "50", "20"):
        monkeypatch.setenv("COLUMNS", width)
        write([Thing("x" * 10)], "table", columns=columns)
        headings[width] = capsys.readouterr().out.splitlines()[1].split("  ")
    assert {width: [one.strip() for one in names if one.strip()] for width, names in headings.items()} == {
        "100": ["NAME", "FIRST SPARE", "SECOND SPARE"],
        "50": ["NAME", "FIRST SPARE"],
        "20": ["NAME"],
    }


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_table_and_a_pipe_tab_separated_text() -> None:
    assert read_outputs(None, ["table", "tsv"], _Terminal()) == (Output("table"),)
    assert read_outputs(None, ["table", "tsv"], io.StringIO()) == (Output("tsv"),)
    assert read_outputs(["CSV"], ["csv"], _Terminal()) == (Output("csv"),)


def test_documents_have_what_json_has() -> None:
    thing = Thing("x", datetime(2026, 3, 3, 12, 0, tzinfo=UTC), Severity.LOW, {Severity.HIGH: 2}, parts=("a",))
    assert as_document(thing) == {
        "name": "x",
        "found_at": "2026-03-03T12:00:00Z",
        "severity": "LOW",
        "counts": {"HIGH": 2},
        "code": "ACTIVE",
        "parts": ["a"],
    }
    assert as_document((date(2026, 3, 3), None)) == ["2026-03-03", None]


def test_counts_and_digests_read_well() -> None:
    assert [plural(count, "image") for count in (0, 1, 2_000)] == ["0 images", "1 image", "2,000 images"]
    assert short_digest("sha256:" + "0123456789abcdef" * 4) == "0123456789ab"
    assert short_digest("") == ""


def test_a_narrow_table_breaks_texts_but_not_the_ids_that_people_copy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    columns: tuple[Column[str], ...] = (
        Column("id", "ID", str, keeps_words=True),
        *(Column(f"text {number}", f"TEXT {number}", lambda _: "x" * 20) for number in range(2)),
    )
    monkeypatch.setenv("COLUMNS", "40")
    lay_out(listing_of(columns), ["table"]).write(["CVE-2026-12345 (sample)"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[3:5]] == ["CVE-2026-12345", "(sample)"]
    assert all(len(line) <= 40 for line in lines)
