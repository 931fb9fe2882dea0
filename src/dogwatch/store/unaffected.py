"""What is not affected where documents say so and no range (`UNAFFECTED_IN_DOCUMENTS`): read when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import psycopg

from dogwatch.matching import key_affected_package
from dogwatch.model.advisories import AffectedPackage, AffectedRange, UnaffectedPackages
from dogwatch.model.feeds import UNAFFECTED_IN_DOCUMENTS
from dogwatch.store.compression import decompress
from dogwatch.store.considered import Origin
from dogwatch.store.queries import load_queries

_SQL = load_queries("unaffected")


class _Document(msgspec.Struct):
    not_affected: tuple[UnaffectedPackages, ...] = ()


_DECODER = msgspec.json.Decoder(_Document)


@dataclass(frozen=True, slots=True)
class UnaffectedIn:
    """What one document says is not affected."""

    origin: Origin
    packages: tuple[UnaffectedPackages, ...]

    def about(self, ecosystem: str, name: str) -> Iterator[AffectedRange]:
        """Yield the range that it is for one package; none where nothing is said of that."""
        if any(ecosystem in one.ecosystems and name in one.names for one in self.packages):
            yield from _ranges(ecosystem, name)

    def ranges(self) -> Iterator[AffectedRange]:
        """Yield a range for each package, by ecosystem and name."""
        said = {(ecosystem, name) for one in self.packages for ecosystem in one.ecosystems for name in one.names}
        for ecosystem, name in sorted(said):
            yield from _ranges(ecosystem, name)


def load_unaffected(connection: psycopg.Connection, vulnerability_id: int | None) -> tuple[UnaffectedIn, ...]:
    """Return what the documents in force on a vulnerability say is not affected; nothing of one that is not known."""
    values = {"vulnerability": vulnerability_id, "sources": list(UNAFFECTED_IN_DOCUMENTS)}
    rows = connection.execute(_SQL["unaffected"], values)
    return tuple(
        UnaffectedIn(Origin(*row), _DECODER.decode(decompress(document)).not_affected) for *row, document in rows
    )


def _ranges(ecosystem: str, name: str) -> tuple[AffectedRange, ...]:
    return key_affected_package(AffectedPackage(ecosystem, name, state="not affected"))
