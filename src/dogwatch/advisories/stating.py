"""What the readers of VEX documents have in common: statements become records, and what they are about nothing is told.

Every refusal names the file, the place in it, and the reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

import msgspec

from dogwatch.advisories.limits import DOCUMENT_LIMITS, DocumentLimits
from dogwatch.advisories.products import name_image, name_product, name_range
from dogwatch.advisories.statement_record import write_record
from dogwatch.advisories.texts import cut_prose
from dogwatch.model.advisories import AffectedPackage, SeverityFact
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.feeds import ParsedRecord
from dogwatch.model.operator_documents import ImageStatement, UnusedProduct
from dogwatch.model.times import parse_rfc3339

JUSTIFICATIONS = frozenset(
    {
        "component_not_present",
        "vulnerable_code_not_present",
        "vulnerable_code_not_in_execute_path",
        "vulnerable_code_cannot_be_controlled_by_adversary",
        "inline_mitigations_already_exist",
    }
)
"""Why something is not affected, in the words that CISA agreed on and every format took over."""


_Shape = TypeVar("_Shape")

_ID = re.compile(r"[A-Za-z][A-Za-z0-9]*-[0-9A-Za-z.:-]+")
"""An id of a vulnerability; addresses, and numbers of bug trackers, stand among aliases and mean nothing elsewhere."""


@dataclass(frozen=True, slots=True)
class NamedProduct:
    """A product of a document: where it stands, how it is shown, and its identifier or why none can be used.

    `parts` are the identifiers of what it is said of inside it, `versions` the range of its versions, where these are
    told.
    """

    place: str
    shown: str
    identifier: str = ""
    problem: str = ""
    parts: tuple[str, ...] = ()
    versions: str = ""


def decode_supplied(decoder: msgspec.json.Decoder[_Shape], content: bytes, file: str, what: str) -> _Shape:
    """Return a JSON document of the operator's in its shape.

    Raises:
        InvalidRequestError: it is not `what` it should be.
    """
    try:
        return decoder.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError) as malformed:
        raise InvalidRequestError(file, f"not {what}: {str(malformed)[:300]}") from malformed
    except RecursionError as too_deep:
        raise InvalidRequestError(file, "nested too deeply") from too_deep


@dataclass(slots=True)
class Stating:
    """Writes the statements of one document; gathers what can meet no package."""

    file: str
    limits: DocumentLimits = DOCUMENT_LIMITS
    document: str = ""
    unused: list[UnusedProduct] = field(default_factory=list)
    about_images: list[ImageStatement] = field(default_factory=list)
    _products: int = 0
    _numbers: Counter[str] = field(default_factory=Counter)

    def write(
        self,
        names: tuple[str, ...],
        stated_at: datetime,
        state: str,
        told: Iterable[str],
        products: Iterable[NamedProduct],
        severity: tuple[SeverityFact, ...] = (),
    ) -> Iterator[ParsedRecord]:
        """Yield the record of a statement; none where no package can be met by its products.

        Args:
            names: of the vulnerability, the leading one first.
            stated_at: when it was said.
            state: what is said; see `AffectedPackage`.
            told: the reason and whatever is said beside it, the shortest first; empty texts do not count.
            products: what it is said of.
            severity: what is said of severity.
        """
        self._numbers[names[0]] += 1
        texts = self._texts(state, [text for text in told if text])
        packages: dict[AffectedPackage, None] = {}
        for product in products:
            self._count(product)
            image = name_image(product.identifier)
            if image is not None and not product.problem and not product.versions:
                self._say_of_image(ImageStatement(image, names, state, stated_at, texts[0]), product)
            packages |= dict.fromkeys(self._named(product, state))
        if packages:
            again = "" if self._numbers[names[0]] == 1 else f"/{self._numbers[names[0]]}"
            record_id = f"{self.document}#{names[0]}{again}"
            yield write_record(record_id, stated_at, names, state, texts, tuple(packages), severity)

    def _count(self, product: NamedProduct) -> None:
        self._products += 1 + len(product.parts)
        if self._products > self.limits.max_products:
            raise self.refusal(product.place, f"more than {self.limits.max_products} products in all")

    def _named(self, product: NamedProduct, state: str) -> Iterator[AffectedPackage]:
        """Yield the package that a product is; none where it is none, which is kept with the reason."""
        try:
            if product.problem:
                raise ValueError(product.problem)
            if product.versions:
                yield name_range(product.identifier, product.versions, state)
            else:
                yield name_product(product.identifier, state)
        except ValueError as reason:
            shown = (product.shown or "without an identifier")[: self.limits.max_shown]
            self.unused.append(UnusedProduct(product.place, shown, str(reason)))

    def _say_of_image(self, said: ImageStatement, product: NamedProduct) -> None:
        """Keep what is said of an image: of those of its packages that are named, or of all where none is."""
        parts = (NamedProduct(product.place, part, part) for part in product.parts)
        packages = tuple(dict.fromkeys(each for part in parts for each in self._named(part, said.state)))
        if packages or not product.parts:
            self.about_images.append(replace(said, packages=packages))

    def _texts(self, state: str, told: list[str]) -> tuple[str, str]:
        """Return what a statement says for people: in a line, and in whole."""
        summary = cut_prose(": ".join([state, *told[:1]]), self.limits.max_shown)
        return summary, cut_prose("\n\n".join([state, *told]), self.limits.max_text)

    def names(self, place: str, name: str, aliases: Iterable[str]) -> tuple[str, ...]:
        """Return a vulnerability's name and those of its aliases that are ids, each once."""
        leading = self.text(place, name, self.limits.max_identifier)
        others = [one for one in aliases if len(one) <= self.limits.max_identifier and _ID.fullmatch(one)]
        if len(others) > self.limits.max_aliases:
            raise self.refusal(place, f"more than {self.limits.max_aliases} aliases")
        return tuple(dict.fromkeys((leading, *others)))

    def justification(self, place: str, word: str) -> str:
        """Return a justification, or refuse a word that is none."""
        if word and word not in JUSTIFICATIONS:
            raise self.refusal(place, f"{word[:80]!r} is none of {', '.join(sorted(JUSTIFICATIONS))}")
        return word

    def refuse_many(self, statements: int) -> None:
        """Refuse a document with more statements than the limit."""
        if statements > self.limits.max_statements:
            raise InvalidRequestError(self.file, f"more than {self.limits.max_statements} statements")

    def text(self, place: str, text: str, longest: int) -> str:
        """Return a text that becomes part of a key, or refuse it."""
        if not text.strip() or len(text) > longest or not text.isprintable():
            raise self.refusal(place, f"not a text of 1 to {longest} characters: {text[:80]!r}")
        return text

    def time(self, place: str, text: str) -> datetime:
        """Return a time, or refuse a text that is none."""
        try:
            return parse_rfc3339(text)
        except ValueError as unreadable:
            raise self.refusal(place, f"not a time: {text[:80]!r}") from unreadable

    def refusal(self, place: str, reason: str) -> InvalidRequestError:
        """Return what is raised."""
        return InvalidRequestError(self.file, f"{place}: {reason}")
