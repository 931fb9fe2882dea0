"""Writes a bill in the format that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from dogwatch.inventory.bills.cyclonedx_document import write_cyclonedx
from dogwatch.inventory.bills.spdx_document import write_spdx
from dogwatch.model.bills import BillFormat
from dogwatch.model.judgements import Examined

WRITERS: Mapping[BillFormat, Callable[[Examined, datetime, str], str]] = MappingProxyType(
    {BillFormat.CYCLONEDX: write_cyclonedx, BillFormat.SPDX: write_spdx}
)


def write_bill(examined: Examined, form: BillFormat, made_at: datetime, version: str) -> str:
    """Return a bill of what was found.

    Args:
        examined: the packages, their places, and what could not be seen.
        form: the format.
        made_at: when it is made; aware UTC.
        version: ours.
    """
    return WRITERS[form](examined, made_at, version)
