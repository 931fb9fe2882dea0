"""The sample of advisories: readable, about the packages in the images, in words of our own, and marked."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from importlib.resources import files

import pytest

from dogwatch.advisories import parse_advisory
from dogwatch.demonstration import NEWS_ID
from dogwatch.demonstration.advisories import ECOSYSTEMS, Document, ecosystem_of, known_advisories, news
from dogwatch.versions import sort_key

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
LISTED = json.loads(files("dogwatch.demonstration").joinpath("data/images.json").read_bytes())["layers"]
SCHEMES = {"Debian": "dpkg", "PyPI": "pep440", "npm": "semver"}
LAYERS = {"Debian": "debian", "PyPI": "python", "npm": "node"}
REAL_ID = re.compile(r"DEBIAN-CVE-\d{4}-\d{4,}|GHSA(-[0-9a-z]{4}){3}")


def versions_in_images(ecosystem: str, package: str) -> set[str]:
    """Return the versions of a package (for Debian: a source package) that the sample images have."""
    found = set()
    for name, version, *source in LISTED[LAYERS[ecosystem]]["packages"]:
        if (source[0] if source else name).lower() == package:
            found.add(source[1] if len(source) > 1 else version)
    return found


def is_affected(document: Document, version: str) -> bool:
    """Compare as the ecosystem does, with the ranges as written."""
    scheme = SCHEMES[ecosystem_of(document)]
    key = sort_key(scheme, version)
    assert key is not None
    for stated in document["affected"][0]["ranges"]:
        ends = {name: value for event in stated["events"] for name, value in event.items()}
        low = b"" if ends["introduced"] == "0" else sort_key(scheme, ends["introduced"])
        high = sort_key(scheme, ends["fixed"]) if "fixed" in ends else None
        if low is not None and low <= key and (high is None or key < high):
            return True
    return False


def test_there_are_some_dozens_with_real_ids_each_once() -> None:
    ids = [one["id"] for one in known_advisories()]
    assert 30 <= len(ids) <= 60
    assert len(ids) == len(set(ids))
    assert [one for one in ids if not REAL_ID.fullmatch(one)] == []
    assert {ecosystem_of(one) for one in known_advisories()} == set(ECOSYSTEMS)


@pytest.mark.parametrize("document", known_advisories(), ids=lambda one: str(one["id"]))
def test_each_concerns_a_package_of_the_images_and_says_that_it_is_from_a_sample(document: Document) -> None:
    versions = versions_in_images(ecosystem_of(document), document["affected"][0]["package"]["name"])
    assert versions
    assert any(is_affected(document, version) for version in versions)
    assert "sample of advisories" in document["details"]
    assert document["database_specific"] == {"sample": True}
    parsed = parse_advisory(json.dumps(document).encode(), source="sample", expected_id=document["id"])
    assert (parsed.source, parsed.summary) == ("sample", document["summary"])
    assert [fact.kind for fact in parsed.severity] == ["CVSS_V3"]


def test_the_news_are_made_up_and_say_so() -> None:
    parsed = parse_advisory(json.dumps(news(NOW, None)).encode(), source="sample", expected_id=NEWS_ID)
    assert parsed.summary.startswith("Made up for the demonstration")
    assert (parsed.modified_at, parsed.withdrawn_at, parsed.aliases) == (NOW, None, ())
    assert versions_in_images("Debian", parsed.affected[0].name) == {"2.36-9"}


def test_withdrawn_news_are_newer_than_the_news() -> None:
    later = NOW.replace(hour=13)
    parsed = parse_advisory(json.dumps(news(NOW, later)).encode(), source="sample")
    assert (parsed.modified_at, parsed.withdrawn_at) == (later, later)
