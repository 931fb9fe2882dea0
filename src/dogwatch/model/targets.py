"""What somebody wants to have looked at once, as they name it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dogwatch.model.images import Platform


class TargetKind(StrEnum):
    """Where the thing is; the value is what stands before the colon on the command line (IMAGE: nothing does).

    IMAGE is an image wherever it is: with a container engine here, or in its registry.
    """

    IMAGE = ""
    REGISTRY = "registry"
    DOCKER = "docker"
    PODMAN = "podman"
    OCI = "oci"
    DOCKER_ARCHIVE = "docker-archive"
    BILL = "sbom"
    FOLDER = "dir"


@dataclass(frozen=True, slots=True)
class Target:
    """A thing to look at: an image's reference, or a path.

    `platform` None: that of this machine. The rest is how to reach a registry that was not added; secrets stay where
    they are, as in `RegistryAccess`. `with_bills` asks for the bills of materials that are attached to the image.
    """

    kind: TargetKind
    name: str
    platform: Platform | None = None
    username: str = ""
    password_file: str = ""
    password_variable: str = ""
    ca_file: str = ""
    plain_http: bool = False
    with_bills: bool = False

    def __str__(self) -> str:
        is_bare = self.kind in (TargetKind.IMAGE, TargetKind.REGISTRY)
        return self.name if is_bare else f"{self.kind}:{self.name}"
