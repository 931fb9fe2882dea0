"""Programs from small arguments: ELF, PE and Mach-O around sections of our choice, and what Go and Rust leave there."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence

LARGE_ENOUGH = bytes(64 * 1024)
MAGIC = b"\xff Go buildinf:"
BASE = 0x400000
FRAME = b"\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6"


def build_elf(
    sections: Sequence[tuple[str, bytes]], data: bytes = b"", *, bits: int = 64, mark: str = "<", behind: bytes = b""
) -> bytes:
    """An ELF file: one writable segment that holds `data` at its start and all sections behind it, then the tables.

    The address of each byte of the segment is its place in the file plus `BASE`. Where sections are none, there is no
    table of them either.
    """
    is_64 = bits == 64
    header_bytes, segment_bytes = (64, 56) if is_64 else (52, 32)
    start = 128
    body, rows, names = data, [(0, 0, 0, 0)], b"\0"
    for name, content in sections:
        body += bytes(-len(body) % 16)
        rows.append((len(names), 1, start + len(body), len(content)))
        names += name.encode() + b"\0"
        body += content
    rows.append((len(names), 3, start + len(body), len(names) + 10))
    body += names + b".shstrtab\0" + behind
    layout = struct.Struct(mark + ("IIQQQQIIQQ" if is_64 else "IIIIIIIIII"))
    table = b"".join(layout.pack(name, kind, 0, BASE + at, at, size, 0, 0, 1, 0) for name, kind, at, size in rows)
    count = len(rows) if sections else 0
    head = b"\x7fELF" + bytes([2 if is_64 else 1, 1 if mark == "<" else 2, 1]) + bytes(9)
    fields = (2, 62, 1, BASE, header_bytes, start + len(body) if count else 0, 0, header_bytes, segment_bytes, 1)
    head += struct.pack(
        mark + ("HHIQQQIHHHHHH" if is_64 else "HHIIIIIHHHHHH"), *fields, layout.size, count, max(count - 1, 0)
    )
    if is_64:
        head += struct.pack(mark + "IIQQQQQQ", 1, 6, start, BASE + start, 0, len(body), len(body), 4096)
    else:
        head += struct.pack(mark + "IIIIIIII", 1, start, BASE + start, 0, len(body), len(body), 6, 4096)
    return head.ljust(start, b"\0") + body + (table if count else b"")


def build_pe(name: str, content: bytes) -> bytes:
    """A PE file with one writable section."""
    optional = struct.pack("<H22xQ", 0x20B, BASE)
    at = 64 + 24 + len(optional) + 40
    section = struct.pack("<8sIIII12xI", name.encode(), len(content), 0x1000, len(content), at, 0xC0000040)
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, len(optional), 2)
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + coff + optional + section + content


def build_mach_o(name: str, content: bytes) -> bytes:
    """A Mach-O file of 64 bits with one writable segment and one section in it."""
    at = 32 + 72 + 80
    command = struct.pack("<II16sQQQQiiII", 0x19, 152, b"__DATA", BASE, len(content), at, len(content), 3, 3, 1, 0)
    section = struct.pack("<16s16sQQI28x", name.encode(), b"__DATA", BASE, len(content), at)
    return b"\xcf\xfa\xed\xfe" + struct.pack("<12xIII4x", 1, 152, 0) + command + section + content


def build_universal(*programs: bytes) -> bytes:
    """A universal Mach-O file of these programs."""
    body, table = b"", b""
    start = 8 + 20 * len(programs)
    for program in programs:
        table += struct.pack(">5I", 0x01000007, 3, start + len(body), len(program), 0)
        body += program
    return b"\xca\xfe\xba\xbe" + struct.pack(">I", len(programs)) + table + body


def go_build_info(toolchain: str = "go1.22.3", *lines: str) -> bytes:
    """What programs of Go 1.18 and later hold."""
    modules = framed(*lines) if lines else b""
    return MAGIC + b"\x08\x02" + bytes(16) + _counted(toolchain.encode()) + _counted(modules)


def old_go_data(toolchain: str, *lines: str, bits: int = 64, mark: str = "<", start: int = 128) -> bytes:
    """What programs before Go 1.18 hold: pointers to text headers, which point to texts."""
    width, letter = (8, "Q") if bits == 64 else (4, "I")
    texts = [toolchain.encode(), framed(*lines)]
    headers_at = BASE + start + 32
    at = headers_at + 4 * width
    headers = b"".join(
        struct.pack(f"{mark}2{letter}", at + sum(len(text) for text in texts[:number]), len(texts[number]))
        for number in range(2)
    )
    pointers = struct.pack(f"{mark}2{letter}", headers_at, headers_at + 2 * width)
    flags = bytes([width, 0 if mark == "<" else 1])
    return (MAGIC + flags + pointers).ljust(32, b"\0") + headers + b"".join(texts)


def framed(*lines: str) -> bytes:
    return FRAME + "".join(f"{line}\n" for line in lines).encode() + FRAME


def rust_audit(*crates: dict[str, object]) -> bytes:
    """The section of cargo-auditable."""
    return zlib.compress(json.dumps({"packages": crates}).encode())


def _counted(text: bytes) -> bytes:
    length, head = len(text), b""
    while length >= 0x80:
        head += bytes([length & 0x7F | 0x80])
        length >>= 7
    return head + bytes([length]) + text
