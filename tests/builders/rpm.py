"""Databases of rpm from small arguments: headers, and the three formats that hold them.

SQLite's is written by SQLite itself, so that nothing of our reader checks itself there.
"""

from __future__ import annotations

import sqlite3
import struct
import tempfile
from collections.abc import Sequence
from pathlib import Path

PAGE = 4096

Tag = tuple[int, int, Sequence[str] | Sequence[int]]
"""Number, type, and values."""


def rpm_header(
    name: str,
    version: str = "1.0",
    release: str = "1.el9",
    *paths: str,
    epoch: int | None = None,
    source: str = "",
    arch: str = "x86_64",
    vendor: str = "",
    module: str = "",
    padding: int = 0,
) -> bytes:
    """Return the header of one package, as a database holds it; `padding` makes its description so much longer."""
    folders = sorted({f"/{path.rpartition('/')[0]}/" for path in paths})
    tags: list[Tag] = [(1000, 6, [name]), (1001, 6, [version])]
    tags += [(1002, 6, [release]), (1022, 6, [arch]), (1005, 9, ["d" * padding])]
    tags += [(tag, 6, [text]) for tag, text in ((1044, source), (1011, vendor), (5096, module)) if text]
    tags += [(1003, 4, [epoch])] if epoch is not None else []
    if paths:
        tags += [(1116, 4, [folders.index(f"/{path.rpartition('/')[0]}/") for path in paths])]
        tags += [(1117, 8, [path.rpartition("/")[2] for path in paths]), (1118, 8, folders)]
    return pack_header(tags)


def pack_header(tags: Sequence[Tag]) -> bytes:
    """Return a header of these tags."""
    index, data = b"", b""
    for tag, kind, values in tags:
        data += bytes(-len(data) % 4) if kind == 4 else b""
        index += struct.pack(">IIII", tag, kind, len(data), len(values))
        for value in values:
            data += struct.pack(">I", value) if isinstance(value, int) else value.encode() + b"\0"
    return struct.pack(">II", len(tags), len(data)) + index + data


def manifest_line(
    name: str, version: str, *, source: str = "(none)", epoch: str = "(none)", vendor: str = "Microsoft Corporation"
) -> str:
    """Return a line of the list in images without rpm's database: what `rpm -qa` prints."""
    number = "0" if epoch == "(none)" else epoch
    return "\t".join((name, version, "1732000000", "1731000000", vendor, epoch, "4096", "x86_64", number, source))


def sqlite_database(*headers: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rpmdb.sqlite"
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
        connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(header,) for header in headers])
        connection.execute("CREATE TABLE Name (key TEXT NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL)")
        connection.commit()
        connection.close()
        return path.read_bytes()


def ndb_database(*headers: bytes) -> bytes:
    slots, blocks = b"", b""
    for number, header in enumerate(headers, 1):
        blob = struct.pack("<4sIII", b"BlbS", number, 1, len(header)) + header
        blob += bytes(-(len(blob) + 12) % 16) + struct.pack("<III", 0, len(header), int.from_bytes(b"BlbE", "little"))
        slots += struct.pack("<4sIII", b"Slot", number, (PAGE + len(blocks)) // 16, len(blob) // 16)
        blocks += blob
    free = struct.pack("<4sIII", b"Slot", 0, 0, 0) * ((PAGE - 32 - len(slots)) // 16)
    start = struct.pack("<4sIIII", b"RpmP", 0, 1, 1, len(headers) + 1) + bytes(12)
    return start + slots + free + blocks


def berkeley_database(*headers: bytes, order: str = "<") -> bytes:
    """Return a hash file: one page of keys and values for each package, whose header stands on pages of its own."""
    pages = [b""]
    for number, header in enumerate((b"\0\0\0\1", *headers)):
        key = b"\1" + struct.pack(f"{order}I", number)
        off_page = struct.pack(f"{order}B3xII", 3, len(pages) + 1, len(header))
        value = b"\1" + header if len(header) < 100 else off_page
        ends = (PAGE - len(key), PAGE - len(key) - len(value))
        body = bytes(ends[1] - 26 - 4) + value + key
        pages.append(_page(order, len(pages), 13, 2, 0, 0) + struct.pack(f"{order}HH", *ends) + body)
        if len(header) >= 100:
            room = PAGE - 26
            for start in range(0, len(header), room):
                part = header[start : start + room]
                following = len(pages) + 1 if start + room < len(header) else 0
                page = _page(order, len(pages), 7, 1, len(part), following) + part
                pages.append(page + bytes(PAGE - len(page)))
    first = struct.pack(f"{order}8xIIIIBBBB", 0, 0x061561, 9, PAGE, 0, 8, 0, 0)
    first += struct.pack(f"{order}II", 0, len(pages) - 1)
    pages[0] = first + bytes(PAGE - len(first))
    return b"".join(pages)


def _page(order: str, number: int, kind: int, entries: int, used: int, following: int) -> bytes:
    return struct.pack(f"{order}8xIIIHHBB", number, 0, following, entries, used, 1, kind)
