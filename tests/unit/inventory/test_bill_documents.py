"""Bills that we write: held to the official schemas, saying where things stand and what could not be seen."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from dogwatch.inventory.bills.cyclonedx_document import image_url
from dogwatch.inventory.bills.documents import write_bill
from dogwatch.inventory.package_urls import write_package_url
from dogwatch.model.bills import BillFormat
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.judgements import Examined, Place, PlacedPackage, Subject, SubjectKind
from dogwatch.model.packages import Distribution, Package

NOW = datetime(2026, 7, 20, 12, 30, 1, 250, tzinfo=UTC)
BASE, TOP, DIGEST = (f"sha256:{letter * 64}" for letter in "123")
GAP = Gap(GapKind.FILE_UNREADABLE, "app/x/package.json", "npm: damaged")
ODD = 'a\x00\x1b[31m"<\ud7ff\U0001f600&]]>'


def placed(package: Package, *places: Place) -> PlacedPackage:
    return PlacedPackage(package, write_package_url(package), places)


A = placed(
    Package("npm", "@s/a", "1.0.0"), Place(BASE, ("a/package.json", "b/package.json")), Place(TOP, ("c/package.json",))
)
B = placed(Package("Debian:12", "b", "2.0-1", "amd64", "src-b", "2.0"), Place(BASE, ("var/lib/dpkg/status",)))
UPPER, LOWER = (placed(Package("PyPI", name, "1")) for name in ("Odd_Name", "odd-name"))
IMAGE = Examined(
    Subject(SubjectKind.IMAGE, "registry.example:5000/shop/web", DIGEST, "linux/arm64", "Debian GNU/Linux 12"),
    (B, UPPER, LOWER, A),
    (GAP,),
    (BASE, TOP),
    Distribution("debian", "12", "Debian GNU/Linux 12 (bookworm)", "Debian:12"),
)
EXAMINED = {
    "an image": IMAGE,
    "a folder with nothing in it": Examined(Subject(SubjectKind.FOLDER, "dir:/srv/ä ö"), ()),
    "odd texts": replace(IMAGE, subject=Subject(SubjectKind.IMAGE, f"docker:{ODD}", "sha999:x", ODD)),
    "a distribution without a name": replace(IMAGE, system=Distribution("", "", "odd", "")),
    "a bill": Examined(Subject(SubjectKind.BILL, "sbom:x.json", DIGEST), (A,)),
}


def written(examined: Examined, form: BillFormat) -> Any:
    return json.loads(write_bill(examined, form, NOW, "1.2.3"))


@pytest.mark.parametrize("name", EXAMINED)
def test_cyclonedx_is_what_the_official_schema_asks_for(name: str) -> None:
    text = write_bill(EXAMINED[name], BillFormat.CYCLONEDX, NOW, "1.2.3")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


@pytest.mark.parametrize("name", EXAMINED)
def test_spdx_is_what_the_validator_of_its_project_asks_for(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bill.spdx.json"
    path.write_text(write_bill(EXAMINED[name], BillFormat.SPDX, NOW, "1.2.3"), encoding="utf-8")
    problems = validate_full_spdx_document(parse_file(str(path)), "SPDX-2.3")
    assert [one.validation_message for one in problems] == []


def test_cyclonedx_says_what_where_and_what_was_not_seen() -> None:
    bill = written(IMAGE, BillFormat.CYCLONEDX)
    layers = [{"name": "dogwatch:layer", "value": one} for one in (BASE, TOP)]
    sentence = f"app/x/package.json: npm: damaged ({GAP.consequence})"
    assert bill["metadata"] == {
        "timestamp": "2026-07-20T12:30:01.000250Z",
        "tools": {"components": [{"type": "application", "name": "dogwatch", "version": "1.2.3"}]},
        "component": {
            "type": "container",
            "bom-ref": "subject",
            "name": "registry.example:5000/shop/web",
            "version": DIGEST,
            "hashes": [{"alg": "SHA-256", "content": "3" * 64}],
            "purl": f"pkg:oci/web@sha256:{'3' * 64}?arch=arm64&repository_url=registry.example:5000/shop/web",
            "properties": [{"name": "dogwatch:platform", "value": "linux/arm64"}, *layers],
        },
        "properties": [{"name": "dogwatch:gap:file-unreadable", "value": sentence}],
    }
    assert bill["compositions"] == [{"aggregate": "incomplete", "assemblies": ["subject"]}]
    system, b, upper, lower, a = bill["components"]
    assert (system["type"], system["name"], system["version"]) == ("operating-system", "debian", "12")
    assert [one["bom-ref"] for one in (upper, lower)] == ["pkg:pypi/odd-name@1", "pkg:pypi/odd-name@1#2"]
    assert b["properties"] == [
        {"name": "dogwatch:package:ecosystem", "value": "Debian:12"},
        {"name": "dogwatch:package:arch", "value": "amd64"},
        {"name": "dogwatch:package:source_name", "value": "src-b"},
        {"name": "dogwatch:package:source_version", "value": "2.0"},
        layers[0],
    ]
    assert a["evidence"]["occurrences"] == [
        {"location": "a/package.json", "additionalContext": f"layer {BASE}"},
        {"location": "b/package.json", "additionalContext": f"layer {BASE}"},
        {"location": "c/package.json", "additionalContext": f"layer {TOP}"},
    ]


def test_spdx_says_the_same() -> None:
    bill = written(IMAGE, BillFormat.SPDX)
    subject, system, b, upper, _, a = bill["packages"]
    assert subject["comment"] == f"platform linux/arm64; layers, oldest first: {BASE} {TOP}"
    assert subject["checksums"] == [{"algorithm": "SHA256", "checksumValue": "3" * 64}]
    assert (system["primaryPackagePurpose"], system["name"], system["versionInfo"]) == (
        "OPERATING-SYSTEM",
        "debian",
        "12",
    )
    assert b["sourceInfo"] == f"built from source package src-b 2.0; found in {BASE} var/lib/dpkg/status"
    assert a["sourceInfo"] == f"found in {BASE} a/package.json b/package.json; {TOP} c/package.json"
    assert [one["comment"] for one in upper["annotations"]] == [
        'dogwatch:package {"dogwatch:package:ecosystem":"PyPI"}'
    ]
    assert [one["comment"] for one in bill["annotations"]] == [
        f"dogwatch:gap:file-unreadable app/x/package.json: npm: damaged ({GAP.consequence})"
    ]
    assert [one["relationshipType"] for one in bill["relationships"]] == ["DESCRIBES"] + ["CONTAINS"] * 5
    assert "annotations" not in a


@pytest.mark.parametrize("form", BillFormat)
def test_the_same_content_is_the_same_bill_but_for_its_time(form: BillFormat) -> None:
    now, later = (write_bill(IMAGE, form, at, "1.2.3") for at in (NOW, NOW + timedelta(days=1)))
    changed = written(replace(IMAGE, gaps=()), form)
    identifier = "serialNumber" if form is BillFormat.CYCLONEDX else "documentNamespace"
    assert now != later
    assert now.replace("2026-07-20", "2026-07-21") == later
    assert json.loads(now)[identifier] != changed[identifier]


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("ghcr.io/Shop/web:1.4", "pkg:oci/web@sha256:0?arch=amd64&repository_url=ghcr.io/shop/web"),
        ("localhost:5000/web@sha256:1", "pkg:oci/web@sha256:0?arch=amd64&repository_url=localhost:5000/web"),
        ("docker:shop/web:1.4", "pkg:oci/web@sha256:0?arch=amd64"),
        ("oci:/tmp/build", "pkg:oci/build@sha256:0?arch=amd64"),
        ("", "pkg:oci/unnamed@sha256:0?arch=amd64"),
    ],
)
def test_only_an_image_that_its_registry_names_has_a_place(name: str, url: str) -> None:
    assert image_url(name, "sha256:0", "linux/amd64") == url
