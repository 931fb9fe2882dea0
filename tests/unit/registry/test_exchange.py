from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace
from email.utils import formatdate

import pytest

from dogwatch.model.errors import (
    RegistryDeniedError,
    RegistryRefusedError,
    RegistryThrottledError,
    RegistryUnavailableError,
)
from dogwatch.model.images import Descriptor
from dogwatch.model.registries import RegistryAccess
from dogwatch.registry.client import RegistryClient
from dogwatch.registry.limits import ClientLimits
from tests.builders.oci import BuiltManifest
from tests.ports import free_port
from tests.simulators.faults import WEB_PAGE, Reply, broken_after, no_reply
from tests.simulators.registry import RegistrySimulator, serving_registry

MUCH_TOO_LONG_SECONDS = 60.0
"""What trickles here would take many minutes; a busy machine takes some seconds to notice."""


def read_layer(client: RegistryClient, image: BuiltManifest) -> bytes:
    blob = image.blobs[1]
    with client.open_blob("team/app", Descriptor(blob.media_type, blob.digest, len(blob.content))) as reader:
        return reader.read()


def test_a_registry_that_stumbles_is_asked_again(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    simulator.fault("/manifests/", no_reply, times=1)
    simulator.fault("/manifests/", Reply(500), times=1)
    simulator.fault("/manifests/", broken_after(100), times=1)

    assert client.manifest("team/app", "1.0").digest == image.digest
    assert len(simulator.requests) == 4


def test_a_registry_that_stays_broken_is_unavailable_after_four_tries_and_says_why(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    simulator.fault("/manifests/", Reply(503, {}, b'{"errors":[{"code":"UNAVAILABLE","message":"storage is down"}]}'))

    with pytest.raises(RegistryUnavailableError) as caught:
        client.manifest("team/app", "1.0")
    assert caught.value.fields == {
        "url": f"{simulator.url}/v2/team/app/manifests/1.0",
        "reason": "status 503: UNAVAILABLE: storage is down",
    }
    assert len(simulator.requests) == 4


def test_a_manifest_that_always_breaks_off_is_unavailable(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    simulator.fault("/manifests/", broken_after(100))

    with pytest.raises(RegistryUnavailableError):
        client.manifest("team/app", "1.0")


def test_a_blob_that_always_breaks_off_is_unavailable_after_five_resumptions(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    simulator.fault("/blobs/", broken_after(1000))

    with pytest.raises(RegistryUnavailableError, match="broke off at byte 6000 of"):
        read_layer(client, image)
    assert len(simulator.requests) == 6


def test_nobody_at_the_address_is_unavailable(quick_limits: ClientLimits) -> None:
    with (
        RegistryClient(RegistryAccess(f"http://127.0.0.1:{free_port()}"), {}, "dogwatch/0", quick_limits) as client,
        pytest.raises(RegistryUnavailableError, match="refused"),
    ):
        client.ping()


def test_a_name_that_does_not_resolve_is_unavailable(quick_limits: ClientLimits) -> None:
    with (
        RegistryClient(RegistryAccess("http://registry.invalid"), {}, "dogwatch/0", quick_limits) as client,
        pytest.raises(RegistryUnavailableError),
    ):
        client.ping()


def test_silence_is_unavailable(
    simulator: RegistrySimulator, hasty_client: RegistryClient, image: BuiltManifest
) -> None:
    simulator.fault("/manifests/", Reply(200, {}, b"{}", wait_seconds=MUCH_TOO_LONG_SECONDS))

    with pytest.raises(RegistryUnavailableError, match=r"no answer in time \(ReadTimeout\)"):
        hasty_client.manifest("team/app", "1.0")


def test_a_trickle_is_a_stall(simulator: RegistrySimulator, hasty_client: RegistryClient, image: BuiltManifest) -> None:
    simulator.fault("/manifests/", Reply(200, {}, b"x" * 100_000, drip_seconds=0.02))
    started = time.monotonic()

    with pytest.raises(RegistryUnavailableError, match=r"stalled: \d+ bytes in"):
        hasty_client.manifest("team/app", "1.0")
    assert time.monotonic() - started < MUCH_TOO_LONG_SECONDS


def test_a_small_document_that_takes_too_long_is_given_up_however_it_trickles(
    simulator: RegistrySimulator, image: BuiltManifest
) -> None:
    simulator.fault("/manifests/", Reply(200, {}, b"x" * 100_000, drip_seconds=0.01))
    limits = ClientLimits(attempts=1, document_seconds=0.3)

    with (
        RegistryClient(simulator.access, {}, "dogwatch/0", limits) as client,
        pytest.raises(RegistryUnavailableError, match=r"a small document took over 0.3 s"),
    ):
        client.manifest("team/app", "1.0")


def test_a_trickling_blob_is_a_stall_too(
    simulator: RegistrySimulator, hasty_client: RegistryClient, image: BuiltManifest
) -> None:
    simulator.fault("/blobs/", lambda request, honest: Reply(200, {}, image.blobs[1].content, drip_seconds=0.02))
    started = time.monotonic()

    with pytest.raises(RegistryUnavailableError, match="broke off"):
        read_layer(hasty_client, image)
    assert time.monotonic() - started < MUCH_TOO_LONG_SECONDS


def test_trickling_headers_are_a_stall_too(hasty_limits: ClientLimits) -> None:
    # Fewer header bytes than the limit of an answer, each just in time for the read timeout.
    simulator = RegistrySimulator()
    simulator.fault("/v2/", Reply(200, {f"x-{number}": "y" for number in range(200)}, b"{}", header_drip_seconds=0.05))

    with (
        serving_registry(simulator),
        RegistryClient(simulator.access, {}, "dogwatch/0", hasty_limits) as client,
        pytest.raises(RegistryUnavailableError, match="stalled"),
    ):
        client.ping()


def test_a_slow_reader_is_no_stall(hasty_client: RegistryClient, image: BuiltManifest) -> None:
    blob = image.blobs[1]
    read = b""
    with hasty_client.open_blob("team/app", Descriptor(blob.media_type, blob.digest, len(blob.content))) as reader:
        while piece := reader.read(4096):
            read += piece
            time.sleep(0.1)
    assert read == blob.content


def test_many_slow_small_answers_on_one_connection_are_no_stall(
    simulator: RegistrySimulator, hasty_limits: ClientLimits, image: BuiltManifest
) -> None:
    simulator.fault("/manifests/", lambda request, honest: Reply(200, honest.headers, honest.body, wait_seconds=0.2))
    limits = replace(hasty_limits, silence_seconds=MUCH_TOO_LONG_SECONDS)

    with RegistryClient(simulator.access, {}, "dogwatch/0", limits) as client:
        digests = {client.manifest("team/app", "1.0").digest for _ in range(4)}

    assert (digests, len(simulator.requests)) == ({image.digest}, 4)


def test_a_short_wait_is_waited_for(simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest) -> None:
    simulator.fault("/manifests/", Reply(429, {"retry-after": "1"}), times=1)
    started = time.monotonic()

    assert client.manifest("team/app", "1.0").digest == image.digest
    assert time.monotonic() - started >= 1.0


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("120", 120.0), ("99999999999999999999", 3600.0), (formatdate(1_800_000_300, usegmt=True), 300.0)],
)
def test_a_long_wait_is_handed_on_with_its_time(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest, retry_after: str, seconds: float
) -> None:
    date = formatdate(1_800_000_000, usegmt=True)
    simulator.fault("/manifests/", Reply(429, {"retry-after": retry_after, "date": date}))

    with pytest.raises(RegistryThrottledError) as caught:
        client.manifest("team/app", "1.0")
    assert caught.value.retry_after_seconds == seconds
    assert len(simulator.requests) == 1


@pytest.mark.parametrize("retry_after", ["", "soon", "-5", "Wed, 99 Foo 2026"])
def test_throttling_without_a_usable_time_ends_with_our_own(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest, retry_after: str
) -> None:
    simulator.fault("/manifests/", Reply(429, {"retry-after": retry_after} if retry_after else {}))

    with pytest.raises(RegistryThrottledError) as caught:
        client.manifest("team/app", "1.0")
    assert caught.value.retry_after_seconds == 60.0
    assert len(simulator.requests) == 4


def test_a_wait_asked_for_by_503_counts_as_throttling(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    simulator.fault("/manifests/", Reply(503, {"retry-after": "90"}))

    with pytest.raises(RegistryThrottledError):
        client.manifest("team/app", "1.0")


def test_a_web_page_is_no_registry(simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest) -> None:
    simulator.fault("", WEB_PAGE)

    for attempt in (client.ping, lambda: client.manifest("team/app", "1.0"), lambda: list(client.catalog())):
        with pytest.raises(RegistryRefusedError, match="web page"):
            attempt()


@pytest.mark.parametrize("status", [400, 405, 410, 418])
def test_other_refusals_carry_status_and_words(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest, status: int
) -> None:
    simulator.fault("/manifests/", Reply(status, {}, b"no,\x00 thank\nyou"))

    with pytest.raises(RegistryRefusedError, match=f"status {status}: no, thank you"):
        client.manifest("team/app", "1.0")


def test_403_is_denied_with_the_registrys_words(
    simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest
) -> None:
    simulator.fault("/manifests/", Reply(403, {}, b'{"errors":[{"code":"DENIED","message":"not yours"}]}'))

    with pytest.raises(RegistryDeniedError) as caught:
        client.manifest("team/app", "1.0")
    assert caught.value.fields == {
        "url": f"{simulator.url}/v2/team/app/manifests/1.0",
        "status": 403,
        "reason": "DENIED: not yours",
    }


def test_cookies_are_not_kept(simulator: RegistrySimulator, client: RegistryClient, image: BuiltManifest) -> None:
    simulator.fault("/v2/$", Reply(200, {"set-cookie": "track=me; Path=/"}, b"{}"))

    client.ping()
    client.ping()

    assert [request.headers.get("cookie") for request in simulator.requests] == [None, None]


def test_an_answer_that_is_not_http_is_unavailable(quick_limits: ClientLimits) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(MUCH_TOO_LONG_SECONDS)

        def answer() -> None:
            for _ in range(quick_limits.attempts):
                connection, _ = server.accept()
                connection.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n")
                connection.close()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        access = RegistryAccess(f"http://127.0.0.1:{server.getsockname()[1]}")
        with RegistryClient(access, {}, "dogwatch/0", quick_limits) as client, pytest.raises(RegistryUnavailableError):
            client.ping()
        thread.join()
