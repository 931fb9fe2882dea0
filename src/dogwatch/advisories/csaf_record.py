"""What is kept of a CSAF document, whoever published it: what is shown of it stands where the OSV format has it.

What is kept of its packages, and how that is read again, stands with each source.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec

from dogwatch.advisories.csaf_document import VexDocument
from dogwatch.advisories.limits import TEXT_LIMITS
from dogwatch.advisories.texts import cut_prose, is_link, keep_unread, refuse_long
from dogwatch.model.advisories import Advisory, AffectedPackage, SeverityFact, UnaffectedPackages
from dogwatch.model.times import parse_rfc3339


class Severity(msgspec.Struct, frozen=True, array_like=True):
    """The publisher's word and a CVSS vector; each may be empty."""

    word: str
    vector: str

    @property
    def facts(self) -> tuple[SeverityFact, ...]:
        """What it is in an advisory."""
        kind = "CVSS_V3" if self.vector.startswith("CVSS:3") else "CVSS_V2"
        vector = (SeverityFact(kind, self.vector[: TEXT_LIMITS.max_identifier]),) if self.vector else ()
        word = (SeverityFact("TEXT", self.word[: TEXT_LIMITS.max_identifier]),) if self.word else ()
        return (*vector, *word)


class _Reference(msgspec.Struct):
    url: str


class _Vector(msgspec.Struct):
    type: str
    score: str


class _Specific(msgspec.Struct):
    severity: str


class KeptDocument(msgspec.Struct, omit_defaults=True):
    """What is kept; `packages` are of the source's own type.

    `severities` are numbered; the first, which is the most frequent, is also `severity` and the word beside it.
    `not_affected` is what no range is made of (`UNAFFECTED_IN_DOCUMENTS`), `unread` the products that are not defined.
    """

    cve: str
    summary: str
    details: str
    published: str
    cwe: str
    references: tuple[_Reference, ...]
    severity: tuple[_Vector, ...]
    database_specific: _Specific
    severities: tuple[Severity, ...]
    packages: msgspec.Raw
    not_affected: tuple[UnaffectedPackages, ...] = ()
    unread: tuple[str, ...] = ()


def keep_document(
    document: VexDocument,
    details: str,
    severities: Sequence[Severity],
    packages: Sequence[msgspec.Struct],
    not_affected: Sequence[UnaffectedPackages] = (),
) -> bytes:
    """Return what is kept of a document.

    Args:
        document: as it was read.
        details: its text.
        severities: those that its packages have, the most frequent first.
        packages: what is said of them.
        not_affected: what is said of others.

    Raises:
        ValueError: it says something of too many products that it does not define.
    """
    frequent = severities[0] if severities else Severity("", "")
    kept = KeptDocument(
        document.cve,
        cut_prose(document.title, TEXT_LIMITS.max_summary),
        cut_prose(details, TEXT_LIMITS.max_details),
        document.published,
        document.cwe,
        tuple(_Reference(url) for url in document.references if is_link(url))[: TEXT_LIMITS.max_references],
        tuple(_Vector(fact.kind, fact.value) for fact in frequent.facts if fact.kind != "TEXT"),
        _Specific(frequent.word),
        tuple(severities),
        msgspec.Raw(msgspec.json.encode(packages)),
        tuple(not_affected),
        keep_unread(product_id for product_id, _ in document.undefined),
    )
    return msgspec.json.encode(kept)


def read_document(content: bytes) -> KeptDocument:
    """Return what was kept.

    Raises:
        ValueError: it is something else, or cannot be kept.
    """
    record = msgspec.json.decode(content, type=KeptDocument)
    if any("\0" in one.word + one.vector for one in record.severities):
        raise ValueError("a severity that cannot be kept")
    refuse_long([text for one in record.not_affected for text in (*one.ecosystems, *one.names)])
    return record


def make_advisory(
    source: str, record_id: str, listed_at: datetime, record: KeptDocument, affected: tuple[AffectedPackage, ...]
) -> Advisory:
    """Return an advisory of what was kept, with what its packages come to."""
    return Advisory(
        source=source,
        id=record_id,
        modified_at=listed_at,
        published_at=parse_rfc3339(record.published) if record.published else None,
        withdrawn_at=None,
        summary=record.summary,
        details=record.details,
        upstream=(record.cve,),
        affected=affected,
        severity=record.severities[0].facts if record.severities else (),
        references=tuple(one.url for one in record.references),
        cwes=(record.cwe,) if re.fullmatch(r"CWE-\d{1,6}", record.cwe) else (),
        unread=keep_unread(
            f"says something of {product_id!r}, which it does not define" for product_id in record.unread
        ),
    )
