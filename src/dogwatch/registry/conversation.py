"""A request with everything around it: authentication, redirects, and statuses turned into errors.

Used by the client and the blob reader.
"""

from __future__ import annotations

from dataclasses import dataclass

import httpx2

from dogwatch.model.errors import RegistryDeniedError, RegistryRefusedError
from dogwatch.registry.answers import is_page, shown
from dogwatch.registry.auth import Authenticator
from dogwatch.registry.exchange import Exchange, origin_of
from dogwatch.registry.redirects import REDIRECTS, RedirectRule, next_url


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask a registry for. `scope` is the token scope it needs."""

    method: str
    url: httpx2.URL
    scope: str
    headers: tuple[tuple[str, str], ...] = ()
    redirects: RedirectRule = RedirectRule.SAME_HOST


class Conversation:
    """Asks one registry. Safe to share by threads."""

    def __init__(self, exchange: Exchange, authenticator: Authenticator) -> None:
        self.exchange = exchange
        self.authenticator = authenticator

    def open(self, request: Request) -> httpx2.Response | None:
        """Ask, and return a good answer with its body unread; the caller closes it. None when there is none (404).

        Raises:
            RegistryDeniedError: 401 or 403, also from where we were redirected to.
            RegistryRefusedError: any other status, a redirect we do not follow, or a web page.
            RegistryUnavailableError, RegistryThrottledError: as the exchange says.
        """
        response = self._follow(request, *self._authenticated(request))
        if response.status_code == 404 and not is_page(response.headers):
            response.close()
            return None
        if response.status_code not in (200, 206):
            words = self.exchange.close_with_words(response)
            if response.status_code in (401, 403):
                raise RegistryDeniedError(shown(response.url), response.status_code, words)
            raise RegistryRefusedError(shown(response.url), f"status {response.status_code}: {words}")
        if is_page(response.headers):
            response.close()
            raise RegistryRefusedError(shown(response.url), "answers with a web page")
        return response

    def _authenticated(self, request: Request) -> tuple[httpx2.Response, str | None]:
        authorization = self.authenticator.header(request.scope)
        response = self._send(request, request.url, authorization)
        if response.status_code == 401 and response.headers.get_list("www-authenticate"):
            words = self.exchange.close_with_words(response)
            headers = response.headers.get_list("www-authenticate")
            answer = self.authenticator.answer(request.url, headers, request.scope)
            if answer == authorization:
                raise RegistryDeniedError(shown(request.url), 401, words)
            authorization = answer
            response = self._send(request, request.url, authorization)
        return response, authorization

    def _follow(self, request: Request, response: httpx2.Response, authorization: str | None) -> httpx2.Response:
        for _ in range(self.exchange.limits.redirects):
            if response.status_code not in REDIRECTS:
                return response
            response.close()
            target = next_url(response.url, response.headers.get("location", ""), request.redirects)
            # The header belongs to the registry; once away from it, it does not come back either.
            if origin_of(target) != origin_of(self.exchange.base):
                authorization = None
            response = self._send(request, target, authorization)
        if response.status_code in REDIRECTS:
            response.close()
            raise RegistryRefusedError(shown(request.url), f"more than {self.exchange.limits.redirects} redirects")
        return response

    def _send(self, request: Request, url: httpx2.URL, authorization: str | None) -> httpx2.Response:
        headers = dict(request.headers)
        if authorization is not None:
            headers["authorization"] = authorization
        return self.exchange.send(request.method, url, headers)
