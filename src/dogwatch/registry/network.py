"""Sockets with two guards: where a connection may lead, and how slowly bytes may trickle.

Used by the exchange only. A registry decides where its redirects and token realms point, so without the first guard it
could make us knock on doors inside the operator's network; without the second one it could hold a worker for ever.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable
from enum import Enum

import httpcore2
import httpx2

from dogwatch.model.errors import RegistryRefusedError
from dogwatch.registry.limits import ClientLimits


class Zone(Enum):
    """How far inside an address lies."""

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    LINK_LOCAL = "link-local"
    SPECIAL = "special"
    CLOUD = "cloud metadata"


# Where machines in a cloud are told their identity and keys, outside the link-local network. All but one lie among
# private addresses, which are open for private registries.
_CLOUD_ADDRESSES = frozenset(
    ipaddress.ip_address(address)
    for address in (
        "fd00:ec2::254",  # AWS, instances with IPv6
        "fd20:ce::254",  # Google Cloud, instances with IPv6 alone
        "100.100.100.200",  # Alibaba Cloud
        "192.0.0.192",  # Oracle Cloud
        "168.63.129.16",  # Azure, a public address
    )
)


def zone_of(address: str) -> Zone:
    """Return the zone of an IP address; IPv4 inside IPv6 (mapped, 6to4, NAT64) counts as the IPv4 address it is.

    Source:
        IANA special-purpose address registries, as the standard library knows them; RFC 6052 for NAT64; the clouds'
        documentation of their metadata services.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        ip = _inner_ipv4(ip) or ip
    if ip in _CLOUD_ADDRESSES:
        return Zone.CLOUD
    if ip.is_loopback:
        return Zone.LOOPBACK
    if ip.is_link_local:
        return Zone.LINK_LOCAL
    if ip.is_multicast or ip.is_unspecified:
        return Zone.SPECIAL
    return Zone.PUBLIC if ip.is_global else Zone.PRIVATE


def _inner_ipv4(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.sixtofour


def look_up(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses of a host, in the resolver's order.

    Raises:
        OSError: the name does not resolve.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def zones_open_to(registry_host: str, registry_port: int) -> frozenset[Zone]:
    """Say which zones a registry may send us to: the public one, its own, and private ones from its own machine.

    Raises:
        OSError: the registry's name does not resolve.
    """
    own = {zone_of(address) for address in look_up(registry_host, registry_port)}
    if Zone.LOOPBACK in own:
        own.add(Zone.PRIVATE)
    return frozenset(own | {Zone.PUBLIC})


class MeteredStream(httpcore2.NetworkStream):
    """A connection that breaks off when an answer, once begun, goes on too slowly.

    Only time spent waiting counts, so a slow consumer is not mistaken for a slow registry. The wait for the first byte
    of an answer is the read timeout's business.
    """

    def __init__(self, inner: httpcore2.NetworkStream, limits: ClientLimits) -> None:
        self._inner = inner
        self._limits = limits
        self._begun = False
        self._waited_seconds = 0.0
        self._received_bytes = 0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what has arrived; raises httpcore's ReadTimeout on a stall."""
        started = time.monotonic()
        chunk = self._inner.read(max_bytes, timeout)
        if not self._begun:
            self._begun = True
            return chunk
        self._waited_seconds += time.monotonic() - started
        self._received_bytes += len(chunk)
        if self._waited_seconds >= self._limits.stall_seconds:
            if chunk and self._received_bytes < self._limits.stall_bytes:
                raise httpcore2.ReadTimeout(
                    f"stalled: {self._received_bytes} bytes in {self._waited_seconds:.0f} s of waiting"
                )
            self._waited_seconds, self._received_bytes = 0.0, 0
        return chunk

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send a request, which begins a new measurement."""
        self._begun, self._waited_seconds, self._received_bytes = False, 0.0, 0
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Go on encrypted; the measurement stays outside."""
        return MeteredStream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._limits)

    def get_extra_info(self, info: str) -> object:
        """Facts about the socket, as httpcore asks for them."""
        return self._inner.get_extra_info(info)


class GuardedBackend(httpcore2.SyncBackend):
    """Connects only to addresses in the open zones, to exactly the address that was checked."""

    def __init__(self, limits: ClientLimits, open_zones: frozenset[Zone] | None) -> None:
        self._limits = limits
        self._open_zones = open_zones

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Open a connection.

        Raises:
            RegistryRefusedError: an address of the host lies in a zone that is not open.
        """
        addresses = (host,) if self._open_zones is None else self._permitted(host, port)
        for address in addresses[:-1]:
            try:
                return self._connect(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return self._connect(addresses[-1], port, timeout, local_address, socket_options)

    def _connect(
        self,
        address: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None,
    ) -> httpcore2.NetworkStream:
        return MeteredStream(super().connect_tcp(address, port, timeout, local_address, socket_options), self._limits)

    def _permitted(self, host: str, port: int) -> tuple[str, ...]:
        try:
            addresses = look_up(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(str(error)) from error
        for address in addresses:
            zone = zone_of(address)
            if self._open_zones is not None and zone not in self._open_zones:
                raise RegistryRefusedError(f"{host}:{port}", f"leads to a {zone.value} address, {address}")
        return addresses


class GuardedTransport(httpx2.HTTPTransport):
    """An HTTP transport over guarded sockets. `open_zones` None: no guard, for the host that the operator named."""

    def __init__(self, tls: ssl.SSLContext, limits: ClientLimits, open_zones: frozenset[Zone] | None) -> None:
        super().__init__(verify=tls, trust_env=False)
        # The transport offers no way to name a network backend, so its pool is replaced by one that has ours.
        self._pool = httpcore2.ConnectionPool(
            ssl_context=tls,
            max_connections=100,
            max_keepalive_connections=8,
            keepalive_expiry=5.0,
            network_backend=GuardedBackend(limits, open_zones),
        )
