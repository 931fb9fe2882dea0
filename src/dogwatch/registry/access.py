"""A registry's address and whom to trust there, from what the operator configured.

Called by the client.
"""

from __future__ import annotations

import ssl

import httpx2

from dogwatch.model.errors import ConfigError
from dogwatch.model.registries import RegistryAccess


def base_url(text: str) -> httpx2.URL:
    """Read a registry's address; a path is kept, for registries that live below one.

    Raises:
        ConfigError: not http or https with a host, or with a user, query or fragment in it.
    """
    try:
        url = httpx2.URL(text)
    except (httpx2.InvalidURL, ValueError):
        # The parser's own error quotes parts of the text, which may be a password; so it is neither shown nor chained.
        raise ConfigError("registry URL", "not an address") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigError("registry URL", "must be https://HOST, or http://HOST for plain HTTP")
    if url.userinfo:
        raise ConfigError("registry URL", "has a user in it; name the user and a password file or variable instead")
    if url.query or url.fragment:
        raise ConfigError("registry URL", "has a query or fragment")
    return url


def tls_context(access: RegistryAccess, url: httpx2.URL) -> ssl.SSLContext:
    """Return what decides whom we trust: the registry's own CA file alone, or the system's authorities.

    Raises:
        ConfigError: the CA file cannot be read, or the registry is on plain HTTP.
    """
    if not access.ca_file:
        return httpx2.create_ssl_context(trust_env=False)
    if url.scheme != "https":
        raise ConfigError("ca_file", "has no use for a registry on plain HTTP")
    try:
        return ssl.create_default_context(cafile=access.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(access.ca_file, f"not a file of PEM certificates: {error}") from error
