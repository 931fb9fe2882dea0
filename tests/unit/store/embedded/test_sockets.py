"""Where the server listens when the natural place does not fit."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import psycopg
import pytest

from dogwatch.store.embedded import EmbeddedServer
from dogwatch.store.embedded.sockets import SOCKET_PATH_BYTES, make_socket_folder
from tests.unit.store.embedded.traces import Traces


@pytest.mark.parametrize("name", ["d" * 120, "with space, comma and 'quotes' \"", "größe"])
def test_a_path_that_does_not_fit_gives_a_private_folder_elsewhere(roof: Path, name: str) -> None:
    data = roof / name
    with EmbeddedServer(data).session() as address, psycopg.connect(address) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        folder = Path(Traces(data).record().socket_folder)
        assert folder.parent == Path("/tmp")
        assert len(os.fsencode(folder / ".s.PGSQL.5432")) <= SOCKET_PATH_BYTES
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.stat().st_uid == (data / "postgres").stat().st_uid
    assert not folder.exists()


def test_the_longest_path_that_fits_is_used_and_one_byte_more_is_not(
    roof: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = SOCKET_PATH_BYTES - len("/socket/.s.PGSQL.5432.lock") - len(str(roof)) - 1
    for length, fits in ((room, True), (room + 1, False)):
        folder = roof / ("x" * length)
        folder.mkdir()
        monkeypatch.chdir(folder)
        assert (make_socket_folder(folder, roof) == str(folder / "socket")) is fits


@pytest.mark.parametrize("trap", ["link", "open folder", "file"])
def test_what_somebody_put_in_the_short_place_is_not_used(
    roof: Path, monkeypatch: pytest.MonkeyPatch, trap: str
) -> None:
    folder = roof / ("y" * 120)
    folder.mkdir()
    monkeypatch.chdir(folder)
    expected = Path(make_socket_folder(folder, roof))
    assert make_socket_folder(folder, roof) == str(expected)  # ours: used again
    expected.rmdir()
    target = roof / "target"
    target.mkdir(mode=0o700)
    match trap:
        case "link":
            expected.symlink_to(target)
        case "open folder":
            expected.mkdir()
            expected.chmod(0o777)
        case _:
            expected.touch()
    chosen = Path(make_socket_folder(folder, roof))
    assert chosen != expected
    assert stat.S_IMODE(chosen.lstat().st_mode) == 0o700
    assert chosen.parent == roof
