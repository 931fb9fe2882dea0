"""`dogwatch images`: what is watched, until when, and why; one image with its clocks and gaps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated

import typer

from dogwatch.cli import filters
from dogwatch.cli.command_line import Output, examples, opened
from dogwatch.cli.findings import severity_counts
from dogwatch.cli.json_query import Query, asked_of, with_query
from dogwatch.cli.looked_at import look, sentences
from dogwatch.cli.ports import Views
from dogwatch.cli.rendering import (
    NOTHING,
    Column,
    Format,
    as_document,
    chosen_format,
    minute,
    printable_lines,
    rfc3339,
    short_digest,
    write_rows,
)
from dogwatch.cli.settings_flags import takes_settings
from dogwatch.model.errors import NotFoundError
from dogwatch.model.filter_grammar import parse_filter
from dogwatch.model.filters import IMAGE_FIELDS
from dogwatch.model.images import is_digest
from dogwatch.model.monitoring import StatusCode
from dogwatch.model.times import FOREVER
from dogwatch.model.views import ImageQuery, ImageView
from dogwatch.settings import Settings

_PAGE = 1_000
Words = list[str] | None
Undetermined = tuple[str, str, str, str, int]


@takes_settings()
def show_images(
    settings: Settings,
    *,
    image: Annotated[
        str | None,
        typer.Argument(metavar="[IMAGE]", help="repository:tag, repository@digest, or digest", show_default=False),
    ] = None,
    repository: Annotated[
        Words,
        typer.Option("--repository", "-r", help="'shop/*' for a prefix", metavar="TEXT", show_default=False),
    ] = None,
    status: Annotated[
        Words, typer.Option("--status", help="ACTIVE, INACTIVE, or a reason for it", metavar="TEXT", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="at most so many images")] = 100,
    filter: Annotated[
        str | None,
        typer.Option(
            "--filter",
            help="also demand this: 'repository ~ shop/* and pulled_at < 2026-10-01'",
            metavar="TEXT",
            show_default=False,
        ),
    ] = None,
    output: Output = None,
    query: Query = None,
) -> None:
    """List images with their watch; or show one image with its clocks, why it is watched, and what could not be seen.

    A tag of a multi-platform image names all its platforms.
    """
    form = with_query(chosen_format(output), query)
    asked = parse_filter(filter, IMAGE_FIELDS) if filter else None
    if image is not None:
        with opened(settings) as app:
            found = _take(app.views, ImageQuery(settings.account, _named(image), filter=asked, limit=limit))[0]
            if not found:
                raise NotFoundError("image", image)
            undetermined = {one.image_id: app.views.undetermined(settings.account, one.image_id) for one in found}
        _show_whole(found, undetermined, form, query)
        return
    codes = [entry for entry in filters.entries(status, upper=True) if entry[1] in ("ACTIVE", "INACTIVE")]
    reasons = [entry for entry in filters.entries(status, upper=True) if entry not in codes]
    texts = {"repository": filters.entries(repository), "status_code": codes, "status_reason": reasons}
    entries = {field: given for field, given in texts.items() if given}
    with opened(settings) as app:
        found, is_more = _take(app.views, ImageQuery(settings.account, entries, filter=asked, limit=limit))
        looked = look(app.views, settings.account)
    footer = sentences(looked)
    if is_more:
        footer = f"The first {limit:,}; there are more (--limit).\n{footer}"
    write_rows(found, COLUMNS, form, footer=footer, reshape=asked_of(query))


def _named(image: str) -> dict[str, list[tuple[str, str]]]:
    """Return the filters that one image's name means."""
    if is_digest(image):
        return {"digest": [("EQUALS", image)]}
    repository, at, digest = image.partition("@")
    if at:
        return {"repository": [("EQUALS", repository)], "digest": [("EQUALS", digest)]}
    repository, colon, tag = image.rpartition(":")
    if colon and "/" not in tag:
        return {"repository": [("EQUALS", repository)], "tag": [("EQUALS", tag)]}
    return {"repository": [("EQUALS", image)]}


def _take(views: Views, query: ImageQuery) -> tuple[Sequence[ImageView], bool]:
    """Return the first `limit` images of a query, and whether there are more."""
    found: list[ImageView] = []
    after = ""
    while True:
        page = views.images(replace(query, limit=min(_PAGE, query.limit - len(found)), after=after))
        found += page.rows
        after = page.next
        if not after or len(found) >= query.limit:
            return found, bool(after)


