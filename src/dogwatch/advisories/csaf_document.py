"""One CSAF document of the VEX profile: which statement it makes of which package of which product.

A document names thousands of products and packages, of all that a vendor makes. Only those of the products that
somebody asks for are kept, each once for every status. Called by sources of such documents; knows no vendor.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import parse_qs, unquote

import msgspec

from dogwatch.versions import UNNAMED_STREAM

MAX_PRODUCTS: Final = 500_000
"""Products, packages and pairs of both in one document; the largest real ones have some 60,000."""

_LONGEST_WAY: Final = 3
"""A package may be part of a module, which is part of a product; nothing is nested further."""

_FIX_WORDS: Final = frozenset({"none_available", "no_fix_planned"})
_CVE: Final = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")
_STREAM: Final = re.compile(r"[^:/]+:[^:/]+")


class _Helper(msgspec.Struct):
    cpe: str = ""
    purl: str = ""


class _Product(msgspec.Struct):
    product_id: str
    product_identification_helper: _Helper | None = None


class _Branch(msgspec.Struct):
    product: _Product | None = None
    branches: list[_Branch] | None = None


class _Relationship(msgspec.Struct):
    product_reference: str
    relates_to_product_reference: str
    full_product_name: _Product


class _Tree(msgspec.Struct):
    branches: list[_Branch] | None = None
    relationships: list[_Relationship] | None = None


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
    initial_release_date: str = ""


class _Meta(msgspec.Struct):
    tracking: _Tracking
    title: str = ""


class _Document(msgspec.Struct):
    document: _Meta
    product_tree: _Tree | None = None
    vulnerabilities: list[_Vulnerability] | None = None


_DOCUMENT = msgspec.json.Decoder(_Document)


class RpmName(NamedTuple):
    """An rpm as a package URL names it; `version` with its epoch, empty where none is told, `module` `name:stream`."""

    name: str
    version: str
    arch: str
    module: str


class VexStatement(NamedTuple):
    """What is said of one rpm in one product.

    `place` is what the caller made of the product. `status` and `remedy` are CSAF's words (`known_affected`, and the
    details of a remediation that says there is no fix: `Will not fix`); `impact` the vendor's word, `reason` why it is
    not affected; `vector` a CVSS vector. Each is empty where nothing is said.
    """

    place: str
    rpm: RpmName
    status: str
    remedy: str
    impact: str
    vector: str
    reason: str


@dataclass(frozen=True, slots=True)
class VexDocument:
    """What a document says of one vulnerability; texts as they stand, times as RFC 3339 writes them."""

    cve: str
    title: str
    description: str
    published: str
    cwe: str
    references: tuple[str, ...]
    statements: tuple[VexStatement, ...]


PlaceOf = Callable[[str], str]
"""From the CPE of a product to the place in which its statements are kept; empty for one that nobody asks for."""


def read_vex(content: bytes, place_of: PlaceOf) -> VexDocument:
    """Read a document about one vulnerability.

    Packages that are no rpms are left out: they are parts of container images, and language packages.

    Args:
        content: the JSON document.
        place_of: chooses the products.

    Raises:
        ValueError: not such a document, one about several vulnerabilities, a statement about something that it does not
            define, or too many products.
        RecursionError: branches nested without end.

    Source:
        CSAF 2.0, sections 3.2.1 to 3.2.3 and profile 5 (VEX); Red Hat's security data guidelines on CSAF and VEX.
    """
    document = _DOCUMENT.decode(content)
    vulnerability, *others = document.vulnerabilities or [_Vulnerability()]
    if others:
        raise ValueError("about more than one vulnerability")
    if not _CVE.fullmatch(vulnerability.cve):
        raise ValueError(f"not a CVE id: {vulnerability.cve[:80]!r}")
    tree = document.product_tree or _Tree()
    known, places, rpms = _read_products(tree, place_of)
    pairs = _read_pairs(tree, known, places, rpms)
    fixes = [one.url for one in vulnerability.remediations or () if one.category == "vendor_fix"]
    return VexDocument(
        cve=vulnerability.cve,
        title=vulnerability.title or document.document.title,
        description=_describe(vulnerability),
        published=vulnerability.release_date or document.document.tracking.initial_release_date,
        cwe=vulnerability.cwe.id if vulnerability.cwe else "",
        references=tuple(dict.fromkeys([*(one.url for one in vulnerability.references or ()), *fixes])),
        statements=tuple(dict.fromkeys(_state(vulnerability, known, pairs))),
    )


def _read_products(tree: _Tree, place_of: PlaceOf) -> tuple[set[str], dict[str, str], dict[str, RpmName]]:
    """Return the ids of all products, the places of those with a CPE that are asked for, and all rpms by id."""
    known: set[str] = set()
    places: dict[str, str] = {}
    rpms: dict[str, RpmName] = {}
    waiting = list(tree.branches or ())
    while waiting:
        branch = waiting.pop()
        waiting.extend(branch.branches or ())
        if branch.product is None:
            continue
        product_id, helper = branch.product.product_id, branch.product.product_identification_helper or _Helper()
        known.add(product_id)
        _refuse_many(known)
        if helper.cpe and (place := place_of(helper.cpe)):
            places[product_id] = place
        elif helper.purl.startswith(("pkg:rpm/", "pkg:rpmmod/")):
            rpms[product_id] = _read_purl(helper.purl)
    return known, places, rpms


def _read_pairs(
    tree: _Tree, known: set[str], places: dict[str, str], rpms: dict[str, RpmName]
) -> dict[str, tuple[str, RpmName]]:
    """Return place and rpm by the id of a pair; `known` takes the ids of all pairs up.

    Older documents have the rpm of a module as part of the module, and that as part of the product.
    """
    pairs: dict[str, tuple[str, RpmName]] = {}
    waiting = list(tree.relationships or ())
    for _ in range(_LONGEST_WAY):
        later: list[_Relationship] = []
        for one in waiting:
            pair_id, rpm = one.full_product_name.product_id, rpms.get(one.product_reference)
            known.add(pair_id)
            _refuse_many(known)
            if place := places.get(one.relates_to_product_reference):
                if rpm is not None:
                    pairs[pair_id] = (place, rpm)
            elif whole := pairs.get(one.relates_to_product_reference):
                if rpm is not None:
                    pairs[pair_id] = (whole[0], rpm._replace(module=rpm.module or whole[1].module))
            else:
                later.append(one)
        waiting = later
    return pairs


def _refuse_many(known: set[str]) -> None:
    if len(known) > MAX_PRODUCTS:
        raise ValueError(f"more than MAX_PRODUCTS = {MAX_PRODUCTS} products")


def _read_purl(text: str) -> RpmName:
    """Read a package URL of an rpm or a module; what it does not tell is empty.

    Three forms name a module: `pkg:rpm/redhat/redis@6.2.17-1?arch=x86_64&epoch=1&rpmmod=redis:6:8100:1f2`, and before
    2025 `pkg:rpmmod/redhat/redis@6:8100:1f2` (a module, which rpms are part of) and `pkg:rpmmod/redhat/redis:6/redis`.

    Source:
        Package URL specification, type rpm; Red Hat's security data guidelines on package URLs.
    """
    path, _, query = text.partition("#")[0].partition("?")
    path, _, version = path.partition("@")
    kind, *folders, name = (unquote(part) for part in path.split("/"))
    version = unquote(version)
    if kind == "pkg:rpmmod":
        module = folders[-1] if len(folders) > 1 else f"{name}:{version}"
        return RpmName(name, "", "", _name_stream(module))
    told = {key: values[0] for key, values in parse_qs(query).items()}
    epoch = told.get("epoch", "0")
    label = version if epoch == "0" or not version else f"{epoch}:{version}"
    module = told.get("rpmmod", "")
    return RpmName(name, label, told.get("arch", ""), _name_stream(module) if module else "")


def _name_stream(label: str) -> str:
    """Return name and stream of `redis:6:8100020250113083959:489197e6`; of one that tells no stream, UNNAMED_STREAM."""
    named = ":".join(label.split(":")[:2])
    return named if _STREAM.fullmatch(named) else UNNAMED_STREAM


def _describe(vulnerability: _Vulnerability) -> str:
    """Return the description, and the vendor's statement where there is one."""
    chosen = [
        note.text for note in vulnerability.notes or () if note.category == "description" or note.title == "Statement"
    ]
    return "\n\n".join(dict.fromkeys(chosen))


