"""`dogwatch lifecycle`: what a repository's owner no longer wants to keep. Proposals only: nothing is deleted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dogwatch.cli.command_line import examples, new_group, opened
from dogwatch.cli.lifecycle_rows import OUTCOMES, POLICIES, sum_up
from dogwatch.cli.lists import Columns, Outputs, Query, Sort, lay_out
from dogwatch.cli.options import option, switch
from dogwatch.cli.rendering import printable_lines, say
from dogwatch.cli.settings_flags import takes_settings
from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.lifecycle import NOTHING_IS_DELETED, LifecycleVerdict
from dogwatch.settings import Settings

if TYPE_CHECKING:
    from dogwatch.app.process import App

_FILE_BYTES_MAX = 200_000
"""Of a policy's file: more than the 30,720 characters that one may have, however they are encoded."""

Repository = Annotated[str, typer.Argument(metavar="REPOSITORY", help="its name", show_default=False)]
Alias = Annotated[str | None, option("its registry's alias, where several have it", "--registry", metavar="ALIAS")]
Preset = Annotated[str | None, option("a policy by name in place of a file: unused, untagged", "--preset")]


@takes_settings()
def set_policy(
    settings: Settings,
    *,
    repository: Repository,
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="the policy, JSON; - is standard input", show_default=False)
    ] = None,
    preset: Preset = None,
    registry: Alias = None,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """Keep a policy for a repository, in ECR's language.

    It is evaluated at once and then every day; what it would take stands beside the images. Dogwatch deletes and
    archives nothing.
    """
    layout = lay_out(POLICIES, output, columns, query)
    if (file is None) == (preset is None):
        raise InvalidRequestError("lifecycle set", "name a file, or a --preset")
    with opened(settings) as app:
        place = _place(app, settings, repository, registry)
        stored = app.lifecycle.set_policy(*place, _policy(app, file, preset) or "")
    layout.write([stored], NOTHING_IS_DELETED)


@takes_settings()
def show_policies(
    settings: Settings,
    *,
    repository: Annotated[
        str | None, typer.Argument(metavar="REPOSITORY", help="its name; all by default", show_default=False)
    ] = None,
    registry: Alias = None,
    sort: Sort = None,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """List the policies, with how many images each would take; or print that of one repository as it was given."""
    layout = lay_out(POLICIES, output, columns, query, sort)
    with opened(settings) as app:
        if repository is None:
            found = [
                one for one in app.lifecycle.load_policies(settings.account) if registry in (None, one.registry_alias)
            ]
        else:
            found = [app.lifecycle.load_policy(*_place(app, settings, repository, registry))]
    if repository is not None and not output:
        text = found[0].text
        print(printable_lines(text) if sys.stdout.isatty() else text)  # as it was given, where it moves no cursor
        return
    if not found:
        say("No repository has a policy. Keep one: dogwatch lifecycle set REPOSITORY FILE")
    layout.write(layout.arranged(found), NOTHING_IS_DELETED)


@takes_settings()
def preview_policy(
    settings: Settings,
    *,
    repository: Repository,
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="a policy to try; by default the repository's own", show_default=False),
    ] = None,
    preset: Preset = None,
    registry: Alias = None,
    everything: Annotated[bool, switch("also what stays", "--all")] = False,
    include_in_use: Annotated[bool, switch("do not spare what is in use", "--include-in-use")] = False,
    sort: Sort = None,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """Say which images a policy would take, by which rule and why; oldest first.

    Images seen in use within the activity window are spared, and what an image index names stays with it. Nothing is
    kept, deleted or archived.
    """
    layout = lay_out(OUTCOMES, output, columns, query, sort)
    if file is not None and preset is not None:
        raise InvalidRequestError("lifecycle preview", "name a file or a --preset, not both")
    with opened(settings) as app:
        place = _place(app, settings, repository, registry)
        preview = app.lifecycle.preview(*place, _policy(app, file, preset), spares_in_use=not include_in_use)
    listed = [one for one in preview.outcomes if everything or one.verdict is not LifecycleVerdict.STAYS]
    layout.write(layout.arranged(listed), sum_up(preview))


@takes_settings()
def remove_policy(settings: Settings, *, repository: Repository, registry: Alias = None) -> None:
    """Forget a repository's policy and what it proposed. Its images stay."""
    with opened(settings) as app:
        app.lifecycle.remove_policy(*_place(app, settings, repository, registry))
    say(f"{repository} has no lifecycle policy any more.")


def _place(app: App, settings: Settings, repository: str, registry: str | None) -> tuple[str, str, str]:
    """Return account, alias and name; the alias may be left out where one registry has the repository."""
    if registry is not None:
        return settings.account, registry, repository
    aliases = app.views.registries_with(settings.account, repository)
    if not aliases:
        raise NotFoundError("repository", repository)
    if len(aliases) > 1:
        raise InvalidRequestError("registry", f"name one by --registry: {', '.join(aliases)} have {repository}")
    return settings.account, aliases[0], repository


def _policy(app: App, file: str | None, preset: str | None) -> str | None:
    """Return the text of a policy that was named; None where none was."""
    if preset is not None:
        return app.lifecycle_preset(preset)
    return None if file is None else _read(file)


def _read(file: str) -> str:
    """Read a policy's text from a file or standard input.

    Raises:
        InvalidRequestError: it cannot be read, or is no text that a policy can be.
    """
    try:
        if file == "-":
            content = sys.stdin.buffer.read(_FILE_BYTES_MAX + 1)
        else:
            with Path(file).expanduser().open("rb") as opened_file:
                content = opened_file.read(_FILE_BYTES_MAX + 1)
    except OSError as error:
        raise InvalidRequestError("file", f"cannot read {file}: {error.strerror}") from error
    if len(content) > _FILE_BYTES_MAX:
        raise InvalidRequestError("file", f"{file} is larger than any policy")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequestError("file", f"{file} is not UTF-8") from error


def add_to(application: typer.Typer) -> None:
    """Register the commands."""
    group = new_group("Lifecycle rules: which images nobody wants to keep. Proposals only, nothing is deleted.")
    group.command(
        "set",
        epilog=examples(
            "dogwatch lifecycle set shop/web policy.json", "dogwatch lifecycle set shop/web --preset unused"
        ),
    )(set_policy)
    group.command("show", epilog=examples("dogwatch lifecycle show", "dogwatch lifecycle show shop/web"))(show_policies)
    group.command(
        "preview",
        epilog=examples(
            "dogwatch lifecycle preview shop/web",
            "dogwatch lifecycle preview shop/web policy.json --all",
            "dogwatch lifecycle preview shop/web --preset unused -o json",
        ),
    )(preview_policy)
    group.command("remove", epilog=examples("dogwatch lifecycle remove shop/web"))(remove_policy)
    application.add_typer(group, name="lifecycle")
