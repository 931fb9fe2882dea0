"""All formats of reports, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dogwatch.cli.reports.cyclonedx import render_cyclonedx
from dogwatch.cli.reports.plain_json import render_json
from dogwatch.cli.reports.rows import render_csv, render_tsv
from dogwatch.cli.reports.sarif import render_sarif
from dogwatch.cli.reports.spdx import render_spdx
from dogwatch.cli.reports.table import render_table
from dogwatch.model.judgements import Report

Render = Callable[[Report, str], str]
"""(report, our version) → text; for the same report always the same."""

FORMATS: Mapping[str, Render] = MappingProxyType(
    {
        "table": render_table,
        "tsv": render_tsv,
        "json": render_json,
        "csv": render_csv,
        "sarif": render_sarif,
        "cyclonedx": render_cyclonedx,
        "spdx": render_spdx,
    }
)