def _state(
    vulnerability: _Vulnerability, known: set[str], pairs: dict[str, tuple[str, RpmName]]
) -> Iterator[VexStatement]:
    remedies = _by_product(
        (one.details, one.product_ids) for one in vulnerability.remediations or () if one.category in _FIX_WORDS
    )
    impacts = _by_product(
        (one.details, one.product_ids) for one in vulnerability.threats or () if one.category == "impact"
    )
    reasons = _by_product((one.label, one.product_ids) for one in vulnerability.flags or ())
    vectors = _by_product((_vector(score), score.products) for score in vulnerability.scores or ())
    for status, product_ids in (vulnerability.product_status or {}).items():
        for product_id in product_ids:
            if product_id not in known:
                raise ValueError(f"says something of {product_id[:120]!r}, which it does not define")
            if product_id in pairs:
                place, rpm = pairs[product_id]
                said = (each.get(product_id, "") for each in (remedies, impacts, vectors, reasons))
                yield VexStatement(place, rpm, status, *said)


def _by_product(said: Iterator[tuple[str, list[str] | None]]) -> dict[str, str]:
    return {product_id: text for text, product_ids in said for product_id in product_ids or ()}


def _vector(score: _Score) -> str:
    scores = (score.cvss_v3, score.cvss_v2)
    return next((each.vector_string for each in scores if each is not None and each.vector_string), "")
