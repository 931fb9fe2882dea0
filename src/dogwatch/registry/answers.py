"""Looks at a registry's answers: what to show of a URL, its own words for an error, how long it asks us to wait. Pure.

Called by the exchange and the conversation.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from dogwatch.registry.documents import decode_object, text
from dogwatch.registry.media_types import bare

if TYPE_CHECKING:
    import httpx2

_WORDS_MAX = 300


def shown(url: httpx2.URL) -> str:
    """Return a URL as it may be logged: without user, query and fragment, where signatures and secrets stand."""
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}{url.path}"[:1000]


def is_page(headers: Mapping[str, str]) -> bool:
    """Say whether an answer is a web page, which no registry sends: a proxy, a login form or a wrong address does."""
    return bare(headers.get("content-type", "")) in ("text/html", "application/xhtml+xml")


def error_words(headers: Mapping[str, str], body: bytes) -> str:
    """Return what the registry says about an error: codes and messages of its error document, or the plain text.

    Source:
        OCI distribution specification 1.1, section "Error codes".
    """
    if is_page(headers):
        return "a web page, not a registry's answer"
    try:
        errors = decode_object(body).get("errors")
    except ValueError:
        return " ".join(body.decode("utf-8", "replace").replace("\x00", "").split())[:_WORDS_MAX]
    entries = [entry for entry in errors if isinstance(entry, dict)] if isinstance(errors, list) else []
    words = [": ".join(part for part in (text(entry, "code"), text(entry, "message")) if part) for entry in entries]
    return "; ".join(word for word in words if word)[:_WORDS_MAX]


def wait_seconds(headers: Mapping[str, str], longest: float) -> float | None:
    """Return the wait that Retry-After asks for, between 0 and `longest`; None when absent or unreadable.

    A date is compared with the answer's own Date where it has one, so that clocks which differ do no harm. This is
    the network's time, not the product's clock, which may be moved.

    Source:
        RFC 9110, section 10.2.3.
    """
    asked = headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdigit():
        return min(float(asked[:12]), longest)
    then = _seconds_since_epoch(asked)
    if then is None:
        return None
    now = _seconds_since_epoch(headers.get("date", ""))
    return min(max(then - (time.time() if now is None else now), 0.0), longest)


def _seconds_since_epoch(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
