"""What an endpoint of the JSON API gets: who asks, what was asked, and the rooms that can answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Depends, Request, Response

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.filter_grammar import parse_filter
from dogwatch.model.filters import Filter, FilterField
from dogwatch.serve.api.filters import FILTER, Texts, read_filters
from dogwatch.serve.callers import Caller, CallerCheck
from dogwatch.serve.messages import Incoming
from dogwatch.serve.ports import Views
from dogwatch.serve.served import Rooms

_Body = TypeVar("_Body", bound=msgspec.Struct)

SERVICE = "dogwatch"
"""The service name that signatures for this API are made for."""

INCOMING = "dogwatch.incoming"
REQUEST_ID = "dogwatch.request_id"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a caller who proved themselves."""

    caller: Caller
    rooms: Rooms
    parameters: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def account_id(self) -> str:
        """The caller's account."""
        return self.caller.account_id

    @property
    def views(self) -> Views:
        """The lists."""
        return self.rooms.views

    def filters(self, offered: tuple[str, ...] = (), others: tuple[str, ...] = ()) -> Texts:
        """Return the filters among the parameters.

        Raises:
            InvalidRequestError: a parameter that is neither.
        """
        return read_filters(self.parameters, offered, others)

    def filter(self, fields: Mapping[str, FilterField]) -> Filter | None:
        """Return the filter of the grammar that the parameter `filter` holds, on the fields that the list offers.

        Raises:
            InvalidRequestError: it is none; `position` says where.
        """
        text = self.one(FILTER)
        return parse_filter(text, fields) if text else None

    def one(self, name: str, default: str = "") -> str:
        """Return a parameter that is no filter."""
        return dict(self.parameters).get(name, default)

    def switch(self, name: str, *, default: bool = False) -> bool:
        """Return a parameter that is true or false.

        Raises:
            InvalidRequestError: it is neither.
        """
        value = self.one(name)
        if value not in ("", "false", "true"):
            raise InvalidRequestError(name, f"{value[:100]!r} is neither true nor false")
        return value == "true" if value else default

    def decode(self, shape: type[_Body]) -> _Body:
        """Return the body in its shape.

        Raises:
            InvalidRequestError: no JSON, or not of that shape.
        """
        try:
            return msgspec.json.decode(self.body, type=shape)
        except (msgspec.DecodeError, RecursionError) as error:
            raise InvalidRequestError("body", str(error) or "not JSON") from error


class Json(Response):
    """A JSON body, encoded by msgspec."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Encode the content."""
        return msgspec.json.encode(content)


def identify(request: Request) -> Asked:
    """Find out who asks; on a thread, as keys may have to be read.

    Raises:
        ForbiddenError: nobody we know.
    """
    callers: CallerCheck = request.app.state.callers
    incoming: Incoming = request.scope[INCOMING]
    caller = callers.identify(incoming, SERVICE)
    return Asked(caller, request.app.state.rooms, tuple(request.query_params.multi_items()), incoming.body)


Known = Annotated[Asked, Depends(identify)]
