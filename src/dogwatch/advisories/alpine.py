"""Alpine's security database: what was fixed, by branch. The export in the OSV format is made from it, later."""

from __future__ import annotations

import re

from dogwatch.advisories.secdb import SecdbSource

SOURCE = SecdbSource(
    name="alpine-secdb",
    licence="published openly by Alpine Linux, without a licence text",
    public_location="https://secdb.alpinelinux.org",
    family="Alpine",
    prefix="ALPINE-",
    repositories=("main", "community"),
    releases=re.compile(r"v[0-9]{1,2}\.[0-9]{1,3}|edge"),
)
