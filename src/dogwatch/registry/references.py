"""An image's reference as people write it: host, repository, and tag or digest. Pure; called by `app`.

Source:
    The reference grammar that container tools share: the part before the first slash is a host when it has a dot or a
    colon or is `localhost`; otherwise the host is docker.io, and a single name stands in its folder `library`.
"""

from __future__ import annotations

from dataclasses import dataclass

from dogwatch.model.errors import InvalidRequestError
from dogwatch.registry.names import is_reference, is_repository

_DOCKER_HUB = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})
_DOCKER_HUB_ADDRESS = "registry-1.docker.io"


@dataclass(frozen=True, slots=True)
class Reference:
    """Where an image is: `host` with its port, the repository there, and a tag or digest."""

    host: str
    repository: str
    reference: str


def parse_reference(text: str) -> Reference:
    """Read a reference; without tag and digest the tag is `latest`; of both the digest counts.

    Raises:
        InvalidRequestError: it is none; the text says what is wrong.
    """
    rest, at, digest = text.partition("@")
    host, slash, path = rest.partition("/")
    if not (slash and _is_host(host)):
        host, path = "docker.io", rest
    if host in _DOCKER_HUB:
        host = _DOCKER_HUB_ADDRESS
        path = path if "/" in path else f"library/{path}"
    repository, colon, tag = path.partition(":")
    if not is_repository(repository):
        raise InvalidRequestError("image", f"not a repository name: {repository[:300]!r} (in {text[:300]!r})")
    reference = digest if at else tag if colon else "latest"
    if not is_reference(reference) or (colon and not is_reference(tag)):
        raise InvalidRequestError("image", f"neither a tag nor a sha256 or sha512 digest: {text[:300]!r}")
    return Reference(host, repository, reference)


def with_host(text: str) -> str:
    """Return a reference with the host that it means: `debian:12` is `docker.io/library/debian:12`."""
    host, slash, _ = text.partition("/")
    if slash and _is_host(host):
        return text
    return f"docker.io/{text}" if slash else f"docker.io/library/{text}"


def _is_host(text: str) -> bool:
    return "." in text or ":" in text or text == "localhost"
