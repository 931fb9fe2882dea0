"""Archives as `docker save` writes them."""

from __future__ import annotations

import io
import json
import tarfile

from tests.builders.layers import dpkg_status, file, os_release, package_json, stanza, tar_of
from tests.builders.oci import build_image

BASE = tar_of(file("etc/os-release", os_release()), file("var/lib/dpkg/status", dpkg_status(stanza("a"))))
TOP = tar_of(file("app/node_modules/b/package.json", package_json("b", "1.0.0")))

FOUND_IN_BOTH = [("Debian:12", "a"), ("npm", "b")]
"""(ecosystem, name) of the packages in BASE with TOP on it."""


def archive_of(members: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    """Return a tar of files, in this order, and symbolic links behind them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in members.items():
            one = tarfile.TarInfo(name)
            one.size = len(content)
            tar.addfile(one, io.BytesIO(content))
        for name, target in (links or {}).items():
            one = tarfile.TarInfo(name)
            one.type, one.linkname = tarfile.SYMTYPE, target
            tar.addfile(one)
    return packed.getvalue()


def saved(second_layer: str = "2/layer.tar", **more: object) -> dict[str, bytes]:
    """Return the files of an archive of `shop/app:1`, which is TOP on BASE; `more` replaces members of its entry."""
    config = build_image([BASE, TOP]).blobs[0].content
    entry = {"Config": "c.json", "RepoTags": ["shop/app:1"], "Layers": ["1/layer.tar", second_layer], **more}
    return {"2/layer.tar": TOP, "1/layer.tar": BASE, "c.json": config, "manifest.json": json.dumps([entry]).encode()}
