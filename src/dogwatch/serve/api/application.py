"""The JSON API on FastAPI: every endpoint is a plain function that runs on a thread and may wait for the database.

`http.py` has read the body already and left the request in the scope; errors leave here as problem documents.
"""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from dogwatch.model.errors import DogwatchError, InvalidRequestError
from dogwatch.serve.api import (
    accounts,
    advisories,
    bills,
    costs,
    deeds,
    exclusions,
    explanations,
    findings,
    histories,
    images,
    journals,
    judgements,
    lifecycle,
    scanning,
    setup,
    usage,
    vulnerabilities,
    what_if,
)
from dogwatch.serve.api.asked import REQUEST_ID, Json
from dogwatch.serve.callers import CallerCheck
from dogwatch.serve.errors import BROKEN, NO_SUCH_PATH, WRONG_METHOD, Problem, bare_problem, problem_answer
from dogwatch.serve.messages import Answer
from dogwatch.serve.served import Rooms

PREFIX = "/api/v1"


def make_api(callers: CallerCheck, rooms: Rooms, version: str) -> FastAPI:
    """Return the API as an ASGI app."""
    app = FastAPI(
        title="Dogwatch",
        version=version,
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        openapi_url=None,  # `setup` serves it to those who may call
        default_response_class=Json,
        redirect_slashes=False,
    )
    app.state.callers = callers
    app.state.rooms = rooms
    for one in (
        accounts,
        findings,
        images,
        journals,
        judgements,
        histories,
        bills,
        deeds,
        advisories,
        exclusions,
        explanations,
        lifecycle,
        scanning,
        costs,
        setup,
        usage,
        vulnerabilities,
        what_if,
    ):
        app.include_router(one.router, prefix=PREFIX)
    app.add_exception_handler(DogwatchError, _answer_ours)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_plain)
    app.add_exception_handler(Exception, _answer_broken)
    return app


async def _answer_ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, DogwatchError)
    return _response(problem_answer(error, request.scope[REQUEST_ID]))


async def _answer_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    return _response(problem_answer(InvalidRequestError(field, first["msg"]), request.scope[REQUEST_ID]))


async def _answer_plain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known = {404: NO_SUCH_PATH, 405: WRONG_METHOD}
    problem = known.get(error.status_code) or Problem(error.status_code, "refused", "Refused")
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    asked = f"{request.method} {request.url.path}"
    return _response(bare_problem(problem, asked, request.scope[REQUEST_ID], headers))


async def _answer_broken(request: Request, _error: Exception) -> Response:
    """Say nothing of what broke; `http.py` logs it."""
    request_id = request.scope[REQUEST_ID]
    return _response(bare_problem(BROKEN, f"ask the operator about request {request_id}", request_id))


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, dict(answer.headers), answer.content_type)
