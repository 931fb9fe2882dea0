"""What clusters call images, read; and which of the images that a name may mean are credited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dogwatch.model.images import is_digest
from dogwatch.model.usage import ImageName, Seen

_SCHEMES = ("docker-pullable://", "docker://", "oci://")
_MAX_CHARACTERS = 600  # of a name: host, repository, tag and digest at their longest


@dataclass(frozen=True, slots=True)
class Candidate:
    """An image that a name may mean. `is_child` says that the digest is that of an index it stands behind."""

    image_id: int
    host: str
    repository: str
    platform: str
    is_child: bool


def read_name(text: str) -> ImageName:
    """Read `registry/repository@sha256:…`, `sha256:…`, or `registry/repository:tag`, as container engines write them.

    Raises:
        ValueError: it is none.
    """
    name = text.strip()
    for scheme in _SCHEMES:
        name = name.removeprefix(scheme)
    if not name or len(name) > _MAX_CHARACTERS or not name.isprintable():
        raise ValueError("not an image's name")
    if is_digest(name):
        return ImageName("", "", "", name)
    name, at, digest = name.partition("@")
    if at and not is_digest(digest):
        raise ValueError("not a digest that we know behind the @")
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = name, ""
    host, slash, rest = repository.partition("/")
    if slash and ("." in host or ":" in host or host == "localhost"):
        repository = rest
    else:
        host = ""
    if not repository or not (digest or tag):
        raise ValueError("names neither a digest nor a tag")
    return ImageName(host, repository, "" if digest else tag, digest)


def credited(seen: Seen, candidates: Sequence[Candidate]) -> tuple[int, ...]:
    """Return the images that are credited, by id.

    1. A digest is the image wherever it was pulled from: its name chooses among several repositories, if one has it.
    2. A tag means nothing outside its registry.
    3. Behind an index it is the child of the node's platform; all children where that is not known.
    """
    found = [one for one in candidates if _is_named(seen.name, one)]
    if not found and seen.name.digest:
        found = list(candidates)
    wanted = "/".join(seen.platform.split("/")[:2])
    of_platform = [one for one in found if not one.is_child or one.platform == wanted]
    return tuple(sorted({one.image_id for one in (of_platform if wanted and of_platform else found)}))


def _is_named(name: ImageName, candidate: Candidate) -> bool:
    return name.repository == candidate.repository and name.host in ("", candidate.host)
