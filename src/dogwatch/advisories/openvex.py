"""OpenVEX documents: bytes → the statements in them. Strict: a statement that is read wrongly hides a finding.

What a product's identifier means stands in `products`, how a statement is journalled in `statement_record`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from dogwatch.advisories.limits import DOCUMENT_LIMITS, DocumentLimits
from dogwatch.advisories.products import name_product
from dogwatch.advisories.statement_record import write_record
from dogwatch.model.advisories import AffectedPackage
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.feeds import VEX_SOURCE, ParsedRecord
from dogwatch.model.operator_documents import DocumentFormat, OperatorDocument, UnusedProduct
from dogwatch.model.times import parse_rfc3339

CONTEXT = "https://openvex.dev/ns"
"""How the @context of every OpenVEX document begins."""

_STATES = {
    "not_affected": "not affected",
    "affected": "affected",
    "fixed": "fixed",
    "under_investigation": "under investigation",
}
_JUSTIFICATIONS = frozenset(
    {
        "component_not_present",
        "vulnerable_code_not_present",
        "vulnerable_code_not_in_execute_path",
        "vulnerable_code_cannot_be_controlled_by_adversary",
        "inline_mitigations_already_exist",
    }
)


class _Vulnerability(msgspec.Struct):
    name: str = ""
    aliases: list[str] = []


class _Component(msgspec.Struct):
    id: str = msgspec.field(name="@id", default="")
    identifiers: dict[str, str] = {}


class _Product(_Component):
    subcomponents: list[_Component] = []


class _Statement(msgspec.Struct):
    vulnerability: _Vulnerability | str
    status: str
    products: list[_Product | str] = []
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
        OpenVEX specification 0.2.0: sections on documents, statements, status labels and their justifications; the
        vulnerability and products as texts are those of versions before 0.2.
    """
    try:
        document = _DECODER.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError) as malformed:
        raise InvalidRequestError(file, f"not an OpenVEX document: {str(malformed)[:300]}") from malformed
    except RecursionError as too_deep:
        raise InvalidRequestError(file, "nested too deeply") from too_deep
    name = _text(file, "@id", document.id, limits.max_name)
    changed_at = _time(file, "timestamp", document.last_updated or document.timestamp)
    if len(document.statements) > limits.max_statements:
        raise InvalidRequestError(file, f"more than {limits.max_statements} statements")
    statements = _Statements(file, name, changed_at, limits)
    records = tuple(statements.read(document.statements))
    author = document.author[: limits.max_shown]
    unused = tuple(statements.unused)
    return OperatorDocument(
        file, name, VEX_SOURCE, DocumentFormat.OPENVEX, author, changed_at, content, records, unused
    )


