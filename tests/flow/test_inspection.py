"""Things looked at once, by the real application: nothing of them is watched, nothing unseen is called clean.

They are read in this process; what a child of its own adds is asked by `test_inspection_hostile`.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from dogwatch.app.process import App, build
from dogwatch.cli.scan import Policy, exit_code_of
from dogwatch.model.bills import BillFormat
from dogwatch.model.errors import (
    ContentError,
    DigestMismatchError,
    ImageGoneError,
    InvalidRequestError,
    MalformedManifestError,
    NotFoundError,
)
from dogwatch.model.gaps import GapKind
from dogwatch.model.images import Platform
from dogwatch.model.judgements import Choice, Report
from dogwatch.model.packages import Package
from dogwatch.model.targets import Target, TargetKind
from tests.builders.advisories import encode_record, osv_record
from tests.builders.archives import BASE, FOUND_IN_BOTH, TOP, archive_of, saved
from tests.builders.layers import package_json, python_metadata
from tests.builders.oci import build_image, build_index, write_layout
from tests.builders.statements import openvex, statement
from tests.flow.world import settings_for
from tests.simulators.buckets import FeedBucket

AMD64 = Platform("linux", "amd64")


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    images = [build_image([BASE, TOP]), build_image([BASE], architecture="s390x")]
    return write_layout(tmp_path / "layout", build_index(images))


def look(app: App, kind: TargetKind, name: object, platform: Platform = AMD64) -> Report:
    return app.inspect(Target(kind, str(name), platform), Choice(), update=False)


def names(report: Report) -> list[tuple[str, str]]:
    return [(one.package.ecosystem, one.package.name) for one in report.examined.packages]


def count(app: App, table: str) -> int:
    with app.database.transaction() as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def test_a_layout_is_looked_at_and_not_watched_and_its_layers_are_kept(app: App, layout: Path) -> None:
    report = look(app, TargetKind.OCI, layout)
    assert names(report) == FOUND_IN_BOTH
    assert (count(app, "image"), count(app, "package"), count(app, "inventory")) == (0, 0, 0)
    assert count(app, "layer_evidence") == 2
    for blob in (layout / "blobs" / "sha256").iterdir():
        if blob.stat().st_size > 0 and blob.read_bytes()[:2] == b"\x1f\x8b":
            blob.unlink()
    assert look(app, TargetKind.OCI, layout).examined == report.examined


def test_what_a_document_says_is_not_affected_is_listed_apart_with_its_reason(app: App, layout: Path) -> None:
    named = look(app, TargetKind.OCI, layout).examined.packages[-1]
    record = osv_record(
        "ACME-1",
        ecosystem=named.package.ecosystem,
        name=named.package.name,
        aliases=["CVE-2026-1001"],
        summary="A flaw.",
    )
    app.documents.add(encode_record(record), "own.json", "root")
    plain = look(app, TargetKind.OCI, layout)
    assert [(one.vulnerability, one.text.summary) for one in plain.findings] == [("CVE-2026-1001", "A flaw.")]
    product = {"@id": f"pkg:oci/app@{plain.examined.subject.digest}", "subcomponents": [{"@id": named.package_url}]}
    document = openvex({**statement("CVE-2026-1001", "not_affected"), "products": [product]})
    target, vex = Target(TargetKind.OCI, str(layout), AMD64), [("app.json", json.dumps(document).encode())]
    report = app.inspect(target, Choice(), update=False, vex=vex)
    (apart,) = report.ignored
    assert (report.findings, apart.finding) == ((), plain.findings[0])
    assert apart.rule.reason == "not affected: vulnerable_code_not_present"
    assert apart.rule.origin == f"app.json: {document['@id']}"
    with pytest.raises(InvalidRequestError, match=r"own\.json: an advisory, no VEX document"):
        app.inspect(target, Choice(), update=False, vex=[("own.json", encode_record(record))])


def test_a_bill_that_we_write_reads_back_as_what_was_found(app: App, layout: Path, tmp_path: Path) -> None:
    examined = look(app, TargetKind.OCI, layout).examined
    texts = app.write_target_bills(Target(TargetKind.OCI, str(layout), AMD64), list(BillFormat))
    for form, text in texts.items():
        path = tmp_path / f"bill.{form}"
        path.write_text(text)
        again = look(app, TargetKind.BILL, path).examined
        assert [one.package for one in again.packages] == [one.package for one in examined.packages]
        assert again.gaps == ()


def test_the_platform_chooses_and_one_that_is_not_there_is_told(app: App, layout: Path) -> None:
    assert names(look(app, TargetKind.OCI, f"{layout}:latest", Platform("linux", "s390x"))) == FOUND_IN_BOTH[:1]
    with pytest.raises(NotFoundError, match=r"linux/amd64, linux/s390x"):
        look(app, TargetKind.OCI, layout, Platform("linux", "arm64"))
    with pytest.raises(NotFoundError, match="there are: latest"):
        look(app, TargetKind.OCI, f"{layout}:other")


def test_without_advisories_nothing_is_called_clean(app: App, layout: Path) -> None:
    report = look(app, TargetKind.OCI, layout)
    assert {gap.kind for gap in report.gaps} == {GapKind.FEED_MISSING}
    assert (report.findings, report.is_complete, report.revision) == ((), False, 0)
    assert exit_code_of(report, Policy()) == 5


def test_one_look_imports_what_it_needs_but_for_what_takes_too_long_and_says_what_is_missing(
    database: str, tmp_path: Path
) -> None:
    bucket = FeedBucket(tmp_path / "feeds")
    for ecosystem, name in (("npm", "left"), ("Chainguard", "bash")):
        bucket.put(ecosystem, osv_record(f"ACME-{name}", ecosystem=ecosystem, name=name))
    urls = ["pkg:npm/left@1.0.0", "pkg:apk/chainguard/bash@1.0-r0?upstream=bash"]
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "x", "purl": url} for url in urls]}
    (tmp_path / "bill.json").write_text(json.dumps(bill))
    target = Target(TargetKind.BILL, str(tmp_path / "bill.json"), AMD64)
    with build(settings_for(database, tmp_path, demo="0", feeds="found"), isolated=False) as app:
        report = app.inspect(target, Choice(), update=True)
        assert [one.vulnerability for one in report.findings] == ["ACME-left"]
        assert [gap.detail for gap in report.gaps] == ["osv Chainguard: nothing was imported yet"]
        app.update_feeds()
        found = app.inspect(target, Choice(), update=True).findings
        assert {one.vulnerability for one in found} == {"ACME-bash", "ACME-left"}


def test_a_layout_that_leads_outside_or_was_changed_is_refused(app: App, layout: Path, tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    (layout / "blobs").rename(tmp_path / "away" / "blobs")
    (layout / "blobs").symlink_to(tmp_path / "away" / "blobs")
    with pytest.raises(InvalidRequestError, match="not a regular file in the folder"):
        look(app, TargetKind.OCI, layout)
    (layout / "blobs").unlink()
    with pytest.raises(ImageGoneError):
        look(app, TargetKind.OCI, layout)
    (tmp_path / "away" / "blobs").rename(layout / "blobs")
    for blob in (layout / "blobs" / "sha256").iterdir():
        blob.write_bytes(blob.read_bytes() + b" ")
    with pytest.raises(DigestMismatchError):
        look(app, TargetKind.OCI, layout)
    (layout / "index.json").write_bytes(b"[")
    with pytest.raises(MalformedManifestError):
        look(app, TargetKind.OCI, layout)


@pytest.mark.parametrize("packed", [False, True])
def test_a_docker_archive_is_looked_at_plain_and_packed(app: App, tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "image.tar"
    content = archive_of(saved())
    path.write_bytes(gzip.compress(content) if packed else content)
    assert names(look(app, TargetKind.DOCKER_ARCHIVE, path)) == FOUND_IN_BOTH
    assert names(look(app, TargetKind.DOCKER_ARCHIVE, f"{path}:shop/app:1")) == FOUND_IN_BOTH
    with pytest.raises(NotFoundError):
        look(app, TargetKind.DOCKER_ARCHIVE, path, Platform("linux", "arm64"))


def test_layers_behind_links_are_found_and_circles_end(app: App, tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(archive_of(saved("3/layer.tar"), {"3/layer.tar": "../2/layer.tar"}))
    assert names(look(app, TargetKind.DOCKER_ARCHIVE, path)) == FOUND_IN_BOTH
    path.write_bytes(archive_of(saved("3/layer.tar"), {"3/layer.tar": "../4/l", "4/l": "../3/layer.tar"}))
    with pytest.raises(MalformedManifestError, match="it has no file"):
        look(app, TargetKind.DOCKER_ARCHIVE, path)


def test_hostile_and_damaged_archives_are_refused(app: App, tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    members = saved()
    whole = archive_of(members)
    swapped = archive_of(members | {"1/layer.tar": TOP, "2/layer.tar": BASE})
    bad = [
        b"", b"no tar at all", whole[:3000], gzip.compress(whole)[:300], swapped,
        archive_of(members | {"manifest.json": b"{"}), archive_of(members | {"manifest.json": b"[]"}),
        archive_of(saved("/etc/passwd")), archive_of(saved("../../etc/passwd")), archive_of(saved(Layers=7)),
        archive_of(saved(Layers=["1/layer.tar"])), archive_of(saved(Config="nowhere.json")),
    ]  # fmt: skip
    for content in bad:
        path.write_bytes(content)
        with pytest.raises(ContentError):
            look(app, TargetKind.DOCKER_ARCHIVE, path)
    with pytest.raises(NotFoundError):
        look(app, TargetKind.DOCKER_ARCHIVE, tmp_path / "nothing.tar")


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")
def test_what_skopeo_writes_is_read(app: App, layout: Path, tmp_path: Path) -> None:
    made = f"docker-archive:{tmp_path}/made.tar:shop/app:1"
    command = ["skopeo", "--insecure-policy", "--override-arch", "amd64", "copy", f"oci:{layout}:latest", made]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert names(look(app, TargetKind.DOCKER_ARCHIVE, tmp_path / "made.tar")) == FOUND_IN_BOTH


def test_a_folder_is_walked_without_leaving_it(app: App, tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (outside / "node_modules" / "secret").mkdir(parents=True)
    (outside / "node_modules" / "secret" / "package.json").write_text(package_json("secret", "1.0.0"))
    with tarfile.open(fileobj=io.BytesIO(BASE)) as tar:
        tar.extractall(root, filter="data")
    metadata = root / "srv" / "x.dist-info" / "METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text(python_metadata("c", "1.0"))
    (root / "node_modules").symlink_to(outside / "node_modules")
    (root / "loop").symlink_to(root)
    (root / "srv" / "up").symlink_to("..")
    broken = root / "app" / "node_modules" / "d"
    broken.mkdir(parents=True)
    os.mkfifo(broken / "package.json")
    report = look(app, TargetKind.FOLDER, root)
    assert names(report) == [("Debian:12", "a"), ("PyPI", "c")]
    assert {gap.kind for gap in report.examined.gaps} == {GapKind.LINK_NOT_FOLLOWED, GapKind.FILE_UNREADABLE}
    with pytest.raises(NotFoundError):
        look(app, TargetKind.FOLDER, root / "missing")


def test_bills_in_both_formats_are_read_and_odd_ones_are_gaps_or_refused(app: App, tmp_path: Path) -> None:
    path = tmp_path / "bill.json"
    urls = ["pkg:deb/debian/a@1.0-1?distro=debian-12.5&upstream=s%402.0", "pkg:npm/%40s/b@1.0.0", "pkg:pypi/c@1"]
    expected = [
        Package("Debian:12", "a", "1.0-1", "", "s", "2.0"),
        Package("PyPI", "c", "1"),
        Package("npm", "@s/b", "1.0.0"),
    ]
    components = [{"type": "library", "name": "x", "purl": url} for url in urls]
    for version in ("1.4", "1.7"):
        path.write_text(json.dumps({"bomFormat": "CycloneDX", "specVersion": version, "components": components}))
        report = look(app, TargetKind.BILL, path)
        assert ([one.package for one in report.examined.packages], report.examined.gaps) == (expected, ())
    packages = [
        {"SPDXID": f"SPDXRef-{number}", "name": "x",
         "externalRefs": [{"referenceType": "purl", "referenceLocator": url}]}
        for number, url in enumerate(urls)
    ]  # fmt: skip
    for version in ("SPDX-2.2", "SPDX-2.3"):
        path.write_text(json.dumps({"spdxVersion": version, "packages": packages}))
        assert [one.package for one in look(app, TargetKind.BILL, path).examined.packages] == expected
    odd = [
        7,
        None,
        {"purl": 5},
        {"name": "n", "purl": "pkg:npm/"},
        {"name": "g", "purl": "pkg:conan/g@1"},
        *components,
    ]
    path.write_text(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": odd}))
    report = look(app, TargetKind.BILL, path)
    assert [one.package for one in report.examined.packages] == expected
    assert [gap.kind for gap in report.examined.gaps] == [GapKind.PACKAGE_UNIDENTIFIED] * 3
    for content in (
        b"",
        b"{",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"bomFormat":"CycloneDX"}',
        b'{"spdxVersion":"SPDX-3.0"}',
    ):
        path.write_bytes(content)
        with pytest.raises(ContentError):
            look(app, TargetKind.BILL, path)
