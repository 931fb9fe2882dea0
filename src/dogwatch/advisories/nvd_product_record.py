"""One record of NVD: what is kept of what it says of known products, and the advisory that it makes."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

import msgspec

from dogwatch.advisories.limits import TEXT_LIMITS
from dogwatch.advisories.nvd_file import Metrics, Weakness, read_cwes, read_scores, read_time
from dogwatch.advisories.nvd_versions import Criterion, make_affected, product_of
from dogwatch.advisories.texts import cut_prose, is_link, refuse_long
from dogwatch.model.advisories import Advisory, SeverityFact
from dogwatch.model.facts import NVD
from dogwatch.model.known_products import PRODUCTS

_NAME_OF: Final = {product: name for name, products in PRODUCTS.items() for product in products}
NAMES_A_PRODUCT: Final = re.compile(b"|".join(f"cpe:2.3:a:{product}:".encode() for product in sorted(_NAME_OF)))
"""Is somewhere in the bytes of a record that has to be looked at."""

_REJECTED: Final = "rejected"
_CONDITION: Final = (
    "NVD says that some versions of {} are concerned only together with other software or hardware. That is not looked "
    "at: every image with such a version counts as affected."
)


class _Text(msgspec.Struct):
    lang: str = ""
    value: str = ""


class _Reference(msgspec.Struct):
    url: str = ""


class _Node(msgspec.Struct):
    cpeMatch: list[Criterion] = []  # noqa: N815 -- NVD's own names
    negate: bool = False


class _Configuration(_Node):
    """Nodes, joined by `operator`. Some records have the criteria here, without a node."""

    nodes: list[_Node] = []
    operator: str = "OR"


class NvdCve(msgspec.Struct):
    """A CVE id as NVD describes it."""

    id: str
    lastModified: str  # noqa: N815
    published: str = ""
    vulnStatus: str = ""  # noqa: N815
    descriptions: list[_Text] = []
    metrics: Metrics | None = None
    weaknesses: list[Weakness] = []
    references: list[_Reference] = []
    configurations: list[_Configuration] = []


class NvdRecord(msgspec.Struct):
    """A record of a file."""

    cve: NvdCve


class _Vector(msgspec.Struct):
    type: str
    score: str


class _Kept(msgspec.Struct):
    """What is kept; what is shown of it stands where documents in the OSV format have it. `products` is by package."""

    cve: str
    details: str
    published: str
    withdrawn: bool
    severity: list[_Vector]
    references: list[_Reference]
    cwes: tuple[str, ...]
    products: dict[str, list[Criterion]]


def condense(cve: NvdCve) -> bytes:
    """Return what is kept of a record; nothing of a product where it names none of ours any more.

    Raises:
        ValueError: it says where something is affected by where it is not.
    """
    products: dict[str, list[Criterion]] = {}
    conditional: set[str] = set()
    for configuration in cve.configurations:
        nodes = [configuration, *configuration.nodes]
        criteria = [one for node in nodes for one in node.cpeMatch]
        named = [(name, one) for one in criteria if one.vulnerable and (name := _NAME_OF.get(product_of(one)))]
        if named and any(node.negate for node in nodes):
            raise ValueError("a negated configuration, which is not read")
        for name, one in named:
            products.setdefault(name, []).append(one)
        is_joined = configuration.operator == "AND" and len(configuration.nodes) > 1
        if is_joined or not all(one.vulnerable for one in criteria):
            conditional.update(name for name, _ in named)
    told = next((text.value for text in cve.descriptions if text.lang == "en"), "")
    condition = _CONDITION.format(", ".join(sorted(conditional))) if conditional else ""
    return msgspec.json.encode(
        _Kept(
            cve.id,
            f"{told}\n\n{condition}".strip()[: TEXT_LIMITS.max_details],
            cve.published,
            cve.vulnStatus.lower() == _REJECTED,
            [_Vector(one.kind, one.vector) for one in read_scores(cve.metrics or Metrics()) if one.source == NVD],
            [one for one in cve.references if is_link(one.url)][: TEXT_LIMITS.max_references],
            read_cwes(cve.weaknesses),
            products,
        )
    )


def make_advisory(source: str, record_id: str, content: bytes, listed_at: datetime) -> Advisory:
    """Make an advisory of what was kept.

    Raises:
        ValueError: it cannot be used.
    """
    kept = msgspec.json.decode(content, type=_Kept)
    said = [one for criteria in kept.products.values() for one in criteria]
    refuse_long(text for one in said for text in one.texts)
    return Advisory(
        source=source,
        id=record_id,
        modified_at=listed_at,
        published_at=read_time(kept.published) if kept.published else None,
        withdrawn_at=listed_at if kept.withdrawn else None,
        summary="",
        details=cut_prose(kept.details, TEXT_LIMITS.max_details),
        upstream=(kept.cve,),
        affected=tuple(make_affected(name, criteria) for name, criteria in sorted(kept.products.items())),
        severity=tuple(SeverityFact(one.type, one.score) for one in kept.severity),
        references=tuple(one.url for one in kept.references),
        cwes=kept.cwes,
    )
