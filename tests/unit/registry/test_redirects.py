from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from dogwatch.model.errors import ConfigError, RegistryDeniedError, RegistryRefusedError, RegistryUnavailableError
from dogwatch.model.images import Descriptor
from dogwatch.model.registries import RegistryAccess
from dogwatch.registry.client import RegistryClient
from dogwatch.registry.limits import ClientLimits
from tests.builders.oci import BuiltManifest, build_image, layer_tar
from tests.simulators.faults import Play, Reply, SeenRequest
from tests.simulators.registry import RegistrySimulator, ranged, serving_registry


def layer_of(image: BuiltManifest) -> Descriptor:
    blob = image.blobs[1]
    return Descriptor(blob.media_type, blob.digest, len(blob.content))


def read_layer(client: RegistryClient, image: BuiltManifest) -> bytes:
    with client.open_blob("team/app", layer_of(image)) as reader:
        return reader.read()


def test_a_blob_is_fetched_from_object_storage_without_our_credentials(
    simulator: RegistrySimulator, quick_limits: ClientLimits, image: BuiltManifest
) -> None:
    simulator.authentication = "basic"
    access = RegistryAccess(simulator.url, username="watcher", password_variable="P")
    with (
        serving_registry(RegistrySimulator()) as storage,
        RegistryClient(access, {"P": "s3cret"}, "dogwatch/0", quick_limits) as client,
    ):
        storage.fault("^/bucket/", lambda request, honest: ranged(request, image.blobs[1].content))
        simulator.fault("/blobs/", redirecting(f"{storage.url}/bucket/x?signature=secret"))

        assert read_layer(client, image) == image.blobs[1].content
        assert client.config("team/app", layer_of(image)) == image.blobs[1].content
    assert [request.query for request in storage.requests] == [{"signature": ["secret"]}] * 2
    assert all("authorization" not in request.headers for request in storage.requests)
    assert "authorization" in simulator.requests[-1].headers


def redirecting(location: str) -> Play:
    """A fault that sends on whoever the registry would have let in."""

    def play(request: SeenRequest, honest: Reply) -> Reply:
        return honest if honest.status == 401 else Reply(307, {"location": location})

    return play


def test_a_resumed_blob_asks_the_registry_for_a_fresh_address(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    content = image.blobs[1].content
    with serving_registry(RegistrySimulator()) as storage:
        storage.fault("^/first", Reply(200, {}, content[:500], len(content)))
        storage.fault("^/second", lambda request, honest: ranged(request, content))
        simulator.fault("/blobs/", Reply(307, {"location": f"{storage.url}/first"}), times=1)
        simulator.fault("/blobs/", Reply(307, {"location": f"{storage.url}/second"}), times=1)

        assert read_layer(client, image) == content
    assert [request.headers.get("range") for request in storage.requests] == [None, "bytes=500-"]


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://0.0.0.0/",
    ],
)
def test_a_redirect_to_the_inside_is_refused(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest, location: str
) -> None:
    simulator.fault("/blobs/", Reply(302, {"location": location}))

    with pytest.raises(RegistryRefusedError, match=r"leads to a (link-local|special) address"):
        read_layer(client, image)


