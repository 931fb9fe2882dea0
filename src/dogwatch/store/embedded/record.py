"""Which process the server is, so that a recycled process id can never be taken for it.

A process is known by its id, its start time and the boot it lived in. The record is written by the very process that
then becomes the postmaster, so there is no server without a record. Called by `server`, `guardian` and `stopping`.

Source:
    Linux proc(5): /proc/PID/stat field 22 (start time in clock ticks since boot), /proc/sys/kernel/random/boot_id.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_DEAD_STATES = frozenset("ZXx")  # a zombie has ended, only nobody has asked for its status yet


@dataclass(frozen=True)
class ServerRecord:
    """A postmaster.

    Attributes:
        pid: its process id, as seen in `pid_namespace`.
        started_ticks: when it started, in clock ticks since boot.
        boot_id: which boot that was.
        pid_namespace: in which container or machine the id counts.
        socket_folder: where it listens.
    """

    pid: int
    started_ticks: int
    boot_id: str
    pid_namespace: str
    socket_folder: str

    def is_alive(self) -> bool:
        """Say whether exactly this process lives."""
        return (
            self.boot_id == boot_id()
            and self.pid_namespace == pid_namespace()
            and started_ticks(self.pid) == self.started_ticks
        )


def record_of_this_process(socket_folder: str) -> ServerRecord:
    """Describe the calling process; an exec changes none of it."""
    pid = os.getpid()
    return ServerRecord(pid, started_ticks(pid) or 0, boot_id(), pid_namespace(), socket_folder)


def write_record(path: Path, record: ServerRecord) -> None:
    """Replace the record in one step."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    draft.write_text(json.dumps(asdict(record)), encoding="utf-8")
    draft.replace(path)


def read_record(path: Path) -> ServerRecord | None:
    """Read the record; None where there is none or it is not one."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        record = ServerRecord(**fields)
    except (OSError, ValueError, TypeError):
        return None
    numbers = (record.pid, record.started_ticks)
    texts = (record.boot_id, record.pid_namespace, record.socket_folder)
    sound = all(type(number) is int and number > 0 for number in numbers) and all(type(text) is str for text in texts)
    return record if sound else None


def started_ticks(pid: int) -> int | None:
    """Return when a process started, in clock ticks since boot; None when it is gone or a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The command in parentheses may itself hold spaces and parentheses; the numbers begin after the last one.
    fields = text[text.rindex(")") + 2 :].split()
    return None if fields[0] in _DEAD_STATES else int(fields[19])


def boot_id() -> str:
    """Return the id of this boot of the machine."""
    return _BOOT_ID.read_text(encoding="utf-8").strip()


def pid_namespace() -> str:
    """Return which world our process ids belong to; containers have their own."""
    return os.readlink("/proc/self/ns/pid")
