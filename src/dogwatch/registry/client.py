"""Read a registry: manifests, configs, blobs, lists of names. GET and HEAD only; nothing is ever written there.

Called by `resolve`, `listing` and `check`, and by the job workers: threads and child processes, so it is synchronous.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import httpx2

from dogwatch.model.errors import (
    DigestMismatchError,
    ImageGoneError,
    InvalidRequestError,
    LimitExceededError,
    RegistryRefusedError,
)
from dogwatch.model.images import Descriptor, Layer, digest_of, is_digest
from dogwatch.model.registries import RegistryAccess
from dogwatch.registry.access import base_url, tls_context
from dogwatch.registry.answers import shown
from dogwatch.registry.auth import Authenticator
from dogwatch.registry.blobs import BlobReader
from dogwatch.registry.conversation import Conversation, Request
from dogwatch.registry.credentials import read_credentials
from dogwatch.registry.exchange import Exchange
from dogwatch.registry.limits import ClientLimits
from dogwatch.registry.manifests import FetchedManifest
from dogwatch.registry.media_types import ACCEPT, OCI_INDEX
from dogwatch.registry.names import is_reference, is_repository
from dogwatch.registry.paging import page_names
from dogwatch.registry.redirects import RedirectRule

CATALOG_SCOPE = "registry:catalog:*"


class RegistryClient:
    """Reads one registry. Close it, or use it as a context; safe to share by threads, not by processes."""

    def __init__(
        self,
        access: RegistryAccess,
        environment: Mapping[str, str],
        user_agent: str,
        limits: ClientLimits | None = None,
    ) -> None:
        """Prepare to read; connects to nothing yet.

        Args:
            access: address, and where the credentials are.
            environment: variable → value, for a password that stands there.
            user_agent: `dogwatch/<version>`, by which our own reads are known (`adapter.OWN_PRODUCT`).
            limits: what the registry may cost us.

        Raises:
            ConfigError: an address that is none, credentials that are not there, or a CA file that cannot be read.
        """
        self.limits = limits or ClientLimits()
        self.url = base_url(access.url)
        self.username = access.username
        read_credentials(access, environment)
        exchange = Exchange(self.url, tls_context(access, self.url), user_agent, self.limits)
        authenticator = Authenticator(exchange, lambda: read_credentials(access, environment))
        self._conversation = Conversation(exchange, authenticator)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._conversation.exchange.close()

    @property
    def authentication(self) -> str:
        """How the registry let us in so far: `none`, `basic` or `token`."""
        return self._conversation.authenticator.scheme

    def ping(self) -> str:
        """Ask whether this is a registry that lets us in, and return the version of the protocol it names.

        Raises:
            RegistryRefusedError: it is not a registry.
            RegistryError: as the request went.
        """
        request = Request("GET", self.address(""), "")
        response, _ = self._document(request, "page_bytes", self.limits.page_bytes, None)
        return response.headers.get("docker-distribution-api-version", "")

    def head_manifest(self, repository: str, reference: str) -> str | None:
        """Return the digest that a tag or digest stands for now, without counting as a pull; None when it is gone.

        The digest is the registry's word; `manifest` verifies. A registry that names none is asked for the bytes.

        Raises:
            RegistryError: as the request went.
        """
        request = self._manifest_request("HEAD", repository, reference)
        response = self._conversation.open(request)
        if response is None:
            return None
        response.close()
        claimed = response.headers.get("docker-content-digest", "")
        if is_digest(claimed):
            return claimed
        try:
            return self.manifest(repository, reference).digest
        except ImageGoneError:
            return None

    def manifest(self, repository: str, reference: str) -> FetchedManifest:
        """Fetch a manifest or index by tag or digest; the digest is computed from the bytes received.

        Raises:
            ImageGoneError: the registry has no such manifest.
            DigestMismatchError: asked for by digest, and the bytes have another.
            LimitExceededError: longer than `manifest_bytes`.
            RegistryError: as the request went.
        """
        gone = ImageGoneError(repository, reference)
        request = self._manifest_request("GET", repository, reference)
        response, content = self._document(request, "manifest_bytes", self.limits.manifest_bytes, gone)
        digest = _verified(content, reference, f"manifest in {repository}")
        return FetchedManifest(content, response.headers.get("content-type", ""), digest)

    def referrers(self, repository: str, digest: str) -> bytes | None:
        """Fetch the index of what refers to a manifest; None where the registry has no such list.

        One page: what stands behind a first page of this size nobody reads.

        Raises:
            LimitExceededError: longer than `page_bytes`.
            RegistryError: as the request went.
        """
        url = self.address(f"{_known(repository)}/referrers/{digest}")
        request = Request("GET", url, f"repository:{repository}:pull", (("accept", OCI_INDEX),))
        try:
            return self._document(request, "page_bytes", self.limits.page_bytes, ImageGoneError(repository, digest))[1]
        except (ImageGoneError, RegistryRefusedError):  # older registries know no such path, or no such method on it
            return None

    def config(self, repository: str, descriptor: Descriptor) -> bytes:
        """Fetch an image config, or another small blob, whole and verified.

        Raises:
            ImageGoneError: the registry has no such blob.
            DigestMismatchError: the bytes have another digest.
            LimitExceededError: longer than `config_bytes`, by its descriptor or in truth.
            RegistryError: as the request went.
        """
        if descriptor.size_bytes > self.limits.config_bytes:
            raise LimitExceededError(f"config {descriptor.digest}", "config_bytes", self.limits.config_bytes, "bytes")
        gone = ImageGoneError(repository, descriptor.digest)
        request = Request(
            "GET", self._blob(repository, descriptor), f"repository:{repository}:pull", (), RedirectRule.ANYWHERE
        )
        _, content = self._document(request, "config_bytes", self.limits.config_bytes, gone)
        _verified(content, descriptor.digest, f"config in {repository}")
        return content

    @contextmanager
    def open_blob(self, repository: str, blob: Descriptor | Layer) -> Iterator[BlobReader]:
        """Open a blob as a stream of exactly `blob.size_bytes` bytes, resumed when the connection breaks.

        Always from the registry itself, whatever other addresses a foreign layer names. The digest is not verified
        here: whoever reads the stream hashes it.

        Raises:
            ImageGoneError: the registry has no such blob.
            RegistryError, DigestMismatchError: on opening and on reading, as `BlobReader` says.
        """
        reader = BlobReader(self._conversation, self._blob(repository, blob), repository, blob)
        try:
            yield reader
        finally:
            reader.close()

    def catalog(self) -> Iterator[str]:
        """Yield the names of all repositories that the registry shows us; names that are none are left out.

        Raises:
            RegistryRefusedError: the registry offers no catalogue.
            RegistryError, LimitExceededError: as the requests and pages went.
        """
        url = self.address("_catalog").copy_set_param("n", str(self.limits.page_names))
        gone = RegistryRefusedError(shown(url), "the registry offers no catalogue of repositories")
        names = page_names(url, "repositories", lambda page: self._page(page, CATALOG_SCOPE, gone), self.limits)
        return (name for name in names if is_repository(name))

    def tags(self, repository: str) -> Iterator[str]:
        """Yield the tags of a repository; names that are none are left out.

        Raises:
            ImageGoneError: the registry has no such repository.
            RegistryError, LimitExceededError: as the requests and pages went.
        """
        url = self.address(f"{_known(repository)}/tags/list").copy_set_param("n", str(self.limits.page_names))
        gone = ImageGoneError(repository, "tags")
        scope = f"repository:{repository}:pull"
        names = page_names(url, "tags", lambda page: self._page(page, scope, gone), self.limits)
        return (name for name in names if is_reference(name))

    def address(self, path: str) -> httpx2.URL:
        """Return the URL of something under `/v2/`."""
        return self.url.copy_with(path=f"{self.url.path.rstrip('/')}/v2/{path}")

    def _page(self, page: httpx2.URL, scope: str, gone: Exception) -> tuple[httpx2.Response, bytes]:
        request = Request("GET", page, scope, (("accept", "application/json"),))
        return self._document(request, "page_bytes", self.limits.page_bytes, gone)

    def _document(
        self, request: Request, limit: str, allowed_bytes: int, gone: Exception | None
    ) -> tuple[httpx2.Response, bytes]:
        def opened() -> httpx2.Response:
            response = self._conversation.open(request)
            if response is None:
                raise gone or RegistryRefusedError(shown(request.url), "status 404: no registry at this address")
            return response

        return self._conversation.exchange.document(opened, limit, allowed_bytes)

    def _manifest_request(self, method: str, repository: str, reference: str) -> Request:
        if not is_reference(reference):
            raise InvalidRequestError("reference", f"neither a tag nor a sha256 or sha512 digest: {reference[:200]!r}")
        url = self.address(f"{_known(repository)}/manifests/{reference}")
        return Request(method, url, f"repository:{repository}:pull", (("accept", ACCEPT),))

    def _blob(self, repository: str, blob: Descriptor | Layer) -> httpx2.URL:
        if not is_digest(blob.digest):
            raise InvalidRequestError("digest", f"not a sha256 or sha512 digest: {blob.digest[:200]!r}")
        return self.address(f"{_known(repository)}/blobs/{blob.digest}")


def _known(repository: str) -> str:
    if not is_repository(repository):
        raise InvalidRequestError("repository", f"not a repository name: {repository[:300]!r}")
    return repository


def _verified(content: bytes, reference: str, what: str) -> str:
    if not is_digest(reference):
        return digest_of(content)
    digest = digest_of(content, reference.partition(":")[0])
    if digest != reference:
        raise DigestMismatchError(what, reference, digest)
    return digest
