"""Reading all settings: flag, then environment, then file, then default."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dogwatch.model.errors import ConfigError
from dogwatch.settings.file import CONFIG_VARIABLE, LOCAL_FILE, read_file
from dogwatch.settings.table import PREFIX, SETTINGS, Setting
from dogwatch.settings.values import Settings

AFAR = frozenset({"server", "token_file", "server_ca_file", "server_plain_http"})
"""What says which service is asked in place of the data folder. It does not come from a file that merely lies in the
working folder: whoever wrote that could have the access key sent to themselves."""


def load_settings(
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    config_file: Path | None = None,
) -> Settings:
    """Read all settings.

    Args:
        flags: setting name → text, from the command line; None values count as not given.
        environment: variable → text; the process's own by default. An empty text counts as not given.
        config_file: the file named by a flag. Otherwise the one that DOGWATCH_CONFIG names, otherwise `dogwatch.toml`
            in the working folder, otherwise `dogwatch/config.toml` in the user's configuration folder (root's: /etc).
            Only one file is read.

    Raises:
        ConfigError: names the setting, its value's origin and the reason; unknown flags and keys of the file too.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    _refuse_unknown(given, "the command line")
    surroundings = os.environ if environment is None else environment
    path, content = read_file(config_file, surroundings)
    _refuse_unknown(content, str(path))
    is_found = config_file is None and not surroundings.get(CONFIG_VARIABLE) and path == LOCAL_FILE
    if is_found:
        _refuse_afar(content)
    values: dict[str, Any] = {}
    origins: list[tuple[str, str]] = []
    for one in SETTINGS:
        value, origin = _choose(one, given, surroundings, content, path)
        try:
            values.update(one.parse(value))
        except ValueError as wrong:
            raise ConfigError(one.variable if origin != str(path) else one.name, f"{wrong} ({origin})") from wrong
        origins.append((one.name, origin))
    return Settings(**values, origins=tuple(origins))


def process_environment() -> Mapping[str, str]:
    """Return the process's environment, read-only, for credentials that the operator keeps there."""
    return MappingProxyType(os.environ)


def _choose(
    one: Setting, flags: Mapping[str, object], environment: Mapping[str, str], content: Mapping[str, object], path: Path
) -> tuple[object, str]:
    if one.name in flags:
        return flags[one.name], f"flag {one.flag}"
    if environment.get(one.variable):
        return environment[one.variable], f"environment {one.variable}"
    if one.name in content:
        return content[one.name], str(path)
    return one.default(environment), "default"


def _refuse_unknown(names: Mapping[str, object], origin: str) -> None:
    known = [one.name for one in SETTINGS]
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
            raise ConfigError(name, f"no such setting ({origin}); {hint}")


def _refuse_afar(content: Mapping[str, object]) -> None:
    """Refuse to be sent elsewhere by a file that nobody named."""
    for name in sorted(AFAR & content.keys()):
        way = f"name that file, or use {PREFIX}{name.upper()}"
        raise ConfigError(name, f"not from the {LOCAL_FILE} of a working folder; {way}")
