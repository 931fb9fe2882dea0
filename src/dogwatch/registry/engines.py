"""The container engines that there may be on this machine: where their sockets are. Called by `opened`."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from typing import Final

from dogwatch.model.errors import ConfigError
from dogwatch.model.targets import TargetKind
from dogwatch.registry.engine import Engine

ENGINE_KINDS: Final = (TargetKind.DOCKER, TargetKind.PODMAN)
"""In the order in which they are asked."""

_UNIX: Final = "unix://"
_NAMED_BY: Final = {TargetKind.DOCKER: "DOCKER_HOST", TargetKind.PODMAN: "CONTAINER_HOST"}
_OF_THE_MACHINE: Final = {TargetKind.DOCKER: "/var/run/docker.sock", TargetKind.PODMAN: "/run/podman/podman.sock"}
_OF_THE_USER: Final = {TargetKind.DOCKER: "docker.sock", TargetKind.PODMAN: "podman/podman.sock"}


def places_of(kind: TargetKind, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return where an engine's socket may be, first the machine's, then the user's; only one that is named, if so.

    Raises:
        ConfigError: named is something that is no unix socket.
    """
    variable = _NAMED_BY[kind]
    named = environment.get(variable, "")
    if named:
        if not named.startswith(_UNIX):
            raise ConfigError(variable, f"only unix sockets are read (unix:///path), not {named[:200]!r}")
        return (named.removeprefix(_UNIX),)
    folder = environment.get("XDG_RUNTIME_DIR", "")
    places = [_OF_THE_MACHINE[kind], *([os.path.join(folder, _OF_THE_USER[kind])] if folder else [])]
    return tuple(places) if kind is TargetKind.DOCKER else tuple(reversed(places))


def find_engines(kind: TargetKind, environment: Mapping[str, str]) -> Iterator[Engine]:
    """Yield the engines whose sockets are there.

    Raises:
        ConfigError: as `places_of`.
    """
    for place in places_of(kind, environment):
        try:
            is_socket = stat.S_ISSOCK(os.stat(place).st_mode)
        except OSError:
            continue  # not there; a folder that we may not enter is as good as that
        if is_socket:
            yield Engine(kind, place)
