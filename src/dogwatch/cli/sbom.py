"""`dogwatch sbom`: what an image contains, as a bill of materials."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from dogwatch.cli import scan_options as options
from dogwatch.cli.command_line import examples, reached
from dogwatch.cli.image_names import images_named
from dogwatch.cli.options import option
from dogwatch.cli.outputs import Output, opened_file, read_outputs
from dogwatch.cli.ports import Dogwatch
from dogwatch.cli.progress import showing_progress
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.model.bills import BillFormat
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.targets import Target, TargetKind
from dogwatch.model.views import ImageView
from dogwatch.settings import Settings

_FORMS = tuple(str(form) for form in BillFormat)

Outputs = Annotated[
    list[str] | None,
    option(
        f"{' or '.join(_FORMS)} ({_FORMS[0]}); may be given several times",
        "--output",
        "-o",
        variable="DOGWATCH_OUTPUT",
        metavar="FORMAT[=FILE]",
        offered=_FORMS,
    ),
]
Here = Annotated[
    str,
    typer.Argument(
        metavar="TARGET",
        help="a watched image (id, repository:tag, repository@digest, digest), or what dogwatch scan takes",
        show_default=False,
    ),
]


@takes_settings(Reach.ANYWHERE)
def write_bills(
    settings: Settings,
    *,
    target: Here,
    output: Outputs = None,
    platform: options.PlatformName = None,
    username: options.Username = "",
    password_file: options.PasswordFile = None,
    password_variable: options.PasswordVariable = "",
    ca_file: options.CaFile = None,
    plain_http: options.PlainHttp = False,
    sboms: options.Sboms = False,
    quiet: options.Quiet = False,
) -> None:
    """Write what an image contains as a bill of materials, CycloneDX 1.6 or SPDX 2.3, with what could not be seen.

    Of a watched image from what is stored, without asking its registry. Anything else that dogwatch scan takes is read
    as scan reads it. Apart from times, the same content gives the same bill.
    """
    outputs = read_outputs(output or [_FORMS[0]], _FORMS)
    forms = [BillFormat(one.form) for one in outputs]
    access = options.Access(username, password_file, password_variable, ca_file, plain_http, sboms)
    asked = options.target_with(target, platform, access)
    if settings.server and not access.is_unsaid:
        reason = "only dogwatch asks registries that are named; leave out --server, or the options for registries"
        raise InvalidRequestError("server", reason)
    with showing_progress(quiet) as tell, reached(settings, tell) as app:
        found = _watched(app, settings.account, asked) if access.is_unsaid else None
        texts = (
            app.write_target_bills(asked, forms)
            if found is None
            else {form: app.write_bill(found.image_id, form) for form in forms}
        )
    _write(texts, outputs)


def _watched(app: Dogwatch, account_id: str, asked: Target) -> ImageView | None:
    """Return the watched image that is meant; None where there is none, so that it has to be read.

    Raises:
        InvalidRequestError: there are several, as of a tag of a multi-platform image.
    """
    if asked.kind is not TargetKind.IMAGE:
        return None
    rows = images_named(app.views, account_id, asked.name)
    for registry in () if rows else app.registries.list(account_id):
        place = registry.access.url.partition("://")[2].rstrip("/") + "/"
        if asked.name.startswith(place):
            rows = images_named(app.views, account_id, asked.name.removeprefix(place), registry.alias)
    if wanted := asked.platform:
        rows = [row for row in rows if (row.os, row.architecture) == (wanted.os, wanted.architecture)]
    if len(rows) > 1:
        shown = ", ".join(f"{row.image_id} ({row.registry_alias}, {row.os}/{row.architecture})" for row in rows[:8])
        raise InvalidRequestError("image", f"{asked.name} is several; say --platform, or name one by its id: {shown}")
    return rows[0] if rows else None


def _write(texts: Mapping[BillFormat, str], outputs: Sequence[Output]) -> None:
    for one in outputs:
        text = texts[BillFormat(one.form)]
        if one.file is None:
            sys.stdout.write(text)
            continue
        with opened_file(one.file) as file:
            file.write(text)


def add_to(application: typer.Typer) -> None:
    """Register the command."""
    application.command(
        "sbom",
        epilog=examples(
            "dogwatch sbom shop/web:1.4",
            "dogwatch sbom shop/web:1.4 -o spdx=web.spdx.json -o cyclonedx=web.cdx.json",
            "dogwatch sbom registry:ghcr.io/shop/app:1.4 --platform linux/arm64",
            "dogwatch sbom sbom:app.cdx.json -o spdx",
        ),
    )(write_bills)
