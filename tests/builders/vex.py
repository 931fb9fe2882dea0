"""CSAF documents of the VEX profile, and folders of them as publishers serve them."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.builders.layers import compress

RHEL = {
    "RHEL-8": "cpe:/o:redhat:enterprise_linux:8",
    "BaseOS-9": "cpe:/o:redhat:enterprise_linux:9::baseos",
    "AppStream-8": "cpe:/a:redhat:enterprise_linux:8::appstream",
    "EUS-9.2": "cpe:/o:redhat:rhel_eus:9.2::baseos",
    "RHEL-10": "cpe:/o:redhat:enterprise_linux:10.1",
    "ELS-7": "cpe:/o:redhat:rhel_els:7",
    "Satellite": "cpe:/a:redhat:satellite:6::el8",
}


def vex(
    cve: str = "CVE-2026-1000",
    statements: Sequence[tuple[str, str, str]] = (("BaseOS-9", "pkg:rpm/redhat/bash@5.2-1.el9?arch=x86_64", "fixed"),),
    *,
    remedies: Mapping[str, str] = {},
    impacts: Mapping[str, str] = {},
    products: Mapping[str, str] = RHEL,
    **changed: object,
) -> bytes:
    """Write a document.

    Args:
        cve: the vulnerability.
        statements: product, package URL and status.
        remedies: details of "no fix" by package URL.
        impacts: the publisher's word by package URL.
        products: CPE by product.
        changed: members of the vulnerability that are set otherwise.
    """
    ids = {url: f"{product}:{url}" for product, url, _ in statements}
    status: dict[str, list[str]] = {}
    for product, url, word in statements:
        status.setdefault(word, []).append(f"{product}:{url}")
    category = {"Will not fix": "no_fix_planned", "Out of support scope": "no_fix_planned"}
    vulnerability = {
        "cve": cve,
        "title": "bash: a flaw",
        "release_date": "2026-07-01T10:00:00+00:00",
        "cwe": {"id": "CWE-787", "name": "Out-of-bounds Write"},
        "notes": [{"category": "description", "text": "Long."}, {"category": "summary", "text": "Short."}],
        "references": [{"url": f"https://access.redhat.com/security/cve/{cve}"}],
        "product_status": status,
        "remediations": [
            {"category": category.get(details, "none_available"), "details": details, "product_ids": [ids[url]]}
            for url, details in remedies.items()
        ],
        "threats": [
            {"category": "impact", "details": word, "product_ids": [ids[url]]} for url, word in impacts.items()
        ],
        **changed,
    }
    document = {
        "document": {"title": "bash: a flaw", "tracking": {"initial_release_date": "2026-07-01T10:00:00+00:00"}},
        "product_tree": _product_tree(statements, products),
        "vulnerabilities": [vulnerability],
    }
    return json.dumps(document).encode()


def _product_tree(statements: Sequence[tuple[str, str, str]], products: Mapping[str, str]) -> Mapping[str, object]:
    packages = dict.fromkeys(url for _, url, _ in statements)
    branches = [
        {"category": "product_name", "product": {"product_id": each, "product_identification_helper": {"cpe": cpe}}}
        for each, cpe in products.items()
    ] + [
        {"category": "product_version", "product": {"product_id": url, "product_identification_helper": {"purl": url}}}
        for url in packages
    ]
    pairs = [
        {
            "product_reference": url,
            "relates_to_product_reference": product,
            "full_product_name": {"name": "a", "product_id": f"{product}:{url}"},
        }
        for product, url, _ in dict.fromkeys(statements)
    ]
    return {"branches": [{"category": "vendor", "branches": branches}], "relationships": pairs}


def listing(documents: Mapping[str, str]) -> bytes:
    """Write `changes.csv` or `deletions.csv`: time by path."""
    return "\n".join(f'"{path}","{time}"' for path, time in documents.items()).encode()


def archive(documents: Mapping[str, bytes]) -> bytes:
    """Pack documents by path into a `.tar.zst`."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path, content in documents.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return compress(packed.getvalue(), "zstd")


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a folder."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
