"""An archive that `docker save` and its like write: a tar with a manifest.json, configs and layers; plain or packed.

Read in order, from the file itself; nothing is unpacked to disk. The archive is not trusted: names in it are looked up
in a list of what it holds, and the diff IDs of the config are verified by whoever reads the layers.

Source:
    Docker image specification 1.2, section "Combined image JSON + filesystem changeset format".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dogwatch.inventory.limits import READ_BYTES, Limits
from dogwatch.inventory.paths import clean_path, join_within_root, parent_of
from dogwatch.inventory.tar import TarFormatError, TarReader
from dogwatch.model.bills import Attachments
from dogwatch.model.errors import (
    InvalidRequestError,
    LimitExceededError,
    MalformedLayerError,
    MalformedManifestError,
    NotFoundError,
)
from dogwatch.model.images import Descriptor, Layer, Platform, ResolvedImage, digest_of
from dogwatch.registry.archive_bytes import PACKED, Archive, Member, Part
from dogwatch.registry.choosing import fits
from dogwatch.registry.configs import parse_config
from dogwatch.registry.documents import decode_json
from dogwatch.registry.limits import LAYERS_MAX, ClientLimits
from dogwatch.registry.manifests import ImageManifest, join_config
from dogwatch.registry.media_types import DOCKER_CONFIG, DOCKER_MANIFEST

_LAYER_TYPE: Final = "application/vnd.docker.image.rootfs.diff.tar"

# Three files per layer and some tables: an archive with more entries is something else.
_ARCHIVE_LIMITS: Final = Limits(entries=100_000)
# Layers that stand behind links of links; writers make one link at most.
_LINKS_FOLLOWED_MAX: Final = 8
_LIMITS: Final = ClientLimits()


class ArchivedImage:
    """One image of an archive; close it."""

    def __init__(self, archive: Archive, resolved: ResolvedImage, members: Mapping[str, Member]) -> None:
        self._archive = archive
        self._members = members  # layer digest → where
        self.resolved = resolved

    @property
    def reading_order(self) -> tuple[Layer, ...]:
        """The layers as they are best read: as they stand in the archive."""
        return tuple(sorted(self.resolved.layers, key=lambda layer: self._members[layer.digest].offset))

    def attachments(self) -> Attachments:
        """Return nothing: bills of materials are attached to images in registries."""
        return Attachments()

    @contextmanager
    def open_layer(self, layer: Layer) -> Iterator[Part]:
        """Open a layer; one at a time."""
        yield Part(self._archive, self._members[layer.digest])

    def close(self) -> None:
        """Close the file."""
        self._archive.close()


def open_archive(path: Path, tag: str, platform: Platform | None) -> ArchivedImage:
    """Open an image of an archive.

    Args:
        path: the archive.
        tag: one of the image's names in it; empty for the only one.
        platform: the one it has to be for; None for any.

    Raises:
        NotFoundError: no such file, name or platform.
        InvalidRequestError: the archive holds several images, and none was named; or it is no regular file.
        ContentError: it is not such an archive, or damaged.
    """
    path = Path(path).resolve()
    if not path.exists():
        raise NotFoundError("file", str(path))
    archive = Archive(path)
    try:
        return _open(archive, path, tag, platform)
    except BaseException:
        archive.close()
        raise


def _open(archive: Archive, path: Path, tag: str, platform: Platform | None) -> ArchivedImage:
    contents = _Contents(archive, path)
    entry = _choose(contents.document("manifest.json"), path, tag)
    config_name, layer_names = entry.get("Config"), entry.get("Layers")
    if not isinstance(config_name, str) or not isinstance(layer_names, list) or len(layer_names) > LAYERS_MAX:
        raise MalformedManifestError(str(path), "manifest.json names no config or no layers")
    content = contents.read(config_name, _LIMITS.config_bytes)
    digest = digest_of(content)
    config = parse_config(content, digest)
    if platform is not None and not fits(config.platform, platform):
        raise NotFoundError("platform", f"{platform}; there are: {config.platform}")
    members = [contents.find(str(name)) for name in layer_names]
    if len(members) != len(config.diff_ids):
        raise MalformedManifestError(str(path), f"{len(members)} layers, but {len(config.diff_ids)} diff IDs")
    digests = _digests(archive, members, config.diff_ids)
    layers = tuple(Descriptor(_LAYER_TYPE, one, member.size) for one, member in zip(digests, members, strict=True))
    manifest = ImageManifest(
        digest,
        DOCKER_MANIFEST,
        sum(member.size for member in members),
        Descriptor(DOCKER_CONFIG, digest, len(content)),
        layers,
    )
    return ArchivedImage(archive, join_config(manifest, config), dict(zip(digests, members, strict=True)))


def _digests(archive: Archive, members: Sequence[Member], diff_ids: Sequence[str]) -> list[str]:
    """Return the layers' digests: their diff IDs, as they are stored unpacked; a packed one is hashed."""
    digests = list(diff_ids)
    for number in sorted(range(len(members)), key=lambda number: members[number].offset):
        part = Part(archive, members[number])
        first = part.read(4)
        if first.startswith(PACKED):
            hashing = hashlib.sha256(first)
            while block := part.read(READ_BYTES):
                hashing.update(block)
            digests[number] = f"sha256:{hashing.hexdigest()}"
    return digests


