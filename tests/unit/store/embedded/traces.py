"""What can be seen of an embedded server from outside: its processes, its log, its files."""

from __future__ import annotations

import os
from pathlib import Path

from dogwatch.store.embedded.record import ServerRecord, read_record, started_ticks
from dogwatch.store.embedded.stopping import processes_in
from tests.processes import command_line
from tests.waiting import wait_until


class Traces:
    """An outside view of the server of one data folder."""

    def __init__(self, data_folder: Path) -> None:
        self.folder = data_folder / "postgres"

    def record(self) -> ServerRecord:
        """Return the record of the server."""
        record = read_record(self.folder / "server.json")
        assert record is not None
        return record

    def guardian(self) -> int:
        """Return the process id of the only guardian."""
        (pid,) = self._guardians()
        return pid

    def processes(self) -> list[int]:
        """Return the ids of all processes of the server, the guardian's and initdb's included."""
        return sorted({*processes_in(self.folder / "cluster"), *self._guardians(), *self._naming(b"initdb-")})

    def wait_for_end(self, what: str) -> None:
        """Wait until no process is left; says which ones are, and what the server has said, if that takes too long."""
        try:
            wait_until(lambda: self.processes() == [], what)
        except AssertionError as error:
            left = {pid: command_line(pid) for pid in self.processes()}
            raise AssertionError(f"{error}: {left}; log: {self.log()[-2000:]}") from None

    def log(self) -> str:
        """Return the whole log."""
        return (self.folder / "postgres.log").read_text(encoding="utf-8")

    def is_shut_down(self) -> bool:
        """Say whether the last thing the server did was to end in good order."""
        return self.log().rstrip().endswith("database system is shut down")

    def _guardians(self) -> list[int]:
        return self._naming(b"dogwatch.store.embedded.guardian")

    def _naming(self, word: bytes) -> list[int]:
        """Return living processes whose command line holds a word and this very folder."""
        found = []
        for entry in os.listdir("/proc"):
            line = command_line(int(entry)) if entry.isdecimal() else b""
            if word in line and os.fsencode(self.folder) in line and started_ticks(int(entry)) is not None:
                found.append(int(entry))
        return found
