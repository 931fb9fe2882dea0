"""`--query`: a JMESPath expression on what `-o json` would show, as users of the AWS command line know it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Annotated, Any

import typer

from dogwatch.model.errors import InvalidRequestError


def _check(expression: str | None) -> str | None:
    """Refuse what is no expression before anything is asked."""
    if expression is not None:
        _compiled(expression)
    return expression


Query = Annotated[
    str | None,
    typer.Option(
        "--query",
        help="JMESPath expression on the output of -o json",
        show_default=False,
        metavar="TEXT",
        callback=_check,
    ),
]


def asked_of(query: str | None) -> Callable[[object], object] | None:
    """Return what makes of a document what a query finds in it, which is to be shown in its place."""
    return None if query is None else functools.partial(_search, query)


def _search(query: str, document: object) -> object:
    """Return what a query finds in a document.

    Raises:
        InvalidRequestError: the expression asks for something that its values do not have.
    """
    from jmespath.exceptions import JMESPathError

    try:
        found: object = _compiled(query).search(document)
    except (JMESPathError, RecursionError) as error:
        raise InvalidRequestError("query", str(error) or "nested too deeply") from error
    return found


def _compiled(expression: str) -> Any:
    # Slow to import, and few commands need it.
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.compile(expression)
    except (JMESPathError, RecursionError) as error:
        reason = (str(error) or "nested too deeply").splitlines()[0].rstrip(":")
        raise InvalidRequestError(
            "query", reason, text=expression, position=getattr(error, "lex_position", None)
        ) from error
