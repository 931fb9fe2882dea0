"""`dogwatch registries`: which registries are watched, and how they tell us what happens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from dogwatch.cli import filters
from dogwatch.cli.command_line import Output, examples, new_group, opened, reached
from dogwatch.cli.errors import INCOMPLETE
from dogwatch.cli.lists import Columns, Outputs, Query, Sort, lay_out, listing_of
from dogwatch.cli.options import option, path_of, switch
from dogwatch.cli.ports import Check
from dogwatch.cli.rendering import Column, Format, minute, rfc3339, say, write_json
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.registries import LookBack, Registry, RegistryAccess
from dogwatch.settings import Settings

_NO_ALIAS = re.compile(r"[^A-Za-z0-9._-]+")
_ALIAS_LENGTH_MAX = 63

PasswordFile = Annotated[Path | None, option("file that holds the password", "--password-file", metavar="FILE")]
PasswordVariable = Annotated[
    str, option("environment variable of the service that holds it", "--password-variable", metavar="NAME")
]
AuthorityFile = Annotated[
    Path | None, option("authorities to trust in place of the system's, PEM", "--ca-file", metavar="FILE")
]
HowFarBack = Annotated[
    str,
    option(
        "which of the images that are there count: all, those that the windows keep, or those of 14d and no older",
        "--look-back",
        metavar="all|windows|14d",
    ),
]
ServiceUrl = Annotated[
    str | None,
    option(
        "where the registry reaches Dogwatch; by default where it listens",
        "--service-url",
        variable="DOGWATCH_SERVICE_URL",
        metavar="URL",
    ),
]
Sboms = Annotated[
    bool,
    typer.Option("--sboms/--no-sboms", help="also believe the bills of materials that are attached to its images"),
]
Alias = Annotated[str, typer.Argument(help="the registry's alias", show_default=False)]


@takes_settings()
def add(
    settings: Settings,
    *,
    url: Annotated[str, typer.Argument(metavar="URL", help="https://HOST[:PORT], or HOST", show_default=False)],
    alias: Annotated[str | None, option("its name here; by default from the host", "--alias")] = None,
    username: Annotated[str, option("to log in with", "--username")] = "",
    password_file: PasswordFile = None,
    password_variable: PasswordVariable = "",
    ca_file: AuthorityFile = None,
    plain_http: Annotated[bool, switch("allow an http:// address", "--plain-http")] = False,
    look_back: HowFarBack = "all",
    sboms: Sboms = False,
    service_url: ServiceUrl = None,
    output: Output = None,
) -> None:
    """Watch a registry, and look at what it holds at once.

    Prints the configuration that makes a CNCF Distribution registry (docker-registry) notify Dogwatch; it holds the
    webhook's secret, which is shown this once. Passwords stay where they are: only the place is stored.

    What is there already counts as pushed when it is found (--look-back all), or when its config says that it was
    created: then the windows decide, and with a number of days nothing older is watched before it is pushed or pulled.
    Bills of materials that are attached to images count only where you ask for it: whoever may push may attach one.
    """
    password, authorities = path_of(password_file), path_of(ca_file)
    access = RegistryAccess(_checked_url(url, plain_http), username, password, password_variable, authorities)
    _check_credentials(access)
    name = alias or _alias_of(access.url)
    reaches = LookBack.parse(filters.window(look_back) or "")
    with opened(settings) as app:
        registry, secret = app.add_registry(name, access, reaches, believes_bills=sboms)
        webhook = f"{(service_url or settings.service_url).rstrip('/')}/hooks/{settings.account}/{name}"
        snippet = app.notification_snippet(name, webhook, {"Authorization": f"Bearer {secret}"})
        twins = [one.alias for one in app.registries.list(settings.account) if _is_twin(one, registry)]
    if output in (Format.JSON, Format.NDJSON):
        shown = {"alias": name, "url": registry.access.url, "webhook_url": webhook}
        write_json({**shown, "webhook_secret": secret, "configuration": snippet})
    else:
        _tell_of(name, twins, secret, snippet)


def _is_twin(one: Registry, added: Registry) -> bool:
    """Say whether another registry stands at the same host and port, whatever the scheme in front."""
    return one.alias != added.alias and urlsplit(one.access.url).netloc == urlsplit(added.access.url).netloc


def _tell_of(name: str, twins: Sequence[str], secret: str, snippet: str) -> None:
    say(
        f"{name} is watched. Whether it can be reached: dogwatch registries test {name}",
        *(f"{twin} is at the same address: its images are now watched twice, under both aliases." for twin in twins),
        f"Its webhook secret, shown this once: {secret}",
        "For notifications, put this into the config.yml of docker-registry and restart it:",
    )
    print(snippet, end="")


@takes_settings(Reach.ANYWHERE)
def show_registries(
    settings: Settings, *, sort: Sort = None, output: Outputs = None, columns: Columns = None, query: Query = None
) -> None:
    """List the registries that are watched."""
    layout = lay_out(LISTING, output, columns, query, sort)
    with reached(settings) as app:
        rows = app.registries.list(settings.account)
    unsaid = "Where credentials stand, a service does not tell." if settings.server else ""
    layout.write(layout.arranged(rows), unsaid if rows else "No registry is watched: dogwatch registries add URL")


@takes_settings(Reach.ANYWHERE)
def check(
    settings: Settings, *, alias: Alias, output: Outputs = None, columns: Columns = None, query: Query = None
) -> None:
    """Try a registry: that it answers, lets us in, lists its repositories, and gives an image.

    A failure shows the real address, status and TLS error; the exit code is then 5.
    """
    layout = lay_out(CHECKS, output, columns, query)
    with reached(settings) as app:
        checks = app.check_registry(alias)
    layout.write(checks)
    if not all(one.passed for one in checks):
        raise typer.Exit(INCOMPLETE)


@takes_settings(Reach.ANYWHERE)
def change(settings: Settings, *, alias: Alias, sboms: Sboms) -> None:
    """Believe the bills of materials that are attached to a registry's images, or believe them no longer.

    Images are looked at a few at a time; nothing that was found in their layers changes.
    """
    with reached(settings) as app:
        app.registries.believe_bills(settings.account, alias, believed=sboms)
    say(f"Attached bills of materials of {alias} {'count' if sboms else 'no longer count'} from now on.")


@takes_settings(Reach.ANYWHERE)
def remove(settings: Settings, *, alias: Alias) -> None:
    """Stop watching a registry: monitoring of its images ends; history stays."""
    with reached(settings) as app:
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
    Column("look_back", "", lambda one: str(one.look_back)),
    Column("sboms", "", lambda one: "yes" if one.believes_bills else "no"),
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
LISTING = listing_of(COLUMNS)
CHECKS = listing_of(_CHECK_COLUMNS)


def add_to(application: typer.Typer) -> None:
    """Register the commands."""
    group = new_group("Which registries are watched.")
    group.command(
        "add",
        epilog=examples(
            "dogwatch registries add https://registry.example --username watcher --password-file /etc/watcher",
            "dogwatch registries add http://127.0.0.1:5000 --plain-http --alias local",
            "dogwatch registries add https://registry.example --look-back 14d",
        ),
    )(add)
    group.command("list", epilog=examples("dogwatch registries list -o json"))(show_registries)
    group.command("test", epilog=examples("dogwatch registries test local"))(check)
    group.command("set", epilog=examples("dogwatch registries set local --sboms"))(change)
    group.command("remove", epilog=examples("dogwatch registries remove local"))(remove)
    application.add_typer(group, name="registries")
