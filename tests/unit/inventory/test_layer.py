"""Reading one layer: digests, compressions, damage, limits."""

from __future__ import annotations

import gzip
import io
import sys
import threading
from dataclasses import replace

import pytest

from dogwatch.inventory.evidence import Extraction, FileEvidence, LayerEvidence
from dogwatch.inventory.layer import read_layer
from dogwatch.inventory.limits import Limits
from dogwatch.model.errors import DigestMismatchError, LimitExceededError, MalformedLayerError
from dogwatch.model.images import digest_of
from dogwatch.model.packages import Package
from tests.builders.layers import (
    BuiltLayer,
    compress,
    file,
    layer_of,
    package_json,
    raw_entry,
    read_members,
    tar_of,
)

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PATH = "app/node_modules/left-pad/package.json"
TAR = tar_of(file("etc/motd", b"hello " * 5000), file(PATH, package_json("left-pad", "1.3.0")))
EVIDENCE = LayerEvidence(
    files=(FileEvidence(PATH, "npm-package", Extraction(packages=(Package("npm", "left-pad", "1.3.0"),))),),
    others=("etc/motd",),
)
COMPRESSIONS = ("plain", "gzip", "zstd")


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> object:
    yield
    assert not [thread for thread in threading.enumerate() if thread.name == "layer-digests"]


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_layer_is_read_in_every_compression(compression: str) -> None:
    assert layer_of(TAR, compression).read() == EVIDENCE


@pytest.mark.parametrize("announced", [*COMPRESSIONS])
@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_the_first_bytes_decide_whatever_the_media_type_says(compression: str, announced: str) -> None:
    assert layer_of(TAR, announced, blob=compress(TAR, compression)).read() == EVIDENCE


def test_docker_media_types_are_read() -> None:
    built = layer_of(TAR)
    layer = replace(built.layer, media_type="application/vnd.docker.image.rootfs.diff.tar.gzip")
    assert read_layer(io.BytesIO(built.blob), layer) == EVIDENCE


def test_sha512_digests_are_verified() -> None:
    built = layer_of(TAR)
    layer = replace(built.layer, digest=digest_of(built.blob, "sha512"), diff_id=digest_of(TAR, "sha512"))
    assert read_layer(io.BytesIO(built.blob), layer) == EVIDENCE
    with pytest.raises(DigestMismatchError):
        read_layer(io.BytesIO(built.blob), replace(layer, digest=digest_of(b"other", "sha512")))


@pytest.mark.parametrize(
    "blob",
    [
        b"".join(gzip.compress(TAR[at : at + 1000], mtime=0) for at in range(0, len(TAR), 1000)),
        gzip.compress(TAR, mtime=0) + bytes(1000),
        gzip.compress(b"", mtime=0) + gzip.compress(TAR, mtime=0) + gzip.compress(b"", mtime=0),
        b"".join(zstd.compress(TAR[at : at + 1000]) for at in range(0, len(TAR), 1000)),
        zstd.compress(TAR) + b"\x50\x2a\x4d\x18" + (9).to_bytes(4, "little") + b"skip this",
        b"\x5f\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"skip" + zstd.compress(TAR),
    ],
)
def test_several_members_are_one_stream(blob: bytes) -> None:
    assert layer_of(TAR, blob=blob).read() == EVIDENCE


class Trickle(io.BytesIO):
    """Gives one byte at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 1, 1))


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_nothing_but_tiny_members_is_left_at_the_limit_however_many_there_are(compression: str) -> None:
    tiny = gzip.compress(b"", mtime=0) if compression == "gzip" else zstd.compress(b"")
    limits = Limits(members=1000)
    assert layer_of(b"", blob=tiny * 1000 + bytes(7)).read(limits) == LayerEvidence()
    with pytest.raises(LimitExceededError, match="over the limit members of 1000 gzip members or zstd frames"):
        layer_of(b"", blob=tiny * 1001).read(limits)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_stream_may_give_as_little_as_it_likes(compression: str) -> None:
    built = layer_of(TAR, compression)
    assert read_layer(Trickle(built.blob), built.layer) == EVIDENCE


def test_empty_layers_are_read() -> None:
    assert layer_of(bytes(1024)).read() == LayerEvidence()
    assert layer_of(b"", "plain").read() == LayerEvidence()


def cut(built: BuiltLayer, sixteenth: int) -> bytes:
    return built.blob[: len(built.blob) * sixteenth // 16]


@pytest.mark.parametrize("sixteenth", range(16))
@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_blob_cut_off_on_its_way_has_another_digest(compression: str, sixteenth: int) -> None:
    built = layer_of(TAR, compression)
    with pytest.raises(DigestMismatchError):
        read_layer(io.BytesIO(cut(built, sixteenth)), built.layer)


@pytest.mark.parametrize("sixteenth", range(1, 16))
@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_blob_stored_cut_off_is_malformed(compression: str, sixteenth: int) -> None:
    built = layer_of(TAR, compression)
    with pytest.raises(MalformedLayerError):
        layer_of(TAR, compression, blob=cut(built, sixteenth)).read()


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_blob_changed_on_its_way_has_another_digest_wherever_the_change_is(compression: str) -> None:
    built = layer_of(TAR, compression)
    for at in range(0, len(built.blob), max(1, len(built.blob) // 40)):
        changed = bytearray(built.blob)
        changed[at] ^= 0x55
        with pytest.raises(DigestMismatchError):
            read_layer(io.BytesIO(bytes(changed)), built.layer)


def test_a_wrong_diff_id_is_told_from_a_wrong_digest() -> None:
    built = layer_of(TAR)
    with pytest.raises(DigestMismatchError, match="diff ID"):
        read_layer(io.BytesIO(built.blob), replace(built.layer, diff_id=digest_of(b"other")))
    with pytest.raises(DigestMismatchError, match="layer sha256"):
        read_layer(io.BytesIO(built.blob), replace(built.layer, digest=digest_of(b"other")))


def test_bytes_behind_the_end_mark_count_for_the_diff_id() -> None:
    assert layer_of(TAR + b"behind the end").read() == EVIDENCE
    built = layer_of(TAR + b"behind the end")
    with pytest.raises(DigestMismatchError):
        read_layer(io.BytesIO(built.blob), replace(built.layer, diff_id=digest_of(TAR)))


@pytest.mark.parametrize("difference", [-1, 1])
def test_a_wrong_size_is_refused(difference: int) -> None:
    built = layer_of(TAR)
    with pytest.raises(DigestMismatchError, match="size"):
        read_layer(io.BytesIO(built.blob), replace(built.layer, size_bytes=len(built.blob) + difference))


class Endless(io.RawIOBase):
    """Never ends, and counts what was taken."""

    taken = 0

    def read(self, size: int = -1, /) -> bytes:
        self.taken += size
        return bytes(size)


def test_a_stream_longer_than_announced_is_left_at_once() -> None:
    stream = Endless()
    with pytest.raises(DigestMismatchError):
        read_layer(stream, replace(layer_of(TAR).layer, size_bytes=1000))
    assert stream.taken < 1 << 20


class Broken(io.BytesIO):
    """Fails after its first bytes, as a connection does."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise ConnectionResetError
        return super().read(10)


