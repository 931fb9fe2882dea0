"""`dogwatch advisories`: advisories and VEX documents of the operator's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from dogwatch.cli.command_line import examples, new_group, reached
from dogwatch.cli.document_files import read_document
from dogwatch.cli.image_deeds import user_name
from dogwatch.cli.lists import Columns, Outputs, Query, Sort, lay_out, listing_of
from dogwatch.cli.rendering import Column, minute, plural, rfc3339, say
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.operator_documents import (
    DocumentDetails,
    DocumentView,
    StatementView,
    SuppliedDocument,
    Supply,
)
from dogwatch.settings import Settings

_SUFFIX = ".json"


@takes_settings(Reach.ANYWHERE)
def add_documents(
    settings: Settings,
    *,
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FILE|FOLDER", help="documents, or folders of .json files", show_default=False),
    ],
) -> None:
    """Let advisories (OSV) and VEX documents (OpenVEX, CSAF) of your own count, for every account of this installation.

    They beat what distributions and others say. A document that is there already is replaced, unless it is older. The
    first file that cannot be used ends the command; those before it are in.
    """
    files = list(_files(paths))
    by = user_name()
    with reached(settings) as app:
        for file in files:
            say(_told(file, app.documents.add(read_document(file), str(file), by)))


@takes_settings(Reach.ANYWHERE)
def list_documents(
    settings: Settings, *, sort: Sort = None, output: Outputs = None, columns: Columns = None, query: Query = None
) -> None:
    """List the documents of your own that are in force, with the number of stored packages that each is about."""
    layout = lay_out(LISTING, output, columns, query, sort)
    with reached(settings) as app:
        found = app.documents.list()
    if not found:
        say("There are none: only what feeds say counts (dogwatch db status).")
    layout.write(layout.arranged(found))


@takes_settings(Reach.ANYWHERE)
def show_document(
    settings: Settings,
    *,
    document: Annotated[str, typer.Argument(metavar="ID", help="number or name", show_default=False)],
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """Show what a document says, line by line, and how many stored packages each line is about: 0 is about nothing.

    A line that a newer statement of yours contradicts says which. Below stand the products that it names and that no
    package can be met by, each with the reason.
    """
    layout = lay_out(STATEMENTS, output, columns, query)
    with reached(settings) as app:
        found = app.documents.show(document)
    layout.write(found.statements, "\n".join(_lines(found)))


@takes_settings(Reach.ANYWHERE)
def remove_document(
    settings: Settings,
    *,
    document: Annotated[str, typer.Argument(metavar="ID", help="number or name", show_default=False)],
) -> None:
    """Take a document back: what others say counts again, from now on. History keeps what held until then."""
    with reached(settings) as app:
        app.documents.remove(document)
    say(f"{document} no longer counts.")


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files that are named, and those with the suffix in folders that are, by name.

    Raises:
        InvalidRequestError: a folder without any.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(one for one in path.iterdir() if one.suffix == _SUFFIX and one.is_file())
        if not found:
            raise InvalidRequestError(str(path), f"a folder without {_SUFFIX} files")
        yield from found


def _told(file: Path, added: SuppliedDocument) -> str:
    """Say what adding a document did."""
    one = added.document
    if added.outcome is Supply.UNCHANGED:
        return f"{file}: {one.name} is in force already, unchanged."
    said = f"{plural(one.statements, 'statement')} about {plural(one.packages, 'stored package')}"
    changed = max(added.exposures_begun, added.exposures_ended)
    parts = [f"{file}: {one.name} {added.outcome} as {one.id}: {said}; {plural(changed, 'verdict')} changed."]
    if added.ended:
        parts.append(f"{plural(added.ended, 'statement')} of before no longer in it.")
    if one.unused:
        parts.append(f"{plural(one.unused, 'product')} no package can be met by (dogwatch advisories show {one.id}).")
    elif not one.statements:
        parts.append("It names no package, so it says nothing.")
    return " ".join(parts)


def _lines(found: DocumentDetails) -> Iterator[str]:
    """Say for people what stands below the statements."""
    one = found.document
    by = f" by {one.author}" if one.author else ""
    yield f"{one.name} ({one.format}{by}), as of {minute(one.stated_at)}; in force since {minute(one.added_at)}."
    if found.left:
        yield f"{plural(found.left, 'further statement')}, not shown."
    for unused in found.unused:
        yield f"About nothing: {unused.place}: {unused.product or 'a product'} {unused.reason}."


COLUMNS: tuple[Column[DocumentView], ...] = (
    Column("id", "ID", lambda one: str(one.id)),
    Column("name", "NAME", lambda one: one.name),
    Column("format", "FORMAT", lambda one: str(one.format)),
    Column("statements", "STATEMENTS", lambda one: str(one.statements)),
    Column("packages", "PACKAGES", lambda one: str(one.packages)),
    Column("unused", "ABOUT NOTHING", lambda one: str(one.unused), spare=1),
    Column("stated_at", "AS OF", lambda one: rfc3339(one.stated_at), lambda one: minute(one.stated_at), spare=2),
    Column("author", "AUTHOR", lambda one: one.author, spare=3),
    Column("added_at", "SINCE", lambda one: rfc3339(one.added_at), lambda one: minute(one.added_at), spare=4),
    Column("added_by", "BY", lambda one: one.added_by, spare=5),
)
LISTING = listing_of(COLUMNS)


def _says(one: StatementView) -> str:
    if one.fix_state == "fixed" and one.verdict == "not affected":
        return "fixed"
    return "under investigation" if one.verdict == "undetermined" else one.verdict


STATEMENT_COLUMNS: tuple[Column[StatementView], ...] = (
    Column("vulnerability", "VULNERABILITY", lambda one: one.vulnerability),
    Column("says", "SAYS", _says),
    Column("ecosystem", "ECOSYSTEM", lambda one: one.ecosystem),
    Column("package", "PACKAGE", lambda one: one.package),
    Column("versions", "VERSIONS", lambda one: one.versions),
    Column("arch", "ARCH", lambda one: one.arch, spare=2),
    Column("packages", "PACKAGES", lambda one: str(one.packages)),
    Column("overruled_by", "OVERRULED BY", lambda one: one.overruled_by),
    Column("summary", "WHY", lambda one: one.summary, spare=1),
)
STATEMENTS = listing_of(STATEMENT_COLUMNS)


def add_to(application: typer.Typer) -> None:
    """Register the commands."""
    group = new_group("Advisories and VEX documents of your own.")
    group.command(
        "add",
        epilog=examples(
            "dogwatch advisories add openssl.openvex.json", "dogwatch advisories add ACME-2026-1.json vex/"
        ),
    )(add_documents)
    group.command("list", epilog=examples("dogwatch advisories list"))(list_documents)
    group.command(
        "show", epilog=examples("dogwatch advisories show 3", "dogwatch advisories show ACME-2026-1 -o json")
    )(show_document)
    group.command("remove", epilog=examples("dogwatch advisories remove 3"))(remove_document)
    application.add_typer(group, name="advisories")
