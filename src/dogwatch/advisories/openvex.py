"""OpenVEX documents: bytes → the statements in them. Strict: a statement that is read wrongly hides a finding.

What a product's identifier means stands in `products`, how a statement is journalled in `stating`.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from dogwatch.advisories.limits import DOCUMENT_LIMITS, DocumentLimits
from dogwatch.advisories.products import name_image
from dogwatch.advisories.stating import NamedProduct, Stating, decode_supplied
from dogwatch.model.feeds import VEX_SOURCE, ParsedRecord
from dogwatch.model.operator_documents import DocumentFormat, OperatorDocument, UnusedProduct

CONTEXT = "https://openvex.dev/ns"
"""How the @context of every OpenVEX document begins."""

_STATES = {
    "not_affected": "not affected",
    "affected": "affected",
    "fixed": "fixed",
    "under_investigation": "under investigation",
}
_PART = "is said of parts of another product: only packages, and parts of images, can be met"


class _Vulnerability(msgspec.Struct):
    name: str = ""
    aliases: list[str] = []


class _Component(msgspec.Struct):
    id: str = msgspec.field(name="@id", default="")
    identifiers: dict[str, str] = {}


class _Product(_Component):
    subcomponents: list[_Component | str] = []


class _Statement(msgspec.Struct):
    vulnerability: _Vulnerability | str
    status: str
    products: list[_Product | str] = []
    subcomponents: list[_Component | str] = []
    timestamp: str = ""
    last_updated: str = ""
    justification: str = ""
    impact_statement: str = ""
    action_statement: str = ""
    status_notes: str = ""


class _Document(msgspec.Struct):
    id: str = msgspec.field(name="@id")
    author: str
    timestamp: str
    statements: list[_Statement]
    last_updated: str = ""


_DECODER = msgspec.json.Decoder(_Document)


def parse_openvex(content: bytes, file: str, limits: DocumentLimits = DOCUMENT_LIMITS) -> OperatorDocument:
    """Read an OpenVEX document.

    A statement without a time of its own has the document's. Products that no package can be met by are returned beside
    the statements, each with its place and the reason.

    Args:
        content: the JSON document, of a size that is read at once.
        file: what errors call it.
        limits: caps on statements, products and texts.

    Raises:
        InvalidRequestError: it is none, with the place and the reason.

    Source:
        OpenVEX specification 0.2.0: sections on documents, statements, status labels and their justifications. The
        vulnerability and products as texts are those of versions before 0.2, and so are subcomponents of a statement,
        which are those of each of its products.
    """
    document = decode_supplied(_DECODER, content, file, "an OpenVEX document")
    stating = Stating(file, limits)
    stating.document = stating.text("@id", document.id, limits.max_name)
    changed = document.last_updated or document.timestamp
    changed_at = stating.time("timestamp", changed)
    stating.refuse_many(len(document.statements))
    records = tuple(
        record
        for number, statement in enumerate(document.statements)
        for record in _read(stating, f"statements[{number}]", statement, changed)
    )
    return OperatorDocument(
        file=file,
        name=stating.document,
        source=VEX_SOURCE,
        format=DocumentFormat.OPENVEX,
        author=document.author[: limits.max_shown],
        stated_at=changed_at,
        content=content,
        records=records,
        unused=tuple(stating.unused),
        about_images=tuple(stating.about_images),
    )


def _read(stating: Stating, place: str, statement: _Statement, changed: str) -> Iterator[ParsedRecord]:
    """Yield the record of one statement; `changed` is the document's time."""
    state = _state(stating, place, statement)
    told = statement.vulnerability
    vulnerability = _Vulnerability(told) if isinstance(told, str) else told
    names = stating.names(f"{place}.vulnerability", vulnerability.name, vulnerability.aliases)
    stated_at = stating.time(f"{place}.timestamp", statement.last_updated or statement.timestamp or changed)
    reasons = (statement.justification, statement.impact_statement, statement.action_statement, statement.status_notes)
    products = (
        _named(f"{place}.products[{number}]", one, statement.subcomponents)
        for number, one in enumerate(statement.products)
    )
    yield from stating.write(names, stated_at, state, reasons, products)
    if not statement.products:
        stating.unused.append(UnusedProduct(place, "", "names no product"))


def _named(place: str, stated: _Product | str, subcomponents: list[_Component | str]) -> NamedProduct:
    """Return a product as it can be used; `subcomponents` are those of its statement."""
    product = _Product(id=stated) if isinstance(stated, str) else stated
    identifier = _identify(product)
    parts = tuple(map(_identify, (*product.subcomponents, *subcomponents)))
    is_whole = not parts or name_image(identifier) is not None
    problem = ("" if identifier else "has no identifier") if is_whole else _PART
    return NamedProduct(place, identifier, identifier, problem, parts)


def _identify(stated: _Component | str) -> str:
    """Return the identifier that tells most: a package URL where there is one."""
    component = _Component(id=stated) if isinstance(stated, str) else stated
    offered = (component.identifiers.get("purl", ""), component.id, *component.identifiers.values())
    return next((one for one in offered if one.startswith("pkg:")), next(filter(None, offered), ""))


def _state(stating: Stating, place: str, statement: _Statement) -> str:
    """Return what a statement says, as `AffectedPackage` knows it."""
    state = _STATES.get(statement.status)
    if state is None:
        raise stating.refusal(f"{place}.status", f"{statement.status[:80]!r} is none of {', '.join(_STATES)}")
    reason = stating.justification(f"{place}.justification", statement.justification) or statement.impact_statement
    if statement.status == "not_affected" and not reason:
        raise stating.refusal(place, "not_affected without a justification or an impact_statement")
    return state
