"""What `registries test` finds out: named checks, each with the real address, the status, and what went wrong.

Called by the command line and the API through `app`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dogwatch.model.errors import ContentError, ImageGoneError, RegistryError
from dogwatch.registry.answers import shown
from dogwatch.registry.client import RegistryClient
from dogwatch.registry.resolve import resolve

_SAMPLE_REPOSITORIES_MAX = 10


@dataclass(frozen=True, slots=True)
class Check:
    """One thing tried against a registry.

    `status` is the HTTP status of a refusal, 200 where the check passed, and None where no answer came. `detail` holds
    what was seen, or the error in its own words (a TLS failure's included).
    """

    name: str
    url: str
    passed: bool
    status: int | None
    detail: str


def check_registry(client: RegistryClient) -> tuple[Check, ...]:
    """Try in order: that a registry answers and lets us in, its catalogue, and one manifest with its config.

    A check that needs an earlier one is left out where that one failed.
    """
    base = _tried("registry answers", shown(client.address("")), lambda: _answered(client))
    if not base.passed:
        return (base,)
    repositories: list[str] = []
    catalog_url = shown(client.address("_catalog"))
    catalog = _tried("catalogue of repositories", catalog_url, lambda: _catalogued(client, repositories))
    if not repositories:
        return (base, catalog)
    sample_url = shown(client.address(repositories[0]))
    return (base, catalog, _tried("a manifest and its config", sample_url, lambda: _sampled(client, repositories)))


def _answered(client: RegistryClient) -> str:
    version = client.ping()
    return f"protocol {version or 'not named'}; authentication: {client.authentication}"


def _catalogued(client: RegistryClient, repositories: list[str]) -> str:
    for repository in client.catalog():
        repositories.append(repository)
        if len(repositories) == _SAMPLE_REPOSITORIES_MAX:
            return f"{len(repositories)} repositories or more"
    return f"{len(repositories)} repositories"


def _sampled(client: RegistryClient, repositories: list[str]) -> str:
    """Read the first tag of the first repository that has one."""
    for repository in repositories:
        try:
            tag = next(client.tags(repository), None)
        except ImageGoneError:
            continue
        if tag is not None:
            return f"{repository}:{tag} is {resolve(client, repository, tag).digest}"
    return "no tags yet, nothing to read"


def _tried(name: str, url: str, attempt: Callable[[], str]) -> Check:
    try:
        return Check(name, url, True, 200, attempt())
    except (RegistryError, ContentError) as error:
        status = error.fields.get("status")
        seen = error.fields.get("url")
        where = seen if isinstance(seen, str) else url
        return Check(name, where, False, status if isinstance(status, int) else None, error.message)
