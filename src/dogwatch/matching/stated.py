"""What documents in hand say of the packages of one image: the newest statement about a package counts.

The same naming as in `decide`, and beside it statements about images, which are journalled nowhere. Called when a thing
is looked at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from dogwatch.matching.decide import decide
from dogwatch.matching.ranges import key_affected_package, key_affected_ranges, verdict_of_state
from dogwatch.model.advisories import AffectedRange
from dogwatch.model.operator_documents import ImageProduct, OperatorDocument
from dogwatch.model.packages import KeyedPackage
from dogwatch.model.verdicts import Verdict

_RANKS = {Verdict.AFFECTED: 2, Verdict.NOT_AFFECTED: 1, Verdict.UNDETERMINED: 0}

_PUBLIC = ("index.docker.io/", "docker.io/")
"""What names of images leave out where they are public ones, as `library/` behind it."""


@dataclass(frozen=True, slots=True)
class Said:
    """One statement: what it comes to, why, when it was said, and where (file and document)."""

    verdict: Verdict
    summary: str
    stated_at: datetime
    origin: str


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement with what it is about; no ranges: everything in the image."""

    said: Said
    image: ImageProduct | None
    ranges: tuple[AffectedRange, ...]


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements of some documents, by the names of vulnerabilities in capitals."""

    by_name: dict[str, list[_Statement]]

    @classmethod
    def of(cls, documents: Iterable[OperatorDocument]) -> Statements:
        """Return the statements of documents."""
        found: dict[str, list[_Statement]] = defaultdict(list)
        for document in documents:
            for names, statement in _read(document):
                for name in names:
                    found[name.upper()].append(statement)
        return cls(dict(found))

    def about(self, package: KeyedPackage, names: Iterable[str], images: Sequence[ImageProduct]) -> Said | None:
        """Return what counts of what is said of a package and a vulnerability; None where nothing is.

        Args:
            package: with its key.
            names: all of the vulnerability's.
            images: the image that it is in, once for each digest that it is known by; none: it is in no image.
        """
        found = [
            one.said
            for name in names
            for one in self.by_name.get(name.upper(), ())
            if _is_meant(one.image, images)
            and (not one.ranges or any(decide(package, each) is not None for each in one.ranges))
        ]
        return max(found, key=_weight, default=None)


def _weight(said: Said) -> tuple[datetime, int, str, str]:
    """Order statements as `resolve` does: the newest counts, of the same time the most certain that warns."""
    return (said.stated_at, _RANKS[said.verdict], said.origin, said.summary)


def _read(document: OperatorDocument) -> Iterator[tuple[tuple[str, ...], _Statement]]:
    origin = f"{document.file}: {document.name}"
    for record in document.records:
        one = record.advisory
        if one is not None and one.affected:
            said = Said(verdict_of_state(one.affected[0].state), one.summary, one.modified_at, origin)
            yield one.aliases, _Statement(said, None, key_affected_ranges(one))
    for about in document.about_images:
        said = Said(verdict_of_state(about.state), about.summary, about.stated_at, origin)
        ranges = tuple(keyed for one in about.packages for keyed in key_affected_package(one))
        yield about.names, _Statement(said, about.image, ranges)


def _is_meant(stated: ImageProduct | None, images: Sequence[ImageProduct]) -> bool:
    """Say whether a statement is about the image in hand: what it tells of its image has to be so."""
    return stated is None or any(_is_same(stated, one) for one in images)


def _is_same(stated: ImageProduct, image: ImageProduct) -> bool:
    if stated.digest and stated.digest != image.digest:
        return False
    if stated.tag and stated.tag != image.tag:
        return False
    if stated.repository:
        return _full(stated.repository) == _full(image.repository)
    return bool(stated.digest) or stated.name == image.name


def _full(repository: str) -> str:
    """Return the name of a repository without what public ones may leave out."""
    for prefix in _PUBLIC:
        if repository.startswith(prefix):
            return repository.removeprefix(prefix).removeprefix("library/")
    return repository
