"""Bills inside in-toto attestations: the statement taken out of its envelopes. Nothing is verified here.

Source:
    in-toto attestation framework, statement 0.1 and 1; DSSE 1.0 envelope; sigstore bundle 0.3; cosign's predicates.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import Raw

from dogwatch.inventory.bills.raw import NOTHING, members_of, pieces_of, text_of
from dogwatch.inventory.naming import show
from dogwatch.model.errors import MalformedPackageDatabaseError

IN_TOTO: Final = "application/vnd.in-toto+json"

_STATEMENT_TYPES: Final = "https://in-toto.io/Statement/"
_BILL_TYPES: Final = ("https://cyclonedx.org/", "https://spdx.dev/Document")
_DIGESTS: Final = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True, slots=True)
class Attested:
    """A bill's document, and what an attestation around it says: the digests it is about, and how it is kept.

    `kept_in` is empty where there was no attestation. A signature is named, never believed.
    """

    document: Raw
    subjects: frozenset[str] = frozenset()
    kept_in: str = ""


class _Outside(msgspec.Struct):
    """The members of an envelope, of a sigstore bundle around it, and of a bare statement."""

    payloadType: Raw = NOTHING  # noqa: N815 - these are as the formats have them
    payload: Raw = NOTHING
    signatures: Raw = NOTHING
    dsseEnvelope: Raw = NOTHING  # noqa: N815
    statement: Raw = msgspec.field(name="_type", default=NOTHING)
    predicateType: Raw = NOTHING  # noqa: N815
    predicate: Raw = NOTHING
    subject: Raw = NOTHING


class _Subject(msgspec.Struct):
    digest: Raw = NOTHING


class _Wrapped(msgspec.Struct):
    Data: Raw = NOTHING


_OUTSIDE: Final = msgspec.json.Decoder(_Outside)
_SUBJECT: Final = msgspec.json.Decoder(_Subject)
_WRAPPED: Final = msgspec.json.Decoder(_Wrapped)


def is_bill_type(predicate_type: str) -> bool:
    """Say whether statements with this type of predicate hold a bill of materials."""
    return predicate_type.startswith(_BILL_TYPES)


def open_attestation(document: Raw, what: str) -> Attested:
    """Return the bill inside an attestation, or the document itself where it is none.

    Raises:
        MalformedPackageDatabaseError: an envelope that does not open, or a statement about something else.
    """
    outside = members_of(document, _OUTSIDE) or _Outside()
    outside = members_of(outside.dsseEnvelope, _OUTSIDE) or outside
    kept_in = "unsigned statement"
    if outside.payloadType and outside.payload:
        if pieces_of(outside.signatures):
            kept_in = "statement whose signature was not verified"
        outside = _opened(outside, what)
    statement = text_of(outside.statement)
    if not statement.startswith(_STATEMENT_TYPES):
        return Attested(document)
    kind = text_of(outside.predicateType)
    if not is_bill_type(kind):
        raise MalformedPackageDatabaseError(what, f"an attestation of {show(kind) or 'nothing'}, no bill of materials")
    return Attested(_bill_in(outside.predicate), _subjects(outside.subject), kept_in)


def _opened(envelope: _Outside, what: str) -> _Outside:
    kind = text_of(envelope.payloadType)
    if kind != IN_TOTO:
        raise MalformedPackageDatabaseError(what, f"an envelope around {show(kind)}, no in-toto statement")
    try:
        payload = base64.b64decode(text_of(envelope.payload), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedPackageDatabaseError(what, "an envelope whose payload is not base64") from error
    try:
        return _OUTSIDE.decode(payload)
    except RecursionError as deep:
        raise MalformedPackageDatabaseError(what, "nested too deeply") from deep
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise MalformedPackageDatabaseError(what, f"an envelope around no statement: {error}") from error


def _bill_in(predicate: Raw) -> Raw:
    """Return the bill of a predicate; older versions of cosign put it into a member `Data`, some as text."""
    wrapped = members_of(predicate, _WRAPPED)
    if wrapped is None or not wrapped.Data:
        return predicate
    text = text_of(wrapped.Data)
    return Raw(text.encode()) if text else wrapped.Data


def _subjects(subjects: Raw) -> frozenset[str]:
    found: set[str] = set()
    for one in pieces_of(subjects):
        subject = members_of(one, _SUBJECT) or _Subject()
        try:
            digests = _DIGESTS.decode(subject.digest) if subject.digest else {}
        except msgspec.MsgspecError:
            continue
        found.update(f"{algorithm}:{value}" for algorithm, value in digests.items())
    return frozenset(found)
