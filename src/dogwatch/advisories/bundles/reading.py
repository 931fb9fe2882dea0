"""Reads a bundle: who signed it, then whether every byte is the one that was signed, then records one at a time."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from dogwatch.advisories.bundles.layout import (
    LENGTH_BYTES,
    MAGIC,
    MAX_MANIFEST_BYTES,
    MAX_NAME_OF_RECORD,
    MAX_RECORD_BYTES,
    RECORD_TYPES,
    SEAL,
    SEAL_BYTES,
    WINDOW_LOG,
    Section,
    read_manifest,
    signed_bytes,
)
from dogwatch.advisories.bundles.zstd import DecompressionParameter, ZstdDecompressor, ZstdError
from dogwatch.advisories.limits import FEED_LIMITS
from dogwatch.model.bundles import BundledRecord
from dogwatch.model.errors import BundleRefusedError
from dogwatch.model.feeds import StoredDocument

_CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose signature has been checked: its sections in their order, and where the first one begins."""

    path: Path
    sections: tuple[Section, ...]
    begins_at: int

    def refuse(self, reason: str, cause: BaseException | None = None) -> NoReturn:
        """Raise BundleRefusedError."""
        raise BundleRefusedError(str(self.path), reason) from cause


def open_bundle(path: Path, trusted: Mapping[str, Ed25519PublicKey]) -> Bundle:
    """Read what stands in front of the sections; nothing but the seal is looked at before the signature is checked.

    Args:
        path: of the bundle.
        trusted: public keys by their names.

    Raises:
        BundleRefusedError: there is no such file, it is no bundle, nobody who is trusted signed it, or it is cut off.
    """
    nothing = Bundle(path, (), 0)
    with _open(nothing) as file:
        manifest = _read_signed(nothing, file, trusted)
        size_bytes = os.fstat(file.fileno()).st_size
        begins_at = file.tell()
    try:
        sections = read_manifest(manifest).sections
    except ValueError as malformed:
        nothing.refuse(f"its manifest cannot be read: {malformed}", malformed)
    expected = begins_at + sum(one.size_bytes for one in sections)
    if size_bytes != expected:
        nothing.refuse(f"it has {size_bytes} bytes where {expected} were signed: cut off, or something was added")
    return Bundle(path, sections, begins_at)


def check_bundle(bundle: Bundle) -> None:
    """Compare every byte of every section with what was signed.

    Raises:
        BundleRefusedError: a section is not what was signed.
    """
    for section in bundle.sections:
        digest = hashlib.sha256()
        for chunk in _chunks(bundle, section):
            digest.update(chunk)
        _compare(bundle, section, digest.hexdigest())


def read_records(bundle: Bundle, section: Section) -> Iterator[BundledRecord]:
    """Yield a section's records in the order of their ids; when the last one was taken, its digest was compared again.

    Raises:
        BundleRefusedError: it is not what was signed, or what was signed makes no sense.
    """
    decoder: msgspec.msgpack.Decoder[BundledRecord] = msgspec.msgpack.Decoder(RECORD_TYPES[section.kind])
    before, count = "", 0
    for encoded in _encoded(bundle, section):
        try:
            record = decoder.decode(encoded)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as malformed:
            _refuse(bundle, section, "holds something that is no record", malformed)
        name = record.id if isinstance(record, StoredDocument) else record.cve
        if name <= before:
            _refuse(bundle, section, f"names {name[:80]!r} twice, or out of order")
        if len(name) > MAX_NAME_OF_RECORD or "\0" in name:  # no text of PostgreSQL
            _refuse(bundle, section, f"names {name[:80]!r}, which cannot be")
        before, count = name, count + 1
        if count > section.records:
            break
        yield record
    if count != section.records:
        found = "more" if count > section.records else str(count)
        _refuse(bundle, section, f"holds {found} records where {section.records} were signed")


