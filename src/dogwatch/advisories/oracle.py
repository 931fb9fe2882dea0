"""Oracle Linux: the updates of its base and application repositories (`ELSA-…`)."""

from __future__ import annotations

import re

from dogwatch.advisories.updateinfo import UpdateinfoSource

SOURCE = UpdateinfoSource(
    name="oracle-linux",
    licence="published openly by Oracle Linux, without a licence text",
    public_location="https://yum.oracle.com/repo/OracleLinux",
    family="Oracle Linux",
    releases=re.compile(r"[89]|10"),
    places=(
        "OL{release}/baseos/latest/x86_64/repodata/repomd.xml",
        "OL{release}/appstream/x86_64/repodata/repomd.xml",
    ),
)
