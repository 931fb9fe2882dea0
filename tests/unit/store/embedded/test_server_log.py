"""The log stays short, and its last words are quoted."""

from __future__ import annotations

from pathlib import Path

from dogwatch.store.embedded.server_log import open_log, quote_log, shorten_log, tells_of_crash


def test_a_long_log_is_moved_aside_under_the_hands_of_its_writer(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    with open(open_log(log), "wb", buffering=0) as writer:
        writer.write(b"a" * 101)
        shorten_log(log, max_bytes=100)
        assert (log.read_bytes(), (tmp_path / "postgres.log.1").read_bytes()) == (b"", b"a" * 101)
        writer.write(b"b" * 100)
        shorten_log(log, max_bytes=100)
        assert (log.read_bytes(), (tmp_path / "postgres.log.1").read_bytes()) == (b"b" * 100, b"a" * 101)
        writer.write(b"c")
        shorten_log(log, max_bytes=100)
        assert (log.read_bytes(), (tmp_path / "postgres.log.1").read_bytes()) == (b"", b"b" * 100 + b"c")


def test_a_log_that_is_gone_is_no_trouble(tmp_path: Path) -> None:
    shorten_log(tmp_path / "gone")
    assert quote_log(tmp_path / "gone", 0).startswith("its log cannot be read: ")


def test_the_last_lines_since_an_offset_are_quoted(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    log.write_bytes(b"old\n" + b"".join(b"line %d\n" % number for number in range(20)) + b"\xff\n\n")
    assert quote_log(log, 4) == "; ".join([f"line {number}" for number in range(13, 20)] + ["\ufffd"])
    assert quote_log(log, log.stat().st_size - 3) == "\ufffd"
    assert quote_log(log, 10_000) == "its log says nothing"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["postgres.log"]


def test_a_crash_is_told_until_the_server_is_ready_again(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    assert not tells_of_crash(log)
    ready = "2026-03-03 UTC [7] LOG:  database system is ready to accept connections\n"
    crash = "2026-03-03 UTC [7] LOG:  terminating any other active server processes\n"
    told = []
    for line in (ready, crash, "redo starts\n", ready, crash, "x" * 1000 + "\n"):
        with log.open("a", encoding="utf-8") as stream:
            stream.write(line)
        told.append(tells_of_crash(log))
    assert told == [False, True, True, False, True, True]
