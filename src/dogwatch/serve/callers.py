"""Who is calling: an access key that proves itself, or the person at this machine where that is allowed.

A key that we know is always checked, so that its owner works in its account; only what proves nothing counts as the
person at this machine.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from dogwatch.model.errors import ForbiddenError
from dogwatch.serve.loopback import refusal
from dogwatch.serve.messages import Incoming
from dogwatch.serve.ports import Credentials, Role
from dogwatch.serve.signature import ALGORITHM, SignatureRefusedError, parse_authorization, verify_signature

_BASIC = re.compile(r"basic +([A-Za-z0-9+/=]{1,1024})", re.IGNORECASE)
_BEARER = re.compile(r"bearer +(?P<id>[^:\s]{1,128}):(?P<secret>\S{1,512})", re.IGNORECASE)


_ROLES = tuple(Role)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever makes a request, and what they may do. `name` is for logs."""

    account_id: str
    role: Role
    name: str

    def require(self, role: Role, action: str) -> None:
        """Refuse callers without a role; each role may what those before it may.

        Raises:
            ForbiddenError: the caller's role comes before it.
        """
        if _ROLES.index(self.role) < _ROLES.index(role):
            raise ForbiddenError(action, f"the access key's role is {self.role}, {role} is needed")

    def account_for(self, asked: str | None) -> str:
        """Return the account that a request is about: the caller's own, or the one that an operator names.

        Raises:
            ForbiddenError: another account, and no operator.
        """
        if asked in (None, self.account_id):
            return self.account_id
        if self.role is not Role.OPERATOR:
            reason = f"the access key belongs to {self.account_id} and is no {Role.OPERATOR}'s"
            raise ForbiddenError("reach another account", reason)
        return str(asked)


class CredentialsRefusedError(ForbiddenError):
    """Nothing that we accept says who is calling. `aws_name` is how AWS's clients know it."""

    aws_name: ClassVar[str] = "UnrecognizedClientException"

    def __init__(self, reason: str) -> None:
        super().__init__("call", reason)


class CredentialsMissingError(CredentialsRefusedError):
    """The request says nothing about who is calling."""

    aws_name = "MissingAuthenticationTokenException"


class CallerCheck:
    """Finds out who is calling.

    Args:
        credentials: the access keys there are.
        machine_now: the machine's present, which signatures are compared with (the product's clock may be moved).
        open_account_id: the account of callers on loopback who prove nothing; empty: they are refused.
    """

    def __init__(self, credentials: Credentials, machine_now: Callable[[], datetime], open_account_id: str) -> None:
        self._credentials = credentials
        self._machine_now = machine_now
        self._open_account_id = open_account_id

    def identify(self, incoming: Incoming, service: str) -> Caller:
        """Return who is calling.

        Args:
            incoming: the whole request; a signature covers its body.
            service: the name that a signature must have been made for.

        Raises:
            ForbiddenError: nobody we know, a wrong secret or signature, or nobody on loopback.
            ConfigError: the access keys cannot be read.
        """
        authorization = incoming.only("authorization")
        if authorization.startswith(ALGORITHM):
            return self._signed(incoming, authorization, service)
        bearer = _BEARER.fullmatch(authorization)
        if bearer is not None:
            return self._bearer(incoming, bearer["id"], bearer["secret"])
        return self._open(incoming, CredentialsMissingError("no access key came with the request"))

    def identify_browser(self, incoming: Incoming) -> Caller:
        """Return who is reading a page: an access key in the form that browsers ask people for, or the open loopback.

        Only for what reads: a browser sends these along whoever made it ask.

        Raises:
            ForbiddenError: nobody we know, a wrong secret, or nobody on loopback.
            ConfigError: the access keys cannot be read.
        """
        basic = _BASIC.fullmatch(incoming.only("authorization"))
        if basic is None:
            return self._open(incoming, CredentialsMissingError("no access key came with the request"))
        try:
            pair = base64.b64decode(basic[1], validate=True).decode()
        except ValueError as error:
            raise CredentialsRefusedError("not an access key's id and secret") from error
        access_key_id, _, secret = pair.partition(":")
        return self._bearer(incoming, access_key_id, secret)

    def _signed(self, incoming: Incoming, authorization: str, service: str) -> Caller:
        try:
            signature = parse_authorization(authorization)
        except SignatureRefusedError as malformed:
            return self._open(incoming, malformed)
        key = self._credentials.find(signature.access_key_id)
        if key is None:
            return self._open(incoming, CredentialsRefusedError("no such access key"))
        verify_signature(incoming, signature, key, service, self._machine_now())
        return Caller(key.account_id, key.role, key.id)

    def _bearer(self, incoming: Incoming, access_key_id: str, secret: str) -> Caller:
        key = self._credentials.find(access_key_id)
        if key is None:
            return self._open(incoming, CredentialsRefusedError("no such access key"))
        if not hmac.compare_digest(key.secret.encode(), secret.encode("utf-8", "surrogatepass")):
            raise CredentialsRefusedError("wrong secret")
        return Caller(key.account_id, key.role, key.id)

    def _open(self, incoming: Incoming, otherwise: ForbiddenError) -> Caller:
        """Let the person at this machine in, where that is allowed."""
        if not self._open_account_id:
            raise otherwise
        reason = refusal(incoming)
        if reason:
            raise CredentialsRefusedError(f"without an access key, and {reason}") from otherwise
        return Caller(self._open_account_id, Role.ADMIN, "loopback")
