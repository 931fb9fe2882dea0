"""A bill of materials (CycloneDX or SPDX, JSON) → packages and gaps. Pure: bytes in, values out.

What a bill says is believed, and only that: an entry that names no package we can judge becomes part of a gap.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Raw

from dogwatch.inventory.bills.cyclonedx_entries import list_cyclonedx
from dogwatch.inventory.bills.entries import Bill, bill_of
from dogwatch.inventory.bills.raw import NOTHING, text_of
from dogwatch.inventory.bills.spdx_entries import list_spdx
from dogwatch.inventory.limits import DEFAULT_LIMITS, MIB, Limits
from dogwatch.model.errors import LimitExceededError, MalformedPackageDatabaseError

# Bills of large images with all files listed reach 100 MB; a child holds the bytes, and one entry of them at a time.
BILL_BYTES_MAX: Final = 128 * MIB


class _Format(msgspec.Struct):
    bomFormat: Raw = NOTHING  # noqa: N815 - as the formats have them
    spdxVersion: Raw = NOTHING  # noqa: N815


_FORMAT: Final = msgspec.json.Decoder(_Format)


def read_bill(content: bytes, what: str, limits: Limits = DEFAULT_LIMITS) -> Bill:
    """Read a bill of materials.

    Args:
        content: the file.
        what: names it in errors.
        limits: caps on names and versions.

    Raises:
        MalformedPackageDatabaseError: not JSON, or of no format and version that is read.
        LimitExceededError: larger than `BILL_BYTES_MAX`, or nested deeper than `BILL_DEPTH_MAX`.

    Source:
        CycloneDX 1.4 to 1.7, JSON; SPDX 2.2 and 2.3, JSON.
    """
    if len(content) > BILL_BYTES_MAX:
        raise LimitExceededError(what, "BILL_BYTES_MAX", BILL_BYTES_MAX, "bytes")
    document = Raw(memoryview(content)[3:] if content.startswith(b"\xef\xbb\xbf") else content)
    try:
        form = _FORMAT.decode(document)
    except RecursionError as deep:
        raise MalformedPackageDatabaseError(what, "nested too deeply") from deep
    except msgspec.ValidationError as error:
        raise MalformedPackageDatabaseError(what, "not a bill of materials") from error
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise MalformedPackageDatabaseError(what, f"not JSON: {error}") from error
    if text_of(form.bomFormat) == "CycloneDX":
        return bill_of(list_cyclonedx(document, what, limits), limits)
    if text_of(form.spdxVersion):
        return bill_of(list_spdx(document, what, limits), limits)
    raise MalformedPackageDatabaseError(what, "neither CycloneDX nor SPDX 2 in JSON")