def test_errors_of_the_stream_pass_through() -> None:
    built = layer_of(TAR)
    with pytest.raises(ConnectionResetError):
        read_layer(Broken(built.blob), built.layer)


@pytest.mark.parametrize(
    "blob",
    [
        gzip.compress(TAR, mtime=0) + b"trailing words",
        zstd.compress(TAR) + b"trailing words",
        gzip.compress(TAR, mtime=0)[:-6] + b"\x00\x00" + gzip.compress(TAR, mtime=0)[-4:],
        gzip.compress(b"not a tar" * 100, mtime=0),
        b"not a tar" * 100,
        b"\x1f\x8b",
        b"\x28\xb5\x2f\xfd",
    ],
)
def test_what_is_no_layer_is_malformed(blob: bytes) -> None:
    with pytest.raises(MalformedLayerError):
        layer_of(TAR, blob=blob).read()


def test_an_encrypted_layer_is_malformed_and_says_so() -> None:
    built = layer_of(TAR)
    layer = replace(built.layer, media_type="application/vnd.oci.image.layer.v1.tar+gzip+encrypted")
    with pytest.raises(MalformedLayerError, match="encrypted"):
        read_layer(io.BytesIO(built.blob), layer)


def test_a_digest_that_cannot_be_verified_is_refused() -> None:
    built = layer_of(TAR)
    for layer in (replace(built.layer, digest="md5:00"), replace(built.layer, diff_id="")):
        with pytest.raises(MalformedLayerError):
            read_layer(io.BytesIO(built.blob), layer)


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_bomb_is_left_when_its_ratio_shows(compression: str) -> None:
    bomb = raw_entry(b"zeros", bytes(50_000_000))
    limits = Limits(ratio_free_bytes=4_000_000)
    with pytest.raises(LimitExceededError) as caught:
        layer_of(bomb, compression).read(limits)
    assert caught.value.fields["limit"] == "unpacked_ratio"


class Repeated(io.BytesIO):
    """The same bytes again and again; remembers how many were taken."""

    def __init__(self, part: bytes, times: int) -> None:
        super().__init__(part * 1000)
        self.size_bytes = len(part) * times
        self.taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(min(size or 0, self.size_bytes - self.taken))
        if not content and self.taken < self.size_bytes:
            self.seek(0)
            return self.read(size)
        self.taken += len(content)
        return content


def test_ten_million_empty_entries_are_left_long_before_their_end() -> None:
    stream = Repeated(gzip.compress(raw_entry(b"empty") * 1000, mtime=0), 10_000)
    layer = replace(layer_of(b"").layer, size_bytes=stream.size_bytes)
    with pytest.raises(LimitExceededError, match="over the limit unpacked_ratio of 200 times its size"):
        read_layer(stream, layer, Limits(ratio_free_bytes=16 << 20))
    assert stream.taken < stream.size_bytes / 10


def test_more_entries_than_allowed_are_left_whatever_their_size() -> None:
    stream = Repeated(raw_entry(b"empty"), 10_000_000)
    layer = replace(layer_of(b"").layer, size_bytes=stream.size_bytes)
    with pytest.raises(LimitExceededError, match="over the limit entries of 50000 entries"):
        read_layer(stream, layer, Limits(entries=50_000))
    assert stream.taken < stream.size_bytes / 100


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_layer_larger_than_allowed_is_left(compression: str) -> None:
    with pytest.raises(LimitExceededError) as caught:
        layer_of(TAR, compression).read(Limits(unpacked_bytes=20_000))
    assert caught.value.fields["limit"] == "unpacked_bytes"


def test_zeros_below_the_free_part_are_no_bomb() -> None:
    tar = tar_of(file("zeros", bytes(3_000_000)))
    assert layer_of(tar).read() == read_members(file("zeros"))


def test_a_zstd_window_beyond_the_limit_is_refused() -> None:
    options: dict[int, int] = {zstd.CompressionParameter.window_log: 30}
    compressor = zstd.ZstdCompressor(options=options)
    blob = compressor.compress(TAR) + compressor.flush()
    with pytest.raises(MalformedLayerError):
        layer_of(TAR, "zstd", blob=blob).read()
