"""Media types of the distribution protocol: what we ask for, and what counts as an image.

Source:
    OCI image specification 1.1, media types chapter; Docker image manifest version 2, schema 1 and 2.
"""

from __future__ import annotations

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_ARTIFACT = "application/vnd.oci.artifact.manifest.v1+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+json"
DOCKER_SCHEMA_1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws"

OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"

INDEXES = frozenset({OCI_INDEX, DOCKER_INDEX})
MANIFESTS = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
SCHEMA_1 = frozenset({DOCKER_SCHEMA_1, DOCKER_SCHEMA_1_SIGNED})
CONFIGS = frozenset({OCI_CONFIG, DOCKER_CONFIG})
ALL_MANIFESTS = INDEXES | MANIFESTS | SCHEMA_1 | {OCI_ARTIFACT}

# Schema 1 is not asked for: a registry that has only that then says so or converts, and we call it unsupported.
ACCEPT = ", ".join((OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST, OCI_ARTIFACT))

_LAYER_PREFIXES = (
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.foreign.diff.tar",
)


def bare(content_type: str) -> str:
    """Return a Content-Type without parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def is_image_layer(media_type: str) -> bool:
    """Say whether a blob of this type is a file system layer, foreign ones and all compressions included."""
    return media_type.startswith(_LAYER_PREFIXES)
