"""Bundles: what was written is read again, and whatever was changed on the way is refused."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from dogwatch.advisories.bundles import BundleCarrier
from dogwatch.advisories.bundles.keys import name_key
from dogwatch.advisories.bundles.layout import MAGIC, SEAL_BYTES, Manifest, Section, encode_manifest, signed_bytes
from dogwatch.advisories.bundles.writing import write_bundle
from dogwatch.advisories.bundles.zstd import ZstdCompressor
from dogwatch.model.bundles import BundledFeed, BundledRecord, FeedContent
from dogwatch.model.errors import BundleRefusedError, ConfigError, DogwatchError, FeedShrunkError, NotFoundError
from dogwatch.model.facts import CveScores, Exploitation, FactKind, Probability, StatedScore
from dogwatch.model.feeds import StoredDocument
from tests.builders.advisories import osv_record

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(32))
CHECKED = datetime(2026, 7, 30, 12, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)

Key = Ed25519PrivateKey


def document(name: str, at: datetime = JULY) -> StoredDocument:
    """A document as the store gives it."""
    record = osv_record(name, name="requests", modified=at.isoformat().replace("+00:00", "Z"))
    return StoredDocument(name, at, msgspec.json.encode(record))


DOCUMENTS = tuple(document(f"PYSEC-2026-{number}") for number in range(1, 6))
SCORES = (
    CveScores("CVE-2026-1", JULY, (StatedScore("CVSS_V3", "CVSS:3.1/AV:N", "nvd"),), ("CWE-79",), True),
    CveScores("CVE-2026-2", JULY),
)
LISTED = (Exploitation("CVE-2026-1", date(2026, 7, 14), None, True, "Update."),)
LIKELY = (Probability("CVE-2026-1", 11_510, 780_860),)


def feed(source: str, ecosystem: str, records: int) -> BundledFeed:
    """A feed as it was known."""
    return BundledFeed(source, ecosystem, records, CHECKED, {"records": str(records), "checked_at": "then"})


def contents(documents: Sequence[BundledRecord] = DOCUMENTS) -> list[FeedContent]:
    """A feed of advisories and the three of facts."""
    return [
        FeedContent(feed("epss", "CVE", 1), FactKind.PROBABILITY, iter(LIKELY)),
        FeedContent(feed("kev", "CVE", 1), FactKind.EXPLOITATION, iter(LISTED)),
        FeedContent(feed("nvd", "CVE", 2), FactKind.SCORES, iter(SCORES)),
        FeedContent(feed("osv", "PyPI", len(documents)), None, iter(documents)),
    ]


def public(*keys: Key) -> bytes:
    """Public keys in PEM, one after the other."""
    return b"".join(one.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) for one in keys)


@pytest.fixture
def carrier(tmp_path: Path) -> BundleCarrier:
    """Believes what KEY signed, and another one."""
    path = tmp_path / "trusted.pem"
    path.write_bytes(public(Ed25519PrivateKey.from_private_bytes(bytes([7] * 32)), KEY))
    return BundleCarrier(str(path))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A whole bundle."""
    path = tmp_path / "knowledge.bundle"
    write_bundle(path, KEY, contents())
    return path


def test_what_was_written_is_read_again(carrier: BundleCarrier, bundle: Path) -> None:
    feeds = carrier.check(bundle)
    advisories = carrier.bring(bundle, feeds[3], ())
    facts = [carrier.bring_facts(bundle, one) for one in feeds[:3]]

    assert feeds == tuple(one.feed for one in contents())
    assert (advisories.state, advisories.removed, advisories.answered_at) == (feeds[3].state, (), CHECKED)
    assert [(one.id, one.document, one.problem) for one in advisories.records] == [
        (one.id, one.content, "") for one in DOCUMENTS
    ]
    assert [(one.kind, one.answered_at, tuple(one.facts)) for one in facts] == [
        (FactKind.PROBABILITY, CHECKED, LIKELY),
        (FactKind.EXPLOITATION, CHECKED, LISTED),
        (FactKind.SCORES, CHECKED, SCORES),
    ]


def test_the_same_knowledge_gives_the_same_bytes_and_nothing_is_left_beside_them(bundle: Path) -> None:
    first = bundle.read_bytes()
    write_bundle(bundle, KEY, contents())

    assert bundle.read_bytes() == first
    assert [one.name for one in bundle.parent.iterdir() if "bundle" in one.name] == [bundle.name]


