"""`dogwatch scan`: look at an image, a folder or a bill of materials once, without watching it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import typer

from dogwatch.cli import scan_options as options
from dogwatch.cli.command_line import examples, opened
from dogwatch.cli.document_files import read_document
from dogwatch.cli.errors import INCOMPLETE, POLICY
from dogwatch.cli.image_names import namesake
from dogwatch.cli.moments import duration
from dogwatch.cli.outputs import read_outputs
from dogwatch.cli.progress import showing_progress
from dogwatch.cli.rendering import say
from dogwatch.cli.reports.writing import FORMAT_NAMES, write_report
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.model.gaps import GapKind
from dogwatch.model.judgements import Report
from dogwatch.model.matches import Severity
from dogwatch.model.targets import TargetKind
from dogwatch.model.views import ImageView
from dogwatch.settings import Settings


@takes_settings(Reach.MACHINE, every=True)
def scan(
    settings: Settings,
    *,
    target: options.TargetName,
    output: options.Outputs = None,
    fail_on: options.FailOn = None,
    exit_code: options.ExitCode = None,
    severity: options.Severities = None,
    only_fixed: options.OnlyFixed = False,
    ignore: options.Ignored = None,
    ignore_file: options.IgnoreFile = None,
    vex: options.Vex = None,
    platform: options.PlatformName = None,
    username: options.Username = "",
    password_file: options.PasswordFile = None,
    password_variable: options.PasswordVariable = "",
    ca_file: options.CaFile = None,
    plain_http: options.PlainHttp = False,
    sboms: options.Sboms = False,
    no_update: options.NoUpdate = False,
    max_db_age: options.MaxDbAge = None,
    strict: options.Strict = False,
    quiet: options.Quiet = False,
) -> None:
    """Look at an image, a folder or a bill of materials once.

    Needs no running service, and shares the data folder with one. What is looked at is not watched by it. Advisories
    that were never imported are imported first, where they speak for what was found; otherwise they are taken as they
    are (dogwatch db update). Exit code: 3 by --fail-on; otherwise 5 where advisories are missing, or by --max-db-age
    and --strict; otherwise 0. What could not be seen is told in every format.
    """
    outputs = read_outputs(output, FORMAT_NAMES)
    policy = _policy(fail_on, exit_code, max_db_age, strict)
    choice = options.choice_of(severity, only_fixed, ignore, ignore_file)
    documents = [(str(path), read_document(path)) for path in vex or ()]
    access = options.Access(username, password_file, password_variable, ca_file, plain_http, sboms)
    asked = options.target_with(target, platform, access)
    with showing_progress(quiet) as tell, opened(settings, tell) as app:
        if (
            not quiet
            and asked.kind is TargetKind.IMAGE
            and (image := namesake(app.views, settings.account, asked.name))
        ):
            say(_how_to_mean(image, asked.name))
        report = app.inspect(asked, choice, update=not no_update, vex=documents)
    write_report(report, outputs, quiet=quiet)
    for file, _ in () if quiet else documents:
        if not any(one.rule.origin.startswith(f"{file}: ") for one in report.ignored):
            say(f"{file} says of no finding here that it is not affected.")
    if code := exit_code_of(report, policy):
        raise typer.Exit(code)


def _how_to_mean(image: ImageView, name: str) -> str:
    place = f"{image.registry_url.partition('://')[2]}/{name}"
    return (
        f"{name} names no registry: it is that of Docker or Podman here, else of Docker Hub. A watched one is named so"
        f" too:\n  dogwatch findings --digest {image.digest}\n  dogwatch scan registry:{place}"
    )


@dataclass(frozen=True, slots=True)
class Policy:
    """When a scan fails: at findings of severity `least` and above (None: never), with exit code `code`.

    It is incomplete when feeds are older than `oldest` (None: any age will do), and, where it is `strict`, when
    anything was not seen or compared.
    """

    least: Severity | None = None
    code: int = POLICY
    oldest: timedelta | None = None
    strict: bool = False


def exit_code_of(report: Report, policy: Policy) -> int:
    """Return the exit code of a report: the policy first, for findings are findings however much was not seen."""
    least, oldest = policy.least, policy.oldest
    if policy.code and least is not None and any(finding.severity >= least for finding in report.findings):
        return policy.code
    is_missing = any(gap.kind is GapKind.FEED_MISSING for gap in report.gaps)
    is_old = oldest is not None and any(
        feed.checked_at is None or report.reported_at - feed.checked_at > oldest for feed in report.feeds
    )
    return INCOMPLETE if is_missing or is_old or (policy.strict and not report.is_complete) else 0


def _policy(fail_on: str | None, exit_code: int | None, max_db_age: str | None, strict: bool) -> Policy:
    """Read the policy; an exit code without a severity means any finding, as other scanners have it."""
    least = options.severity_of("fail-on", fail_on) if fail_on else None
    if least is None and exit_code is not None:
        least = min(Severity)
    oldest = duration("max-db-age", max_db_age) if max_db_age else None
    return Policy(least, POLICY if exit_code is None else exit_code, oldest, strict)


def add_to(application: typer.Typer) -> None:
    """Register the command."""
    application.command(
        "scan",
        epilog=examples(
            "dogwatch scan debian:12",
            "dogwatch scan docker:shop/app:dev --severity high,critical --exit-code 1",
            "dogwatch scan ghcr.io/shop/app:1.4 --fail-on high --only-fixed",
            "dogwatch scan oci:build/image --platform linux/arm64 -o table --output=sarif=report.sarif",
            "dogwatch scan docker-archive:image.tar '--ignore=CVE-2026-1234=not reachable' --ignore-file ignore.toml",
            "dogwatch scan ghcr.io/shop/app:1.4 --vex app.openvex.json",
            "dogwatch scan sbom:app.cdx.json -o json --strict --max-db-age 2d",
            "dogwatch scan dir:/srv/app --no-update",
        ),
    )(scan)
