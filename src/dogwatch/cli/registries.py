"""`dogwatch registries`: which registries are watched, and how they tell us what happens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from dogwatch.cli.command_line import Output, examples, new_group, opened
from dogwatch.cli.errors import INCOMPLETE
from dogwatch.cli.json_query import Query, asked_of, with_query
from dogwatch.cli.ports import Check
from dogwatch.cli.rendering import Column, Format, chosen_format, minute, rfc3339, say, write_json, write_rows
from dogwatch.cli.settings_flags import takes_settings
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.registries import Registry, RegistryAccess
from dogwatch.settings import Settings

_NO_ALIAS = re.compile(r"[^A-Za-z0-9._-]+")
_ALIAS_LENGTH_MAX = 63
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}

Alias = Annotated[str, typer.Argument(help="the registry's alias", show_default=False)]


@takes_settings()
def add(
    settings: Settings,
    *,
    url: Annotated[str, typer.Argument(metavar="URL", help="https://HOST[:PORT], or HOST", show_default=False)],
    alias: Annotated[
        str | None, typer.Option("--alias", help="its name here; by default from the host", show_default=False)
    ] = None,
    username: Annotated[str, typer.Option("--username", help="to log in with", show_default=False)] = "",
    password_file: Annotated[
        Path | None, typer.Option("--password-file", help="file that holds the password", show_default=False)
    ] = None,
    password_variable: Annotated[
        str,
        typer.Option(
            "--password-variable", help="environment variable of the service that holds it", show_default=False
        ),
    ] = "",
    ca_file: Annotated[
        Path | None,
        typer.Option("--ca-file", help="authorities to trust in place of the system's, PEM", show_default=False),
    ] = None,
    plain_http: Annotated[bool, typer.Option("--plain-http", help="allow an http:// address")] = False,
    service_url: Annotated[
        str | None,
        typer.Option(
            "--service-url",
            help="where the registry reaches Dogwatch; by default where it listens",
            show_default=False,
        ),
    ] = None,
    output: Output = None,
) -> None:
    """Watch a registry, and look at what it holds at once.

    Prints the configuration that makes a CNCF Distribution registry (docker-registry) notify Dogwatch; it holds the
    webhook's secret, which is shown this once. Passwords stay where they are: only the place is stored.
    """
    access = RegistryAccess(
        _checked_url(url, plain_http),
        username,
        str(password_file.expanduser().absolute()) if password_file else "",
        password_variable,
        str(ca_file.expanduser().absolute()) if ca_file else "",
    )
    _check_credentials(access)
    name = alias or _alias_of(access.url)
    with opened(settings) as app:
        registry, secret = app.add_registry(name, access)
        webhook = f"{(service_url or _service_url(settings)).rstrip('/')}/hooks/{settings.account}/{name}"
        headers = {"Authorization": f"Bearer {secret}"}
        snippet = app.notification_snippet(name, webhook, headers)
    if output in (Format.JSON, Format.NDJSON):
        answer = {
            "alias": name,
            "url": registry.access.url,
            "webhook_url": webhook,
            "webhook_secret": secret,
            "configuration": snippet,
        }
        write_json(answer)
        return
    say(
        f"{name} is watched. Its webhook secret, shown this once: {secret}",
        "For notifications, put this into the config.yml of docker-registry and restart it:",
    )
    print(snippet, end="")


@takes_settings()
def show_registries(settings: Settings, *, output: Output = None, query: Query = None) -> None:
    """List the registries that are watched."""
    with opened(settings) as app:
        rows = app.registries.list(settings.account)
    if not rows:
        say("No registry is watched. Add one: dogwatch registries add URL")
    write_rows(rows, COLUMNS, with_query(chosen_format(output), query), reshape=asked_of(query))


@takes_settings()
def check(settings: Settings, *, alias: Alias, output: Output = None) -> None:
    """Try a registry: that it answers, lets us in, lists its repositories, and gives an image.

    A failure shows the real address, status and TLS error; the exit code is then 5.
    """
    with opened(settings) as app:
        checks = app.check_registry(alias)
    write_rows(checks, _CHECK_COLUMNS, chosen_format(output))
    if not all(one.passed for one in checks):
        raise typer.Exit(INCOMPLETE)


@takes_settings()
def remove(settings: Settings, *, alias: Alias) -> None:
    """Stop watching a registry: monitoring of its images ends; history stays."""
    with opened(settings) as app:
        app.registries.remove(settings.account, alias)
    say(f"{alias} is no longer watched.")


def _checked_url(url: str, plain_http: bool) -> str:
    url = url if "://" in url else f"{'http' if plain_http else 'https'}://{url}"
    if url.lower().startswith("http://") and not plain_http:
        raise InvalidRequestError(
            "url", f"{url} would send passwords and images in the clear; allow it by --plain-http"
        )
    return url


def _check_credentials(access: RegistryAccess) -> None:
    if access.password_file and access.password_variable:
        raise InvalidRequestError("password", "name a file or a variable, not both")
    if (access.password_file or access.password_variable) and not access.username:
        raise InvalidRequestError("username", "a password without --username")


def _alias_of(url: str) -> str:
    return _NO_ALIAS.sub("-", urlsplit(url).netloc.rpartition("@")[2]).strip("-.")[:_ALIAS_LENGTH_MAX]


def _service_url(settings: Settings) -> str:
    host = _WILDCARDS.get(settings.listen_host, settings.listen_host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.listen_port}"


def _credentials(registry: Registry) -> str:
    access = registry.access
    place = access.password_file or (access.password_variable and f"${access.password_variable}")
    return f"{access.username}, {place}" if place else access.username


COLUMNS: tuple[Column[Registry], ...] = (
    Column("alias", "ALIAS", lambda one: one.alias),
    Column("kind", "KIND", lambda one: one.kind),
    Column("url", "URL", lambda one: one.access.url),
    Column("region", "REGION", lambda one: one.region),
    Column("credentials", "CREDENTIALS", _credentials),
    Column("ca_file", "", lambda one: one.access.ca_file),
    Column("added_at", "ADDED", lambda one: rfc3339(one.added_at), lambda one: minute(one.added_at)),
)

_CHECK_COLUMNS: tuple[Column[Check], ...] = (
    Column("check", "CHECK", lambda one: one.name),
    Column(
        "result",
        "RESULT",
        lambda one: "passed" if one.passed else "FAILED",
        style=lambda one: "green" if one.passed else "bold red",
    ),
    Column("status", "STATUS", lambda one: "" if one.status is None else str(one.status)),
    Column("url", "URL", lambda one: one.url),
    Column("detail", "DETAIL", lambda one: one.detail),
)


def add_to(application: typer.Typer) -> None:
    """Register the commands."""
    group = new_group("Which registries are watched.")
    group.command(
        "add",
        epilog=examples(
            "dogwatch registries add https://registry.example --username watcher --password-file /etc/watcher",
            "dogwatch registries add http://127.0.0.1:5000 --plain-http --alias local",
        ),
    )(add)
    group.command("list", epilog=examples("dogwatch registries list -o json"))(show_registries)
    group.command("test", epilog=examples("dogwatch registries test local"))(check)
    group.command("remove", epilog=examples("dogwatch registries remove local"))(remove)
    application.add_typer(group, name="registries")
