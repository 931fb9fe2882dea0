"""Bills inside attestations: bare statements, envelopes and bundles around them, and what is no bill."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from dogwatch.inventory.bills.reading import read_bill
from dogwatch.model.errors import MalformedPackageDatabaseError
from dogwatch.model.packages import Package

A = Package("npm", "a", "1.0.0")
CYCLONEDX = {"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"name": "a", "purl": "pkg:npm/a@1.0.0"}]}
REFERENCE = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:npm/a@1.0.0"}
SPDX = {"spdxVersion": "SPDX-2.3", "packages": [{"name": "a", "externalRefs": [REFERENCE]}]}
DIGEST = "sha256:" + "a" * 64
UNSIGNED, SIGNED = "unsigned statement", "statement whose signature was not verified"


def statement(predicate: Any, kind: str = "https://spdx.dev/Document", version: str = "v0.1") -> dict[str, Any]:
    return {
        "_type": f"https://in-toto.io/Statement/{version}",
        "subject": [{"name": "pkg:docker/shop/web@1", "digest": {"sha256": "a" * 64}}, 7, {"digest": 7}],
        "predicateType": kind,
        "predicate": predicate,
    }


def envelope(inside: Any, signatures: Any = ({"sig": "x"},), kind: str = "application/vnd.in-toto+json") -> Any:
    payload = inside if isinstance(inside, str) else base64.b64encode(json.dumps(inside).encode()).decode()
    return {"payloadType": kind, "payload": payload, "signatures": signatures}


@pytest.mark.parametrize(
    ("document", "form", "kept_in"),
    [
        (statement(SPDX), "SPDX 2.3", UNSIGNED),
        (statement(CYCLONEDX, "https://cyclonedx.org/bom", "v1"), "CycloneDX 1.5", UNSIGNED),
        (envelope(statement(CYCLONEDX, "https://cyclonedx.org/bom/v1.5")), "CycloneDX 1.5", SIGNED),
        (envelope(statement(SPDX), signatures=[]), "SPDX 2.3", UNSIGNED),
        ({"mediaType": "x", "dsseEnvelope": envelope(statement(SPDX))}, "SPDX 2.3", SIGNED),
        (envelope(statement({"Data": SPDX, "Timestamp": "2026-01-01"})), "SPDX 2.3", SIGNED),
        (envelope(statement({"Data": json.dumps(SPDX)})), "SPDX 2.3", SIGNED),
    ],
)
def test_a_bill_inside_an_attestation_is_read_with_what_it_is_about(document: Any, form: str, kept_in: str) -> None:
    bill = read_bill(json.dumps(document).encode(), "a bill")
    assert (bill.format, bill.packages, bill.subjects, bill.kept_in) == (form, (A,), frozenset({DIGEST}), kept_in)


def test_a_plain_bill_is_about_nothing() -> None:
    bill = read_bill(json.dumps(SPDX).encode(), "a bill")
    assert (bill.packages, bill.subjects, bill.kept_in) == ((A,), frozenset(), "")


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (statement({}, "https://slsa.dev/provenance/v1"), "an attestation of https://slsa.dev/provenance/v1, no bill"),
        (statement({}, ""), "an attestation of nothing, no bill of materials"),
        (statement({}), "neither CycloneDX nor SPDX 2 in JSON, nor an attestation of one"),
        (statement({"Data": "SPDXVersion: SPDX-2.3\n"}), "not JSON"),
        (statement(7), "not a bill of materials"),
        (envelope(statement(SPDX), kind="text/plain"), "an envelope around text/plain, no in-toto statement"),
        (envelope("%%%"), "an envelope whose payload is not base64"),
        (envelope(base64.b64encode(b"{").decode()), "an envelope around no statement"),
        (envelope(base64.b64encode(b'{"a":' + b"[" * 100_000).decode()), "nested too deeply"),
        (envelope([SPDX]), "an envelope around no statement"),
    ],
)
def test_what_is_no_attestation_of_a_bill_is_refused(document: Any, reason: str) -> None:
    with pytest.raises(MalformedPackageDatabaseError, match=reason):
        read_bill(json.dumps(document).encode(), "a bill")
