"""One file of NVD's feeds, record by record: some unpack to hundreds of megabytes, so none is ever held whole.

Records are told apart by the text that each begins with, `{"cve": {`, which cannot stand inside a JSON string; a record
that is not JSON then refuses the file, because nobody knows what else it hides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from dogwatch.advisories.cve_ids import is_cve
from dogwatch.advisories.fact_source import read_gzip
from dogwatch.advisories.limits import FeedLimits
from dogwatch.model.errors import LimitExceededError, MalformedSnapshotError
from dogwatch.model.facts import NVD, CveScores, RefusedFact, StatedScore
from dogwatch.model.times import parse_rfc3339

_RECORD = re.compile(rb'\{\s*"cve"\s*:\s*\{')
_LONGEST_BEGINNING = 256  # bytes that may be the first half of what a record begins with
_CWE = re.compile(r"CWE-[0-9]{1,6}", re.ASCII)
_KINDS = (("CVSS_V4", "v40"), ("CVSS_V3", "v31"), ("CVSS_V3", "v30"), ("CVSS_V2", "v2"))
_OWN = "nvd@nist.gov"
_KNOWN_AS = {"134c704f-9b21-4f2e-91b3-4a467353bcc0": "CISA-ADP"}
"""Who gives scores under a number of CVE's own, where that is often."""

_MAX_VECTOR = 512  # characters, as `matching.severity`
_MAX_SCORES = 20  # of one CVE id; real ones have up to six
_MAX_CWES = 50
_MAX_SOURCE = 200  # characters of an address


class _Vector(msgspec.Struct):
    vectorString: str = ""  # noqa: N815 -- NVD's own name


class _Metric(msgspec.Struct):
    cvssData: _Vector  # noqa: N815
    source: str = ""


class Metrics(msgspec.Struct):
    """Scores of a record, by the version of CVSS."""

    v40: list[_Metric] = msgspec.field(default_factory=list, name="cvssMetricV40")
    v31: list[_Metric] = msgspec.field(default_factory=list, name="cvssMetricV31")
    v30: list[_Metric] = msgspec.field(default_factory=list, name="cvssMetricV30")
    v2: list[_Metric] = msgspec.field(default_factory=list, name="cvssMetricV2")


class _Text(msgspec.Struct):
    value: str = ""


class Weakness(msgspec.Struct):
    """What kind of weakness somebody takes it for."""

    description: list[_Text] = []


class _Reference(msgspec.Struct):
    tags: list[str] = []


class _Cve(msgspec.Struct):
    id: str
    lastModified: str  # noqa: N815
    metrics: Metrics | None = None
    weaknesses: list[Weakness] = []
    references: list[_Reference] = []


class _Record(msgspec.Struct):
    cve: _Cve


class _Envelope(msgspec.Struct):
    format: str
    version: str
    timestamp: str
    totalResults: int  # noqa: N815


_RECORDS = msgspec.json.Decoder(_Record)
_ENVELOPE = msgspec.json.Decoder(_Envelope)
_JSON = json.JSONDecoder()
_Decoded = TypeVar("_Decoded")


def read_timestamp(path: Path, source: str, limits: FeedLimits) -> datetime:
    """Return when a file was made, from its beginning; see `read_file`."""
    timestamp = _envelope(next(_pieces(path, source, limits), b""), source).timestamp
    try:
        return read_time(timestamp)
    except ValueError as malformed:
        raise MalformedSnapshotError(source, f"its timestamp cannot be read: {malformed}") from malformed


def read_file(path: Path, source: str, limits: FeedLimits) -> Iterator[CveScores | RefusedFact]:
    """Read a file record by record, one in memory at a time.

    Raises:
        MalformedSnapshotError, LimitExceededError: as `read_pieces`; also where a record is not JSON.
    """
    for piece in read_pieces(path, source, limits):
        yield _read_record(piece, source)


def read_pieces(path: Path, source: str, limits: FeedLimits) -> Iterator[bytes]:
    """Yield each record of a file, with what stands behind it, which `decode_record` cuts off.

    Raises:
        MalformedSnapshotError: not a feed of CVE JSON 2.0, cut off, or not as many records as it says.
        LimitExceededError: the file or a record is too large.
    """
    pieces = _pieces(path, source, limits)
    envelope = _envelope(next(pieces, b""), source)
    count = 0
    for piece in pieces:
        count += 1
        yield piece
    if count != envelope.totalResults:
        reason = f"{path.name}: it says it lists {envelope.totalResults} records and lists {count}"
        raise MalformedSnapshotError(source, reason)


