"""Completes the few findings of one page: packages, layers, texts, names and tags are fetched for these alone."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
import psycopg

from dogwatch.matching import scores_of, why_this_severity
from dogwatch.model.advisories import SeverityFact
from dogwatch.model.facts import NOTHING_KNOWN, KnownFacts
from dogwatch.model.images import BaseImage, ToldBase
from dogwatch.model.matches import DocumentKey, Score, Severity
from dogwatch.model.views import FindingView, VulnerablePackage
from dogwatch.store.bases import Stack, load_bases
from dogwatch.store.compression import decompress
from dogwatch.store.known_facts import load_known_facts
from dogwatch.store.platforms import platform_name
from dogwatch.store.provenance import Place, decode_listed, decode_provenance
from dogwatch.store.queries import load_queries
from dogwatch.store.usage import count_in_use

_SQL = load_queries("findings")
_INVENTORIES = load_queries("inventories")
_BILLS = load_queries("bills")


class _Reference(msgspec.Struct):
    url: str = ""


_NULL = msgspec.Raw(b"null")


class _Document(msgspec.Struct):
    summary: str = ""
    details: str = ""
    references: list[_Reference] = []
    severity: msgspec.Raw = _NULL  # of OSV; what other sources write there is left alone
    database_specific: msgspec.Raw = _NULL


class _Stated(msgspec.Struct):
    type: str
    score: str


class _Specific(msgspec.Struct):
    severity: str = ""


_documents = msgspec.json.Decoder(_Document, strict=False)
_statements = msgspec.json.Decoder(list[_Stated])
_specifics = msgspec.json.Decoder(_Specific)


_AS_STORED = (
    "account_id",
    "vulnerability_id",
    "vulnerability",
    "title",
    "score_vector",
    "score_version",
    "score_source",
    "source",
    "advisory",
    "status",
    "begin_reason",
    "closed_reason",
    "first_observed_at",
    "updated_at",
    "region",
    "repository",
    "digest",
    "os",
    "architecture",
    "author",
    "pushed_at",
    "in_use_at",
    "in_use_count",
)
"""Columns of a row that a finding has under the same name."""


@dataclass(frozen=True, slots=True)
class _Home:
    """The stack of layers that a finding's packages stand in: digest and build step of each layer, oldest first."""

    platform: str
    layers: tuple[tuple[str, str], ...]
    places: Mapping[int, tuple[Place, ...]]
    base: BaseImage


def complete(
    connection: psycopg.Connection, rows: Sequence[Mapping[str, Any]], now: datetime
) -> tuple[FindingView, ...]:
    """Turn rows of the query `findings` into whole findings, in the same order; in use is what is so now."""
    images = sorted({row["id"] for row in rows})
    exposures = sorted({exposure for row in rows for exposure in row["exposure_ids"]})
    vulnerabilities = sorted({row["vulnerability_id"] for row in rows})
    tags: dict[int, list[str]] = dict(connection.execute(_SQL["tags"], {"images": images}).fetchall())
    aliases: dict[int, list[str]] = dict(
        connection.execute(_SQL["aliases"], {"vulnerabilities": vulnerabilities}).fetchall()
    )
    packages = _load_packages(connection, exposures)
    wanted = {package for package, _ in packages.values()}
    homes = _load_homes(connection, images, wanted)
    listed = {
        image_id: decode_listed(content, wanted)
        for image_id, content in connection.execute(_BILLS["listed"], {"images": images})
    }
    documents = load_documents(connection, {(row["source"], row["advisory"]) for row in rows})
    facts = load_known_facts(connection, {row["vulnerability"] for row in rows})
    in_use = count_in_use(connection, images, now)
    return tuple(
        _finding(
            {**row, "in_use_count": in_use.get(row["id"], 0)},
            homes[row["id"]].platform,
            tuple(tags.get(row["id"], ())),
            tuple(name for name in aliases.get(row["vulnerability_id"], ()) if name != row["vulnerability"]),
            _at_home((packages[one] for one in row["exposure_ids"]), homes[row["id"]], listed.get(row["id"], {})),
            documents.get((row["source"], row["advisory"]), ({}, _Document())),
            facts.get(row["vulnerability"], NOTHING_KNOWN),
        )
        for row in rows
    )


def _load_packages(
    connection: psycopg.Connection, exposures: Sequence[int]
) -> dict[int, tuple[int, VulnerablePackage]]:
    rows = connection.execute(_SQL["exposures"], {"exposures": list(exposures)})
    return {row[0]: (row[1], _package(row)) for row in rows}


def _package(row: Sequence[Any]) -> VulnerablePackage:
    _, _, ecosystem, name, version, arch, source_name, source_version, fixed_version, fix_state = row
    return VulnerablePackage(
        ecosystem, name, version, arch, source_name, source_version, fixed_version, fix_state, layer_digest="", paths=()
    )


