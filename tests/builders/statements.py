"""OpenVEX and CSAF documents from small arguments, as dictionaries that are valid JSON documents."""

from __future__ import annotations

import json
from typing import Any

from dogwatch.advisories import parse_document
from dogwatch.model.operator_documents import OperatorDocument

NAME = "https://vex.example/2026-1"


def statement(
    vulnerability: str,
    status: str,
    *products: str,
    justification: str = "",
    aliases: tuple[str, ...] = (),
    timestamp: str = "",
    **further: object,
) -> dict[str, Any]:
    """Return a statement about products by their package URLs.

    `not_affected` has a justification unless another one is given.
    """
    justified = justification or ("vulnerable_code_not_present" if status == "not_affected" else "")
    optional = {"justification": justified, "timestamp": timestamp}
    return {
        "vulnerability": {"name": vulnerability, "aliases": list(aliases)},
        "products": [{"@id": product} for product in products],
        "status": status,
        **{key: value for key, value in optional.items() if value},
        **further,
    }


def openvex(*statements: dict[str, Any], name: str = NAME, timestamp: str = "2026-07-01T00:00:00Z") -> dict[str, Any]:
    """Return a document with these statements."""
    return {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": name,
        "author": "Security at Example",
        "timestamp": timestamp,
        "version": 1,
        "statements": list(statements),
    }


def csaf(status: dict[str, list[str]], *purls: str, **vulnerability: object) -> dict[str, Any]:
    """Return a CSAF document about CVE-2026-1001, with products p0, p1 … of these package URLs."""
    products = [
        {"product_id": f"p{number}", "name": purl, "product_identification_helper": {"purl": purl}}
        for number, purl in enumerate(purls)
    ]
    tracking = {"id": "acme-2026-1", "current_release_date": "2026-07-01T00:00:00Z"}
    return {
        "document": {
            "category": "csaf_vex",
            "csaf_version": "2.0",
            "publisher": {"name": "Security at Example"},
            "tracking": tracking,
        },
        "product_tree": {"full_product_names": products},
        "vulnerabilities": [{"cve": "CVE-2026-1001", "product_status": status, **vulnerability}],
    }


def read(document: dict[str, Any], file: str = "acme.json") -> OperatorDocument:
    """Return a document as it is read from a file."""
    return parse_document(json.dumps(document).encode(), file)
