from __future__ import annotations

import ssl

import pytest
import trustme

from dogwatch.model.registries import RegistryAccess
from dogwatch.registry.check import Check, check_registry
from dogwatch.registry.client import RegistryClient
from dogwatch.registry.limits import ClientLimits
from tests.builders.oci import build_image
from tests.simulators.faults import WEB_PAGE, Reply
from tests.simulators.registry import RegistrySimulator, serving_registry


def test_a_good_registry_passes_and_says_how_it_let_us_in(
    simulator: RegistrySimulator, quick_limits: ClientLimits
) -> None:
    simulator.authentication = "token"
    simulator.add("team/empty", build_image())
    digest = simulator.add("team/app", build_image(), "1.0")
    access = RegistryAccess(simulator.url, username="watcher", password_variable="P")

    with RegistryClient(access, {"P": "s3cret"}, "dogwatch/0", quick_limits) as client:
        checks = check_registry(client)

    assert checks == (
        Check("registry answers", f"{simulator.url}/v2/", True, 200, "protocol registry/2.0; authentication: token"),
        Check("catalogue of repositories", f"{simulator.url}/v2/_catalog", True, 200, "2 repositories"),
        Check("a manifest and its config", f"{simulator.url}/v2/team/app", True, 200, f"team/app:1.0 is {digest}"),
    )


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_shows_the_real_status_and_address(
    simulator: RegistrySimulator, client: RegistryClient, status: int
) -> None:
    simulator.fault("/v2/$", Reply(status, {}, b"go away"))

    assert check_registry(client) == (
        Check(
            "registry answers",
            f"{simulator.url}/v2/",
            False,
            status,
            f"registry refused access ({status}): {simulator.url}/v2/: go away",
        ),
    )


def test_what_is_no_registry_fails_the_first_check(simulator: RegistrySimulator, client: RegistryClient) -> None:
    simulator.fault("", WEB_PAGE)

    (check,) = check_registry(client)
    assert (check.passed, check.detail.endswith("answers with a web page")) == (False, True)


def test_nothing_under_v2_is_said_to_be_no_registry(simulator: RegistrySimulator, client: RegistryClient) -> None:
    simulator.fault("/v2/$", Reply(404))

    (check,) = check_registry(client)
    assert (check.passed, check.detail.endswith("status 404: no registry at this address")) == (False, True)


def test_repositories_without_tags_leave_nothing_to_read(simulator: RegistrySimulator, client: RegistryClient) -> None:
    for number in range(12):
        simulator.add(f"team/app-{number:02}", build_image())
    simulator.fault("app-03/tags", Reply(404))

    _, catalogue, sample = check_registry(client)

    assert (catalogue.passed, catalogue.detail) == (True, "10 repositories or more")
    assert (sample.passed, sample.detail) == (True, "no tags yet, nothing to read")
    assert len(simulator.seen(path="/tags/list")) == 10


def test_a_missing_catalogue_fails_its_own_check_only(simulator: RegistrySimulator, client: RegistryClient) -> None:
    simulator.fault("_catalog", Reply(404))

    base, catalogue = check_registry(client)
    assert (base.passed, catalogue.passed) == (True, False)
    assert catalogue.detail.endswith("the registry offers no catalogue of repositories")


def test_a_sample_that_cannot_be_read_fails_with_the_address_that_failed(
    simulator: RegistrySimulator, client: RegistryClient
) -> None:
    simulator.add("team/app", build_image(), "1.0")
    simulator.fault("/blobs/", Reply(403))

    *_, sample = check_registry(client)
    assert (sample.passed, sample.status) == (False, 403)
    assert "/v2/team/app/blobs/sha256:" in sample.url


def test_a_tls_failure_shows_its_own_words(quick_limits: ClientLimits) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with (
        serving_registry(RegistrySimulator(), context) as simulator,
        RegistryClient(simulator.access, {}, "dogwatch/0", quick_limits) as client,
    ):
        (check,) = check_registry(client)
    assert (check.passed, check.status, check.url) == (False, None, f"{simulator.url}/v2/")
    assert "certificate verify failed" in check.detail
