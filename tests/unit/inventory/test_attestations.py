"""Bills inside attestations: bare statements, envelopes and bundles around them, and what is no bill."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from dogwatch.inventory.bills.reading import read_bill
from dogwatch.model.errors import MalformedPackageDatabaseError
from dogwatch.model.packages import Package
from tests.builders import attached
from tests.builders.attached import cyclonedx, envelope
from tests.builders.oci import Document

A = Package("npm", "a", "1.0.0")
CYCLONEDX = cyclonedx("pkg:npm/a@1.0.0")
REFERENCE = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:npm/a@1.0.0"}
SPDX = {"spdxVersion": "SPDX-2.3", "packages": [{"name": "a", "externalRefs": [REFERENCE]}]}
DIGEST = "sha256:" + "a" * 64
UNSIGNED, SIGNED = "unsigned statement", "statement whose signature was not verified"


def statement(predicate: Any, kind: str = "https://spdx.dev/Document", version: str = "v0.1") -> Document:
    made = attached.statement(predicate, DIGEST, kind)
    subjects = [*made["subject"], 7, {"digest": 7}]
    return made | {"_type": f"https://in-toto.io/Statement/{version}", "subject": subjects}


def sealed(payload: bytes) -> Document:
    return envelope({}) | {"payload": base64.b64encode(payload).decode()}


@pytest.mark.parametrize(
    ("document", "form", "kept_in"),
    [
        (statement(SPDX), "SPDX 2.3", UNSIGNED),
        (statement(CYCLONEDX, "https://cyclonedx.org/bom", "v1"), "CycloneDX 1.6", UNSIGNED),
        (envelope(statement(CYCLONEDX, "https://cyclonedx.org/bom/v1.5")), "CycloneDX 1.6", SIGNED),
        (envelope(statement(SPDX)) | {"signatures": []}, "SPDX 2.3", UNSIGNED),
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
        (
            envelope(statement(SPDX)) | {"payloadType": "text/plain"},
            "an envelope around text/plain, no in-toto statement",
        ),
        (envelope({}) | {"payload": "%%%"}, "an envelope whose payload is not base64"),
        (sealed(b"{"), "an envelope around no statement"),
        (sealed(b'{"a":' + b"[" * 100_000), "nested too deeply"),
        (sealed(b"[]"), "an envelope around no statement"),
    ],
)
def test_what_is_no_attestation_of_a_bill_is_refused(document: Any, reason: str) -> None:
    with pytest.raises(MalformedPackageDatabaseError, match=reason):
        read_bill(json.dumps(document).encode(), "a bill")
