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


_DECODER: Final = msgspec.json.Decoder(_Specific | None)


def restate_by_component(affected: AffectedPackage, specific: msgspec.Raw) -> AffectedPackage:
    """Return an entry by either name of its package, with the state that its components have.

    Entries of other ecosystems stay as they are. What was only detected leaves undetermined who is affected: it has no
    range then. A fix in version "0", which is how a false positive is written, is told by the range.

    Args:
        affected: the entry.
        specific: its `ecosystem_specific`; what cannot be read there says nothing.

    Source:
        Chainguard, OSV feed v3 (2026): `components`; Wolfi, types of advisory events.
    """
    if affected.ecosystem not in _FAMILIES:
        return affected
    either = replace(affected, naming=Naming.EITHER)
    try:
        read = _DECODER.decode(specific)
    except msgspec.MsgspecError:
        return either
    statuses = {one.latest_event_status.replace("-", "_") for one in (read.components if read else ())}
    if statuses and statuses <= _NOT_DETERMINED:
        return replace(either, ranges=(), versions=())
    return replace(either, state="will not fix") if _NOT_PLANNED in statuses else either