def _read_signed(bundle: Bundle, file: BinaryIO, trusted: Mapping[str, Ed25519PublicKey]) -> bytes:
    """Return the manifest's bytes, whose signature is that of a key that is trusted."""
    if file.read(len(MAGIC)) != MAGIC:
        bundle.refuse("not a bundle that this version of Dogwatch reads")
    seal = SEAL.fullmatch(file.read(SEAL_BYTES))
    if seal is None:
        bundle.refuse("it is not signed")
    key = trusted.get(seal["key"].decode())
    if key is None:
        bundle.refuse(f"signed with the key {seal['key'].decode()}, which is not trusted")
    size_bytes = int(seal["size"])
    if size_bytes > MAX_MANIFEST_BYTES:
        bundle.refuse(f"its manifest is over the limit max_manifest_bytes of {MAX_MANIFEST_BYTES} bytes")
    manifest = file.read(size_bytes)
    try:
        key.verify(bytes.fromhex(seal["signature"].decode()), signed_bytes(manifest))
    except InvalidSignature as wrong:
        bundle.refuse("its signature is wrong: it was changed or cut off after it was signed", wrong)
    return manifest


@contextmanager
def _open(bundle: Bundle) -> Iterator[BinaryIO]:
    try:
        # O_NONBLOCK: opening a named pipe must not wait for a writer.
        descriptor = os.open(bundle.path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as refused:
        bundle.refuse(refused.strerror or str(refused), refused)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        bundle.refuse("not a regular file")
    try:
        with open(descriptor, "rb") as file:
            yield file
    except OSError as broken:
        bundle.refuse(str(broken), broken)


def _chunks(bundle: Bundle, section: Section) -> Iterator[bytes]:
    """Yield the bytes of a section as they stand in the file."""
    place = bundle.sections.index(section)
    left = section.size_bytes
    with _open(bundle) as file:
        file.seek(bundle.begins_at + sum(one.size_bytes for one in bundle.sections[:place]))
        while left:
            chunk = file.read(min(left, _CHUNK_BYTES))
            if not chunk:
                bundle.refuse("it was cut off while it was read")
            left -= len(chunk)
            yield chunk


def _unpacked(bundle: Bundle, section: Section) -> Iterator[bytes]:
    """Yield what a section unpacks to, in small pieces whatever was packed, and compare its digest in the end."""
    unpacker = ZstdDecompressor(options={DecompressionParameter.window_log_max: WINDOW_LOG})
    digest, taken, most = hashlib.sha256(), 0, FEED_LIMITS.max_inflated_bytes
    for chunk in _chunks(bundle, section):
        digest.update(chunk)
        waiting = chunk
        while waiting or not (unpacker.needs_input or unpacker.eof):
            try:
                piece = unpacker.decompress(waiting, _CHUNK_BYTES)
            except (ZstdError, EOFError) as malformed:
                _refuse(bundle, section, "cannot be unpacked", malformed)
            waiting = b""
            taken += len(piece)
            if taken > most:
                _refuse(bundle, section, f"is over the limit max_inflated_bytes of {most} bytes")
            yield piece
    if not unpacker.eof or unpacker.unused_data:
        _refuse(bundle, section, "is not one whole frame")
    _compare(bundle, section, digest.hexdigest())


def _encoded(bundle: Bundle, section: Section) -> Iterator[bytes]:
    """Yield records as bytes, one in memory at a time."""
    buffer = bytearray()
    for piece in _unpacked(bundle, section):
        buffer += piece
        begin = 0
        while len(buffer) - begin >= LENGTH_BYTES:
            size_bytes = int.from_bytes(buffer[begin : begin + LENGTH_BYTES], "big")
            if size_bytes > MAX_RECORD_BYTES:
                _refuse(bundle, section, f"has a record over the limit max_record_bytes of {MAX_RECORD_BYTES} bytes")
            end = begin + LENGTH_BYTES + size_bytes
            if len(buffer) < end:
                break
            yield bytes(buffer[begin + LENGTH_BYTES : end])
            begin = end
        del buffer[:begin]
    if buffer:
        _refuse(bundle, section, "ends in the middle of a record")


def _compare(bundle: Bundle, section: Section, found: str) -> None:
    if found != section.sha256:
        _refuse(bundle, section, "is not what was signed")


def _refuse(bundle: Bundle, section: Section, reason: str, cause: BaseException | None = None) -> NoReturn:
    bundle.refuse(f"what it has of {section.source}/{section.ecosystem} {reason}", cause)
