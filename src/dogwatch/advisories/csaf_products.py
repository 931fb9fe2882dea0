"""The products of a CSAF document: rpms, the products they are part of, and the pairs of both that it speaks of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple
from urllib.parse import parse_qs, unquote

import msgspec

from dogwatch.versions import UNNAMED_STREAM

MAX_PRODUCTS: Final = 300_000
"""Products, packages and pairs of both in one document: seventy times as many as the largest sample has."""

_LONGEST_WAY: Final = 3
"""A package may be part of a module, which is part of a product; nothing is nested further."""

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


class ProductTree(msgspec.Struct):
    """The tree of a document, as it stands there."""

    branches: list[_Branch] | None = None
    full_product_names: list[_Product] | None = None
    relationships: list[_Relationship] | None = None


class RpmName(NamedTuple):
    """An rpm as a package URL names it; `version` with its epoch, empty where none is told, `module` `name:stream`."""

    name: str
    version: str
    arch: str
    module: str


PlaceOf = Callable[[str, str], str]
"""From id and CPE of a product, which may be empty, to the place of its statements; empty where nobody asks for it."""

RpmOf = Callable[[str, str], RpmName | None]
"""From id and package URL of a product, which may be empty, to the rpm that it is; None for what is none."""


def rpm_of_purl(_: str, purl: str) -> RpmName | None:
    """Return the rpm that a package URL names; see `RpmOf`."""
    return _read_purl(purl) if purl.startswith(("pkg:rpm/", "pkg:rpmmod/")) else None


class Products(NamedTuple):
    """What a document defines: the ids of everything, and by id the places of products, and place and rpm of pairs.

    Products that nobody asks for have no place, and neither have their pairs.
    """

    known: set[str]
    places: dict[str, str]
    pairs: dict[str, tuple[str, RpmName]]

    def find_undefined(self, product_ids: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield ids that are not defined, with the place of the product that they begin with (`BaseOS-9:bash-…`).

        Those of products that nobody asks for are passed over; the place is empty where no product is known.
        """
        for product_id in product_ids:
            product = product_id.partition(":")[0]
            if product_id not in self.known and (product in self.places or product not in self.known):
                yield product_id, self.places.get(product, "")


def read_products(tree: ProductTree, place_of: PlaceOf, rpm_of: RpmOf = rpm_of_purl) -> Products:
    """Return what a document defines, as far as it is asked for.

    Args:
        tree: the document's.
        place_of: chooses the products.
        rpm_of: tells rpms.

    Raises:
        ValueError: too many products.

    Source:
        CSAF 2.0, section 3.2.2; Red Hat's security data guidelines on CSAF and VEX.
    """
    known, places, rpms = _read_branches(tree, place_of, rpm_of)
    return Products(known, places, _read_pairs(tree, known, places, rpms))


def _read_branches(
    tree: ProductTree, place_of: PlaceOf, rpm_of: RpmOf
) -> tuple[set[str], dict[str, str], dict[str, RpmName]]:
    """Return the ids of all products, the places of those that are asked for, and all rpms by id."""
    known: set[str] = set()
    places: dict[str, str] = {}
    rpms: dict[str, RpmName] = {}
    waiting = [*(tree.branches or ()), *(_Branch(product) for product in tree.full_product_names or ())]
    while waiting:
        branch = waiting.pop()
        waiting.extend(branch.branches or ())
        if branch.product is None:
            continue
        product_id, helper = branch.product.product_id, branch.product.product_identification_helper or _Helper()
        known.add(product_id)
        _refuse_many(known)
        if place := place_of(product_id, helper.cpe):
            places[product_id] = place
        elif rpm := rpm_of(product_id, helper.purl):
            rpms[product_id] = rpm
    return known, places, rpms


def _read_pairs(
    tree: ProductTree, known: set[str], places: dict[str, str], rpms: dict[str, RpmName]
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
