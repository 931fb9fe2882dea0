"""A package from what rpm says of it, whatever it says it in: a header of its database, or a line of a list."""

from __future__ import annotations

from typing import Final, NamedTuple

from dogwatch.inventory.limits import Limits
from dogwatch.inventory.naming import is_keepable
from dogwatch.inventory.rpm.modules import read_module
from dogwatch.model.packages import Package

KEYS_OF_SIGNERS: Final = "gpg-pubkey"
"""What is listed like packages, and is none."""


class Told(NamedTuple):
    """The tags of one package, as rpm has them; those that it lacks are empty, its epoch is 0."""

    name: str
    version: str
    release: str
    epoch: int = 0
    arch: str = ""
    source_rpm: str = ""
    module_label: str = ""
    vendor: str = ""


def make_package(told: Told, limits: Limits) -> Package | None:
    """Return the package, still without an ecosystem; None if a name or version is missing or cannot be kept.

    Its version has the epoch in front where that is not 0.
    """
    if not (told.name and told.version and told.release):
        return None
    before = f"{told.epoch}:" if told.epoch else ""
    version = f"{told.version}-{told.release}"
    source_name, source_version = _read_source(told.source_rpm) or (told.name, version)
    package = Package(
        "",
        told.name,
        before + version,
        told.arch,
        source_name,
        before + source_version,
        read_module(told.module_label, told.release),
        told.vendor,
    )
    texts = (package.name, package.version, package.source_name, package.source_version)
    optional = (package.arch, package.module, package.vendor)
    return package if all(is_keepable(text, limits) for text in (*texts, *(each or "-" for each in optional))) else None


def _read_source(file_name: str) -> tuple[str, str] | None:
    """Return name and version of `bash-5.2.15-1.amzn2023.src.rpm`, or None if it is not of this form."""
    stem = file_name.removesuffix(".rpm").removesuffix(".src").removesuffix(".nosrc")
    parts = stem.rsplit("-", 2)
    return (parts[0], f"{parts[1]}-{parts[2]}") if stem != file_name and len(parts) == 3 and all(parts) else None
