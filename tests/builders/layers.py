"""Layers from small arguments: tar members, blobs in every compression, package databases, read evidence.

The archives are written by the standard library's tarfile, so that nothing of our reader checks itself; `raw_entry`
makes the headers that tarfile refuses to write.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
import tarfile
from dataclasses import dataclass

from dogwatch.inventory.content import MakeSpool
from dogwatch.inventory.evidence import LayerEvidence
from dogwatch.inventory.layer import read_layer
from dogwatch.inventory.limits import DEFAULT_LIMITS, Limits
from dogwatch.model.images import Layer, digest_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BLOCK = 512
END = bytes(2 * BLOCK)
MEDIA_TYPES = {
    "plain": "application/vnd.oci.image.layer.v1.tar",
    "gzip": "application/vnd.oci.image.layer.v1.tar+gzip",
    "zstd": "application/vnd.oci.image.layer.v1.tar+zstd",
}


@dataclass(frozen=True)
class Member:
    """One entry of a tar: `kind` is a type of tarfile; `target` is for links."""

    path: str
    content: bytes = b""
    kind: bytes = tarfile.REGTYPE
    target: str = ""


@dataclass(frozen=True)
class BuiltLayer:
    """A blob with what manifest and config say about it."""

    blob: bytes
    layer: Layer

    def read(self, limits: Limits = DEFAULT_LIMITS, make_spool: MakeSpool = io.BytesIO) -> LayerEvidence:
        return read_layer(io.BytesIO(self.blob), self.layer, limits, make_spool)


def file(path: str, content: bytes | str = b"") -> Member:
    return Member(path, content.encode() if isinstance(content, str) else content)


def directory(path: str) -> Member:
    return Member(path, kind=tarfile.DIRTYPE)


def symlink(path: str, target: str) -> Member:
    return Member(path, kind=tarfile.SYMTYPE, target=target)


def hard_link(path: str, target: str) -> Member:
    return Member(path, kind=tarfile.LNKTYPE, target=target)


def device(path: str) -> Member:
    return Member(path, kind=tarfile.CHRTYPE)


def whiteout(path: str) -> Member:
    above, slash, name = path.rpartition("/")
    return Member(f"{above}{slash}.wh.{name}")


def opaque(path: str) -> Member:
    return Member(f"{path}/.wh..wh..opq" if path else ".wh..wh..opq")


def tar_of(*members: Member, format: int = tarfile.GNU_FORMAT) -> bytes:
    """Return a plain tar of the members in this order."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as archive:
        for member in members:
            entry = tarfile.TarInfo(member.path)
            entry.type, entry.linkname, entry.size = member.kind, member.target, len(member.content)
            archive.addfile(entry, io.BytesIO(member.content))
    return buffer.getvalue()


def raw_entry(
    name: bytes,
    content: bytes = b"",
    *,
    kind: bytes = b"0",
    size: bytes | int | None = None,
    target: bytes = b"",
    magic: bytes = b"ustar\x0000",
    prefix: bytes = b"",
) -> bytes:
    """Return one entry, header and padded content, with any bytes in its fields.

    Args:
        name: at most 100 bytes.
        content: follows the header, padded to whole blocks.
        kind: the type byte.
        size: the size field as bytes, or a number; None: the content's.
        target: the link target.
        magic: format mark and version.
        prefix: of the name, as in ustar.
    """
    size = len(content) if size is None else size
    size_field = size if isinstance(size, bytes) else b"%011o\0" % size
    header = bytearray(BLOCK)
    header[0 : len(name)] = name
    header[100:108], header[108:116], header[116:124] = b"0000644\0", b"0000000\0", b"0000000\0"
    header[124:136] = size_field
    header[136:148], header[148:156] = b"00000000000\0", b" " * 8
    header[156:157], header[157 : 157 + len(target)] = kind, target
    header[257:265] = magic
    header[345 : 345 + len(prefix)] = prefix
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + content + bytes(-len(content) % BLOCK)


def pax_record(keyword: bytes, value: bytes) -> bytes:
    """Return one record of a PAX header, its length included."""
    body = b" " + keyword + b"=" + value + b"\n"
    length = len(body)
    while length != len(body) + len(str(length)):
        length = len(body) + len(str(length))
    return str(length).encode() + body


def pax_header(**values: bytes) -> bytes:
    """Return a PAX header entry; underscores in keywords stand for dots."""
    records = b"".join(pax_record(name.replace("_", ".").encode(), value) for name, value in values.items())
    return raw_entry(b"PaxHeaders/x", records, kind=b"x")


def compress(content: bytes, compression: str) -> bytes:
    """Return the content as a blob; `compression` is gzip, zstd or plain."""
    if compression == "gzip":
        return gzip.compress(content, 6, mtime=0)
    return zstd.compress(content) if compression == "zstd" else content


def layer_of(tar: bytes, compression: str = "gzip", *, blob: bytes | None = None) -> BuiltLayer:
    """Return a layer that says the truth about its bytes; `blob` replaces the compressed tar."""
    blob = compress(tar, compression) if blob is None else blob
    return BuiltLayer(blob, Layer(digest_of(blob), digest_of(tar), MEDIA_TYPES[compression], len(blob)))


def read_tar(tar: bytes, limits: Limits = DEFAULT_LIMITS) -> LayerEvidence:
    """Return the evidence of a plain tar."""
    return layer_of(tar, "plain").read(limits)


def read_members(*members: Member, limits: Limits = DEFAULT_LIMITS) -> LayerEvidence:
    """Return the evidence of a layer with these entries."""
    return read_tar(tar_of(*members), limits)


# --- contents of package databases ------------------------------------------------------------------------------------


def os_release(distribution: str = "debian", version_id: str = "12", pretty_name: str = "") -> str:
    """Return an os-release file; without VERSION_ID if it is empty."""
    lines = [f'PRETTY_NAME="{pretty_name or distribution.capitalize()}"', f"ID={distribution}"]
    return "\n".join(lines + ([f'VERSION_ID="{version_id}"'] if version_id else [])) + "\n"


def stanza(
    name: str,
    version: str = "1.0-1",
    *,
    arch: str = "amd64",
    source: str = "",
    status: str = "install ok installed",
) -> str:
    """Return one stanza of dpkg's status file; no Status field if it is empty."""
    fields = [f"Package: {name}", f"Status: {status}" if status else "", f"Source: {source}" if source else ""]
    fields += [f"Architecture: {arch}", f"Version: {version}", "Description: words", " .", " more: words"]
    return "\n".join(field for field in fields if field) + "\n"


def dpkg_status(*stanzas: str) -> str:
    return "\n".join(stanzas)


def apk_entry(name: str, version: str = "1.0-r0", *paths: str, origin: str = "", arch: str = "x86_64") -> str:
    """Return one package of apk's database, with its files."""
    lines = ["C:Q1AAAA=", f"P:{name}", f"V:{version}", f"A:{arch}", "T:words: more", f"o:{origin}" if origin else ""]
    for path in paths:
        folder, _, file_name = path.rpartition("/")
        lines += [f"F:{folder}", f"R:{file_name}", "a:0:0:755", "Z:Q1BBBB="]
    return "\n".join(line for line in lines if line) + "\n\n"


def python_metadata(name: str, version: str) -> str:
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: words\n\nVersion: in the description\n"


def package_json(name: str, version: str) -> str:
    return json.dumps({"name": name, "version": version, "main": "index.js"})
