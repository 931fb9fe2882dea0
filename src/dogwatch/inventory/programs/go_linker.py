"""The version of a Go program's main module, where the build wrote it into a variable by a flag of the linker.

Text only; `go_modules` calls it for main modules that Go itself knows no version of.
"""

from __future__ import annotations

import re
from typing import Final

_VARIABLE: Final = re.compile(r"-X[= ]\\?[\"']?([\w./~-]{1,256})\.(\w{1,64})=([^\s\"'\\]{1,128})")
_NAMES: Final = frozenset({"version", "gitversion", "buildversion", "appversion"})
_VERSION: Final = re.compile(r"v?((\d{1,6})\.\d{1,6}\.\d{1,6}(?:[-+][0-9A-Za-z.+-]{1,100})?)")
_MAJOR_IN_PATH: Final = re.compile(r"[/.]v(\d{1,6})$")
# Where programs of others keep their own version by custom.
_SHARED: Final = "github.com/prometheus/common/version"


def find_main_version(module: str, flags: str) -> str:
    """Return the version as Go writes it (`v1.2.3`), empty where the flags tell none, or several.

    Only variables of the program count, those in package main or below the module's path: others may be of what it
    uses. A version whose first number is not that of the module's path is no version of the module, and advisories may
    number it otherwise.

    Args:
        module: its path.
        flags: of the linker, as the build information has them (`-X main.version=1.2.3`).

    Source:
        Go 1.26, cmd/link on -X; Go Modules Reference on major version suffixes.
    """
    told = {
        value.removeprefix("v")
        for package, name, value in _VARIABLE.findall(flags)
        if name.lower() in _NAMES and (package in ("main", module, _SHARED) or package.startswith(f"{module}/"))
    }
    found = _VERSION.fullmatch(told.pop()) if len(told) == 1 else None
    if found is None:
        return ""
    suffix = _MAJOR_IN_PATH.search(module)
    fits = found[2] == suffix[1] if suffix is not None else found[2] in ("0", "1")
    return f"v{found[1]}" if fits else ""
