"""`dogwatch scan`: look at an image, a folder or a bill of materials once, without watching it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dogwatch import __version__
from dogwatch.cli import filters
from dogwatch.cli.command_line import examples, opened
from dogwatch.cli.errors import INCOMPLETE, POLICY
from dogwatch.cli.ignoring import rules_of_file, rules_of_options
from dogwatch.cli.options import option, switch
from dogwatch.cli.outputs import Output, opened_file, read_outputs
from dogwatch.cli.rendering import say
from dogwatch.cli.settings_flags import takes_settings
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.gaps import GapKind
from dogwatch.model.images import Platform
from dogwatch.model.judgements import Choice, Report
from dogwatch.model.matches import Severity
from dogwatch.model.targets import Target, TargetKind
from dogwatch.settings import Settings

if TYPE_CHECKING:
    from rich.status import Status

_FORMATS = ("table", "tsv", "json", "csv", "sarif", "cyclonedx", "spdx")
_SEVERITIES = tuple(one.name for one in sorted(Severity, reverse=True))


@takes_settings(every=True)
def scan(
    settings: Settings,
    *,
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="an image REF, oci:DIR[:TAG], docker-archive:FILE[:TAG], sbom:FILE or dir:PATH",
            show_default=False,
        ),
    ],
    output: Annotated[
        list[str] | None,
        option(
            f"{', '.join(_FORMATS)}; may be given several times",
            "--output",
            "-o",
            variable="DOGWATCH_OUTPUT",
            metavar="FORMAT[=FILE]",
            offered=_FORMATS,
        ),
    ] = None,
    fail_on: Annotated[
        str | None,
        option(
            "exit with 3 when there is a finding of this severity or above", "--fail-on", variable="DOGWATCH_FAIL_ON"
        ),
    ] = None,
    severity: Annotated[list[str] | None, option("only findings of these severities", "--severity")] = None,
    only_fixed: Annotated[bool, switch("only findings that an upgrade mends", "--only-fixed")] = False,
    ignore: Annotated[
        list[str] | None, option("a vulnerability that does not count", "--ignore", metavar="ID[=REASON]")
    ] = None,
    ignore_file: Annotated[
        Path | None,
        option("rules for what does not count", "--ignore-file", variable="DOGWATCH_IGNORE_FILE", metavar="FILE"),
    ] = None,
    platform: Annotated[
        str | None,
        option(
            "of an image for several; this machine's by default",
            "--platform",
            variable="DOGWATCH_PLATFORM",
            metavar="OS/ARCH",
        ),
    ] = None,
    username: Annotated[str, option("to log in at the registry with", "--username")] = "",
    password_file: Annotated[
        Path | None, option("file that holds the password", "--password-file", metavar="FILE")
    ] = None,
    password_variable: Annotated[
        str, option("environment variable that holds it", "--password-variable", metavar="NAME")
    ] = "",
    ca_file: Annotated[
        Path | None, option("authorities to trust in place of the system's, PEM", "--ca-file", metavar="FILE")
    ] = None,
    plain_http: Annotated[bool, switch("reach the registry over plain HTTP", "--plain-http")] = False,
    no_update: Annotated[
        bool,
        switch("import no advisories, not even where there are none yet", "--no-update", variable="DOGWATCH_NO_UPDATE"),
    ] = False,
    max_db_age: Annotated[
        str | None,
        option(
            "exit with 5 when a feed was asked longer ago (12h, 3d)",
            "--max-db-age",
            variable="DOGWATCH_MAX_DB_AGE",
            metavar="TIME",
        ),
    ] = None,
    strict: Annotated[
        bool, switch("exit with 5 when anything could not be seen or compared", "--strict", variable="DOGWATCH_STRICT")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="say nothing on standard error")] = False,
) -> None:
    """Look at an image, a folder or a bill of materials once.

    Needs no running service, and shares the data folder with one. What is looked at is not watched by it. Advisories
    that were never imported are imported first, where they speak for what was found; otherwise they are taken as they
    are (dogwatch db update). Exit code: 3 by --fail-on; otherwise 5 where advisories are missing, or by --max-db-age
    and --strict; otherwise 0. What could not be seen is told in every format.
    """
    outputs = read_outputs(output, _FORMATS)
    least = _severity("fail-on", fail_on) if fail_on else None
    oldest = filters.duration("max-db-age", max_db_age) if max_db_age else None
    choice = _choice(severity, only_fixed, ignore, ignore_file)
    asked = Target(
        *_target(target),
        platform=_platform(platform),
        username=username,
        password_file=str(password_file.expanduser().absolute()) if password_file else "",
        password_variable=password_variable,
        ca_file=str(ca_file.expanduser().absolute()) if ca_file else "",
        plain_http=plain_http,
    )
    with _progress(quiet) as tell, opened(settings) as app:
        report = app.inspect(asked, choice, update=not no_update, say=tell)
    _write(report, outputs, quiet)
    code = exit_code_of(report, least, oldest, strict)
    if code:
        raise typer.Exit(code)


def exit_code_of(report: Report, least: Severity | None, oldest: timedelta | None, strict: bool) -> int:
    """Return the exit code of a report: the policy first, for findings are findings however much was not seen.

    Args:
        report: what was found.
        least: the least severity that is a failure; None: none is.
        oldest: the age beyond which feeds are too old; None: any will do.
        strict: whether everything must have been seen and compared.
    """
    if least is not None and any(finding.severity >= least for finding in report.findings):
        return POLICY
    is_missing = any(gap.kind is GapKind.FEED_MISSING for gap in report.gaps)
    is_old = oldest is not None and any(
        feed.checked_at is None or report.reported_at - feed.checked_at > oldest for feed in report.feeds
    )
    return INCOMPLETE if is_missing or is_old or (strict and not report.is_complete) else 0


def _target(text: str) -> tuple[TargetKind, str]:
    prefix, colon, rest = text.partition(":")
    kind = next((one for one in TargetKind if colon and one.value and one.value == prefix), TargetKind.REGISTRY)
    name = text if kind is TargetKind.REGISTRY else rest
    if not name:
        raise InvalidRequestError("target", f"nothing behind {text!r}")
    return kind, name


def _platform(text: str | None) -> Platform | None:
    if not text:
        return None
    parts = text.strip().split("/")
    if len(parts) not in (2, 3) or not all(parts):
        raise InvalidRequestError("platform", f"os/architecture is needed, such as linux/arm64, not {text!r}")
    return Platform(*parts)


def _severity(field: str, text: str) -> Severity:
    word = text.strip().upper()
    if word not in _SEVERITIES:
        raise InvalidRequestError(field, f"{text!r} is none of {', '.join(_SEVERITIES)}")
    return Severity[word]


def _choice(
    severities: list[str] | None, only_fixed: bool, ignore: list[str] | None, ignore_file: Path | None
) -> Choice:
    words = [word for text in severities or () for word in text.split(",") if word.strip()]
    chosen = frozenset(_severity("severity", word) for word in words) or frozenset(Severity)
    rules = [*rules_of_options(ignore), *(rules_of_file(ignore_file) if ignore_file else ())]
    return Choice(chosen, only_fixed, tuple(rules))


def _write(report: Report, outputs: Sequence[Output], quiet: bool) -> None:
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


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[str], None]]:
    """Yield what tells of progress: on standard error, and only on a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _text: None
        return
    from rich.console import Console
    from rich.text import Text

    status: Status
    with Console(stderr=True, highlight=False).status(Text("starting")) as status:
        yield lambda text: status.update(Text(f"{text} …"))


def add_to(application: typer.Typer) -> None:
    """Register the command."""
    application.command(
        "scan",
        epilog=examples(
            "dogwatch scan debian:12",
            "dogwatch scan ghcr.io/shop/app:1.4 --fail-on high --only-fixed",
            "dogwatch scan oci:build/image --platform linux/arm64 -o table --output=sarif=report.sarif",
            "dogwatch scan docker-archive:image.tar '--ignore=CVE-2026-1234=not reachable' --ignore-file ignore.toml",
            "dogwatch scan sbom:app.cdx.json -o json --strict --max-db-age 2d",
            "dogwatch scan dir:/srv/app --no-update",
        ),
    )(scan)
