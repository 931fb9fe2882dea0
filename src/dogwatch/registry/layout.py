"""An OCI image layout: a folder that holds manifests, configs and layers under their digests.

Nothing outside the folder is read: a name in it is a digest, and no file in it may be a link.

Source:
    OCI image specification 1.1, image layout chapter.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dogwatch.model.bills import Attachments
from dogwatch.model.errors import (
    DigestMismatchError,
    ImageGoneError,
    InvalidRequestError,
    LimitExceededError,
    MalformedManifestError,
    NotFoundError,
)
from dogwatch.model.images import Descriptor, Layer, Platform, ResolvedImage, digest_of, is_digest
from dogwatch.registry.choosing import choose_image
from dogwatch.registry.documents import decode_object
from dogwatch.registry.limits import ClientLimits
from dogwatch.registry.manifests import FetchedManifest, IndexManifest, parse_manifest
from dogwatch.registry.media_types import OCI_INDEX

_TAG_ANNOTATION = "org.opencontainers.image.ref.name"
_LIMITS = ClientLimits()


class LaidOutImage:
    """One image of a layout."""

    def __init__(self, folder: Path, media_types: dict[str, str]) -> None:
        self._folder = folder
        self._media_types = media_types  # what the folder's index says of the digests it names
        self.resolved: ResolvedImage

    @property
    def reading_order(self) -> tuple[Layer, ...]:
        """The layers as they are best read."""
        return self.resolved.layers

    def manifest(self, reference: str) -> FetchedManifest:
        """Read a manifest by digest, verified."""
        content = self._blob(reference, "manifest_bytes", _LIMITS.manifest_bytes)
        return FetchedManifest(content, self._media_types.get(reference, ""), reference)

    def config(self, descriptor: Descriptor) -> bytes:
        """Read an image config, verified."""
        return self._blob(descriptor.digest, "config_bytes", _LIMITS.config_bytes)

    @contextmanager
    def open_layer(self, layer: Layer) -> Iterator[BinaryIO]:
        """Open a layer's blob; whoever reads it verifies it."""
        with open_regular(self._path(layer.digest), self._folder, layer.digest) as file:
            yield file

    def attachments(self) -> Attachments:
        """Return nothing: bills of materials are attached to images in registries."""
        return Attachments()

    def _path(self, digest: str) -> Path:
        if not is_digest(digest):
            raise InvalidRequestError("digest", f"not a sha256 or sha512 digest: {digest[:200]!r}")
        algorithm, _, code = digest.partition(":")
        return self._folder / "blobs" / algorithm / code

    def _blob(self, digest: str, limit: str, allowed_bytes: int) -> bytes:
        with open_regular(self._path(digest), self._folder, digest) as file:
            content = file.read(allowed_bytes + 1)
        if len(content) > allowed_bytes:
            raise LimitExceededError(f"blob {digest}", limit, allowed_bytes, "bytes")
        actual = digest_of(content, digest.partition(":")[0])
        if actual != digest:
            raise DigestMismatchError(f"blob in {self._folder}", digest, actual)
        return content


def open_layout(folder: Path, tag: str, platform: Platform | None, machine: Platform) -> LaidOutImage:
    """Open an image of a layout.

    Args:
        folder: the layout.
        tag: the name that the image has in it; empty for the only one.
        platform: the one asked for; None: this machine's, or the only one there is.
        machine: this machine's.

    Raises:
        NotFoundError: no such folder, name or platform.
        InvalidRequestError: not an image layout.
        ContentError: something in it is not what it ought to be.
    """
    if not folder.is_dir():
        raise NotFoundError("folder", str(folder))
    try:
        with open_regular(folder / "index.json", folder, "index.json") as file:
            content = file.read(_LIMITS.manifest_bytes + 1)
    except ImageGoneError as error:
        raise InvalidRequestError("oci", f"{folder} is no OCI image layout: it has no index.json") from error
    if len(content) > _LIMITS.manifest_bytes:
        raise LimitExceededError(str(folder / "index.json"), "manifest_bytes", _LIMITS.manifest_bytes, "bytes")
    entries = _choose_entries(content, folder, tag)
    image = LaidOutImage(folder, {entry.digest: entry.media_type for entry in entries})
    if len(entries) == 1:
        first = image.manifest(entries[0].digest)
    else:
        first = FetchedManifest(content, OCI_INDEX, digest_of(content))
    image.resolved = choose_image(image, first, platform, machine, _LIMITS)
    return image


def _choose_entries(content: bytes, folder: Path, tag: str) -> tuple[Descriptor, ...]:
    """Return the entries of the folder's index that are meant: those of a name; all, where none was asked for."""
    where = str(folder / "index.json")
    try:
        decode_object(content)
    except ValueError as error:
        raise MalformedManifestError(where, str(error)) from error
    parsed = parse_manifest(content, OCI_INDEX, where)
    if not isinstance(parsed, IndexManifest) or not parsed.manifests:
        raise MalformedManifestError(where, "it names no image")
    named: dict[str, list[Descriptor]] = {}
    for entry in parsed.manifests:
        named.setdefault(dict(entry.annotations).get(_TAG_ANNOTATION, ""), []).append(entry)
    if tag:
        if tag not in named:
            raise NotFoundError("image", f"{tag} in {folder}; there are: {', '.join(sorted(named)) or 'none'}")
        return tuple(named[tag])
    if len(named) > 1:
        raise InvalidRequestError("oci", f"{folder} holds several images; name one: {folder}:NAME of {_list(named)}")
    return parsed.manifests


def _list(named: dict[str, list[Descriptor]]) -> str:
    return ", ".join(sorted(name or "(no name)" for name in named))


@contextmanager
def open_regular(path: Path, folder: Path, what: str) -> Iterator[BinaryIO]:
    """Open a regular file that is no link and lies in the folder.

    Raises:
        ImageGoneError: there is none.
        InvalidRequestError: a link, a device, or a file that we may not read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise ImageGoneError(str(folder), what) from error
    except OSError as error:
        raise InvalidRequestError("path", f"{path}: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode) or not _lies_in(path, folder):
            raise InvalidRequestError("path", f"{path}: not a regular file in the folder")
        yield file


def _lies_in(path: Path, folder: Path) -> bool:
    real, root = os.path.realpath(path.parent), os.path.realpath(folder)
    return real == root or real.startswith(root.rstrip("/") + "/")
