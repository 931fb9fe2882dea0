"""Where a redirect may lead, as far as the URL alone tells; the address guard in `network` looks at the rest. Pure."""

from __future__ import annotations

from enum import Enum

import httpx2

from dogwatch.model.errors import RegistryRefusedError
from dogwatch.registry.answers import shown

REDIRECTS = frozenset({301, 302, 303, 307, 308})


class RedirectRule(Enum):
    """How far a redirect may lead away from the registry."""

    SAME_HOST = "same host"
    ANYWHERE = "anywhere"


def next_url(current: httpx2.URL, location: str, rule: RedirectRule) -> httpx2.URL:
    """Return the URL that a redirect leads to.

    Raises:
        RegistryRefusedError: no usable location, from https to http, or to another host where that is not allowed.
    """
    try:
        target = current.join(location) if location else None
    except (httpx2.InvalidURL, ValueError) as error:
        raise RegistryRefusedError(shown(current), f"redirects to an unusable address: {error}") from error
    if target is None or target.scheme not in ("http", "https") or not target.host:
        raise RegistryRefusedError(shown(current), "redirects to no usable address")
    if target.userinfo:
        raise RegistryRefusedError(shown(current), "redirects to an address with a user in it")
    if current.scheme == "https" and target.scheme == "http":
        raise RegistryRefusedError(shown(current), f"redirects from https to http: {shown(target)}")
    if rule is RedirectRule.SAME_HOST and target.host != current.host:
        raise RegistryRefusedError(shown(current), f"redirects a manifest or list to another host: {shown(target)}")
    return target.copy_with(fragment=None)
