from __future__ import annotations

import time
from pathlib import Path

import pytest

from dogwatch.model.errors import DogwatchError, RegistryDeniedError, RegistryRefusedError, RegistryUnavailableError
from dogwatch.model.registries import RegistryAccess
from dogwatch.registry.client import RegistryClient
from dogwatch.registry.limits import ClientLimits
from tests.builders.oci import BuiltManifest, build_image, layer_tar
from tests.simulators.faults import Reply, SeenRequest
from tests.simulators.registry import RegistrySimulator, serving_registry

ENVIRONMENT = {"WATCHER_PASSWORD": "s3cret"}


@pytest.fixture
def image(simulator: RegistrySimulator) -> BuiltManifest:
    built = build_image([layer_tar({"a": b"1"})])
    simulator.add("team/app", built, "1.0")
    return built


def client_of(
    simulator: RegistrySimulator, limits: ClientLimits, password_variable: str = "WATCHER_PASSWORD"
) -> RegistryClient:
    access = RegistryAccess(simulator.url, username="watcher", password_variable=password_variable)
    return RegistryClient(access, ENVIRONMENT | {"WRONG": "guess"}, "dogwatch/0", limits)


def test_a_password_is_sent_only_once_the_registry_asks_for_it_and_then_at_once(
    simulator: RegistrySimulator, quick_limits: ClientLimits, image: BuiltManifest
) -> None:
    simulator.authentication = "basic"

    with client_of(simulator, quick_limits) as client:
        assert client.ping() == "registry/2.0"
        assert client.manifest("team/app", "1.0").digest == image.digest
        assert client.authentication == "basic"
    assert ["authorization" in request.headers for request in simulator.requests] == [False, True, True]


def test_a_rotated_password_file_counts_at_the_next_request(
    simulator: RegistrySimulator, quick_limits: ClientLimits, image: BuiltManifest, tmp_path: Path
) -> None:
    simulator.authentication = "basic"
    file = tmp_path / "password"
    file.write_text("s3cret\n")

    with RegistryClient(
        RegistryAccess(simulator.url, username="watcher", password_file=str(file)), {}, "dogwatch/0", quick_limits
    ) as client:
        client.ping()
        simulator.password = "rotated"
        with pytest.raises(RegistryDeniedError):
            client.ping()
        file.write_text("rotated\n")
        assert client.ping() == "registry/2.0"


@pytest.mark.parametrize("authentication", ["basic", "token"])
def test_a_wrong_password_is_denied_once_and_not_shown(
    simulator: RegistrySimulator, quick_limits: ClientLimits, image: BuiltManifest, authentication: str
) -> None:
    simulator.authentication = authentication

    with client_of(simulator, quick_limits, "WRONG") as client, pytest.raises(RegistryDeniedError) as caught:
        client.manifest("team/app", "1.0")
    assert caught.value.fields["status"] == 401
    assert "guess" not in str(caught.value) + repr(caught.value.fields)
    assert len(simulator.requests) == 2


def test_a_registry_that_asks_for_a_password_we_do_not_have_is_denied(
    simulator: RegistrySimulator, client: RegistryClient
) -> None:
    simulator.authentication = "basic"

    with pytest.raises(RegistryDeniedError, match="none is configured"):
        client.ping()


def test_a_challenge_we_do_not_know_is_denied_by_name(simulator: RegistrySimulator, client: RegistryClient) -> None:
    simulator.fault("", Reply(401, {"www-authenticate": "Negotiate abc=="}))

    with pytest.raises(RegistryDeniedError, match=r"offered: negotiate"):
        client.ping()


def test_a_token_is_fetched_once_per_scope_and_used_until_it_ends(
    simulator: RegistrySimulator, quick_limits: ClientLimits, image: BuiltManifest
) -> None:
    simulator.authentication = "token"
    simulator.add("team/other", image, "1.0")

    with client_of(simulator, quick_limits) as client:
        for _ in range(3):
            client.manifest("team/app", "1.0")
        client.manifest("team/other", "1.0")
        list(client.catalog())
        assert client.authentication == "token"

    tokens = [request for request in simulator.requests if request.path == "/token"]
    assert [(request.query["scope"], request.query["account"]) for request in tokens] == [
        (["repository:team/app:pull"], ["watcher"]),
        (["repository:team/other:pull"], ["watcher"]),
        (["registry:catalog:*"], ["watcher"]),
    ]
    assert {request.query["service"][0] for request in tokens} == {"simulator"}
    assert all(
        not request.headers["authorization"].startswith("Basic")
        for request in simulator.requests
        if request.path != "/token" and "authorization" in request.headers
    )


def test_a_short_lived_token_is_renewed_before_it_lapses(
    simulator: RegistrySimulator, quick_limits: ClientLimits, image: BuiltManifest
) -> None:
    simulator.authentication = "token"
    simulator.token_life_seconds = 11.0  # our leeway is 10 s, so it is used for 1 s

    with client_of(simulator, quick_limits) as client:
        client.manifest("team/app", "1.0")
        time.sleep(1.1)
        client.manifest("team/app", "1.0")
    assert len(simulator.seen(path="^/token$")) == 2


