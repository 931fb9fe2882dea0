"""Evidence as bytes."""

from __future__ import annotations

import contextlib
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dogwatch.inventory.encoding import decode_evidence, encode_evidence
from dogwatch.inventory.evidence import LayerEvidence
from dogwatch.model.errors import MalformedLayerError
from tests.builders.layers import (
    directory,
    dpkg_status,
    file,
    hard_link,
    opaque,
    os_release,
    package_json,
    read_members,
    stanza,
    symlink,
    whiteout,
)

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

EVIDENCE = read_members(
    directory("usr"), symlink("lib", "usr/lib"), file("usr/bin/x"), whiteout("a/b"), opaque("c"),
    file("etc/os-release", os_release()), file("var/lib/dpkg/status", dpkg_status(stanza("a"), "nonsense\n")),
    file("var/lib/dpkg/info/a.list", "/x.egg-info\n"), hard_link("node_modules/a/package.json", "x"),
    file("node_modules/b/package.json", package_json("b", "1.0.0")), file("../.wh.x"), file("a.py"),
)  # fmt: skip


def test_evidence_comes_back_as_it_was() -> None:
    fields = [getattr(EVIDENCE, name) for name in LayerEvidence.__dataclass_fields__]
    assert all(fields)
    assert decode_evidence(encode_evidence(EVIDENCE)) == EVIDENCE
    assert decode_evidence(encode_evidence(LayerEvidence())) == LayerEvidence()


def test_equal_evidence_gives_equal_bytes() -> None:
    assert encode_evidence(decode_evidence(encode_evidence(EVIDENCE))) == encode_evidence(EVIDENCE)


WHOLE = encode_evidence(EVIDENCE)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"DWE",
        b"DWE0" + WHOLE[4:],
        WHOLE[4:],
        b"DWE1",
        WHOLE + b"x",
        b"DWE1" + zstd.compress(b"\xc1"),
        b"DWE1" + zstd.compress(msgspec.msgpack.encode({"files": [1]})),
        b"DWE1" + zstd.compress(msgspec.msgpack.encode({"others": [b"\xff"]})),
        b"DWE1" + zstd.compress(b"\x91" * 100_000),
        *(WHOLE[: len(WHOLE) * part // 16] for part in range(1, 16)),
    ],
)
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(MalformedLayerError):
        decode_evidence(content)


@given(st.binary(max_size=300))
def test_any_bytes_at_all_are_refused(content: bytes) -> None:
    for foreign in (content, b"DWE1" + content):
        with pytest.raises(MalformedLayerError):
            decode_evidence(foreign)


PACKED = st.recursive(
    st.none() | st.integers() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(list(LayerEvidence.__dataclass_fields__)), inner),
    max_leaves=20,
)


@given(PACKED)
def test_any_packed_value_is_evidence_or_refused(value: object) -> None:
    try:
        content = zstd.compress(msgspec.msgpack.encode(value))
    except (OverflowError, UnicodeEncodeError):
        return
    with contextlib.suppress(MalformedLayerError):
        assert isinstance(decode_evidence(b"DWE1" + content), LayerEvidence)
