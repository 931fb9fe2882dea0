"""Secrets in settings that people read."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

_PASSWORD_WORD = re.compile(r"(password\s*=\s*)('(?:[^'\\]|\\.)*'|\S+)", re.IGNORECASE)
_PASSWORD_PARAMETER = re.compile(r"((?:^|&)password=)[^&]*", re.IGNORECASE)


def mask_secrets(text: str) -> str:
    """Return a database address with its password replaced, in both forms that libpq knows."""
    if "://" not in text:
        return _PASSWORD_WORD.sub(r"\1***", text)
    parts = urlsplit(text)
    credentials, at, place = parts.netloc.rpartition("@")
    user, colon, _ = credentials.partition(":")
    netloc = f"{user}{colon}{'***' if colon else ''}{at}{place}"
    query = _PASSWORD_PARAMETER.sub(r"\1***", parts.query)
    return urlunsplit((parts.scheme, netloc, parts.path, query, parts.fragment))
