"""What is set up at a running service, and what scans would cost there: one class for each of the ports of `cli`."""

from __future__ import annotations

from urllib.parse import quote

from dogwatch.cli.remote import cost_shapes, setup_shapes
from dogwatch.cli.remote.wire import Wire
from dogwatch.model.accounts import AccountStatus
from dogwatch.model.costs import Costs
from dogwatch.model.exclusions import Exclusion, ExclusionKind
from dogwatch.model.registries import Registry
from dogwatch.model.scanning import ScanningConfiguration


class RemoteRegistries:
    """Implements `ports.Registries`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self, account_id: str) -> tuple[Registry, ...]:
        """Return the registries that are watched."""
        return tuple(one.view() for one in self._wire.get("/registries", setup_shapes.RegistryList).registries)

    def believe_bills(self, account_id: str, alias: str, *, believed: bool) -> None:
        """Let bills that are attached to images of a registry count, or not any more."""
        path = f"/registries/{quote(alias, safe='')}"
        self._wire.send("PATCH", path, setup_shapes.RegistryList, {"sboms": believed})

    def remove(self, account_id: str, alias: str) -> None:
        """Stop watching a registry."""
        self._wire.delete(f"/registries/{quote(alias, safe='')}")


class RemoteCosts:
    """Implements `ports.CostViews`; the prices are the service's."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def load(self, account_id: str) -> Costs:
        """Return scans by registry and month."""
        return self._wire.get("/costs", cost_shapes.Told).view()


class RemoteScanning:
    """Implements `ports.Scanning`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def load(self, account_id: str) -> ScanningConfiguration:
        """Return the rules."""
        return self._wire.get("/scanning", ScanningConfiguration)


class RemoteAccounts:
    """Implements `ports.Accounts`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def status(self, account_id: str) -> AccountStatus:
        """Return how the key's account stands."""
        return self._wire.get("/account", AccountStatus)


class RemoteExclusions:
    """Implements `ports.Exclusions`; the service writes down the access key as who did it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self, account_id: str) -> tuple[Exclusion, ...]:
        """Return whose events move no clock."""
        return self._wire.get("/exclusions", setup_shapes.Exclusions).exclusions

    def add(self, account_id: str, kind: ExclusionKind, pattern: str, reason: str, by: str) -> Exclusion:
        """Add an entry."""
        wish = {"kind": str(kind), "pattern": pattern, "reason": reason}
        return self._wire.send("POST", "/exclusions", Exclusion, wish)

    def remove(self, account_id: str, exclusion_id: int, by: str) -> None:
        """End an entry."""
        self._wire.delete(f"/exclusions/{exclusion_id}")
