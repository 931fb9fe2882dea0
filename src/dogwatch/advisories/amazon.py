"""Amazon Linux: its core repository's updates (`ALAS…`). Packages of extras and live patches are not covered."""

from __future__ import annotations

import re

from dogwatch.advisories.updateinfo import UpdateinfoSource

AMAZON_LINUX_2023 = UpdateinfoSource(
    name="amazon-linux-2023",
    licence="published openly by Amazon Linux, without a licence text",
    public_location="https://cdn.amazonlinux.com",
    family="Amazon Linux",
    releases=re.compile(r"2023"),
    places=("al2023/core/mirrors/latest/x86_64/mirror.list",),
)
AMAZON_LINUX_2 = UpdateinfoSource(
    name="amazon-linux-2",
    licence="published openly by Amazon Linux, without a licence text",
    public_location="https://cdn.amazonlinux.com",
    family="Amazon Linux",
    releases=re.compile(r"2"),
    places=("2/core/latest/x86_64/mirror.list",),
)
