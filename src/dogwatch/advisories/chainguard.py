"""Chainguard's security database, in the same form as Wolfi's."""

from __future__ import annotations

from dogwatch.advisories.secdb import SecdbSource

SOURCE = SecdbSource(
    name="chainguard-secdb",
    licence="published openly by Chainguard, without a licence text",
    public_location="https://packages.cgr.dev/chainguard",
    family="Chainguard",
    prefix="CGR-",
    repositories=("security",),
)
