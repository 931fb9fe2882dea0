"""CSAF documents of the VEX profile that an operator supplies: bytes → the statements in them, whoever made it.

The documents of vendors that come as feeds are read by `csaf_document`, for the products of one vendor alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from dogwatch.advisories.limits import DOCUMENT_LIMITS, DocumentLimits
from dogwatch.advisories.stated_products import StatedProducts, StatedTree
from dogwatch.advisories.stating import Stating, decode_supplied
from dogwatch.model.advisories import SeverityFact
from dogwatch.model.feeds import VEX_SOURCE, ParsedRecord
from dogwatch.model.operator_documents import DocumentFormat, OperatorDocument

_PROFILE = "csaf_vex"
_STATES = {
    "known_not_affected": "not affected",
    "known_affected": "affected",
    "first_affected": "affected",
    "last_affected": "affected",
    "fixed": "fixed",
    "first_fixed": "fixed",
    "under_investigation": "under investigation",
}
_SAYS_NOTHING = frozenset({"recommended"})
_NO_FIX_PLANNED = "no_fix_planned"


class _Said(msgspec.Struct):
    """A flag, a threat or a remediation, and what it is said of."""

    label: str = ""
    category: str = ""
    details: str = ""
    product_ids: list[str] = []
    group_ids: list[str] = []


class _Cvss(msgspec.Struct, rename="camel"):
    vector_string: str = ""


class _Score(msgspec.Struct):
    products: list[str] = []
    cvss_v3: _Cvss | None = None


class _Id(msgspec.Struct):
    text: str


class _Vulnerability(msgspec.Struct):
    cve: str = ""
    ids: list[_Id] = []
    product_status: dict[str, list[str]] = {}
    flags: list[_Said] = []
    threats: list[_Said] = []
    remediations: list[_Said] = []
    scores: list[_Score] = []


class _Tracking(msgspec.Struct):
    id: str
    current_release_date: str


class _Publisher(msgspec.Struct):
    name: str = ""


class _Meta(msgspec.Struct):
    category: str
    tracking: _Tracking
    publisher: _Publisher


class _Document(msgspec.Struct):
    document: _Meta
    product_tree: StatedTree | None = None
    vulnerabilities: list[_Vulnerability] = []


_DECODER = msgspec.json.Decoder(_Document)


def parse_csaf(content: bytes, file: str, limits: DocumentLimits = DOCUMENT_LIMITS) -> OperatorDocument:
    """Read a CSAF document of the VEX profile.

    A product is the package that its package URL names, or a range of its versions. What is only defined as a part of
    another product holds there alone: a part of an image is said of that, and of any other no package can be met.

    Args:
        content: the JSON document, of a size that is read at once.
        file: what errors call it.
        limits: caps on statements, products and texts.

    Raises:
        InvalidRequestError: it is none, with the place and the reason.

    Source:
        CSAF 2.0, sections 3.2.2 (product tree), 3.2.3 (vulnerabilities) and profile 5 (VEX, 4.5).
    """
    document = decode_supplied(_DECODER, content, file, "a CSAF document")
    meta = document.document
    stating = Stating(file, limits)
    if meta.category != _PROFILE:
        raise stating.refusal("document.category", f"{meta.category[:80]!r} is not {_PROFILE}")
    stating.document = stating.text("document.tracking.id", meta.tracking.id, limits.max_name)
    stated = meta.tracking.current_release_date
    stated_at = stating.time("document.tracking.current_release_date", stated)
    stating.refuse_many(len(document.vulnerabilities))
    products = StatedProducts.of(document.product_tree or StatedTree())
    records = tuple(
        record
        for number, one in enumerate(document.vulnerabilities)
        for record in _Reading(stating, f"vulnerabilities[{number}]", one, products).records(stated)
    )
    return OperatorDocument(
        file=file,
        name=stating.document,
        source=VEX_SOURCE,
        format=DocumentFormat.CSAF,
        author=meta.publisher.name[: limits.max_shown],
        stated_at=stated_at,
        content=content,
        records=records,
        unused=tuple(stating.unused),
        about_images=tuple(stating.about_images),
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """One vulnerability of a document that is being read."""

    stating: Stating
    place: str
    vulnerability: _Vulnerability
    products: StatedProducts

    def records(self, stated: str) -> Iterator[ParsedRecord]:
        """Yield its statements: products of which the same is said for the same reason make one."""
        one = self.vulnerability
        names = self.stating.names(self.place, *_names(one))
        stated_at = self.stating.time(self.place, stated)
        alike: dict[tuple[str, tuple[str, ...], tuple[SeverityFact, ...]], list[str]] = defaultdict(list)
        reasons, unfixed, scores = self._reasons(), self._unfixed(), self._scores()
        for status, product_ids in one.product_status.items():
            if status in _SAYS_NOTHING:
                continue
            if status not in _STATES:
                raise self.stating.refusal(f"{self.place}.product_status", f"{status[:80]!r} is not known")
            for product_id in product_ids:
                state = self._state(status, product_id, reasons, unfixed)
                alike[state, tuple(reasons[product_id]), scores.get(product_id, ())].append(product_id)
        for (state, told, severity), product_ids in alike.items():
            products = (each for product_id in product_ids for each in self.products.named(self.place, product_id))
            yield from self.stating.write(names, stated_at, state, told, products, severity)

    def _state(self, status: str, product_id: str, reasons: dict[str, list[str]], unfixed: set[str]) -> str:
        if product_id not in self.products.purls:
            raise self.stating.refusal(self.place, f"the product {product_id[:80]!r} is not defined")
        if status == "known_not_affected" and not reasons[product_id]:
            reason = f"{product_id[:80]!r} is known_not_affected without a flag or an impact"
            raise self.stating.refusal(self.place, reason)
        state = _STATES[status]
        return "will not fix" if state == "affected" and product_id in unfixed else state

    def _reasons(self) -> dict[str, list[str]]:
        """Return what is said beside the status of each product, justifications first.

        An impact may name no product: then it is said of all.
        """
        one = self.vulnerability
        everything = [product_id for product_ids in one.product_status.values() for product_id in product_ids]
        found: dict[str, list[str]] = defaultdict(list)
        for number, flag in enumerate(one.flags):
            label = self.stating.justification(f"{self.place}.flags[{number}]", flag.label)
            _tell(found, self._of(flag), label)
        for threat in one.threats:
            is_of_all = not threat.product_ids and not threat.group_ids
            concerned = everything if is_of_all else self._of(threat)
            _tell(found, concerned, threat.details if threat.category == "impact" else "")
        for remediation in one.remediations:
            _tell(found, self._of(remediation), remediation.details)
        return found

    def _unfixed(self) -> set[str]:
        planned = (one for one in self.vulnerability.remediations if one.category == _NO_FIX_PLANNED)
        return {product_id for one in planned for product_id in self._of(one)}

    def _of(self, said: _Said) -> Iterable[str]:
        groups = (product_id for group in said.group_ids for product_id in self.products.groups.get(group, ()))
        return (*said.product_ids, *groups)

    def _scores(self) -> dict[str, tuple[SeverityFact, ...]]:
        return {
            product_id: (SeverityFact("CVSS_V3", score.cvss_v3.vector_string),)
            for score in self.vulnerability.scores
            if score.cvss_v3 is not None and score.cvss_v3.vector_string
            for product_id in score.products
        }


def _tell(found: dict[str, list[str]], product_ids: Iterable[str], text: str) -> None:
    for product_id in product_ids if text else ():
        found[product_id].append(text)


def _names(vulnerability: _Vulnerability) -> tuple[str, list[str]]:
    """Return the leading name and the others."""
    every = [*filter(None, [vulnerability.cve]), *(one.text for one in vulnerability.ids)]
    return (every[0], every[1:]) if every else ("", [])
