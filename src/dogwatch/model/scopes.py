"""Scopes: whose windows a setting is. The account, one of its registries, or the repositories that a pattern names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dogwatch.model.errors import InvalidRequestError

PATTERN_CHARACTERS = 255
"""As long as a filter of ECR; no repository has a longer name."""

_PATTERN = re.compile(rf"[a-z0-9*._/-]{{1,{PATTERN_CHARACTERS}}}")
_STARS = re.compile(r"\*+")


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """The account (both empty), or repositories of a registry by pattern; `*` alone is the whole registry.

    In a pattern `*` stands for any run of characters, slashes included. Without one it is the name of one repository.
    """

    registry: str = ""
    pattern: str = ""

    @classmethod
    def parse(cls, text: str, field: str = "scope") -> Scope:
        """Read `*` or nothing (the account), `<registry>` or `<registry>/*`, or `<registry>/<pattern>`.

        Runs of stars become one, so that a scope has one spelling only.

        Raises:
            InvalidRequestError: what stands behind the registry is no pattern; `field` names the text.
        """
        if text in ("", "*"):
            return cls()
        registry, slash, pattern = text.partition("/")
        if not registry or "*" in registry:
            raise InvalidRequestError(field, f"{text[:300]!r} does not begin with the alias of a registry")
        if not slash:
            return cls(registry, "*")
        if not _PATTERN.fullmatch(pattern):
            rule = f"1 to {PATTERN_CHARACTERS} of a-z, 0-9, dot, underscore, dash, slash and *"
            raise InvalidRequestError(field, f"{pattern[:300]!r} is no pattern of repositories: {rule}")
        return cls(registry, _STARS.sub("*", pattern))

    @property
    def is_account(self) -> bool:
        """Whether it is the account's."""
        return not self.registry

    @property
    def words(self) -> str:
        """What a sentence calls it."""
        if self.is_account:
            return "the account"
        return f"registry {self.registry}" if self.pattern == "*" else f"{self.registry}/{self.pattern}"

    def __str__(self) -> str:
        return "*" if self.is_account else f"{self.registry}/{self.pattern}"


ACCOUNT_SCOPE = Scope()

INHERITED = "INHERITED"
"""What a change says for a field that goes back to what its scope inherits."""
