"""Answer a registry's challenges: Basic, and bearer tokens with a cache per scope.

Used by the conversation. Credentials are read at every use, so a rotated password counts at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import httpx2

from dogwatch.model.errors import RegistryDeniedError, RegistryRefusedError
from dogwatch.registry.answers import shown
from dogwatch.registry.challenges import Challenge, parse_challenges, parse_token, reading_scope
from dogwatch.registry.credentials import Credentials
from dogwatch.registry.exchange import Exchange
from dogwatch.registry.limits import TOKEN_LEEWAY_SECONDS, TOKENS_KEPT_MAX
from dogwatch.registry.redirects import REDIRECTS


class Authenticator:
    """Gives each request its Authorization header. Safe to share by threads."""

    def __init__(self, exchange: Exchange, credentials: Callable[[], Credentials | None]) -> None:
        self._exchange = exchange
        self._credentials = credentials
        self._lock = threading.Lock()
        self._basic = False
        self._tokens: dict[str, tuple[str, float]] = {}
        self.scheme = "none"

    def header(self, scope: str) -> str | None:
        """Return the header for a request in this scope, as far as an earlier challenge taught us; else None."""
        with self._lock:
            value, until = self._tokens.get(scope, ("", 0.0))
            basic = self._basic
        if value and time.monotonic() < until:
            return f"Bearer {value}"
        found = self._credentials() if basic else None
        return found.basic if found else None

    def answer(self, url: httpx2.URL, headers: Sequence[str], scope: str) -> str:
        """Return the header that answers a challenge.

        Args:
            url: what was asked for, for errors.
            headers: the values of WWW-Authenticate.
            scope: what we need, as `repository:NAME:pull`; empty for the registry itself.

        Raises:
            RegistryDeniedError: a challenge we cannot answer, no credentials for it, or the token server says no.
            RegistryRefusedError: the token server stands where credentials may not go, or gives no token.
        """
        challenges = {challenge.scheme: challenge for challenge in reversed(parse_challenges(headers))}
        if "bearer" in challenges:
            self.scheme = "token"
            return self._bearer(url, challenges["bearer"], scope)
        if "basic" in challenges:
            found = self._credentials()
            if found is None:
                raise RegistryDeniedError(shown(url), 401, "asks for a user and password, and none is configured")
            self.scheme = "basic"
            with self._lock:
                self._basic = True
            return found.basic
        offered = ", ".join(challenges) or "none"
        raise RegistryDeniedError(shown(url), 401, f"offers no way in that we know (offered: {offered})")

    def _bearer(self, url: httpx2.URL, challenge: Challenge, scope: str) -> str:
        realm = self._realm(url, challenge)
        address = realm
        if service := challenge.parameter("service"):
            address = address.copy_set_param("service", service)
        for part in reading_scope(challenge.parameter("scope"), scope).split():
            address = address.copy_add_param("scope", part)
        found = self._credentials()
        if found is not None:
            address = address.copy_set_param("account", found.username)
        headers = {"accept": "application/json"} | ({"authorization": found.basic} if found else {})
        response, body = self._exchange.document(
            lambda: self._granted(address, headers), "token_bytes", self._exchange.limits.token_bytes
        )
        try:
            token = parse_token(body)
        except ValueError as error:
            raise RegistryRefusedError(shown(response.url), f"the token server's answer: {error}") from error
        with self._lock:
            if len(self._tokens) >= TOKENS_KEPT_MAX:
                self._tokens.clear()
            self._tokens[scope] = (token.value, time.monotonic() + token.life_seconds - TOKEN_LEEWAY_SECONDS)
        return f"Bearer {token.value}"

    def _realm(self, url: httpx2.URL, challenge: Challenge) -> httpx2.URL:
        """Return the token server's address, if it is one that may see our credentials."""
        try:
            realm = url.join(challenge.parameter("realm"))
        except (httpx2.InvalidURL, ValueError) as error:
            raise RegistryRefusedError(shown(url), f"names an unusable token server: {error}") from error
        base = self._exchange.base
        plain_here = realm.scheme == base.scheme == "http" and realm.host == base.host
        if (realm.scheme != "https" and not plain_here) or not realm.host or realm.userinfo:
            raise RegistryRefusedError(
                shown(url), f"its token server is neither on https nor on the registry's own host: {shown(realm)}"
            )
        return realm

    def _granted(self, address: httpx2.URL, headers: dict[str, str]) -> httpx2.Response:
        """Ask the token server. Its redirects are not followed: they would carry the password on."""
        response = self._exchange.send("GET", address, headers)
        if response.status_code == 200:
            return response
        words = self._exchange.close_with_words(response)
        if response.status_code in (400, 401, 403):
            raise RegistryDeniedError(shown(address), response.status_code, words)
        what = "redirects" if response.status_code in REDIRECTS else words
        raise RegistryRefusedError(shown(address), f"the token server answers {response.status_code}: {what}")
