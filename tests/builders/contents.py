"""What images contain and what feeds say of it, put into the stores of a `watching.World`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from dogwatch.model.advisories import Advisory, AffectedPackage, RangeEvent, RangeEventKind, SeverityFact, StatedRange
from dogwatch.model.feeds import FeedChanges, ParsedRecord
from dogwatch.model.gaps import Gap
from dogwatch.model.packages import Distribution, Inventory, Package, PackageSet, Provenance
from dogwatch.store.inventories import InventoryStore
from dogwatch.store.journal import JournalStore
from tests.builders.watching import World, day, digest

DEBIAN = Distribution("debian", "12", "Debian GNU/Linux 12 (bookworm)", "Debian:12")


def contain(
    world: World,
    now: float,
    name: str,
    *packages: Package,
    places: Sequence[tuple[Package, int, str]] = (),
    gaps: Sequence[Gap] = (),
    fingerprint: str = "one",
) -> None:
    """Say on a day what an image contains: packages of the oldest layer, or `places`: (package, layer, path)."""
    places = places or [(each, 0, f"{each.name}.json") for each in packages]
    found = tuple(sorted({package for package, _, _ in places}))
    sets = tuple(
        PackageSet(source, tuple(one for one in found if _source(one) == source), _digest(source, found))
        for source in sorted({_source(one) for one in found})
    )
    inventory = Inventory(_digest("inventory", [*found, *gaps]), DEBIAN, sets, tuple(gaps))
    provenance = [Provenance(package, layer, (path,)) for package, layer, path in places]
    (chain,) = world.rows("SELECT chain_id FROM image WHERE digest = %s", digest(name))[0]
    assert isinstance(chain, int)
    InventoryStore(world.database).save_inventory(chain, fingerprint, inventory, provenance, day(now))


def publish(world: World, now: float, ecosystem: str, *advisories: Advisory, removed: Sequence[str] = ()) -> None:
    """Let a feed bring advisories on a day."""
    records = (ParsedRecord(one.id, one.modified_at, b'{"id":"x"}', one) for one in advisories)
    JournalStore(world.database).publish("osv", ecosystem, FeedChanges({}, iter(records), tuple(removed)), day(now))


def advisory(
    name: str, ecosystem: str, package: str, at: float, *, fixed: str = "9", withdrawn: bool = False, severity: str = ""
) -> Advisory:
    """Return an advisory as modified on a day: every version of a package before `fixed` is affected."""
    events = (RangeEvent(RangeEventKind.INTRODUCED, "0"), RangeEvent(RangeEventKind.FIXED, fixed))
    return Advisory(
        source="osv",
        id=name,
        modified_at=day(at),
        published_at=day(0),
        withdrawn_at=day(at) if withdrawn else None,
        summary="",
        details="",
        affected=(AffectedPackage(ecosystem, package, (StatedRange("ECOSYSTEM", events),)),),
        severity=(SeverityFact("TEXT", severity),) if severity else (),
    )


def _source(package: Package) -> str:
    return "dpkg" if ":" in package.ecosystem else package.ecosystem


def _digest(kind: str, content: Sequence[object]) -> str:
    return "sha256:" + hashlib.sha256(repr((kind, content)).encode()).hexdigest()
