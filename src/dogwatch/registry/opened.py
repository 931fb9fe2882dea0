"""Images opened to be read once: from a registry, a layout or an archive on disk, or a container engine here.

All give the same shape, `flow.examination.OpenedImage`: the image resolved, and its layers as streams. Called by `app`.
"""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dogwatch.model.errors import ConfigError, DogwatchError, NotFoundError
from dogwatch.model.images import Platform
from dogwatch.model.progress import Progress, Tell
from dogwatch.model.registries import Registry, RegistryAccess
from dogwatch.model.targets import Target, TargetKind
from dogwatch.registry.choosing import choose_image
from dogwatch.registry.docker_archive import ArchivedImage, open_archive
from dogwatch.registry.engine import Engine, EngineImage
from dogwatch.registry.engines import ENGINE_KINDS, find_engines, places_of
from dogwatch.registry.layout import LaidOutImage, open_layout
from dogwatch.registry.limits import ClientLimits
from dogwatch.registry.names import is_engine_name
from dogwatch.registry.references import parse_reference, with_host

if TYPE_CHECKING:
    from dogwatch.registry.registry_image import RegistryImage

_ARCHITECTURES: Final = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "arm",
    "i686": "386",
    "loongarch64": "loong64",
}
"""The machine's own word → the word of images, where they differ."""


_ROOM_BYTES_KEPT: Final = 1024**3
"""What an image from an engine leaves free on our disk: the database has its data there."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What is around whoever opens images.

    `registries` are those that were added, for their credentials; `environment` has passwords and the names of sockets;
    `version` is ours, for the User-Agent by which our own reads are known; `spool` gives a folder that goes with the
    block, for an image that comes from an engine.
    """

    registries: Sequence[Registry]
    environment: Mapping[str, str]
    version: str
    spool: Callable[[], AbstractContextManager[Path]]


class ImageDoor:
    """Opens the image that a target names."""

    def __init__(self, around: Neighbourhood, tell: Tell) -> None:
        """Prepare; `tell` hears what takes long."""
        self._around = around
        self._tell = tell

    def locate(self, target: Target) -> Target:
        """Say where an image is that a bare reference names: with the first engine that has it, or in its registry.

        A name without a registry's host means Docker Hub then, and is written out, for nobody may have thought of it.
        A target that says how to reach the registry, or asks for what is attached there, means the registry. An engine
        that cannot be asked is passed over.
        """
        if target.kind is not TargetKind.IMAGE:
            return target
        is_remote = target.username or target.password_file or target.password_variable or target.ca_file
        if not (is_remote or target.plain_http or target.with_bills) and is_engine_name(target.name):
            for kind in ENGINE_KINDS:
                try:
                    self._find(kind, target.name)
                except NotFoundError:
                    continue
                except DogwatchError as error:
                    self._tell(Progress(f"not asking {kind}: {error.message}"))
                else:
                    return replace(target, kind=kind)
        return replace(target, kind=TargetKind.REGISTRY, name=with_host(target.name))

    @contextmanager
    def open(self, target: Target) -> Iterator[RegistryImage | LaidOutImage | ArchivedImage]:
        """Open an image; what it needed is closed with the block.

        Raises:
            ConfigError: an address or credentials that cannot be used; no room on the disk.
            ForbiddenError, EngineError: an engine's socket cannot be used.
            InvalidRequestError, NotFoundError, RegistryError, ContentError: it cannot be had, or is none.
        """
        if target.kind is TargetKind.OCI:
            folder, tag = split_selector(target.name)
            yield open_layout(folder, tag, target.platform, machine_platform())
        elif target.kind is TargetKind.DOCKER_ARCHIVE:
            file, tag = split_selector(target.name)
            with closing(open_archive(file, tag, target.platform)) as archived:
                yield archived
        elif target.kind in ENGINE_KINDS:
            with self._from_engine(target) as archived:
                yield archived
        else:
            with self._from_registry(target) as image:
                yield image

    @contextmanager
    def _from_registry(self, target: Target) -> Iterator[RegistryImage]:
        from dogwatch.registry.adapter import OWN_PRODUCT  # an HTTP client, which what lies here does without
        from dogwatch.registry.client import RegistryClient
        from dogwatch.registry.registry_image import RegistryImage

        reference = parse_reference(target.name)
        limits = ClientLimits()
        access = self._access(target, reference.host)
        user_agent = f"{OWN_PRODUCT}/{self._around.version}"
        with RegistryClient(access, self._around.environment, user_agent, limits) as client:
            image = RegistryImage(client, reference.repository)
            image.first = image.manifest(reference.reference)
            image.resolved = choose_image(image, image.first, target.platform, machine_platform(), limits)
            yield image

    @contextmanager
    def _from_engine(self, target: Target) -> Iterator[ArchivedImage]:
        """Have an image written into the spool, and open it there."""
        engine, found = self._find(target.kind, target.name)
        wanted = replace(found, platform=target.platform or found.platform)
        with ExitStack() as spooled:
            try:
                path = spooled.enter_context(self._around.spool()) / "image.tar"
                with path.open("wb") as sink:
                    engine.export(target.name, wanted, sink, lambda: _check_room(path.parent, target), self._tell)
            except OSError as error:
                raise ConfigError("DOGWATCH_DATA", f"no spool for {target}: {error.strerror or error}") from error
            with closing(open_archive(path, "", target.platform)) as archived:
                yield archived

    def _find(self, kind: TargetKind, name: str) -> tuple[Engine, EngineImage]:
        """Return the engine of a kind that has an image, and what it says of it.

        Raises:
            NotFoundError: no engine, or none that has it.
            ForbiddenError, EngineError: none that could be asked has it, and this one could not.
        """
        problem: DogwatchError | None = None
        engines = tuple(find_engines(kind, self._around.environment))
        for engine in engines:
            try:
                if found := engine.find(name):
                    return engine, found
            except DogwatchError as error:
                problem = problem or error
        if problem is not None:
            raise problem
        if not engines:
            places = ", ".join(places_of(kind, self._around.environment))
            raise NotFoundError("container engine", f"{kind}, looked for its socket at {places}")
        raise NotFoundError("image", f"{name} in {' and '.join(map(str, engines))}")

    def _access(self, target: Target, host: str) -> RegistryAccess:
        """Return how to reach a host: as the registry that was added, except for what the target says itself."""
        scheme = "http" if target.plain_http else "https"
        known = next((one.access for one in self._around.registries if _host(one.access.url) == host), None)
        access = known or RegistryAccess(f"{scheme}://{host}")
        if target.username or target.password_file or target.password_variable:
            access = replace(
                access,
                username=target.username,
                password_file=target.password_file,
                password_variable=target.password_variable,
            )
        return replace(access, ca_file=target.ca_file) if target.ca_file else access


def _check_room(folder: Path, target: Target) -> None:
    if shutil.disk_usage(folder).free < _ROOM_BYTES_KEPT:
        raise ConfigError("DOGWATCH_DATA", f"no room in {folder} for {target}; 1 GiB is kept free")


def machine_platform() -> Platform:
    """Return the platform whose images run here."""
    machine = platform.machine()
    return Platform("linux", _ARCHITECTURES.get(machine, machine))


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def split_selector(text: str) -> tuple[Path, str]:
    """Split `PATH:TAG`; a path that is there as a whole is one, whatever colons it has."""
    path = Path(text).expanduser()
    if path.exists():
        return path, ""
    for at, character in enumerate(text):
        if character == ":" and Path(text[:at]).expanduser().exists():
            return Path(text[:at]).expanduser(), text[at + 1 :]
    return path, ""
