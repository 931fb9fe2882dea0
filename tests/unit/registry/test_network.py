from __future__ import annotations

import socket
from collections.abc import Iterator

import httpcore2
import pytest

from dogwatch.model.errors import RegistryRefusedError
from dogwatch.registry.limits import ClientLimits
from dogwatch.registry.network import GuardedBackend, Zone, zone_of, zones_open_to


@pytest.mark.parametrize(
    ("address", "zone"),
    [
        ("93.184.216.34", Zone.PUBLIC),
        ("2606:2800:220:1::1", Zone.PUBLIC),
        ("10.1.2.3", Zone.PRIVATE),
        ("172.16.0.1", Zone.PRIVATE),
        ("192.168.0.1", Zone.PRIVATE),
        ("100.64.0.1", Zone.PRIVATE),
        ("fd00::1", Zone.PRIVATE),
        ("192.0.2.1", Zone.PRIVATE),
        ("127.0.0.1", Zone.LOOPBACK),
        ("127.255.255.254", Zone.LOOPBACK),
        ("::1", Zone.LOOPBACK),
        ("::ffff:127.0.0.1", Zone.LOOPBACK),
        ("64:ff9b::7f00:1", Zone.LOOPBACK),
        ("2002:7f00:1::", Zone.LOOPBACK),
        ("::ffff:10.0.0.1", Zone.PRIVATE),
        ("169.254.169.254", Zone.LINK_LOCAL),
        ("::ffff:169.254.169.254", Zone.LINK_LOCAL),
        ("fd00:ec2::254", Zone.CLOUD),
        ("fd20:ce::254", Zone.CLOUD),
        ("100.100.100.200", Zone.CLOUD),
        ("::ffff:168.63.129.16", Zone.CLOUD),
        ("168.63.129.16", Zone.CLOUD),
        ("192.0.0.192", Zone.CLOUD),
        ("fe80::1%eth0", Zone.LINK_LOCAL),
        ("0.0.0.0", Zone.SPECIAL),
        ("::", Zone.SPECIAL),
        ("224.0.0.1", Zone.SPECIAL),
        ("ff02::1", Zone.SPECIAL),
    ],
)
def test_an_address_lies_in_its_zone_however_it_is_written(address: str, zone: Zone) -> None:
    assert zone_of(address) is zone


@pytest.mark.parametrize(
    ("registry", "zones"),
    [
        ("93.184.216.34", {Zone.PUBLIC}),
        ("10.0.0.5", {Zone.PUBLIC, Zone.PRIVATE}),
        ("127.0.0.1", {Zone.PUBLIC, Zone.PRIVATE, Zone.LOOPBACK}),
    ],
)
def test_a_registry_opens_its_own_zone_and_what_lies_outside_it(registry: str, zones: set[Zone]) -> None:
    assert zones_open_to(registry, 443) == zones


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "::ffff:127.0.0.1"])
def test_a_public_registry_cannot_send_us_to_this_machine(port: int, host: str) -> None:
    backend = GuardedBackend(ClientLimits(), zones_open_to("93.184.216.34", 443))

    with pytest.raises(RegistryRefusedError, match="leads to a loopback address"):
        backend.connect_tcp(host, port, 1.0)


def test_an_open_zone_and_the_operators_own_host_are_connected_to(port: int) -> None:
    for zones in (frozenset({Zone.PUBLIC, Zone.LOOPBACK}), None):
        stream = GuardedBackend(ClientLimits(), zones).connect_tcp("127.0.0.1", port, 1.0)
        assert stream.get_extra_info("server_addr") == ("127.0.0.1", port)
        stream.close()


def test_a_host_with_several_addresses_is_tried_at_each(port: int) -> None:
    # `localhost` is ::1 as well on most machines, and nobody listens there.
    stream = GuardedBackend(ClientLimits(), frozenset({Zone.LOOPBACK})).connect_tcp("localhost", port, 1.0)
    assert stream.get_extra_info("server_addr") == ("127.0.0.1", port)
    stream.close()


def test_a_name_that_does_not_resolve_is_a_connection_error() -> None:
    with pytest.raises(httpcore2.ConnectError):
        GuardedBackend(ClientLimits(), frozenset({Zone.PUBLIC})).connect_tcp("registry.invalid", 443, 1.0)
    with pytest.raises(httpcore2.ConnectError):
        GuardedBackend(ClientLimits(), frozenset({Zone.PUBLIC})).connect_tcp("x" * 70 + ".example", 443, 1.0)
