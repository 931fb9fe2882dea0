"""Writes what the demonstration is made of into a folder, to look at it or to push it to a registry of your own.

python demo/write_samples.py FOLDER

FOLDER/REPOSITORY becomes an OCI layout for each sample image (`skopeo copy oci:FOLDER/shop/web:1.4 docker://…`), and
FOLDER/advisories a folder for DOGWATCH_FEED_MIRROR. Needs this project's package; the same everywhere, byte for byte.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from dogwatch.demonstration.advisories import ECOSYSTEMS, ecosystem_of, known_advisories, write_feed
from dogwatch.demonstration.samples import MANIFEST_TYPE, SampleImage, build_samples


def write_layout(folder: Path, sample: SampleImage) -> None:
    """Write an image as an OCI layout into a folder that is not there yet."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    for digest, content in {**sample.blobs, sample.digest: sample.manifest}.items():
        (blobs / digest.removeprefix("sha256:")).write_bytes(content)
    described = {
        "mediaType": MANIFEST_TYPE,
        "digest": sample.digest,
        "size": len(sample.manifest),
        "annotations": {"org.opencontainers.image.ref.name": sample.tag},
    }
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [described]}), encoding="utf-8")
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}', encoding="utf-8")


def write_everything(folder: Path) -> None:
    """Write the images and the advisories."""
    for sample in build_samples():
        write_layout(folder / sample.repository, sample)
        print(f"{folder / sample.repository}:{sample.tag}  {sample.digest}")
    for ecosystem in ECOSYSTEMS:
        documents = [one for one in known_advisories() if ecosystem_of(one) == ecosystem]
        write_feed(folder / "advisories", ecosystem, documents)
        print(f"{folder / 'advisories' / ecosystem}  {len(documents)} advisories, a sample")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write_everything(Path(sys.argv[1]))
