"""Documents that the operator supplies: read by `advisories`, kept by `store`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dogwatch.store.operator_documents import OperatorDocumentStore

if TYPE_CHECKING:
    from dogwatch.model.operator_documents import DocumentDetails, DocumentView, SuppliedDocument
    from dogwatch.store.clock import ProductClock
    from dogwatch.store.connection import Database


class OperatorDocuments:
    """Implements `serve.ports.OperatorDocuments` and `cli.ports.OperatorDocuments`."""

    def __init__(self, database: Database, clock: ProductClock) -> None:
        self._store = OperatorDocumentStore(database, clock)

    def list(self) -> tuple[DocumentView, ...]:
        """Return the documents in force, the newest first."""
        return self._store.list()

    def show(self, key: str) -> DocumentDetails:
        """Return a document by its number or name, with what it says."""
        return self._store.show(key)

    def add(self, content: bytes, file: str, by: str) -> SuppliedDocument:
        """Let a document count from now on, in place of an earlier state of it.

        Raises:
            InvalidRequestError: it cannot be used, or is older than what is held; names file, place and reason.
        """
        from dogwatch.advisories import parse_document

        return self._store.add(parse_document(content, file), by)

    def remove(self, key: str) -> DocumentView:
        """Take a document back, by its number or name; returns it as it was."""
        return self._store.remove(key)
