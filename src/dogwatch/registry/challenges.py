"""What a registry asks for with a 401: challenges, scopes, and the tokens it is answered with. Pure.

Source:
    RFC 9110, section 11 (challenges); Distribution, "Token Authentication Specification" and "Token Scope".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dogwatch.registry.documents import decode_object, exact_text
from dogwatch.registry.limits import TOKEN_LIFE_SECONDS_DEFAULT, TOKEN_LIFE_SECONDS_MAX

_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_PIECE = re.compile(rf'[\s,]*(?:({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|({_TOKEN})(?=[\s,]|$))')
_HEADER_MAX = 8 * 1024
_WRITING_ACTIONS = frozenset({"push", "delete", "*"})


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way in that a registry offers: the scheme in lower case and its parameters."""

    scheme: str
    parameters: tuple[tuple[str, str], ...] = ()

    def parameter(self, name: str) -> str:
        """The parameter's value, or empty."""
        return dict(self.parameters).get(name, "")


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token and how many seconds it lives from now."""

    value: str
    life_seconds: float


def parse_challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """Read WWW-Authenticate headers, several challenges in one header included; what is not readable is left out."""
    challenges: list[Challenge] = []
    for header in headers:
        position = 0
        while piece := _PIECE.match(header[:_HEADER_MAX], position):
            position = piece.end()
            name, quoted, plain, scheme = piece.groups()
            if scheme is not None:
                challenges.append(Challenge(scheme.lower()))
            elif challenges:
                value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain
                known = challenges[-1]
                challenges[-1] = Challenge(known.scheme, (*known.parameters, (name.lower(), value)))
    return tuple(challenges)


def reading_scope(offered: str, wanted: str) -> str:
    """Return the scope to ask for: the registry's own without its writing rights, or what we wanted.

    Some registries name reading rights of their own (Azure's `metadata_read`), so theirs is preferred; but a token
    that could push or delete is never asked for.
    """
    kept: list[str] = []
    for part in offered.split():
        kind, _, rest = part.partition(":")
        name, _, actions = rest.rpartition(":")
        if kind == "registry" and name == "catalog":
            kept.append(part)
            continue
        reading = [action for action in actions.split(",") if action and action not in _WRITING_ACTIONS]
        if name and reading:
            kept.append(f"{kind}:{name}:{','.join(reading)}")
    return " ".join(kept) or wanted


def parse_token(body: bytes) -> Token:
    """Read a token server's answer.

    Raises:
        ValueError: not a token document, or the token is not one header word.
    """
    document = decode_object(body)
    value = exact_text(document, "token") or exact_text(document, "access_token")
    if not re.fullmatch(r"[\x21-\x7e]+", value):
        raise ValueError("no token in it")
    life = document.get("expires_in")
    if isinstance(life, bool) or not isinstance(life, int | float) or life <= 0:
        life = TOKEN_LIFE_SECONDS_DEFAULT
    return Token(value, min(float(life), TOKEN_LIFE_SECONDS_MAX))
