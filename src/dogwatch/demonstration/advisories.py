"""The sample of advisories: facts about known flaws of the packages in the sample images, in words of our own.

Ids, ranges and scores are those of the public record; everything else is ours. One more is made up, and says so: the
news that the demonstration lets arrive.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from dogwatch.model.times import write_rfc3339

ECOSYSTEMS = ("Debian", "PyPI", "npm")
NEWS_ID = "SAMPLE-2099-0001"
NEWS_ECOSYSTEM = "Debian"

Document = dict[str, Any]

_NOTE = "From the sample of advisories that comes with Dogwatch; the public feeds know more."


@lru_cache(maxsize=1)
def known_advisories() -> tuple[Document, ...]:
    """Return the sample as OSV documents, in the order of its file."""
    listed = json.loads(files("dogwatch.demonstration").joinpath("data/advisories.json").read_bytes())
    return tuple(map(_document, listed))


def news(arrived_at: datetime, withdrawn_at: datetime | None) -> Document:
    """Return the made-up advisory: a flaw of glibc, which all sample images have in the layer that they share."""
    document = _document(
        {
            "id": NEWS_ID,
            "alias": "",
            "ecosystem": "Debian:12",
            "package": "glibc",
            "ranges": [["0", "2.36-9+deb12u99"]],
            "cvss": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "published": arrived_at.date().isoformat(),
            "summary": "Made up for the demonstration: a flaw in the C library that everything is linked with.",
        }
    )
    document["modified"] = write_rfc3339(withdrawn_at or arrived_at)
    if withdrawn_at is not None:
        document["withdrawn"] = write_rfc3339(withdrawn_at)
    return document


def write_feed(mirror: Path, ecosystem: str, documents: Sequence[Document]) -> None:
    """Lay documents out like the public OSV export does for one ecosystem.

    Args:
        mirror: a folder that nobody reads meanwhile.
        ecosystem: without release.
        documents: at least one.
    """
    folder = mirror / ecosystem
    folder.mkdir(parents=True)
    ordered = sorted(documents, key=lambda one: (one["modified"], one["id"]), reverse=True)
    with zipfile.ZipFile(folder / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for document in ordered:
            content = json.dumps(document, ensure_ascii=False)
            archive.writestr(f"{document['id']}.json", content)
            (folder / f"{document['id']}.json").write_text(content, encoding="utf-8")
    listing = "".join(f"{document['modified']},{document['id']}\n" for document in ordered)
    (folder / "modified_id.csv").write_text(listing, encoding="utf-8")


def ecosystem_of(document: Document) -> str:
    """Return the ecosystem, without release, that a document of the sample belongs to."""
    return str(document["affected"][0]["package"]["ecosystem"]).partition(":")[0]


def _document(facts: Document) -> Document:
    published = f"{facts['published']}T00:00:00Z"
    events = [_events(ends) for ends in facts["ranges"]]
    return {
        "schema_version": "1.7.3",
        "id": facts["id"],
        "modified": published,
        "published": published,
        "summary": facts["summary"],
        "details": f"{facts['summary']} {_NOTE}",
        "aliases": [facts["alias"]] if facts["alias"] else [],
        "severity": [{"type": "CVSS_V3", "score": facts["cvss"]}],
        "affected": [
            {
                "package": {"ecosystem": facts["ecosystem"], "name": facts["package"]},
                "ranges": [{"type": "ECOSYSTEM", "events": one} for one in events],
            }
        ],
        "database_specific": {"sample": True},
    }


def _events(ends: Sequence[str]) -> list[dict[str, str]]:
    introduced, *fixed = ends
    return [{"introduced": introduced}, *({"fixed": one} for one in fixed)]
