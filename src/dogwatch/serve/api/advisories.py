"""/api/v1/advisories: advisories and VEX documents that the operator supplies. They count for every account."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from dogwatch.model.operator_documents import DocumentDetails, DocumentView, StatementView
from dogwatch.serve.api.asked import Asked, Json, Known
from dogwatch.serve.moments import iso
from dogwatch.serve.ports import Role

router = APIRouter()

FILE = "file"
"""The parameter that says what errors call the document."""


@router.get("/advisories")
def list_documents(asked: Known) -> Json:
    """The documents in force, the newest first."""
    asked.filters()
    _refuse_others(asked)
    return Json({"documents": [_view(one) for one in asked.rooms.documents.list()]})


@router.get("/advisories/{document:path}")
def show_document(document: str, asked: Known) -> Json:
    """One of them, by number or name, with what it says."""
    asked.filters()
    _refuse_others(asked)
    return Json(_details(asked.rooms.documents.show(document)))


@router.post("/advisories", status_code=201)
def add_document(asked: Known) -> Json:
    """Let a document count from now on; the body is the document itself."""
    asked.filters(others=(FILE,))
    _refuse_others(asked)
    added = asked.rooms.documents.add(asked.body, asked.one(FILE, "document"), asked.caller.name)
    told = {
        "outcome": str(added.outcome),
        "document": _view(added.document),
        "ended": added.ended,
        "exposures_begun": added.exposures_begun,
        "exposures_ended": added.exposures_ended,
    }
    return Json(told, 201)


@router.delete("/advisories/{document:path}", status_code=204)
def remove_document(document: str, asked: Known) -> Response:
    """Take a document back, by number or name."""
    asked.filters()
    _refuse_others(asked)
    asked.rooms.documents.remove(document)
    return Response(status_code=204)


def _refuse_others(asked: Asked) -> None:
    """Refuse everybody but operators: documents count for every account, and count the packages of all."""
    asked.caller.require(Role.OPERATOR, "work with documents that count for every account")


def _view(one: DocumentView) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "format": str(one.format),
        "author": one.author,
        "stated_at": iso(one.stated_at),
        "added_at": iso(one.added_at),
        "added_by": one.added_by,
        "statements": one.statements,
        "packages": one.packages,
        "unused": one.unused,
    }


def _details(one: DocumentDetails) -> dict[str, Any]:
    return {
        "document": _view(one.document),
        "statements": [_statement(each) for each in one.statements],
        "left": one.left,
        "unused": [{"place": each.place, "product": each.product, "reason": each.reason} for each in one.unused],
    }


def _statement(one: StatementView) -> dict[str, Any]:
    return {
        "vulnerability": one.vulnerability,
        "ecosystem": one.ecosystem,
        "package": one.package,
        "versions": one.versions,
        "arch": one.arch,
        "verdict": one.verdict,
        "fix_state": one.fix_state,
        "summary": one.summary,
        "packages": one.packages,
        "overruled_by": one.overruled_by,
    }
