"""Bytes of an image config → `ImageConfig`. Pure; called by `resolve`.

Source:
    OCI image specification 1.1, config chapter; Docker image specification 1.2.
"""

from __future__ import annotations

from collections.abc import Mapping

from dogwatch.model.errors import MalformedManifestError
from dogwatch.model.images import BuildStep, ImageConfig, Platform, ToldBase, is_digest
from dogwatch.registry.documents import decode_object, exact_text, member, moment, text
from dogwatch.registry.limits import HISTORY_MAX, LAYERS_MAX

_PLATFORM_WORD_MAX = 64
_REFERENCE_MAX = 512  # host, repository (255), tag (128) and digest of the longest reference
_BASE = "org.opencontainers.image.base"


def parse_config(content: bytes, digest: str) -> ImageConfig:
    """Parse an image config.

    Raises:
        MalformedManifestError: not JSON, or its diff IDs or history are not lists of such.
    """
    try:
        document = decode_object(content)
    except ValueError as error:
        raise MalformedManifestError(digest, f"config: {error}") from error
    return ImageConfig(
        digest=digest,
        platform=parse_platform(document),
        diff_ids=_diff_ids(member(document, "rootfs").get("diff_ids"), digest),
        history=_history(document.get("history"), digest),
        created_at=moment(document, "created"),
        author=text(document, "author"),
        told_base=parse_told_base(member(member(document, "config"), "Labels")),
    )


def parse_platform(holder: Mapping[str, object]) -> Platform:
    """Read a platform from a config or an index entry; a missing word is `unknown`, a missing variant empty."""
    return Platform(
        text(holder, "os", longest=_PLATFORM_WORD_MAX) or "unknown",
        text(holder, "architecture", longest=_PLATFORM_WORD_MAX) or "unknown",
        text(holder, "variant", longest=_PLATFORM_WORD_MAX),
    )


def parse_told_base(words: Mapping[str, object]) -> ToldBase:
    """Read the base image from a manifest's annotations or a config's labels; what is no digest is none."""
    digest = exact_text(words, f"{_BASE}.digest")
    return ToldBase(text(words, f"{_BASE}.name", longest=_REFERENCE_MAX), digest if is_digest(digest) else "")


def _diff_ids(value: object, digest: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > LAYERS_MAX:
        raise MalformedManifestError(digest, "config: diff_ids is not a list of diff IDs")
    for diff_id in value:
        if not isinstance(diff_id, str) or not is_digest(diff_id):
            raise MalformedManifestError(digest, f"config: not a diff ID: {str(diff_id)[:200]!r}")
    return tuple(value)


def _history(value: object, digest: str) -> tuple[BuildStep, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > HISTORY_MAX:
        raise MalformedManifestError(digest, "config: history is not a list of build steps")
    steps = [entry if isinstance(entry, dict) else {} for entry in value]
    return tuple(
        BuildStep(text(step, "created_by"), step.get("empty_layer") is True, moment(step, "created")) for step in steps
    )
