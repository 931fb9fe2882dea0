"""The grammar of repository names, tags and references. Everything that becomes part of a URL passes here first."""

from __future__ import annotations

import re

from dogwatch.model.images import is_digest

# The specification allows lower case only; some registries allow capitals, and refusing those would lose their images.
_PART = r"[A-Za-z0-9]+(?:(?:\.|_|__|-+)[A-Za-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_REPOSITORY_LENGTH_MAX = 255
_ENGINE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]*(?:/[A-Za-z0-9][A-Za-z0-9._:@-]*)*")
_ENGINE_NAME_LENGTH_MAX = 512  # host, repository, tag and digest


def is_repository(text: str) -> bool:
    """Say whether the text is a repository name: parts joined by `/`, no `..`, at most 255 characters.

    Source:
        OCI distribution specification 1.1, section "Pulling manifests".
    """
    return len(text) <= _REPOSITORY_LENGTH_MAX and _REPOSITORY.fullmatch(text) is not None


def is_tag(text: str) -> bool:
    """Say whether the text is a tag.

    Source:
        OCI distribution specification 1.1, section "Pulling manifests".
    """
    return _TAG.fullmatch(text) is not None


def is_reference(text: str) -> bool:
    """Say whether the text is a tag or a digest that we can verify."""
    return is_digest(text) or is_tag(text)


def is_engine_name(text: str) -> bool:
    """Say whether a container engine may be asked for this: a reference, an id or the beginning of one."""
    return len(text) <= _ENGINE_NAME_LENGTH_MAX and _ENGINE_NAME.fullmatch(text) is not None
