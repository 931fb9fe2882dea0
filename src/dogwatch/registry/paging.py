"""Walk a registry's lists of names page by page, to an end that we choose if the registry has none.

Used by the client.

Source:
    OCI distribution specification 1.1, section "Listing tags"; RFC 8288 (Link).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import httpx2

from dogwatch.model.errors import LimitExceededError, RegistryRefusedError
from dogwatch.registry.answers import shown
from dogwatch.registry.documents import decode_object
from dogwatch.registry.exchange import origin_of
from dogwatch.registry.limits import ClientLimits

_NEXT = re.compile(r'<([^<>]*)>\s*;[^,<>]*?\brel\s*=\s*"?next\b', re.IGNORECASE)


def page_names(
    first: httpx2.URL, member: str, fetch: Callable[[httpx2.URL], tuple[httpx2.Response, bytes]], limits: ClientLimits
) -> Iterator[str]:
    """Yield the names of all pages, each once, in the registry's order.

    Args:
        first: the first page.
        member: the list's name in the document: `repositories` or `tags`; null counts as empty.
        fetch: returns a page's answer and body.
        limits: how many pages and names to believe.

    Raises:
        RegistryRefusedError: a page that is no such document, a next page elsewhere, or pages that go in circles.
        LimitExceededError: more pages or names than any real registry has.
    """
    seen: set[str] = set()
    visited: set[httpx2.URL] = set()
    url: httpx2.URL | None = first
    for _ in range(limits.pages):
        if url is None:
            return
        response, body = fetch(url)
        fresh = [name for name in _names(url, member, body) if name not in seen]
        visited.add(url)
        following = _next_page(url, response)
        if following in visited:
            raise RegistryRefusedError(shown(url), "its pages go in circles")
        for name in dict.fromkeys(fresh):
            seen.add(name)
            if len(seen) > limits.names:
                raise LimitExceededError(shown(first), "names", limits.names, "names")
            yield name
        url = following
    if url is not None:
        raise LimitExceededError(shown(first), "pages", limits.pages, "pages")


def _names(url: httpx2.URL, member: str, body: bytes) -> list[str]:
    try:
        document = decode_object(body)
    except ValueError as error:
        raise RegistryRefusedError(shown(url), str(error)) from error
    names = document.get(member)
    if names is None and member in document:
        return []
    if not isinstance(names, list):
        raise RegistryRefusedError(shown(url), f"no list {member!r} in the answer")
    return [name for name in names if isinstance(name, str)]


def _next_page(url: httpx2.URL, response: httpx2.Response) -> httpx2.URL | None:
    found = _NEXT.search(response.headers.get("link", "")[:8192])
    if found is None:
        return None
    try:
        following = url.join(found[1])
    except (httpx2.InvalidURL, ValueError) as error:
        raise RegistryRefusedError(shown(url), f"an unusable next page: {error}") from error
    if origin_of(following) != origin_of(url):
        # Behind a proxy that speaks https, registries often name themselves with http: keep the address we use.
        following = following.copy_with(scheme=url.scheme, netloc=url.netloc)
    if following.path != url.path:
        raise RegistryRefusedError(shown(url), f"a next page elsewhere: {shown(following)}")
    return following