def test_a_token_that_the_registry_no_longer_takes_is_replaced(
    simulator: RegistrySimulator, quick_limits: ClientLimits, image: BuiltManifest
) -> None:
    simulator.authentication = "token"

    with client_of(simulator, quick_limits) as client:
        client.manifest("team/app", "1.0")
        simulator.revoke_tokens()
        assert client.manifest("team/app", "1.0").digest == image.digest


def test_an_anonymous_token_is_fetched_without_a_password(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    simulator.authentication = "anonymous token"

    assert client.manifest("team/app", "1.0").digest == image.digest
    (token,) = [request for request in simulator.requests if request.path == "/token"]
    assert "authorization" not in token.headers
    assert "account" not in token.query


def test_a_token_that_never_lets_us_in_is_denied_after_one_renewal(
    simulator: RegistrySimulator, quick_limits: ClientLimits, image: BuiltManifest
) -> None:
    challenge = f'Bearer realm="{simulator.url}/token",service="simulator"'
    simulator.authentication = "token"
    simulator.fault("/manifests/", Reply(401, {"www-authenticate": challenge}))

    with client_of(simulator, quick_limits) as client, pytest.raises(RegistryDeniedError):
        client.manifest("team/app", "1.0")
    assert len(simulator.requests) == 3


@pytest.mark.parametrize(
    "realm",
    ["http://other.example/token", "ftp://127.0.0.1/token", "http://u:p@127.0.0.1/token", "http://[", "https://"],
)
def test_a_password_goes_to_no_token_server_that_is_elsewhere_in_the_clear(
    simulator: RegistrySimulator, quick_limits: ClientLimits, realm: str
) -> None:
    simulator.authentication = "token"
    simulator.realm = realm

    with client_of(simulator, quick_limits) as client, pytest.raises(RegistryRefusedError):
        client.ping()
    assert simulator.seen() == ["GET /v2/"]


def test_a_token_server_inside_the_network_is_not_visited(
    simulator: RegistrySimulator, quick_limits: ClientLimits
) -> None:
    simulator.authentication = "token"
    simulator.realm = "https://169.254.169.254/latest/token"

    with client_of(simulator, quick_limits) as client, pytest.raises(RegistryRefusedError, match="link-local"):
        client.ping()


def test_a_token_servers_redirect_is_not_followed(simulator: RegistrySimulator, quick_limits: ClientLimits) -> None:
    simulator.authentication = "token"
    with serving_registry(RegistrySimulator()) as thief:
        simulator.fault("^/token$", Reply(307, {"location": f"{thief.url}/token"}))
        with client_of(simulator, quick_limits) as client, pytest.raises(RegistryRefusedError, match="307: redirects"):
            client.ping()
        assert thief.requests == []


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"token":""}', b'{"token":"a b"}', b'{"token":"a\\r\\nx: y"}', b'{"token":7}']
)
def test_a_token_servers_answer_without_a_token_is_refused(
    simulator: RegistrySimulator, quick_limits: ClientLimits, body: bytes
) -> None:
    simulator.authentication = "token"
    simulator.fault("^/token$", Reply(200, {}, body))

    with client_of(simulator, quick_limits) as client, pytest.raises(RegistryRefusedError, match="token server"):
        client.ping()


def test_a_huge_or_broken_token_answer_ends(simulator: RegistrySimulator, quick_limits: ClientLimits) -> None:
    simulator.authentication = "token"
    simulator.fault("^/token$", Reply(500), times=4)
    simulator.fault("^/token$", Reply(200, {}, b'{"token":"' + b"x" * 300_000 + b'"}'))

    with client_of(simulator, quick_limits) as client:
        with pytest.raises(RegistryUnavailableError):
            client.ping()
        with pytest.raises(DogwatchError, match="token_bytes"):
            client.ping()


def test_rights_to_push_are_never_asked_for(
    simulator: RegistrySimulator, quick_limits: ClientLimits, image: BuiltManifest
) -> None:
    def greedy(request: SeenRequest, honest: Reply) -> Reply:
        scope = "repository:team/app:pull,push,metadata_read repository:secret/thing:push,delete"
        challenge = f'Bearer realm="{simulator.url}/token",service="simulator",scope="{scope}"'
        return Reply(401, {"www-authenticate": challenge})

    simulator.authentication = "token"
    simulator.fault("/manifests/", greedy, times=1)

    with client_of(simulator, quick_limits) as client, pytest.raises(RegistryDeniedError):
        client.manifest("team/app", "1.0")
    (token, *_) = [request for request in simulator.requests if request.path == "/token"]
    assert token.query["scope"] == ["repository:team/app:pull,metadata_read"]
