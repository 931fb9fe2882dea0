"""One CSAF document of the VEX profile: which statement it makes of which package of which product.

A document names thousands of products and packages, of all that a vendor makes. Only those of the products that
somebody asks for are kept, each once for every status. Called by sources of such documents; knows no vendor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from dogwatch.advisories.csaf_products import PlaceOf, ProductTree, RpmName, RpmOf, read_products, rpm_of_purl

UNDEFINED: Final = "a product that the document does not define"
"""Why something that is said of a package cannot be read."""

_FIX_WORDS: Final = frozenset({"none_available", "no_fix_planned"})
_CVE: Final = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")


class _Note(msgspec.Struct):
    category: str = ""
    title: str = ""
    text: str = ""


class _Reference(msgspec.Struct):
    url: str = ""


class _Statement(msgspec.Struct):
    category: str = ""
    details: str = ""
    url: str = ""
    product_ids: list[str] | None = None


class _Flag(msgspec.Struct):
    label: str = ""
    product_ids: list[str] | None = None


class _Cvss(msgspec.Struct, rename="camel"):
    vector_string: str = ""


class _Score(msgspec.Struct):
    products: list[str] | None = None
    cvss_v2: _Cvss | None = None
    cvss_v3: _Cvss | None = None


class _Weakness(msgspec.Struct):
    id: str = ""


class _Vulnerability(msgspec.Struct):
    cve: str = ""
    title: str = ""
    release_date: str = ""
    cwe: _Weakness | None = None
    notes: list[_Note] | None = None
    references: list[_Reference] | None = None
    product_status: dict[str, list[str]] | None = None
    remediations: list[_Statement] | None = None
    threats: list[_Statement] | None = None
    flags: list[_Flag] | None = None
    scores: list[_Score] | None = None


class _Tracking(msgspec.Struct):
    id: str = ""
    initial_release_date: str = ""


class _Severity(msgspec.Struct):
    text: str = ""


class _Meta(msgspec.Struct):
    tracking: _Tracking
    title: str = ""
    aggregate_severity: _Severity | None = None
    notes: list[_Note] | None = None


class _Document(msgspec.Struct):
    document: _Meta
    product_tree: ProductTree | None = None
    vulnerabilities: list[_Vulnerability] | None = None


_DOCUMENT = msgspec.json.Decoder(_Document)


class VexStatement(NamedTuple):
    """What is said of one rpm in one product.

    `place` is what the caller made of the product. `status`, `remedy_kind` and `remedy` are CSAF's words
    (`known_affected`, and the category and the details of a remediation that says there is no fix: `no_fix_planned`,
    `Will not fix`); `impact` the vendor's word, `reason` why it is not affected; `vector` a CVSS vector. Each is empty
    where nothing is said.
    """

    place: str
    rpm: RpmName
    status: str
    remedy: str
    impact: str
    vector: str
    reason: str
    remedy_kind: str = ""


@dataclass(frozen=True, slots=True)
class VexDocument:
    """What a document says of one vulnerability; texts as they stand, times as RFC 3339 writes them.

    `impact` and `vector` are those of the whole document: the publisher's word, and its first CVSS vector. `undefined`
    are ids of products that it says something of and does not define, each with its place; empty where nobody knows.
    """

    cve: str
    title: str
    description: str
    published: str
    cwe: str
    references: tuple[str, ...]
    statements: tuple[VexStatement, ...]
    impact: str = ""
    vector: str = ""
    undefined: tuple[tuple[str, str], ...] = ()

    def may_concern(self, place: str, rpm: str) -> bool:
        """Whether something may be said of an rpm of a place that could not be read.

        Ids of products that are not defined have its name in them, `BaseOS-9:xz-0:5.2-1.el9.src` or `SLES 15 SP6:xz`.
        """
        if not self.undefined:
            return False
        named = rf"(?:^|[:/]){re.escape(rpm)}(?:$|[:/.]|-\d)"
        return any(re.search(named, product_id) for product_id, at in self.undefined if at in (place, ""))


def read_vex(content: bytes, place_of: PlaceOf, rpm_of: RpmOf = rpm_of_purl) -> VexDocument:
    """Read a document about one vulnerability; one about none has the id of a CVE and says nothing of any package.

    Packages that are no rpms are left out: they are parts of container images, and language packages.

    Args:
        content: the JSON document.
        place_of: chooses the products.
        rpm_of: tells rpms.

    Raises:
        ValueError: not such a document, one about several vulnerabilities, or too many products.
        RecursionError: branches nested without end.

    Source:
        CSAF 2.0, sections 3.2.1 to 3.2.3 and profile 5 (VEX).
    """
    document = _DOCUMENT.decode(content)
    meta = document.document
    vulnerability, *others = document.vulnerabilities or [_Vulnerability(cve=meta.tracking.id)]
    if others:
        raise ValueError("about more than one vulnerability")
    if not _CVE.fullmatch(vulnerability.cve):
        raise ValueError(f"not a CVE id: {vulnerability.cve[:80]!r}")
    tree = document.product_tree or ProductTree()
    products = read_products(tree, place_of, rpm_of)
    stated = [product_id for ids in (vulnerability.product_status or {}).values() for product_id in ids]
    fixes = [one.url for one in vulnerability.remediations or () if one.category == "vendor_fix"]
    return VexDocument(
        cve=vulnerability.cve,
        title=vulnerability.title or meta.title,
        description=_describe([*(meta.notes or ()), *(vulnerability.notes or ())]),
        published=vulnerability.release_date or meta.tracking.initial_release_date,
        cwe=vulnerability.cwe.id if vulnerability.cwe else "",
        references=tuple(dict.fromkeys([*(one.url for one in vulnerability.references or ()), *fixes])),
        statements=tuple(dict.fromkeys(_state(vulnerability, products.pairs))),
        impact=meta.aggregate_severity.text if meta.aggregate_severity else "",
        vector=next(filter(None, map(_vector, vulnerability.scores or ())), ""),
        undefined=tuple(products.find_undefined(dict.fromkeys(stated))),
    )


def _describe(notes: list[_Note]) -> str:
    """Return the description, and the vendor's statement where there is one."""
    chosen = [note.text for note in notes if note.category == "description" or note.title == "Statement"]
    return "\n\n".join(dict.fromkeys(chosen))


def _state(vulnerability: _Vulnerability, pairs: dict[str, tuple[str, RpmName]]) -> Iterator[VexStatement]:
    refused = [one for one in vulnerability.remediations or () if one.category in _FIX_WORDS]
    remedies = _by_product((one.details, one.product_ids) for one in refused)
    kinds = _by_product((one.category, one.product_ids) for one in refused)
    impacts = _by_product(
        (one.details, one.product_ids) for one in vulnerability.threats or () if one.category == "impact"
    )
    reasons = _by_product((one.label, one.product_ids) for one in vulnerability.flags or ())
    vectors = _by_product((_vector(score), score.products) for score in vulnerability.scores or ())
    for status, product_ids in (vulnerability.product_status or {}).items():
        for product_id in product_ids:
            if product_id in pairs:
                place, rpm = pairs[product_id]
                said = (each.get(product_id, "") for each in (remedies, impacts, vectors, reasons, kinds))
                yield VexStatement(place, rpm, status, *said)


def _by_product(said: Iterator[tuple[str, list[str] | None]]) -> dict[str, str]:
    return {product_id: text for text, product_ids in said for product_id in product_ids or ()}


def _vector(score: _Score) -> str:
    scores = (score.cvss_v3, score.cvss_v2)
    return next((each.vector_string for each in scores if each is not None and each.vector_string), "")
