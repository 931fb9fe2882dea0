"""Wolfi's security database: what was fixed or never concerned its packages. Wolfi is rolling and has no releases."""

from __future__ import annotations

from dogwatch.advisories.secdb import SecdbSource

SOURCE = SecdbSource(
    name="wolfi-secdb",
    licence="published openly by Wolfi, without a licence text",
    public_location="https://packages.wolfi.dev/os",
    family="Wolfi",
    prefix="WOLFI-",
    repositories=("security",),
)
