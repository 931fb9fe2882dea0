"""What Chainguard's records say of the component that brings a flaw: whether a fix will come, or nobody looked yet.

Their ranges alone are open in each of these cases. Called for every entry of a record in the OSV format.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec

from dogwatch.model.advisories import AffectedPackage

FAMILIES: Final = frozenset({"Chainguard", "Wolfi"})
_NOT_PLANNED: Final = "fix_not_planned"
_NOT_DETERMINED: Final = frozenset({"detection", "analysis_not_planned", "under_investigation"})


class _Component(msgspec.Struct):
    latest_event_status: str = ""


class _Specific(msgspec.Struct):
    components: list[_Component] = []


_DECODER: Final = msgspec.json.Decoder(_Specific | None)


def restate_by_component(affected: AffectedPackage, specific: msgspec.Raw) -> AffectedPackage:
    """Return an entry with the state that its components have; of other ecosystems it stays as it is.

    What was only detected leaves undetermined who is affected: it has no range then. A fix in version "0", which is how
    a false positive is written, is told by the range.

    Args:
        affected: the entry.
        specific: its `ecosystem_specific`; what cannot be read there says nothing.

    Source:
        Chainguard, OSV feed v3 (2026): `components`; Wolfi, types of advisory events.
    """
    if affected.ecosystem not in FAMILIES:
        return affected
    try:
        read = _DECODER.decode(specific)
    except msgspec.MsgspecError:
        return affected
    statuses = {one.latest_event_status.replace("-", "_") for one in (read.components if read else ())}
    if statuses and statuses <= _NOT_DETERMINED:
        return replace(affected, ranges=(), versions=())
    return replace(affected, state="will not fix") if _NOT_PLANNED in statuses else affected