def test_only_what_differs_is_brought(carrier: BundleCarrier, bundle: Path) -> None:
    older, newer = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 2, tzinfo=UTC)
    known = {"PYSEC-2026-1": JULY, "PYSEC-2026-2": older, "PYSEC-2026-3": newer, "PYSEC-1999-1": older}
    found = carrier.bring(bundle, carrier.check(bundle)[3], known.items())

    assert [one.id for one in found.records] == ["PYSEC-2026-2", "PYSEC-2026-4", "PYSEC-2026-5"]
    assert found.removed == ("PYSEC-1999-1",)


def test_a_feed_that_lost_most_of_its_records_waits_for_a_word(carrier: BundleCarrier, bundle: Path) -> None:
    known = {f"PYSEC-1999-{number}": JULY for number in range(30)}
    pypi = carrier.check(bundle)[3]
    with pytest.raises(FeedShrunkError):
        carrier.bring(bundle, pypi, known.items())
    with pytest.raises(FeedShrunkError):
        carrier.refuse_shrunk(bundle, pypi, 30)
    carrier.refuse_shrunk(bundle, pypi, 10)

    assert len(carrier.bring(bundle, pypi, known.items(), confirmed=True).removed) == 30


def test_what_this_version_can_carry(carrier: BundleCarrier) -> None:
    asked = [("osv", "PyPI"), ("osv", "AlmaLinux:9"), ("nvd", "CVE"), ("end-of-life", "Distribution releases")]
    asked += [("sample", "PyPI"), ("osv", "Abacus"), ("abacus", "CVE")]

    assert [carrier.can_carry(feed(*one, 1)) for one in asked] == [True, True, True, False, False, False, False]


def test_every_changed_byte_is_found_before_anything_is_brought(carrier: BundleCarrier, bundle: Path) -> None:
    whole = bundle.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 200)):
        bundle.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(BundleRefusedError):
            carrier.check(bundle)


def test_every_cut_and_everything_added_is_found(carrier: BundleCarrier, bundle: Path) -> None:
    whole = bundle.read_bytes()
    for changed in (*(whole[:size] for size in range(0, len(whole), 61)), whole[:-1], whole + b"\0", whole + whole):
        bundle.write_bytes(changed)
        with pytest.raises(BundleRefusedError):
            carrier.check(bundle)


def test_a_section_that_changes_after_the_check_is_found_while_it_is_read(carrier: BundleCarrier, bundle: Path) -> None:
    feeds = carrier.check(bundle)
    found = carrier.bring_facts(bundle, feeds[0])
    whole = bundle.read_bytes()
    first = whole.index(b"\x28\xb5\x2f\xfd")  # a frame of zstd begins with these
    bundle.write_bytes(whole[: first + 20] + bytes([whole[first + 20] ^ 1]) + whole[first + 21 :])

    with pytest.raises(BundleRefusedError):
        tuple(found.facts)


def refusal(carrier: BundleCarrier, path: Path) -> str:
    """Return what a bundle is refused for."""
    with pytest.raises(DogwatchError) as refused:
        carrier.check(path)
    return str(refused.value.fields["reason"])


def test_who_is_not_trusted_is_named(carrier: BundleCarrier, bundle: Path) -> None:
    write_bundle(bundle, STRANGER, contents())

    assert refusal(carrier, bundle).startswith("signed with the key ")
    assert refusal(carrier, bundle).endswith(", which is not trusted")


def test_what_is_no_bundle_is_refused_for_what_it_is(carrier: BundleCarrier, bundle: Path) -> None:
    unsigned = bundle.read_bytes()[len(MAGIC) + SEAL_BYTES :]
    pipe = bundle.with_name("pipe")
    os.mkfifo(pipe)
    said = []
    for content in (b"", b"PK\3\4 an archive", b"dogwatch bundle 2\n", MAGIC + unsigned):
        bundle.write_bytes(content)
        said.append(refusal(carrier, bundle))
    said += [refusal(carrier, pipe), refusal(carrier, pipe.parent), refusal(carrier, pipe.with_name("absent"))]

    unknown = "not a bundle that this version of Dogwatch reads"
    kind = "not a regular file"
    assert said == [unknown, unknown, unknown, "it is not signed", kind, kind, "No such file or directory"]


