"""Read a registry's credentials where the operator keeps them, at the moment of use. Nothing is kept or logged.

Called by the client. The environment is an argument: only `settings` reads the process's own.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dogwatch.model.errors import ConfigError
from dogwatch.model.registries import RegistryAccess
from dogwatch.registry.limits import PASSWORD_BYTES_MAX


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name with its password; the password stays out of every representation."""

    username: str
    password: str = field(repr=False)

    @property
    def basic(self) -> str:
        """The value of an Authorization header (RFC 7617, UTF-8)."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode("ascii")


def read_credentials(access: RegistryAccess, environment: Mapping[str, str]) -> Credentials | None:
    """Return the credentials of a registry, or None for anonymous access.

    A file's trailing line break does not belong to the password.

    Args:
        access: names the user and the file or the variable; a file wins over a variable.
        environment: variable → value.

    Raises:
        ConfigError: a user without a password or the reverse, a file or variable that is missing, empty, too long or
            no text. Names the file or the variable, never the content.
    """
    if not access.username:
        if access.password_file or access.password_variable:
            raise ConfigError("username", "missing, although a password is configured")
        return None
    if ":" in access.username:
        raise ConfigError("username", "a colon cannot be part of it (RFC 7617)")
    if access.password_file:
        source, password = access.password_file, _from_file(access.password_file)
    elif access.password_variable:
        source, password = access.password_variable, environment.get(access.password_variable, "")
    else:
        raise ConfigError("password", f"user {access.username!r} has neither a password file nor a variable")
    if not password:
        raise ConfigError(source, "no password in it")
    if any(character in password for character in "\r\n\x00"):
        raise ConfigError(source, "more than one line; a password is one line")
    if any("\ud800" <= character <= "\udfff" for character in password):
        raise ConfigError(source, "not UTF-8 text")
    return Credentials(access.username, password)


def _from_file(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            content = file.read(PASSWORD_BYTES_MAX + 1)
    except OSError as error:
        raise ConfigError(path, f"cannot read the password file: {error.strerror}") from error
    if len(content) > PASSWORD_BYTES_MAX:
        raise ConfigError(path, f"longer than {PASSWORD_BYTES_MAX} bytes; not a password file")
    try:
        return content.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        # The decoder's own error quotes the content, so it is not chained.
        raise ConfigError(path, "not UTF-8 text") from None
