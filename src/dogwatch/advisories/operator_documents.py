"""Documents that the operator supplies: which format a file is in, and what is journalled of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from dogwatch.advisories.csaf_statements import parse_csaf
from dogwatch.advisories.limits import DOCUMENT_LIMITS, DocumentLimits
from dogwatch.advisories.openvex import CONTEXT, parse_openvex
from dogwatch.advisories.osv_document import parse_advisory
from dogwatch.advisories.statement_record import read_record
from dogwatch.advisories.stating import decode_supplied
from dogwatch.model.advisories import Advisory
from dogwatch.model.errors import InvalidRequestError, MalformedAdvisoryError
from dogwatch.model.feeds import SUPPLIED_SOURCE, VEX_SOURCE, ParsedRecord, StoredDocument
from dogwatch.model.operator_documents import DocumentFormat, OperatorDocument, UnusedProduct
from dogwatch.versions import scheme_of

_NULL = msgspec.Raw(b"null")


class _Head(msgspec.Struct):
    """What tells formats apart, and the packages of an advisory that have no ecosystem."""

    context: str | list[str] = msgspec.field(name="@context", default="")
    id: str = ""
    document: msgspec.Raw = _NULL
    affected: list[_Affected] = []


class _Affected(msgspec.Struct):
    package: dict[str, msgspec.Raw] | None = None


_HEAD = msgspec.json.Decoder(_Head)


def parse_document(content: bytes, file: str, limits: DocumentLimits = DOCUMENT_LIMITS) -> OperatorDocument:
    """Read a document in any of the formats that are known: an OSV advisory, OpenVEX, or CSAF's VEX.

    Args:
        content: the file.
        file: what errors call it.
        limits: caps.

    Raises:
        InvalidRequestError: it is in none of them, or cannot be used; with the place and the reason.
    """
    if len(content) > limits.max_document_bytes:
        raise InvalidRequestError(file, f"over the limit max_document_bytes of {limits.max_document_bytes} bytes")
    head = decode_supplied(_HEAD, content, file, "a document that is known")
    contexts = [head.context] if isinstance(head.context, str) else head.context
    if any(one.startswith(CONTEXT) for one in contexts):
        return parse_openvex(content, file, limits)
    if head.id:
        return _parse_osv(content, file, head)
    if head.document != _NULL:
        return parse_csaf(content, file, limits)
    raise InvalidRequestError(file, "no OSV advisory (`id`), OpenVEX (`@context`) or CSAF (`document`)")


def parse_statements(content: bytes, file: str) -> OperatorDocument:
    """Read a document that makes statements (VEX), for one look at one thing.

    Raises:
        InvalidRequestError: as `parse_document`; also where it is an advisory, which makes findings and ends none.
    """
    document = parse_document(content, file)
    if document.source != VEX_SOURCE:
        raise InvalidRequestError(file, "an advisory, no VEX document: let it count by `dogwatch advisories add`")
    return document


def _parse_osv(content: bytes, file: str, head: _Head) -> OperatorDocument:
    try:
        advisory = parse_advisory(content, source=SUPPLIED_SOURCE)
    except MalformedAdvisoryError as malformed:
        raise InvalidRequestError(file, f"not an OSV advisory: {malformed.fields['reason']}") from malformed
    for reason in (*advisory.unread, *(one.problem for one in advisory.affected if one.problem)):
        raise InvalidRequestError(file, f"not an OSV advisory: {reason}")  # somebody is there to mend it
    record = ParsedRecord(advisory.id, advisory.modified_at, content, advisory)
    unused = tuple(_unused(advisory, head))
    return OperatorDocument(
        file, advisory.id, SUPPLIED_SOURCE, DocumentFormat.OSV, "", advisory.modified_at, content, (record,), unused
    )


def _unused(advisory: Advisory, head: _Head) -> Iterator[UnusedProduct]:
    """Yield the entries of an advisory that can meet no package."""
    for number, entry in enumerate(head.affected):
        if not (entry.package or {}).get("ecosystem"):
            yield UnusedProduct(f"affected[{number}]", "", "names no package ecosystem")
    for one in advisory.affected:
        if scheme_of(one.ecosystem) is None:
            reason = "is of an ecosystem whose versions nobody here can order"
            yield UnusedProduct("affected", f"{one.ecosystem} {one.name}", reason)


def reread_documents(source: str, documents: Iterable[StoredDocument]) -> Iterator[ParsedRecord]:
    """Read once more what was journalled of the operator's documents under a source of theirs."""
    for one in documents:
        is_statement = source == VEX_SOURCE
        advisory = read_record(one.content) if is_statement else parse_advisory(one.content, source=source)
        yield ParsedRecord(one.id, one.listed_at, one.content, advisory)
