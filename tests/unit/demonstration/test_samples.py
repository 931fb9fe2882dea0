"""The sample images: the same bytes everywhere, small, and package databases only."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from dogwatch.demonstration import SampleImage, build_samples
from dogwatch.inventory.layer import read_layer
from dogwatch.model.images import Layer

PROJECT = Path(__file__).parents[3]
BASE, WEB, BASKET = build_samples()
BYTES_MAX = 100_000


def paths(sample: SampleImage) -> list[str]:
    """Return the paths in all layers of an image."""
    found: list[str] = []
    for digest in sample.layers:
        with tarfile.open(fileobj=io.BytesIO(sample.blobs[digest])) as archive:
            found += archive.getnames()
    return found


def test_the_images_are_the_same_on_every_machine() -> None:
    assert [(one.repository, one.tag, one.digest) for one in (BASE, WEB, BASKET)] == [
        ("base/debian", "12", "sha256:5251bd4b9d72c97f0f5b09f63a81b614c5d9737cce4d6b4d2317a7bc32faadca"),
        ("shop/web", "1.4", "sha256:f7132202a39bab1af0e28efd147259e3e981025607755756a5966e20b7b4f10e"),
        ("shop/basket", "2.0", "sha256:f8dae6acb95809f13b7288de12327e12a88dc8832622d9b50836493abbe528f5"),
    ]


def test_the_applications_share_the_layer_of_their_base() -> None:
    assert (len(BASE.layers), len(WEB.layers), len(BASKET.layers)) == (1, 2, 2)
    assert BASE.layers[0] == WEB.layers[0] == BASKET.layers[0]
    assert WEB.layers[1] != BASKET.layers[1]


def test_there_is_nothing_in_them_but_package_databases() -> None:
    databases = ("etc/os-release", "var/lib/dpkg/status", ".dist-info/METADATA", "/package.json")
    assert [path for one in (BASE, WEB, BASKET) for path in paths(one) if not path.endswith(databases)] == []


def test_they_are_small() -> None:
    blobs = {digest: len(content) for one in (BASE, WEB, BASKET) for digest, content in one.blobs.items()}
    assert sum(blobs.values()) < BYTES_MAX


def test_every_package_is_read_and_no_gap_is_found() -> None:
    packages: set[tuple[str, str]] = set()
    for digest in {digest for one in (BASE, WEB, BASKET) for digest in one.layers}:
        content = next(one.blobs[digest] for one in (BASE, WEB, BASKET) if digest in one.blobs)
        layer = Layer(digest, digest, "application/vnd.oci.image.layer.v1.tar", len(content))
        for file in read_layer(io.BytesIO(content), layer).files:
            assert file.found.gaps == ()
            packages |= {(package.name, package.version) for package in file.found.packages}
    assert {("libssl3", "3.0.9-1"), ("Jinja2", "2.10"), ("lodash", "4.17.4")} <= packages
    assert len(packages) == 45 + 13 + 11


def test_the_script_writes_them_as_layouts_with_the_same_digests(tmp_path: Path) -> None:
    written = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        command = [sys.executable, str(PROJECT / "demo" / "write_samples.py"), str(folder)]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": seed})
        files = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
        written.append({name: path.read_bytes() for name, path in files.items() if name.suffix != ".zip"})
    assert written[0] == written[1]
    digest = WEB.digest.removeprefix("sha256:")
    assert written[0][Path("shop/web/blobs/sha256") / digest] == WEB.manifest
