"""Named queries: one `.sql` file per subject; `-- name: x` begins a query, the comment line after it says what for."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import LiteralString, cast

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def load_queries(subject: str) -> dict[str, LiteralString]:
    """Return the queries of `queries/<subject>.sql` by name. The texts ship with the program, hence are trusted."""
    text = (resources.files("dogwatch.store.queries") / f"{subject}.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)
    return {name: cast("LiteralString", body.strip()) for name, body in zip(parts[1::2], parts[2::2], strict=True)}