def signed(path: Path, section: Callable[[bytes], Section], content: bytes) -> None:
    """Write a bundle of one section, as somebody who is trusted and means ill would."""
    manifest = encode_manifest(Manifest((section(content),)))
    seal = f"{name_key(KEY.public_key())} {KEY.sign(signed_bytes(manifest)).hex()} {len(manifest):08}\n"
    path.write_bytes(MAGIC + seal.encode() + manifest + content)


def packed(content: bytes) -> bytes:
    """Return one frame."""
    packer = ZstdCompressor()
    return packer.compress(content) + packer.flush()


def framed(*records: bytes) -> bytes:
    """Return records as a section packs them."""
    return packed(b"".join(len(one).to_bytes(4, "big") + one for one in records))


def stated(records: int, kind: str = "probability", source: str = "epss") -> Callable[[bytes], Section]:
    """Return what describes a section."""

    def describe(packed: bytes) -> Section:
        return Section(source, "CVE", kind, records, CHECKED, {}, len(packed), hashlib.sha256(packed).hexdigest())

    return describe


OTHER = msgspec.msgpack.encode(Probability("CVE-2026-2", 1, 1))
ODD = msgspec.msgpack.encode(Probability("CVE-2026-1\0", 1, 1))
ONE = msgspec.msgpack.encode(LIKELY[0])
HOSTILE = {
    "a record twice": (stated(2), framed(ONE, ONE), "names 'CVE-2026-1' twice, or out of order"),
    "fewer than stated": (stated(2), framed(ONE), "holds 1 records where 2 were signed"),
    "more than stated": (stated(1), framed(ONE, OTHER), "holds more records where 1 were signed"),
    "a name that cannot be": (stated(1), framed(ODD), "which cannot be"),
    "no record": (stated(1), framed(b"\xc1"), "holds something that is no record"),
    "not packed": (stated(1), b"abcdefgh", "cannot be unpacked"),
    "cut off": (stated(1), framed(ONE)[:-5], "is not one whole frame"),
    "two frames": (stated(1), framed(ONE) * 2, "is not one whole frame"),
    "cut in a record": (stated(1), packed(len(ONE).to_bytes(4, "big") + ONE[:-1]), "ends in the middle of a record"),
    "nothing": (stated(1), packed(b""), "holds 0 records where 1 were signed"),
    "a bomb": (stated(1), framed(b"\0" * 5_000_000), "has a record over the limit max_record_bytes"),
    "another kind": (stated(1, "documents"), framed(ONE), "are documents"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_was_signed_and_makes_no_sense_is_refused(carrier: BundleCarrier, tmp_path: Path, name: str) -> None:
    section, content, reason = HOSTILE[name]
    signed(tmp_path / "hostile", section, content)
    (one,) = carrier.check(tmp_path / "hostile")

    with pytest.raises(BundleRefusedError) as refused:
        tuple(carrier.bring_facts(tmp_path / "hostile", one).facts)
    assert reason in refused.value.message


def test_a_manifest_that_cannot_be_is_refused(carrier: BundleCarrier, tmp_path: Path) -> None:
    signed(tmp_path / "hostile", stated(1, "abacus"), b"")

    assert "is described by what cannot be" in refusal(carrier, tmp_path / "hostile")


def test_a_feed_that_is_not_in_it_is_not_found(carrier: BundleCarrier, bundle: Path) -> None:
    with pytest.raises(NotFoundError):
        carrier.bring_facts(bundle, feed("epss", "CVE", 2))


def test_keys_that_cannot_be_used_are_named(bundle: Path, tmp_path: Path) -> None:
    pem = Encoding.PEM, PrivateFormat.PKCS8
    keys = {
        "none": b"nothing",
        "locked": KEY.private_bytes(*pem, BestAvailableEncryption(b"word")),
        "curve": generate_private_key(SECP256R1()).private_bytes(*pem, NoEncryption()),
        "good": KEY.private_bytes(*pem, NoEncryption()),
    }
    said = {}
    for name, content in keys.items():
        (tmp_path / name).write_bytes(content)
        try:
            BundleCarrier().write(bundle, tmp_path / name, contents())
        except ConfigError as refused:
            said[name] = str(refused.fields["reason"]).removeprefix(f"{tmp_path / name}: ")

    assert said == {
        "none": "not a private key in PEM",
        "locked": "the key asks for a password; one without is needed",
        "curve": "not an Ed25519 key (openssl genpkey -algorithm ed25519)",
    }
    assert "no public key in PEM" in refusal(BundleCarrier(str(tmp_path / "good")), bundle)
    assert "is needed" in refusal(BundleCarrier(), bundle)