@dataclass(slots=True)
class _Statements:
    """Reads the statements of one document; gathers what can meet no package."""

    file: str
    document: str
    changed_at: datetime
    limits: DocumentLimits
    unused: list[UnusedProduct] = field(default_factory=list)
    _products: int = 0
    _numbers: Counter[str] = field(default_factory=Counter)

    def read(self, statements: list[_Statement]) -> Iterator[ParsedRecord]:
        """Yield the statements that speak of packages."""
        for number, statement in enumerate(statements):
            place = f"statements[{number}]"
            state = _state(self.file, place, statement)
            names = self._names(place, statement.vulnerability)
            self._numbers[names[0]] += 1
            stated = statement.last_updated or statement.timestamp
            stated_at = _time(self.file, f"{place}.timestamp", stated) if stated else self.changed_at
            products = tuple(self._named(place, statement, state))
            if products:
                again = "" if self._numbers[names[0]] == 1 else f"/{self._numbers[names[0]]}"
                record_id = f"{self.document}#{names[0]}{again}"
                yield write_record(record_id, stated_at, names, state, self._texts(statement, state), products)

    def _names(self, place: str, vulnerability: _Vulnerability | str) -> tuple[str, ...]:
        """Return the vulnerability's name and its aliases, each once."""
        told = _Vulnerability(vulnerability) if isinstance(vulnerability, str) else vulnerability
        if len(told.aliases) > self.limits.max_aliases:
            raise _refusal(self.file, f"{place}.vulnerability", f"more than {self.limits.max_aliases} aliases")
        every = (told.name, *filter(None, told.aliases))
        names = (_text(self.file, f"{place}.vulnerability", one, self.limits.max_identifier) for one in every)
        return tuple(dict.fromkeys(names))

    def _named(self, place: str, statement: _Statement, state: str) -> Iterator[AffectedPackage]:
        """Yield the packages that a statement speaks of, each once."""
        seen: set[AffectedPackage] = set()
        for number, stated in enumerate(statement.products):
            self._products += 1
            if self._products > self.limits.max_products:
                raise _refusal(self.file, place, f"more than {self.limits.max_products} products in all")
            product = _Product(id=stated) if isinstance(stated, str) else stated
            try:
                package = _package(product, state)
            except ValueError as reason:
                shown = (_identifier(product) or "without an identifier")[: self.limits.max_shown]
                self.unused.append(UnusedProduct(f"{place}.products[{number}]", shown, str(reason)))
                continue
            if package not in seen:
                seen.add(package)
                yield package
        if not statement.products:
            self.unused.append(UnusedProduct(place, "", "names no product"))

    def _texts(self, statement: _Statement, state: str) -> tuple[str, str]:
        """Return what a statement says for people: in a line, and in whole."""
        said = (statement.justification, statement.impact_statement, statement.action_statement, statement.status_notes)
        told = [text.replace("\0", "\N{REPLACEMENT CHARACTER}") for text in said if text]
        summary = ": ".join([state, *told[:1]])
        return summary[: self.limits.max_shown], "\n\n".join([state, *told])[: self.limits.max_text]


def _package(product: _Product, state: str) -> AffectedPackage:
    """Return the package that a product is.

    Raises:
        ValueError: why it is none.
    """
    if product.subcomponents:
        raise ValueError("is said of parts of another product: only packages themselves are judged by statements yet")
    identifier = _identifier(product)
    if not identifier:
        raise ValueError("has no identifier")
    return name_product(identifier, state)


def _identifier(product: _Component) -> str:
    """Return the identifier that tells most: a package URL where there is one."""
    offered = (product.identifiers.get("purl", ""), product.id, *product.identifiers.values())
    return next((one for one in offered if one.startswith("pkg:")), next(filter(None, offered), ""))


def _state(file: str, place: str, statement: _Statement) -> str:
    """Return what a statement says, as `AffectedPackage` knows it."""
    state = _STATES.get(statement.status)
    if state is None:
        raise _refusal(file, f"{place}.status", f"{statement.status[:80]!r} is none of {', '.join(_STATES)}")
    if statement.justification and statement.justification not in _JUSTIFICATIONS:
        reason = f"{statement.justification[:80]!r} is none of {', '.join(sorted(_JUSTIFICATIONS))}"
        raise _refusal(file, f"{place}.justification", reason)
    if statement.status == "not_affected" and not (statement.justification or statement.impact_statement):
        raise _refusal(file, place, "not_affected without a justification or an impact_statement")
    return state


def _refusal(file: str, place: str, reason: str) -> InvalidRequestError:
    return InvalidRequestError(file, f"{place}: {reason}")


def _text(file: str, place: str, text: str, longest: int) -> str:
    """Return a text that becomes part of a key."""
    if not text.strip() or len(text) > longest or not text.isprintable():
        raise _refusal(file, place, f"not a text of 1 to {longest} characters: {text[:80]!r}")
    return text


def _time(file: str, place: str, text: str) -> datetime:
    try:
        return parse_rfc3339(text)
    except ValueError as unreadable:
        raise _refusal(file, place, f"not a time: {text[:80]!r}") from unreadable
