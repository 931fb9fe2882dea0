"""What one image contains, as it was found: packages with their places, gaps, layers, distribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from dogwatch.inventory.package_urls import write_package_url
from dogwatch.model.errors import NotFoundError
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.images import Platform
from dogwatch.model.judgements import Examined, Place, PlacedPackage, Subject, SubjectKind
from dogwatch.model.packages import Distribution, Package
from dogwatch.store.connection import Database
from dogwatch.store.provenance import decode_listed, decode_provenance
from dogwatch.store.queries import load_queries

_SQL = load_queries("contents")


def load_contents(database: Database, account_id: str, image_id: int) -> Examined:
    """Return what an image contains, from its newest inventory.

    Raises:
        NotFoundError: the account has no such image, or it was not looked at yet.
    """
    with database.transaction() as connection:
        image = _image(connection, account_id, image_id)
        values = {"inventory": image["inventory_id"]}
        gaps = tuple(
            Gap(GapKind(kind), path, detail) for kind, path, detail in connection.execute(_SQL["gaps"], values)
        )
        packages = {row[0]: Package(*row[1:]) for row in connection.execute(_SQL["packages"], values)}
    layers = tuple(layer["digest"] for layer in image["layers"])
    return Examined(_subject(image), _placed(packages, layers, image), gaps, layers, _system(image))


def _image(connection: psycopg.Connection, account_id: str, image_id: int) -> Mapping[str, Any]:
    values = {"account": account_id, "image": image_id}
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_SQL["image"], values).fetchone()
    if row is None:
        raise NotFoundError("image", str(image_id))
    if row["inventory_id"] is None:
        problem = f" ({row['problem']})" if row["problem"] else ""
        raise NotFoundError("bill of materials", f"image {image_id} was not looked at yet{problem}")
    return row


def _subject(image: Mapping[str, Any]) -> Subject:
    place = image["url"].partition("://")[2].rstrip("/")
    platform = Platform(image["os"], image["architecture"], image["variant"])
    name = f"{place}/{image['repository']}"
    return Subject(SubjectKind.IMAGE, name, image["digest"], str(platform), image["pretty_name"])


def _system(image: Mapping[str, Any]) -> Distribution | None:
    if not (image["distribution"] or image["pretty_name"]):
        return None
    return Distribution(image["distribution"], image["release"], image["pretty_name"], image["ecosystem"])


def _placed(
    packages: Mapping[int, Package], layers: Sequence[str], image: Mapping[str, Any]
) -> tuple[PlacedPackage, ...]:
    places = decode_provenance(image["provenance"], packages) if image["provenance"] else {}
    bills = decode_listed(image["listed"], packages) if image["listed"] else {}
    return tuple(
        PlacedPackage(
            package,
            write_package_url(package),
            (
                *(
                    Place(layers[ordinal] if ordinal < len(layers) else "", paths)
                    for ordinal, paths in places.get(package_id, ())
                ),
                *(Place("", (bill,)) for bill in bills.get(package_id, ())),
            ),
        )
        for package_id, package in sorted(packages.items(), key=lambda one: one[1])
    )
