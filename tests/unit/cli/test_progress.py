"""Progress in words, and silence where nobody looks on."""

from __future__ import annotations

import logging
import re
import sys

import pytest

from dogwatch.cli.logs import configure_logs
from dogwatch.cli.progress import amount_in_words, showing_progress
from dogwatch.model.progress import IDLE, Progress, Unit, tell_nobody


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (Progress("x"), ""),
        (Progress("x", 1_234_567, 30_100_000, Unit.BYTES), "1.2 of 30.1 MB"),
        (Progress("x", 1_234_567, 0, Unit.BYTES), "1.2 MB"),
        (Progress("x", 1234, 56789, Unit.RECORDS), "1,234 of 56,789 records"),
    ],
)
def test_amounts_are_told_with_their_total_where_it_is_known(progress: Progress, words: str) -> None:
    assert amount_in_words(progress) == words


def test_without_a_terminal_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with showing_progress() as tell:
        tell(Progress("reading"))
    assert tell is tell_nobody
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_it_is_one_line_on_standard_error_with_nothing_to_obey(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with showing_progress() as tell:
        tell(Progress("reading \x1b]0;owned\x07 [bold]x", 1, 2, Unit.RECORDS))
        tell(IDLE)
        tell(Progress("judging"))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "reading \N{REPLACEMENT CHARACTER}]0;owned\N{REPLACEMENT CHARACTER} [bold]x" in shown.err
    assert "1 of 2 records" in shown.err
    assert "judging" in shown.err


def test_quiet_is_quiet_on_a_terminal_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with showing_progress(quiet=True) as tell:
        assert tell is tell_nobody


def test_log_lines_stand_above_the_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    configure_logs()
    with showing_progress() as tell:
        tell(Progress("reading"))
        logging.getLogger("dogwatch.test").warning("something happened")
    shown = capsys.readouterr().err
    same_line = re.split(r"[\r\n]|\x1b\[2K", shown[: shown.index("something happened")])[-1]
    assert "reading" not in same_line