def _show_whole(
    found: Sequence[ImageView], undetermined: Mapping[int, Sequence[Undetermined]], form: Format, query: str | None
) -> None:
    if form is not Format.TABLE:
        names = ("ecosystem", "package", "version", "reason", "advisories")

        def document(one: ImageView) -> object:
            lost = [dict(zip(names, row, strict=True)) for row in undetermined[one.image_id]]
            return {**as_document(one), "undetermined_packages": lost}

        write_rows(found, COLUMNS, form, document=document, reshape=asked_of(query))
        return
    for one in found:
        print(printable_lines("\n".join(_whole(one, undetermined[one.image_id]))))


def _whole(image: ImageView, undetermined: Sequence[Undetermined]) -> Iterator[str]:
    """Yield all there is to say about one image, line by line."""
    tags = ", ".join([*image.tags, *(f"{tag} (via index)" for tag in image.tags_via_index)])
    yield f"{image.repository}@{image.digest}"
    pairs = (
        ("registry", f"{image.registry_alias} ({image.registry_url})"),
        ("tags", tags or NOTHING),
        ("platform", " ".join(part for part in (f"{image.os}/{image.architecture}", image.platform) if part)),
        ("status", f"{image.status_code} / {image.status_reason}"),
        ("why", image.why),
        ("problem", image.problem),
        ("pushed", minute(image.pushed_at)),
        ("last pulled", f"{minute(image.pulled_at)}{f' by {image.pulled_by}' if image.pulled_by else ''}"),
        ("last in use", minute(image.in_use_at)),
        ("watched until", until(image)),
        ("looked at", minute(image.indexed_at) if image.indexed_at else "never: it has no findings yet"),
        ("packages", str(image.packages)),
        ("findings", _counts(image)),
    )
    for name, value in pairs:
        if value:
            yield f"  {name:<14}{value}"
    yield f"  {'gaps':<14}{len(image.gaps) or 'none'}"
    for gap in image.gaps:
        yield f"    {gap.kind}: {gap.path or '/'}: {gap.detail} — {gap.consequence}"
    if undetermined:
        yield f"  {'undetermined':<14}{len(undetermined)}"
    for ecosystem, name, version, reason, advisories in undetermined:
        yield f"    {ecosystem} {name} {version}: {reason} ({advisories} advisories could not be compared)"


def until(image: ImageView) -> str:
    """Return until when an image is watched, for people."""
    if image.watched_until is not None and image.watched_until >= FOREVER:
        return "for ever"
    return minute(image.watched_until)


def _counts(image: ImageView) -> str:
    if image.indexed_at is None:
        return "not looked at"
    if image.status_code is not StatusCode.ACTIVE:
        return severity_counts(image.severity_counts) or "not watched"
    return severity_counts(image.severity_counts) or "none"


def _platform(image: ImageView) -> str:
    return f"{image.os}/{image.architecture}"


COLUMNS: tuple[Column[ImageView], ...] = (
    Column("repository", "REPOSITORY", lambda one: one.repository),
    Column("tags", "TAGS", lambda one: " ".join((*one.tags, *one.tags_via_index))),
    Column("digest", "DIGEST", lambda one: one.digest, lambda one: short_digest(one.digest), spare=2),
    Column("platform", "PLATFORM", _platform, spare=3),
    Column(
        "status",
        "STATUS",
        lambda one: one.status_code,
        style=lambda one: "green" if one.status_code == "ACTIVE" else "dim",
    ),
    Column("reason", "REASON", lambda one: one.status_reason),
    Column("watched_until", "WATCHED UNTIL", lambda one: rfc3339(one.watched_until), until),
    Column("held_by", "HELD BY", lambda one: one.held_by, spare=4),
    Column("findings", "FINDINGS", _counts),
    Column("gaps", "GAPS", lambda one: str(len(one.gaps))),
    Column("pushed_at", "", lambda one: rfc3339(one.pushed_at)),
    Column("pulled_at", "", lambda one: rfc3339(one.pulled_at)),
    Column("why", "", lambda one: one.why),
    Column("problem", "", lambda one: one.problem),
)


def add_to(application: typer.Typer) -> None:
    """Register the command."""
    application.command(
        "images",
        epilog=examples(
            "dogwatch images --status INACTIVE",
            "dogwatch images --filter 'repository ~ shop/* and not status_reason = successful'",
            "dogwatch images shop/web:1.4",
            "dogwatch images -r 'shop/*' -o csv",
        ),
    )(show_images)
