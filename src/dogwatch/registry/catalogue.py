"""The kinds of registries that we understand, as a visible tuple."""

from __future__ import annotations

from dogwatch.model.errors import ConfigError
from dogwatch.registry.adapter import RegistryAdapter
from dogwatch.registry.distribution import DistributionAdapter

ADAPTERS: tuple[RegistryAdapter, ...] = (DistributionAdapter(),)


def adapter_for(kind: str) -> RegistryAdapter:
    """Return the adapter of a kind.

    Raises:
        ConfigError: no such kind; names those that there are.
    """
    for adapter in ADAPTERS:
        if adapter.kind == kind:
            return adapter
    raise ConfigError("registry kind", f"{kind!r} is not known; known are: {', '.join(a.kind for a in ADAPTERS)}")
