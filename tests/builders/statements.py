"""OpenVEX documents from small arguments, as dictionaries that are valid JSON documents."""

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


def read(document: dict[str, Any], file: str = "acme.json") -> OperatorDocument:
    """Return a document as it is read from a file."""
    return parse_document(json.dumps(document).encode(), file)
