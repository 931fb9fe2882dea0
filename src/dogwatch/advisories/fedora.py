"""Fedora: the updates of its releases (`FEDORA-…`)."""

from __future__ import annotations

import re

from dogwatch.advisories.updateinfo import UpdateinfoSource

SOURCE = UpdateinfoSource(
    name="fedora",
    licence="published openly by the Fedora project",
    public_location="https://dl.fedoraproject.org/pub/fedora/linux/updates",
    family="Fedora",
    releases=re.compile(r"[0-9]{2}"),
    places=("{release}/Everything/x86_64/repodata/repomd.xml",),
)