class _Contents:
    """What an archive holds, by path; made in one pass over it."""

    def __init__(self, archive: Archive, path: Path) -> None:
        self._archive = archive
        self._path = path
        self._members: dict[str, Member] = {}
        self._links: dict[str, str] = {}
        try:
            reader = TarReader(archive.chunks(), _ARCHIVE_LIMITS, str(path))
            for entry in reader:
                name = clean_path(entry.name)
                if not name:
                    continue
                self._members.pop(name, None)
                self._links.pop(name, None)
                if entry.kind == "file" and not entry.sparse:
                    self._members[name] = Member(reader.offset_bytes, entry.size_bytes)
                elif entry.kind in ("symlink", "link"):
                    directory = parent_of(name) if entry.kind == "symlink" else ""
                    self._links[name] = join_within_root(directory, entry.target.decode("utf-8", "replace"))
            archive.rewind()
        except TarFormatError as error:
            raise MalformedManifestError(str(path), f"not an archive of an image: {error}") from error

    def find(self, name: str) -> Member:
        """Return where a file stands, behind a link too.

        Raises:
            MalformedManifestError: the archive has none of this name.
        """
        at = join_within_root("", name)
        for _ in range(_LINKS_FOLLOWED_MAX):
            if at in self._members:
                return self._members[at]
            at = self._links.get(at, "")
        raise MalformedManifestError(str(self._path), f"it has no file {name[:200]!r}")

    def read(self, name: str, allowed_bytes: int) -> bytes:
        """Return a small file whole."""
        member = self.find(name)
        if member.size > allowed_bytes:
            raise LimitExceededError(f"{name[:200]} in {self._path}", "config_bytes", allowed_bytes, "bytes")
        part = Part(self._archive, member)
        content = b"".join(iter(lambda: part.read(READ_BYTES), b""))
        if len(content) != member.size:
            raise MalformedLayerError(str(self._path), "the archive ends early")
        return content

    def document(self, name: str) -> object:
        """Return a JSON file's value."""
        try:
            return decode_json(self.read(name, _LIMITS.manifest_bytes))
        except ValueError as error:
            raise MalformedManifestError(str(self._path), f"{name}: {error}") from error


def _choose(document: object, path: Path, tag: str) -> Mapping[str, object]:
    entries = [entry for entry in document if isinstance(entry, dict)] if isinstance(document, list) else []
    if not entries:
        raise MalformedManifestError(str(path), "manifest.json names no image")
    names = [_names(entry) for entry in entries]
    if tag:
        for entry, own in zip(entries, names, strict=True):
            if tag in own or any(one.rpartition(":")[2] == tag for one in own):
                return entry
        raise NotFoundError("image", f"{tag} in {path}; there are: {_all(names)}")
    if len(entries) > 1:
        raise InvalidRequestError(
            "docker-archive", f"{path} holds several images; name one: {path}:NAME of {_all(names)}"
        )
    return entries[0]


def _names(entry: Mapping[str, object]) -> list[str]:
    tags = entry.get("RepoTags")
    return [str(tag) for tag in tags] if isinstance(tags, list) else []


def _all(names: Sequence[Sequence[str]]) -> str:
    return ", ".join(one for own in names for one in own) or "(no names)"
