"""What Chainguard's records say of the package that brings a flaw (decision 0053), and whether a fix for it will come.

Their ranges alone are open whatever comes. Called for every entry of a record in the OSV format.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec

from dogwatch.model.advisories import AffectedPackage, Naming

_FAMILIES: Final = frozenset({"Chainguard", "Wolfi"})
_NOT_PLANNED: Final = "fix_not_planned"
_NOT_DETERMINED: Final = frozenset({"detection", "analysis_not_planned", "under_investigation"})


class _Component(msgspec.Struct):
    latest_event_status: str = ""


class _Specific(msgspec.Struct):
    components: list[_Component] = []


class _Chainguard(msgspec.Struct, frozen=True):
    applies_to_subpackages: bool = True


class _Database(msgspec.Struct):
    chainguard: _Chainguard = _Chainguard()


_COMPONENTS: Final = msgspec.json.Decoder(_Specific | None)
_DATABASE: Final = msgspec.json.Decoder(_Database | None)


def restate_by_component(affected: AffectedPackage, specific: msgspec.Raw, database: msgspec.Raw) -> AffectedPackage:
    """Return an entry by the names of its package that it means, with the state that its components have.

    Entries of other ecosystems stay as they are. What was only detected leaves undetermined who is affected: it has no
    range then. A fix in version "0", which is how a false positive is written, is told by the range.

    Args:
        affected: the entry.
        specific: its `ecosystem_specific`; what cannot be read there says nothing.
        database: its `database_specific`; the same.

    Source:
        Chainguard, OSV feed v3 (2026): `components`, `applies_to_subpackages`; Wolfi, types of advisory events.
    """
    if affected.ecosystem not in _FAMILIES:
        return affected
    meant = replace(affected, naming=_naming(database))
    try:
        read = _COMPONENTS.decode(specific)
    except msgspec.MsgspecError:
        return meant
    statuses = {one.latest_event_status.replace("-", "_") for one in (read.components if read else ())}
    if statuses and statuses <= _NOT_DETERMINED:
        return replace(meant, ranges=(), versions=())
    return replace(meant, state="will not fix") if _NOT_PLANNED in statuses else meant


def _naming(database: msgspec.Raw) -> Naming:
    """Return which names are meant: also that of the source, unless what else is built from it is said not to be."""
    try:
        read = _DATABASE.decode(database)
    except msgspec.MsgspecError:
        return Naming.EITHER
    return Naming.OWN if read and not read.chainguard.applies_to_subpackages else Naming.EITHER
