"""Writes a report in every format that was asked for, and says on standard error what no table says."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from dogwatch import __version__
from dogwatch.cli.outputs import Output, opened_file
from dogwatch.cli.rendering import say
from dogwatch.model.judgements import Report

FORMAT_NAMES = ("table", "tsv", "json", "csv", "sarif", "cyclonedx", "spdx")
"""Those of the catalogue, whose import is too slow for a help text."""


def write_report(report: Report, outputs: Sequence[Output], *, quiet: bool) -> None:
    """Write a report, files first; where no table shows them, counts and gaps go to standard error, unless `quiet`.

    Raises:
        ConfigError: a file cannot be written.
    """
    from dogwatch.cli.reports.catalogue import FORMATS
    from dogwatch.cli.reports.table import print_table, say_in_short

    for one in outputs:
        if one.file is not None:
            with opened_file(one.file) as file:
                file.write(FORMATS[one.form](report, __version__))
    shown = [one.form for one in outputs if one.file is None]
    if not quiet and shown != ["table"]:
        say(*say_in_short(report))
    for form in shown:
        if form == "table":
            print_table(report)
        else:
            sys.stdout.write(FORMATS[form](report, __version__))
