"""What a user of the sample registry does: push, pull, delete, over HTTP like any client.

Called for the commands of the demonstration; the service answers.
"""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

from dogwatch.demonstration.samples import MANIFEST_TYPE, SampleImage
from dogwatch.model.errors import ImageGoneError, RegistryRefusedError, RegistryUnavailableError

USER_AGENT = "demonstration/1"
"""Not our own name, by which Dogwatch would know its own reads."""

_TIMEOUT_SECONDS = 30.0
_REPLY_BYTES_MAX = 1024 * 1024  # a sample's layer has some ten thousand


def push_sample(service_url: str, sample: SampleImage, tag: str = "") -> None:
    """Push a sample image under its tag, or another.

    Raises:
        RegistryUnavailableError: the service does not answer.
        RegistryRefusedError: it offers no demonstration, or refuses.
    """
    place = f"/v2/{sample.repository}/manifests/{tag or sample.tag}"
    _ask(service_url, "PUT", place, sample.manifest, {"Content-Type": MANIFEST_TYPE})


def pull_sample(service_url: str, sample: SampleImage) -> int:
    """Pull a sample image by its tag, with all its blobs; returns the bytes received.

    Raises:
        RegistryUnavailableError: the service does not answer.
        RegistryRefusedError: it offers no demonstration, or refuses.
        ImageGoneError: it was not pushed, or deleted since.
    """
    base = f"/v2/{sample.repository}"
    manifest = _ask(service_url, "GET", f"{base}/manifests/{sample.tag}", headers={"Accept": MANIFEST_TYPE})
    described = json.loads(manifest)
    digests = [one["digest"] for one in (described["config"], *described["layers"])]
    return len(manifest) + sum(len(_ask(service_url, "GET", f"{base}/blobs/{digest}")) for digest in digests)


def delete_sample(service_url: str, sample: SampleImage) -> None:
    """Delete a sample image, with all its tags.

    Raises:
        RegistryUnavailableError: the service does not answer.
        RegistryRefusedError: it offers no demonstration, or refuses.
        ImageGoneError: it was not pushed, or deleted already.
    """
    _ask(service_url, "DELETE", f"/v2/{sample.repository}/manifests/{sample.digest}")


def _ask(service_url: str, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
    parts = urlsplit(service_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request(method, path, body or None, {"User-Agent": USER_AGENT, **(headers or {})})
        answer = connection.getresponse()
        content = answer.read(_REPLY_BYTES_MAX)
    except (OSError, http.client.HTTPException) as error:
        reason = f"{error}; is the service running? Start it with ./run, or dogwatch serve"
        raise RegistryUnavailableError(service_url, reason) from error
    finally:
        connection.close()
    if answer.status < 300:
        return content
    repository, _, reference = path.removeprefix("/v2/").partition("/manifests/")
    told = _told(content)
    if answer.status == 404 and told == "MANIFEST_UNKNOWN":
        raise ImageGoneError(repository, reference)
    raise RegistryRefusedError(service_url, told or f"status {answer.status}: no demonstration is offered there")


def _told(content: bytes) -> str:
    """Return what a refusal says: the code of what is unknown, otherwise its message."""
    try:
        error = json.loads(content)["errors"][0]
        return str(error["code"] if error["code"].endswith("UNKNOWN") else error["message"])
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return ""
