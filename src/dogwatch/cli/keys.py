"""`dogwatch keys`: access keys for whoever asks from elsewhere than this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from dogwatch.cli.command_line import Output, examples, new_group, unopened
from dogwatch.cli.lists import Columns, Outputs, Query, Sort, lay_out, listing_of
from dogwatch.cli.ports import AccessKey
from dogwatch.cli.rendering import Column, Format, say, write_json
from dogwatch.cli.settings_flags import takes_settings
from dogwatch.model.errors import InvalidRequestError
from dogwatch.settings import Settings

_ROLES = ("reader", "reporter", "admin", "operator")


@takes_settings()
def add(
    settings: Settings,
    *,
    role: Annotated[
        str,
        typer.Option(
            "--role",
            metavar="|".join(_ROLES),
            help="reporters tell of usage, admins may change things too, operators also other accounts",
        ),
    ] = "reader",
    output: Output = None,
) -> None:
    """Make an access key for the account; its secret is shown this once.

    Printed as AWS clients read it: put it into ~/.aws/credentials below a profile's name. In a file of its own it is
    what --token-file takes.
    """
    if role not in _ROLES:
        raise InvalidRequestError("role", f"{role!r} is none of {', '.join(_ROLES)}")
    key = unopened(settings).add_access_key(role)
    if output in (Format.JSON, Format.NDJSON):
        write_json({"id": key.id, "secret": key.secret, "account_id": key.account_id, "role": key.role})
        return
    say(f"An access key for account {key.account_id} ({key.role}). Its secret is shown this once.")
    print(f"aws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}")


@takes_settings()
def show_keys(
    settings: Settings, *, sort: Sort = None, output: Outputs = None, columns: Columns = None, query: Query = None
) -> None:
    """List the account's access keys, without their secrets."""
    layout = lay_out(LISTING, output, columns, query, sort)
    keys = unopened(settings).access_keys()
    layout.write(layout.arranged(keys), "" if keys else "There are no access keys.")


@takes_settings()
def remove(
    settings: Settings, *, key: Annotated[str, typer.Argument(metavar="ID", help="the key's id", show_default=False)]
) -> None:
    """Take an access key away; it is refused from now on."""
    unopened(settings).remove_access_key(key)
    say(f"{key} is no longer accepted.")


def _document(key: AccessKey) -> object:
    """Leave the secret out."""
    return {"id": key.id, "account_id": key.account_id, "role": str(key.role)}


COLUMNS: tuple[Column[AccessKey], ...] = (
    Column("id", "ID", lambda key: key.id),
    Column("account", "ACCOUNT", lambda key: key.account_id),
    Column("role", "ROLE", lambda key: str(key.role)),
)
LISTING = listing_of(COLUMNS, _document)


def add_to(application: typer.Typer) -> None:
    """Register the commands."""
    group = new_group("Access keys for whoever asks from elsewhere: AWS clients, scripts, dogwatch --server.")
    group.command("add", epilog=examples("dogwatch keys add --role reader", "dogwatch keys add --role admin -o json"))(
        add
    )
    group.command("list", epilog=examples("dogwatch keys list -o json"))(show_keys)
    group.command("remove", epilog=examples("dogwatch keys remove DOGWEXAMPLEEXAMPLE22"))(remove)
    application.add_typer(group, name="keys")
