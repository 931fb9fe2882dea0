"""Hosts on one machine: network namespaces on a bridge that stands in a namespace of its own.

Nothing of it touches the machine's own network, and all of it goes with the test. A host that is cut off notices
nothing: its link stays up, its packets are lost.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest

NO_NAMESPACES = "needs root with the right to make network namespaces; run as root to try it"
_NEWNET = 0x40000000
_DISABLED, _FORWARDING = "0", "3"  # states of a bridge's port


@dataclass(frozen=True)
class Host:
    """A network namespace with one address; `port` is its plug in the bridge."""

    namespace: str
    address: str
    port: str

    def command(self, *arguments: str) -> list[str]:
        """Return a command line that runs another one here, as the same process."""
        return ["ip", "netns", "exec", self.namespace, *arguments]


@dataclass
class Network:
    """A bridge, and the hosts on it so far."""

    switch: str
    hosts: int = 0

    def add_host(self) -> Host:
        """Plug a new host in."""
        self.hosts += 1
        number = self.hosts
        host = Host(f"{self.switch}-{number}", f"10.86.70.{number}", f"p{number}")
        _ip("netns", "add", host.namespace)
        _ip("link", "add", "eth0", "netns", host.namespace, "type", "veth", "peer", host.port, "netns", self.switch)
        _ip("-n", self.switch, "link", "set", host.port, "master", "br0", "up")
        _ip("-n", host.namespace, "address", "add", f"{host.address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            _ip("-n", host.namespace, "link", "set", device, "up")
        return host

    def cut(self, host: Host) -> None:
        """Lose every packet from and to a host from now on."""
        self._set_port(host, _DISABLED)

    def mend(self, host: Host) -> None:
        """Let packets through again."""
        self._set_port(host, _FORWARDING)

    def _set_port(self, host: Host, state: str) -> None:
        _run(["bridge", "-n", self.switch, "link", "set", "dev", host.port, "state", state])


@contextmanager
def network() -> Iterator[Network]:
    """Make a bridge; it goes with its hosts. Whatever was started on them is to be ended before."""
    made = Network(f"dogwatch-{os.getpid()}")
    try:
        _ip("netns", "add", made.switch)
        _ip("-n", made.switch, "link", "add", "br0", "type", "bridge")
        _ip("-n", made.switch, "link", "set", "br0", "up")
        yield made
    finally:
        for number in range(1, made.hosts + 1):
            with suppress(AssertionError):
                _ip("netns", "delete", f"{made.switch}-{number}")
        _ip("netns", "delete", made.switch)


@contextmanager
def standing_on(host: Host) -> Iterator[None]:
    """Let the sockets that this thread makes be those of a host. They stay so after the block."""
    with open("/proc/thread-self/ns/net", "rb") as home, open(f"/run/netns/{host.namespace}", "rb") as there:
        _enter(there.fileno())
        try:
            yield
        finally:
            _enter(home.fileno())


def requires_namespaces() -> pytest.MarkDecorator:
    """Skips where hosts cannot be made."""
    return pytest.mark.skipif(not _may_make_namespaces(), reason=_reason())


def _reason() -> str:
    return NO_NAMESPACES if shutil.which("bridge") else "apt-get install -y iproute2"


def _may_make_namespaces() -> bool:
    if os.geteuid() != 0 or not shutil.which("bridge"):
        return False
    name = f"dogwatch-{os.getpid()}-try"
    try:
        _ip("netns", "add", name)
        _ip("netns", "delete", name)
    except AssertionError:
        return False
    return True


def _enter(namespace: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(namespace, _NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _ip(*arguments: str) -> None:
    _run(["ip", *arguments])


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
