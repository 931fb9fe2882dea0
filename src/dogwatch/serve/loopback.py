"""Who counts as the person at this machine, when no credentials are asked for on loopback.

A page in that person's browser must not pass for them (DNS rebinding, cross-site requests), nor a proxy on the machine
that speaks for others. Called by `callers`.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from dogwatch.serve.messages import Incoming

_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<name>[^\[\]:/@\s]+))(?::[0-9]{1,5})?")
_FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_OWN_PAGES = ("", "same-origin", "none")


def refusal(incoming: Incoming) -> str:
    """Return why a request does not count as coming from the person at this machine; empty where it does.

    The client's address and the Host must be loopback, an Origin the same as the Host, and nothing may say that the
    request was passed on.
    """
    if not is_loopback(incoming.client):
        return "the client is not on loopback"
    if any(incoming.values(name) for name in _FORWARDING):
        return "the request was passed on by a proxy"
    host = incoming.only("host").lower()
    if not is_loopback_host(host):
        return "the Host header names no loopback address"
    origins = incoming.values("origin")
    if origins and (len(origins) > 1 or not _is_same(origins[0], host)):
        return "the Origin header names another site"
    if any(value.strip().lower() not in _OWN_PAGES for value in incoming.values("sec-fetch-site")):
        return "the request was made by another site's page"
    return ""


def is_loopback(address: str) -> bool:
    """Say whether an address is this machine's loopback; an IPv4 address in IPv6 clothes counts as itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback


def is_loopback_host(host: str) -> bool:
    """Say whether a Host header, with or without a port, names loopback: `localhost` or a loopback address."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    return found["name"] == "localhost" or is_loopback(found["v6"] or found["name"])


def _is_same(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin.strip().lower())
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc == host