@pytest.mark.parametrize(
    "location", ["", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://[::zz]/", "http://u:p@127.0.0.1/"]
)
def test_an_unusable_redirect_is_refused(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest, location: str
) -> None:
    simulator.fault("/blobs/", Reply(302, {"location": location}))

    with pytest.raises(RegistryRefusedError, match="redirects to"):
        read_layer(client, image)


def test_redirects_in_circles_end(simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest) -> None:
    simulator.fault("/blobs/", lambda request, honest: Reply(307, {"location": request.path}))

    with pytest.raises(RegistryRefusedError, match="more than 5 redirects"):
        read_layer(client, image)
    assert len(simulator.requests) == 6


def test_a_manifest_is_not_fetched_from_another_host(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    simulator.fault("/manifests/", Reply(307, {"location": "http://other.example/v2/team/app/manifests/1.0"}))

    with pytest.raises(RegistryRefusedError, match="to another host"):
        client.manifest("team/app", "1.0")


def test_a_manifest_may_move_on_its_own_host(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    simulator.fault("/manifests/1.0$", Reply(301, {"location": f"/v2/team/app/manifests/{image.digest}"}))

    assert client.manifest("team/app", "1.0").digest == image.digest


def test_a_refusal_by_the_storage_names_the_storage_and_no_signature(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    with serving_registry(RegistrySimulator()) as storage:
        storage.fault("", Reply(403, {}, b"Request has expired"))
        simulator.fault("/blobs/", Reply(307, {"location": f"{storage.url}/bucket?X-Amz-Signature=abc"}))

        with pytest.raises(RegistryDeniedError) as caught:
            read_layer(client, image)
    assert caught.value.fields == {"url": f"{storage.url}/bucket", "status": 403, "reason": "Request has expired"}


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def server_tls(authority: trustme.CA, name: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_a_registry_under_its_own_authority_is_trusted_by_its_ca_file(
    authority: trustme.CA, ca_file: str, quick_limits: ClientLimits
) -> None:
    with (
        serving_registry(RegistrySimulator(), server_tls(authority)) as simulator,
        RegistryClient(RegistryAccess(simulator.url, ca_file=ca_file), {}, "dogwatch/0", quick_limits) as client,
    ):
        assert client.ping() == "registry/2.0"


def test_a_registry_that_nobody_vouches_for_fails_at_once_and_says_why(
    authority: trustme.CA, quick_limits: ClientLimits
) -> None:
    with (
        serving_registry(RegistrySimulator(), server_tls(authority)) as simulator,
        RegistryClient(simulator.access, {}, "dogwatch/0", quick_limits) as client,
        pytest.raises(RegistryUnavailableError, match="certificate verify failed"),
    ):
        client.ping()
    assert simulator.requests == []


def test_a_certificate_for_another_name_fails(authority: trustme.CA, ca_file: str, quick_limits: ClientLimits) -> None:
    with (
        serving_registry(RegistrySimulator(), server_tls(authority, "elsewhere.example")) as simulator,
        RegistryClient(RegistryAccess(simulator.url, ca_file=ca_file), {}, "dogwatch/0", quick_limits) as client,
        pytest.raises(RegistryUnavailableError, match=r"[Hh]ostname"),
    ):
        client.ping()


def test_from_https_nobody_sends_us_to_http(authority: trustme.CA, ca_file: str, quick_limits: ClientLimits) -> None:
    image = build_image([layer_tar({"a": b"1"})])
    with (
        serving_registry(RegistrySimulator(), server_tls(authority)) as simulator,
        serving_registry(RegistrySimulator()) as storage,
        RegistryClient(RegistryAccess(simulator.url, ca_file=ca_file), {}, "dogwatch/0", quick_limits) as client,
    ):
        simulator.fault("/blobs/", Reply(307, {"location": storage.url}))
        with pytest.raises(RegistryRefusedError, match="from https to http"):
            read_layer(client, image)
        assert storage.requests == []


def test_from_https_no_password_goes_to_a_token_server_on_http(
    authority: trustme.CA, ca_file: str, quick_limits: ClientLimits
) -> None:
    with (
        serving_registry(RegistrySimulator(authentication="token"), server_tls(authority)) as simulator,
        serving_registry(RegistrySimulator()) as thief,
    ):
        simulator.realm = thief.url.replace("127.0.0.1", "localhost") + "/token"
        access = RegistryAccess(simulator.url, username="watcher", password_variable="P", ca_file=ca_file)
        with (
            RegistryClient(access, {"P": "s3cret"}, "dogwatch/0", quick_limits) as client,
            pytest.raises(RegistryRefusedError, match="neither on https"),
        ):
            client.ping()
        assert thief.requests == []


def test_plain_http_at_a_tls_port_and_the_reverse_are_errors_not_hangs(
    authority: trustme.CA, ca_file: str, quick_limits: ClientLimits
) -> None:
    with (
        serving_registry(RegistrySimulator(), server_tls(authority)) as simulator,
        RegistryClient(RegistryAccess(simulator.url.replace("https", "http")), {}, "d/0", quick_limits) as client,
        pytest.raises(RegistryUnavailableError),
    ):
        client.ping()
    with serving_registry(RegistrySimulator()) as simulator:
        access = RegistryAccess(simulator.url.replace("http", "https"), ca_file=ca_file)
        with RegistryClient(access, {}, "d/0", quick_limits) as client, pytest.raises(RegistryUnavailableError):
            client.ping()


@pytest.mark.parametrize(
    "access",
    [
        RegistryAccess("registry.example"),
        RegistryAccess("ftp://registry.example"),
        RegistryAccess("https://"),
        RegistryAccess("https://user:secret@registry.example"),
        RegistryAccess("https://registry.example/?a=b"),
        RegistryAccess("https://registry.example:port"),
        RegistryAccess("https://user:secret@registry.example:secret"),
        RegistryAccess("http://registry.example", ca_file="ca.pem"),
        RegistryAccess("https://registry.example", ca_file="/nonexistent/ca.pem"),
        RegistryAccess("https://registry.example", ca_file=__file__),
    ],
)
def test_an_address_that_cannot_work_is_a_configuration_error_without_secrets(access: RegistryAccess) -> None:
    with pytest.raises(ConfigError) as caught:
        RegistryClient(access, {}, "dogwatch/0")
    assert "secret" not in str(caught.value)
