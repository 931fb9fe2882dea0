"""VEX statements as they are journalled: one record for each statement, whatever the format it came in.

A record is JSON with the names of OSV where it has their meaning, so that it is shown like any other document.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from dogwatch.model.advisories import (
    Advisory,
    AffectedPackage,
    Naming,
    RangeEvent,
    RangeEventKind,
    SeverityFact,
    StatedRange,
)
from dogwatch.model.feeds import VEX_SOURCE, ParsedRecord


class _Event(msgspec.Struct):
    kind: RangeEventKind
    version: str


class _Product(msgspec.Struct, omit_defaults=True):
    ecosystem: str
    name: str
    naming: Naming
    version: str = ""
    arch: str = ""
    ranges: tuple[tuple[_Event, ...], ...] = ()


class _Reference(msgspec.Struct):
    url: str


class _Severity(msgspec.Struct):
    type: str
    score: str


class _Record(msgspec.Struct, omit_defaults=True):
    id: str
    modified: datetime
    summary: str
    details: str
    state: str
    vulnerability: tuple[str, ...]
    products: tuple[_Product, ...]
    references: tuple[_Reference, ...] = ()
    severity: tuple[_Severity, ...] = ()


_DECODER = msgspec.json.Decoder(_Record)


def write_record(
    record_id: str,
    stated_at: datetime,
    names: tuple[str, ...],
    state: str,
    texts: tuple[str, str],
    products: tuple[AffectedPackage, ...],
    severity: tuple[SeverityFact, ...] = (),
) -> ParsedRecord:
    """Return a statement as a record to be journalled.

    Args:
        record_id: of the statement, in all documents there are.
        stated_at: when it was said.
        names: those of the vulnerability, aliases among them.
        state: as `AffectedPackage` knows it.
        texts: summary and details.
        products: what it is said of: each a package with a naming of its own, with one version, none, or ranges.
        severity: what is said of severity.
    """
    record = _Record(
        id=record_id,
        modified=stated_at,
        summary=texts[0],
        details=texts[1],
        state=state,
        vulnerability=names,
        products=tuple(map(_product, products)),
        severity=tuple(_Severity(fact.kind, fact.value) for fact in severity),
    )
    return ParsedRecord(record_id, stated_at, msgspec.json.encode(record), _advisory(record))


def _product(package: AffectedPackage) -> _Product:
    return _Product(
        package.ecosystem,
        package.name,
        package.naming,
        package.versions[0] if package.versions else "",
        package.arch,
        tuple(tuple(_Event(event.kind, event.version) for event in stated.events) for stated in package.ranges),
    )


def read_record(content: bytes) -> Advisory:
    """Read a statement that was journalled; the inverse of `write_record`.

    Raises:
        ValueError: it is none (msgspec's errors are ValueErrors).
    """
    return _advisory(_DECODER.decode(content))


def _advisory(record: _Record) -> Advisory:
    severity = tuple(SeverityFact(one.type, one.score) for one in record.severity)
    return Advisory(
        source=VEX_SOURCE,
        id=record.id,
        modified_at=record.modified,
        published_at=None,
        withdrawn_at=None,
        summary=record.summary,
        details=record.details,
        aliases=record.vulnerability,
        affected=tuple(_affected(one, record.state) for one in record.products),
        severity=severity,
        references=tuple(one.url for one in record.references),
    )


def _affected(product: _Product, state: str) -> AffectedPackage:
    versions = (product.version,) if product.version else ()
    ranges = tuple(
        StatedRange("ECOSYSTEM", tuple(RangeEvent(event.kind, event.version) for event in events))
        for events in product.ranges
    )
    return AffectedPackage(
        product.ecosystem, product.name, ranges, versions, state, naming=product.naming, arch=product.arch
    )
