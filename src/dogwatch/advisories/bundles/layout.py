r"""What a bundle looks like, byte for byte. Reading and writing both follow this; docs/feeds.md shows it.

    dogwatch bundle 1\n                                 what it is
    <64 hex: key> <128 hex: signature> <8 digits>\n     who signed it, and how long the manifest is
    <manifest>                                          JSON: each feed with its age, and its section's size and digest
    <section> <section> ...                             in the order of the manifest, nothing between and behind them

The signature is Ed25519 over the first line and the manifest, so that it covers every byte that is read after it. A
section is one zstd frame of records, each a length of four bytes and so many bytes of msgpack.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from dogwatch.advisories.limits import FEED_LIMITS
from dogwatch.model.bundles import BundledFeed
from dogwatch.model.facts import CveScores, Exploitation, FactKind, Probability
from dogwatch.model.feeds import StoredDocument

MAGIC: Final = b"dogwatch bundle 1\n"
SEAL: Final = re.compile(rb"(?P<key>[0-9a-f]{64}) (?P<signature>[0-9a-f]{128}) (?P<size>[0-9]{8})\n")
SEAL_BYTES: Final = 64 + 1 + 128 + 1 + 8 + 1

MAX_MANIFEST_BYTES: Final = 4 * 1024 * 1024
"""A feed takes some 500 bytes; read into memory whole."""

MAX_FEEDS: Final = 1_000
"""Thirty ecosystems, each by release, are a third of it."""

MAX_NAME: Final = 256
"""Characters of a source or an ecosystem; the longest real one has some thirty."""

MAX_NAME_OF_RECORD: Final = 2_048
"""Characters; ids of the trackers hold a package's name of up to 512."""

MAX_RECORD_BYTES: Final = FEED_LIMITS.max_record_bytes + 4096
"""A document at its own limit with its id and time."""

LENGTH_BYTES: Final = 4
WINDOW_LOG: Final = 23
"""8 MiB of memory to pack and to unpack; records of one feed resemble each other over such a distance."""

DOCUMENTS: Final = "documents"
RECORD_TYPES: Final[Mapping[str, type]] = {
    DOCUMENTS: StoredDocument,
    FactKind.SCORES: CveScores,
    FactKind.EXPLOITATION: Exploitation,
    FactKind.PROBABILITY: Probability,
}


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One feed: as it was known, what its records are, and the bytes that hold them."""

    source: str
    ecosystem: str
    kind: str
    records: int
    checked_at: datetime
    state: dict[str, str]
    size_bytes: int
    sha256: str

    @property
    def feed(self) -> BundledFeed:
        """The feed without where its records are."""
        return BundledFeed(self.source, self.ecosystem, self.records, self.checked_at, self.state)


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All sections, in their order."""

    sections: tuple[Section, ...]


def encode_manifest(manifest: Manifest) -> bytes:
    """Return the manifest's bytes: the same for the same content."""
    return msgspec.json.encode(manifest, order="deterministic")


def read_manifest(content: bytes) -> Manifest:
    """Return what a manifest says; its signature has been checked.

    Raises:
        ValueError: it is none, or says what cannot be.
    """
    manifest = msgspec.json.decode(content, type=Manifest)
    if len(manifest.sections) > MAX_FEEDS:
        raise ValueError(f"more than {MAX_FEEDS} feeds")
    names = [(one.source, one.ecosystem) for one in manifest.sections]
    if len(set(names)) != len(names):
        raise ValueError("a feed stands in it twice")
    for one in manifest.sections:
        if one.kind not in RECORD_TYPES or one.records < 0 or one.size_bytes < 0 or one.checked_at.tzinfo is None:
            raise ValueError(f"{one.source}/{one.ecosystem} is described by what cannot be")
        if one.records > FEED_LIMITS.max_listed_records:
            raise ValueError(f"a feed of more than {FEED_LIMITS.max_listed_records} records")
        if not (_is_name(one.source) and _is_name(one.ecosystem)):
            raise ValueError("a feed has a name that cannot be")
    return manifest


def _is_name(text: str) -> bool:
    return 0 < len(text) <= MAX_NAME and text.isprintable()


def signed_bytes(manifest: bytes) -> bytes:
    """Return what the signature covers."""
    return MAGIC + manifest
