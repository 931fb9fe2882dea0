"""Exclusion lists: patterns as people write them, and whether an event is of somebody on the list."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.exclusions import MAX_PATTERN, Exclusion, ExclusionKind
from dogwatch.windows.patterns import is_named

_PRINCIPAL_ARN = re.compile(
    r"arn:aws(?:-[a-z]+)*:iam::(?P<account>[0-9]{12}):(?:role|user)/(?P<name>[\w+=,.@-]+(?:/[\w+=,.@-]+)*)", re.ASCII
)

_EVERYBODY = "is everybody; an activity window of NONE says so in plain words"


def read_pattern(kind: ExclusionKind, text: str) -> str:
    """Return a pattern as it is kept: networks in their usual form, an address alone as a network of one.

    Raises:
        InvalidRequestError: empty, too long, no network, or a pattern that everybody meets.
    """
    pattern = text.strip()
    if not pattern or len(pattern) > MAX_PATTERN or not pattern.isprintable():
        raise InvalidRequestError("pattern", f"must be 1 to {MAX_PATTERN} characters that can be seen")
    if kind is ExclusionKind.ADDRESS:
        return _network(pattern)
    if not pattern.strip("*"):
        raise InvalidRequestError("pattern", f"{pattern} {_EVERYBODY}")
    return pattern


@dataclass(frozen=True, slots=True)
class PrincipalArn:
    """What the ARN of a role or user says: whose it is, and its name with its path."""

    account_id: str
    name: str


def read_principal_arn(text: str) -> PrincipalArn | None:
    """Read an ARN as AWS's clients name principals by; None where it is none.

    Source:
        ecr service model 2015-09-21: PrincipalArn.
    """
    found = _PRINCIPAL_ARN.fullmatch(text)
    return None if found is None else PrincipalArn(found["account"], found["name"])


def _network(text: str) -> str:
    try:
        network = ip_network(text)
    except ValueError:
        network = None
    if network is None:
        try:
            hint = f"; {ip_network(text, strict=False)} is the network it lies in"
        except ValueError:
            hint = ", such as 192.0.2.0/24 or 2001:db8::/32"
        raise InvalidRequestError("pattern", f"{text!r} is no network{hint}")
    if network.prefixlen == 0:
        raise InvalidRequestError("pattern", f"{text} {_EVERYBODY}")
    return str(network)


@dataclass(frozen=True, slots=True)
class ExclusionList:
    """A list made ready for many events: entries by kind, in the order of their ids."""

    principals: tuple[tuple[str, Exclusion], ...]
    user_agents: tuple[tuple[str, Exclusion], ...]
    networks: tuple[tuple[IPv4Network | IPv6Network, Exclusion], ...]

    @classmethod
    def of(cls, entries: Iterable[Exclusion]) -> ExclusionList:
        """Make a list of entries that `read_pattern` has let through."""
        ordered = sorted(entries, key=lambda one: one.id)
        return cls(
            tuple(
                (name, one)
                for one in ordered
                if one.kind is ExclusionKind.PRINCIPAL
                for name in _principal_patterns(one.pattern)
            ),
            tuple((one.pattern.lower(), one) for one in ordered if one.kind is ExclusionKind.USER_AGENT),
            tuple((ip_network(one.pattern), one) for one in ordered if one.kind is ExclusionKind.ADDRESS),
        )

    def find(self, principal: str, user_agent: str, client_address: str) -> Exclusion | None:
        """Return the first entry that an event meets; what is not known of an event meets nothing."""
        by_name = next((one for pattern, one in self.principals if principal and is_named(pattern, principal)), None)
        if by_name is not None:
            return by_name
        agent = user_agent.lower()
        by_agent = next((one for pattern, one in self.user_agents if agent and is_named(pattern, agent)), None)
        if by_agent is not None or not self.networks:
            return by_agent
        address = read_address(client_address)
        return next((one for network, one in self.networks if address is not None and address in network), None)


def _principal_patterns(pattern: str) -> tuple[str, ...]:
    """Return what a principal may be called: an ARN is also the name that it ends in, as registries tell that alone."""
    arn = read_principal_arn(pattern)
    return (pattern,) if arn is None else (pattern, arn.name)


def read_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address in what a registry says of its client: with or without a port, an IPv4 one as itself.

    Returns:
        None where there is none.
    """
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        found = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
