from __future__ import annotations

import pytest

from dogwatch.model.errors import RegistryDeniedError, RegistryThrottledError, RegistryUnavailableError
from dogwatch.model.registries import TagListing
from dogwatch.registry.adapter import FailedListing
from dogwatch.registry.client import RegistryClient
from dogwatch.registry.listing import list_tags
from tests.builders.oci import build_image
from tests.simulators.faults import WEB_PAGE, Reply
from tests.simulators.registry import RegistrySimulator

IMAGE = build_image()


@pytest.fixture
def names(simulator: RegistrySimulator) -> list[str]:
    names = [f"team/app-{number}" for number in range(6)]
    for name in names:
        simulator.add(name, IMAGE, "1.0", "latest")
    return names


def whole(name: str) -> TagListing:
    return TagListing(name, (("1.0", IMAGE.digest), ("latest", IMAGE.digest)))


def test_a_repository_that_fails_is_reported_without_losing_the_others(
    simulator: RegistrySimulator, client: RegistryClient, names: list[str]
) -> None:
    simulator.fault("app-1/tags/list", WEB_PAGE)
    simulator.fault("app-3/manifests/latest", Reply(403), method="HEAD")

    found = list(list_tags(client))

    assert [found[0], found[2], found[4], found[5]] == [
        whole(names[0]),
        whole(names[2]),
        whole(names[4]),
        whole(names[5]),
    ]
    assert found[1] == FailedListing(
        names[1], f"not a usable registry answer: {simulator.url}/v2/{names[1]}/tags/list: answers with a web page"
    )
    assert found[3] == FailedListing(
        names[3], f"registry refused access (403): {simulator.url}/v2/{names[3]}/manifests/latest: Forbidden"
    )


def test_a_repository_whose_tags_the_registry_denies_knowing_is_failed_and_not_empty(
    simulator: RegistrySimulator, client: RegistryClient, names: list[str]
) -> None:
    simulator.fault("app-1/tags/list", Reply(404))

    assert list(list_tags(client))[1] == FailedListing(names[1], f"no longer in the registry: {names[1]}@tags")


def test_a_tag_that_vanishes_between_list_and_look_is_left_out(
    simulator: RegistrySimulator, client: RegistryClient, names: list[str]
) -> None:
    simulator.fault("app-0/manifests/latest", Reply(404), method="HEAD")

    assert list(list_tags(client, names[:1])) == [TagListing(names[0], (("1.0", IMAGE.digest),))]


def test_a_registry_that_goes_down_on_the_way_ends_the_poll_and_keeps_what_was_seen(
    simulator: RegistrySimulator, client: RegistryClient, names: list[str]
) -> None:
    simulator.fault("app-[2-5]/tags/list", Reply(500))
    found: list[TagListing | FailedListing] = []

    with pytest.raises(RegistryUnavailableError):
        found.extend(list_tags(client))
    assert found[:2] == [whole(names[0]), whole(names[1])]
    assert [one.repository for one in found[2:]] == names[2:4]
    assert simulator.seen(path="app-5") == []


def test_one_repository_that_is_always_down_does_not_end_the_poll(
    simulator: RegistrySimulator, client: RegistryClient, names: list[str]
) -> None:
    simulator.fault("app-[024]/tags/list", Reply(500))

    kinds = [type(listing) for listing in list_tags(client)]

    assert kinds == [FailedListing, TagListing] * 3


def test_throttling_ends_the_poll_with_its_time(
    simulator: RegistrySimulator, client: RegistryClient, names: list[str]
) -> None:
    simulator.fault("app-1/tags/list", Reply(429, {"retry-after": "600"}))

    listings = list_tags(client)
    assert next(listings) == whole(names[0])
    with pytest.raises(RegistryThrottledError) as caught:
        next(listings)
    assert caught.value.retry_after_seconds == 600.0


def test_a_catalogue_that_is_not_for_us_is_an_error_of_its_own(
    simulator: RegistrySimulator, client: RegistryClient, names: list[str]
) -> None:
    simulator.fault("_catalog", Reply(403))

    with pytest.raises(RegistryDeniedError):
        list(list_tags(client))
    assert list(list_tags(client, ["team/app-4"])) == [whole("team/app-4")]