def _pieces(path: Path, source: str, limits: FeedLimits) -> Iterator[bytes]:
    """Yield what stands before the first record, then each record with the comma or the end behind it."""
    held = bytearray()
    searched = 0
    for piece in read_gzip(path, source, limits):
        held += piece
        start = 0
        for found in list(_RECORD.finditer(held, max(searched - _LONGEST_BEGINNING, 1))):
            yield bytes(held[start : found.start()])
            start = found.start()
        del held[:start]
        searched = len(held)
        if len(held) > limits.max_fact_record_bytes:
            raise LimitExceededError(
                f"{source} {path.name}", "max_fact_record_bytes", limits.max_fact_record_bytes, "bytes"
            )
    yield bytes(held)


def _envelope(beginning: bytes, source: str) -> _Envelope:
    closing = b"" if beginning.rstrip().endswith(b"}") else b"]}"  # a file without any record is closed already
    try:
        envelope = _ENVELOPE.decode(beginning + closing)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as malformed:
        raise MalformedSnapshotError(source, f"not a feed of NVD: {str(malformed)[:300]}") from malformed
    if (envelope.format, envelope.version) != ("NVD_CVE", "2.0"):
        raise MalformedSnapshotError(source, f"format {envelope.format[:80]!r} version {envelope.version[:80]!r}")
    return envelope


def decode_record(piece: bytes, source: str, decoder: msgspec.json.Decoder[_Decoded]) -> _Decoded | str:
    """Return a record as the decoder knows it; why not, where it is JSON of another shape.

    Raises:
        MalformedSnapshotError: it is not JSON.
    """
    try:
        return decoder.decode(_alone(piece))
    except msgspec.ValidationError as other:
        return str(other)[:300]
    except (msgspec.MsgspecError, RecursionError, ValueError) as malformed:
        raise MalformedSnapshotError(source, f"a record is not JSON: {str(malformed)[:300]}") from malformed


def _read_record(piece: bytes, source: str) -> CveScores | RefusedFact:
    record = decode_record(piece, source, _RECORDS)
    if isinstance(record, str):
        return RefusedFact("a record", record)
    cve = record.cve
    if not is_cve(cve.id):
        return RefusedFact(cve.id[:80], "not a CVE id")
    try:
        modified_at = read_time(cve.lastModified)
    except ValueError as unreadable:
        return RefusedFact(cve.id, str(unreadable)[:300])
    return CveScores(
        cve=cve.id,
        modified_at=modified_at,
        scores=read_scores(cve.metrics or Metrics()),
        cwes=read_cwes(cve.weaknesses),
        has_exploit=any("Exploit" in reference.tags for reference in cve.references),
    )


def _alone(piece: bytes) -> bytes:
    """Cut off what stands behind a record: the comma before the next one, or the end of the file."""
    text = piece.rstrip()
    if text.endswith(b","):
        return text[:-1]
    whole = text.decode("utf-8")
    _, end = _JSON.raw_decode(whole)
    if re.fullmatch(r"\s*\]\s*\}", whole[end:]) is None:
        raise ValueError("the file does not end behind its last record")
    return whole[:end].encode()


def read_scores(metrics: Metrics) -> tuple[StatedScore, ...]:
    """Return the vectors, each giver's once; what is too long for a vector is none."""
    found: dict[StatedScore, None] = {}
    for kind, name in _KINDS:
        for metric in getattr(metrics, name):
            vector = metric.cvssData.vectorString
            if 0 < len(vector) <= _MAX_VECTOR and "\0" not in vector + metric.source:
                found[StatedScore(kind, vector, _giver(metric.source))] = None
    return tuple(found)[:_MAX_SCORES]


def _giver(source: str) -> str:
    return NVD if source == _OWN else f"{NVD}:{_KNOWN_AS.get(source, source[:_MAX_SOURCE])}"


def read_cwes(weaknesses: Iterable[Weakness]) -> tuple[str, ...]:
    """Return the numbers of weaknesses; NVD's words for "none known" are no numbers."""
    named = (text.value for weakness in weaknesses for text in weakness.description)
    return tuple(dict.fromkeys(value for value in named if _CWE.fullmatch(value)))[:_MAX_CWES]


def read_time(text: str) -> datetime:
    """Read a time as NVD writes it: in UTC and without a zone.

    Raises:
        ValueError: not a time.
    """
    return parse_rfc3339(text if text.endswith("Z") else f"{text}Z")
