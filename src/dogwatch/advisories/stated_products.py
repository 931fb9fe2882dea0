"""The products of a CSAF document that an operator supplies, as far as packages and images can be met by them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from dogwatch.advisories.products import name_image
from dogwatch.advisories.stating import NamedProduct

_VERSION_RANGE = "product_version_range"
_PARTS = frozenset({"default_component_of", "external_component_of", "optional_component_of", "installed_on"})
_PART = "is a part of another product: only packages themselves, and parts of images, can be met"


class _Helper(msgspec.Struct):
    purl: str = ""
    purls: list[str] = []  # of CSAF 2.1


class _Product(msgspec.Struct):
    product_id: str
    name: str = ""
    product_identification_helper: _Helper | None = None


class _Branch(msgspec.Struct):
    category: str = ""
    name: str = ""
    product: _Product | None = None
    branches: list[_Branch] = []


class _Relationship(msgspec.Struct):
    full_product_name: _Product
    category: str = ""
    product_reference: str = ""
    relates_to_product_reference: str = ""


class _Group(msgspec.Struct):
    group_id: str
    product_ids: list[str] = []


class StatedTree(msgspec.Struct):
    """The tree of a document, as it stands there."""

    branches: list[_Branch] = []
    full_product_names: list[_Product] = []
    relationships: list[_Relationship] = []
    product_groups: list[_Group] = []


@dataclass(frozen=True, slots=True)
class StatedProducts:
    """The products that a document defines, by their ids in it: package URLs or the reason why none can be used.

    `ranges` are those of their versions, `parts` the packages that a part of an image is, whose URLs are the image's.
    """

    purls: dict[str, tuple[str, ...]]
    problems: dict[str, str]
    ranges: dict[str, str]
    parts: dict[str, tuple[str, ...]]
    groups: dict[str, list[str]]

    @classmethod
    def of(cls, tree: StatedTree) -> StatedProducts:
        """Read a product tree."""
        found = cls({}, {}, {}, {}, {one.group_id: one.product_ids for one in tree.product_groups})
        waiting = list(tree.branches)
        while waiting:
            branch = waiting.pop()
            waiting.extend(branch.branches)
            if branch.product is not None:
                found._add(branch.product)
                if branch.category == _VERSION_RANGE:
                    found.ranges[branch.product.product_id] = branch.name or "without a name"
        for product in tree.full_product_names:
            found._add(product)
        for relationship in tree.relationships:
            found._relate(relationship)
        return found

    def _add(self, product: _Product) -> None:
        helper = product.product_identification_helper or _Helper()
        self.purls[product.product_id] = tuple(filter(None, (helper.purl, *helper.purls)))
        self.problems[product.product_id] = "" if self.purls[product.product_id] else "has no package URL"

    def _relate(self, one: _Relationship) -> None:
        """Add what a relationship defines: a product of its own where it has a URL, or a part of another one."""
        self._add(one.full_product_name)
        product_id = one.full_product_name.product_id
        if self.purls[product_id]:
            return
        references = (one.relates_to_product_reference, one.product_reference)
        whole, part = (() if each in self.ranges else self.purls.get(each, ()) for each in references)
        if one.category in _PARTS and part and whole and all(name_image(each) for each in whole):
            self.purls[product_id], self.parts[product_id], self.problems[product_id] = whole, part, ""
        else:
            self.problems[product_id] = _PART

    def named(self, place: str, product_id: str) -> Iterator[NamedProduct]:
        """Yield a product by each of its package URLs."""
        parts, versions = self.parts.get(product_id, ()), self.ranges.get(product_id, "")
        for purl in self.purls[product_id] or ("",):
            yield NamedProduct(place, purl or product_id, purl, self.problems[product_id], parts, versions)
