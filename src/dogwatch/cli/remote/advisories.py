"""The operator's documents as a service keeps them."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from dogwatch.cli.remote.wire import Wire
from dogwatch.model.operator_documents import DocumentDetails, DocumentView, SuppliedDocument


class _Documents(msgspec.Struct):
    documents: tuple[DocumentView, ...]


class RemoteDocuments:
    """Implements `ports.OperatorDocuments`; the service writes down the access key as who did it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self) -> tuple[DocumentView, ...]:
        """Return the documents in force."""
        return self._wire.get("/advisories", _Documents).documents

    def show(self, key: str) -> DocumentDetails:
        """Return a document with what it says."""
        return self._wire.get(f"/advisories/{quote(key, safe='')}", DocumentDetails)

    def add(self, content: bytes, file: str, by: str) -> SuppliedDocument:
        """Let a document count from now on."""
        return self._wire.send_document("/advisories", SuppliedDocument, content, [("file", file)])

    def remove(self, key: str) -> None:
        """Take a document back."""
        self._wire.delete(f"/advisories/{quote(key, safe='')}")
