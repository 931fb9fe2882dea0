"""A bill of materials (CycloneDX or SPDX, JSON) → packages and gaps. Pure: bytes in, values out.

What a bill says is believed, and only that: an entry that names no package we can judge becomes part of a gap.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec
from msgspec import Raw

from dogwatch.inventory.bills.attestations import open_attestation
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
    """Read a bill of materials, also one inside an in-toto attestation.

    Args:
        content: the file.
        what: names it in errors.
        limits: caps on names and versions.

    Raises:
        MalformedPackageDatabaseError: not JSON, or of no format and version that is read, or an attestation of
            something else.
        LimitExceededError: larger than `BILL_BYTES_MAX`, or nested deeper than `BILL_DEPTH_MAX`.

    Source:
        CycloneDX 1.4 to 1.7, JSON; SPDX 2.2 and 2.3, JSON.
    """
    if len(content) > BILL_BYTES_MAX:
        raise LimitExceededError(what, "BILL_BYTES_MAX", BILL_BYTES_MAX, "bytes")
    document = Raw(memoryview(content)[3:] if content.startswith(b"\xef\xbb\xbf") else content)
    _format_of(document, what)  # what is no JSON at all is told as such
    attested = open_attestation(document, what)
    form = _format_of(attested.document, what)
    if text_of(form.bomFormat) == "CycloneDX":
        listed = list_cyclonedx(attested.document, what, limits)
    elif text_of(form.spdxVersion):
        listed = list_spdx(attested.document, what, limits)
    else:
        raise MalformedPackageDatabaseError(what, "neither CycloneDX nor SPDX 2 in JSON, nor an attestation of one")
    return replace(bill_of(listed, limits), subjects=attested.subjects, kept_in=attested.kept_in)


def _format_of(document: Raw, what: str) -> _Format:
    try:
        return _FORMAT.decode(document)
    except RecursionError as deep:
        raise MalformedPackageDatabaseError(what, "nested too deeply") from deep
    except msgspec.ValidationError as error:
        raise MalformedPackageDatabaseError(what, "not a bill of materials") from error
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise MalformedPackageDatabaseError(what, f"not JSON: {error}") from error
