"""Bills of materials as they are attached to images."""

from __future__ import annotations

import base64
from typing import Any

from tests.builders.oci import Blob, BuiltManifest, Document, as_json, build_artifact

CYCLONEDX_TYPE = "application/vnd.cyclonedx+json"
IN_TOTO_TYPE = "application/vnd.in-toto+json"
DSSE_TYPE = "application/vnd.dsse.envelope.v1+json"
CYCLONEDX_PREDICATE = "https://cyclonedx.org/bom"


def cyclonedx(*urls: str) -> Document:
    """Return a bill that lists these package URLs."""
    components = [{"type": "library", "name": "x", "purl": url} for url in urls]
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}


def statement(predicate: Any, about: str, kind: str = CYCLONEDX_PREDICATE) -> Document:
    """Return an in-toto statement about a digest."""
    algorithm, _, value = about.partition(":")
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "image", "digest": {algorithm: value}}],
        "predicateType": kind,
        "predicate": predicate,
    }


def envelope(inside: Document) -> Document:
    """Return a DSSE envelope around a statement, with a signature of nobody."""
    payload = base64.b64encode(as_json(inside)).decode()
    return {"payloadType": IN_TOTO_TYPE, "payload": payload, "signatures": [{"sig": "eA=="}]}


def build_referrer(subject: BuiltManifest, artifact_type: str, content: Document, **annotations: str) -> BuiltManifest:
    """Build a manifest that refers to an image and holds one document."""
    blob = Blob(artifact_type, as_json(content))
    plain = build_artifact(artifact_type, [blob])
    descriptor = blob.descriptor(**({"annotations": annotations} if annotations else {}))
    document = {
        "schemaVersion": 2,
        "mediaType": plain.media_type,
        "artifactType": artifact_type,
        "config": plain.blobs[0].descriptor(),
        "layers": [descriptor],
        "subject": subject.descriptor(),
    }
    return BuiltManifest(plain.media_type, as_json(document), plain.blobs)