def _load_homes(connection: psycopg.Connection, images: Sequence[int], packages: Container[int]) -> dict[int, _Home]:
    rows = connection.execute(_INVENTORIES["load_provenance"], {"images": list(images)}).fetchall()
    stacks = {
        row[0]: Stack(row[2], tuple(layer["diff_id"] for layer in row[3]), ToldBase(row[5], row[6])) for row in rows
    }
    bases = load_bases(connection, stacks)
    found: dict[int, _Home] = {}
    for chain_id, of_chain, _, layers, content, _, _, distribution, release in rows:
        places = decode_provenance(content, packages) if content else {}
        named = tuple((layer["digest"], layer.get("created_by", "")) for layer in layers)
        home = _Home(platform_name(distribution, release), named, places, bases[chain_id])
        found |= dict.fromkeys(of_chain, home)
    return found


def _at_home(
    packages: Iterable[tuple[int, VulnerablePackage]], home: _Home, listed: Mapping[int, tuple[str, ...]]
) -> tuple[VulnerablePackage, ...]:
    """Return each package once for each layer of this image that brought it, oldest first, and each bill that names it.

    One that a later inventory no longer holds has no place, and is there without.
    """
    placed: list[VulnerablePackage] = []
    for package_id, plain in packages:
        places = [_in_layer(plain, place, home) for place in home.places.get(package_id, ())]
        places += [replace(plain, paths=(bill,)) for bill in listed.get(package_id, ())]
        placed += places or [plain]
    return tuple(placed)


def _in_layer(plain: VulnerablePackage, place: Place, home: _Home) -> VulnerablePackage:
    ordinal, paths = place
    digest, step = home.layers[ordinal] if ordinal < len(home.layers) else ("", "")
    from_base = ordinal < home.base.layers if home.base.layers else None
    base = home.base.reference if from_base else ""
    return replace(plain, layer_digest=digest, paths=paths, build_step=step, from_base=from_base, base_image=base)


def load_documents(
    connection: psycopg.Connection, wanted: Collection[DocumentKey]
) -> dict[DocumentKey, tuple[Mapping[str, Any], _Document]]:
    """Return times and texts of documents."""
    asked = sorted(wanted)
    values = {"sources": [one[0] for one in asked], "names": [one[1] for one in asked]}
    return {
        (source, name): ({"published_at": published, "modified_at": modified}, _documents.decode(decompress(content)))
        for source, name, published, modified, content in connection.execute(_SQL["documents"], values)
    }


def _finding(
    row: Mapping[str, Any],
    platform: str,
    tags: tuple[str, ...],
    aliases: tuple[str, ...],
    packages: tuple[VulnerablePackage, ...],
    document: tuple[Mapping[str, Any], _Document],
    facts: KnownFacts,
) -> FindingView:
    times, text = document
    severity, tenths = Severity(row["severity"]), row["score_tenths"]
    counts = None if tenths < 0 else Score(tenths, row["score_vector"], row["score_version"], row["score_source"])
    return FindingView(
        **{name: row[name] for name in _AS_STORED},
        image_id=row["id"],
        aliases=aliases,
        description=text.details or text.summary,
        severity=severity,
        score_tenths=None if counts is None else tenths,
        references=tuple(reference.url for reference in text.references if reference.url),
        published_at=times.get("published_at"),
        modified_at=times.get("modified_at"),
        fix_available=row["fix"],
        last_observed_at=row["updated_at"],
        registry_alias=row["alias"],
        registry_url=row["url"],
        tags=tags,
        platform=platform,
        packages=packages,
        severity_reason=why_this_severity(severity, counts),
        scores=_scores(counts, row["source"], text, facts),
        vendor_word=_word(text),
        facts=facts,
    )


def _scores(counts: Score | None, source: str, text: _Document, facts: KnownFacts) -> tuple[Score, ...]:
    """Return every score that is known, each once: the one that counts, the deciding document's, the catalogues'."""
    stated: list[tuple[SeverityFact, str]] = []
    with suppress(msgspec.MsgspecError):
        stated += [(SeverityFact(one.type, one.score), source) for one in _statements.decode(text.severity)]
    stated += [(SeverityFact(one.kind, one.vector), one.source) for one in facts.scores]
    first = () if counts is None else (counts,)
    return tuple(dict.fromkeys((*first, *scores_of(stated))))


def _word(text: _Document) -> str:
    """Return the word for the severity that GitHub writes into its documents; empty where there is none."""
    with suppress(msgspec.MsgspecError):
        return _specifics.decode(text.database_specific).severity
    return ""
