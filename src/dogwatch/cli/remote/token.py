"""The access key that a command shows to a service, from a file."""

from __future__ import annotations

import re
from pathlib import Path

from dogwatch.model.errors import ConfigError

MAX_TOKEN_BYTES = 4096
"""A key has about 60 characters, what `keys add` prints about 110; a larger file is something else."""

_PAIR = re.compile(r"(?P<id>[A-Za-z0-9]{1,128}):(?P<secret>[\x21-\x7e]{1,512})")
_LINES = re.compile(
    r"\s*aws_access_key_id\s*=\s*(?P<id>[A-Za-z0-9]{1,128})\s+aws_secret_access_key\s*=\s*(?P<secret>[\x21-\x7e]{1,512})\s*"
)


def read_token(path: str) -> str:
    """Return `ID:SECRET` from a file that holds just that, or what `dogwatch keys add` printed.

    Raises:
        ConfigError: it cannot be read or holds something else; what it holds is not shown.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_TOKEN_BYTES + 1)
    except OSError as error:
        raise ConfigError("token_file", f"{path}: {error.strerror}") from error
    text = content.decode("ascii", "replace").strip() if len(content) <= MAX_TOKEN_BYTES else ""
    found = _PAIR.fullmatch(text) or _LINES.fullmatch(text)
    if found is None:
        raise ConfigError("token_file", f"{path}: neither ID:SECRET nor what `dogwatch keys add` printed")
    return f"{found['id']}:{found['secret']}"
