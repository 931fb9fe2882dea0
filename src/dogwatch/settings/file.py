"""The settings file: where it is looked for, and what it says."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from dogwatch.model.errors import ConfigError

CONFIG_VARIABLE = "DOGWATCH_CONFIG"
LOCAL_FILE = Path("dogwatch.toml")
FILE_BYTES_MAX = 1024 * 1024  # a settings file has some hundred bytes; this is a device or the wrong file


def read_file(named: Path | None, environment: Mapping[str, str]) -> tuple[Path, Mapping[str, object]]:
    """Return the file that counts and its content; empty when none was named and none is there."""
    if named is None and environment.get(CONFIG_VARIABLE):
        named = Path(environment[CONFIG_VARIABLE]).expanduser()
    candidates = [named] if named else [LOCAL_FILE, _configuration_folder(environment) / "config.toml"]
    for path in candidates:
        try:
            with path.open("rb") as file:
                text = file.read(FILE_BYTES_MAX + 1)
            if len(text) > FILE_BYTES_MAX:
                raise ConfigError(CONFIG_VARIABLE, f"{path}: longer than {FILE_BYTES_MAX} bytes; not a settings file")
            return path, tomllib.loads(text.decode())
        except FileNotFoundError:
            if named:
                raise ConfigError(CONFIG_VARIABLE, f"{path}: no such file") from None
        except OSError as error:
            raise ConfigError(CONFIG_VARIABLE, f"{path}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(CONFIG_VARIABLE, f"{path}: not TOML: {error}") from error
    return candidates[-1], {}


def _configuration_folder(environment: Mapping[str, str]) -> Path:
    if os.geteuid() == 0:
        return Path("/etc/dogwatch")
    return Path(environment.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "dogwatch"
