"""Signature version 4 in the Authorization header, checked by signing the same request again.

The canonical form is botocore's own, told which headers the caller signed; the secret stays in the access key.

Source:
    AWS Signature Version 4 (header form), as botocore 1.44 makes it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials as SigningCredentials

from dogwatch.model.errors import ForbiddenError
from dogwatch.serve.limits import CLOCK_SKEW_SECONDS
from dogwatch.serve.messages import Incoming
from dogwatch.serve.ports import AccessKey

ALGORITHM = "AWS4-HMAC-SHA256"

_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} +Credential=(?P<id>[\w.-]{{1,128}})/(?P<date>[0-9]{{8}})/(?P<region>[\w-]{{1,64}})"
    r"/(?P<service>[\w-]{1,64})/aws4_request, *SignedHeaders=(?P<headers>[a-z0-9;_-]{1,4096})"
    r", *Signature=(?P<signature>[0-9a-f]{64})"
)
_TIME = re.compile(r"[0-9]{8}T[0-9]{6}Z")


class SignatureRefusedError(ForbiddenError):
    """A signature that does not hold. `aws_name` is how AWS's clients know the reason."""

    def __init__(self, aws_name: str, reason: str) -> None:
        super().__init__("call", reason)
        self.aws_name = aws_name


@dataclass(frozen=True, slots=True)
class Signature:
    """What an Authorization header says."""

    access_key_id: str
    date: str
    region: str
    service: str
    headers: tuple[str, ...]
    signature: str


def parse_authorization(authorization: str) -> Signature:
    """Read an Authorization header.

    Raises:
        SignatureRefusedError: it is incomplete or not of this form.
    """
    found = _AUTHORIZATION.fullmatch(authorization.strip())
    if found is None:
        raise SignatureRefusedError("IncompleteSignatureException", "the Authorization header is not complete")
    names = tuple(found["headers"].split(";"))
    return Signature(found["id"], found["date"], found["region"], found["service"], names, found["signature"])


def verify_signature(incoming: Incoming, signature: Signature, key: AccessKey, service: str, now: datetime) -> None:
    """Check that a request was signed with a key, for a service, about now, and is as it was signed.

    Args:
        incoming: the whole request.
        signature: what its Authorization header says.
        key: the key it names.
        service: what the signature must have been made for.
        now: the machine's present.

    Raises:
        SignatureRefusedError: it was not.
    """
    if signature.service != service:
        raise _refused(f"signed for the service {signature.service}, this is {service}")
    if not {"host", "x-amz-date"} <= set(signature.headers):
        raise _refused("the headers host and x-amz-date must be signed")
    timestamp = incoming.only("x-amz-date")
    _check_time(timestamp, signature.date, now)
    digest = hashlib.sha256(incoming.body).hexdigest()
    if incoming.values("x-amz-content-sha256") not in ((), (digest,)):
        raise _refused("x-amz-content-sha256 is not the digest of the body")
    expected = _sign(incoming, signature, key, timestamp, digest)
    if not hmac.compare_digest(expected, signature.signature):
        raise _refused("the signature does not match; check the secret, and that no proxy changes Host or path")


def _refused(reason: str) -> SignatureRefusedError:
    return SignatureRefusedError("InvalidSignatureException", reason)


def _check_time(timestamp: str, date: str, now: datetime) -> None:
    if not _TIME.fullmatch(timestamp) or timestamp[:8] != date:
        raise _refused("x-amz-date is missing or not the date of the credential scope")
    try:
        signed_at = datetime.strptime(timestamp, SIGV4_TIMESTAMP).replace(tzinfo=UTC)
    except ValueError as error:
        raise _refused("x-amz-date is not a time") from error
    skew = (signed_at - now).total_seconds()
    if abs(skew) > CLOCK_SKEW_SECONDS:
        state = "not yet current" if skew > 0 else "expired"
        raise _refused(f"signature {state}: signed at {timestamp}, this machine has {now.strftime(SIGV4_TIMESTAMP)}")


class _Resigner(SigV4Auth):  # type: ignore[misc] # botocore ships no types
    """Signs with the headers that the caller signed, not with those that botocore would choose."""

    def __init__(self, key: AccessKey, signature: Signature) -> None:
        super().__init__(SigningCredentials(key.id, key.secret), signature.service, signature.region)
        self._signed = set(signature.headers)

    def headers_to_sign(self, request: Any) -> HTTPHeaders:
        chosen = HTTPHeaders()
        for name, value in request.headers.items():
            if name.lower() in self._signed:
                chosen.add_header(name.lower(), value)
        return chosen


def _sign(incoming: Incoming, signature: Signature, key: AccessKey, timestamp: str, digest: str) -> str:
    url = f"http://{incoming.only('host')}{incoming.raw_path}"
    request = AWSRequest(method=incoming.method, url=f"{url}?{incoming.query}" if incoming.query else url)
    for name, value in incoming.headers:
        request.headers.add_header(name, value)
    if not incoming.values("x-amz-content-sha256"):
        request.headers.add_header("x-amz-content-sha256", digest)
    request.context["timestamp"] = timestamp
    signer = _Resigner(key, signature)
    try:
        return str(signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request))
    except ValueError as error:  # a Host that makes no URL
        raise _refused("the request cannot be put into its canonical form") from error
