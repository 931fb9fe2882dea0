"""`dogwatch images`: what is watched, until when, and why; one image with its clocks and gaps."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import typer

from dogwatch.cli import filters
from dogwatch.cli.command_line import Group, examples, new_group, reached
from dogwatch.cli.findings import severity_counts
from dogwatch.cli.image_deeds import COMMANDS as DEEDS
from dogwatch.cli.image_facts import base_text, hold_text, in_use_text, proposal_text
from dogwatch.cli.image_history import show_history
from dogwatch.cli.image_names import platform_of, texts_of_name
from dogwatch.cli.lists import USUAL_LIMIT, All, Columns, Layout, Limit, Outputs, Query, Sort, lay_out, listing_of
from dogwatch.cli.looked_at import look, sentences
from dogwatch.cli.options import option
from dogwatch.cli.ports import Views
from dogwatch.cli.rendering import NOTHING, Column, as_document, minute, rfc3339, short_digest
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.cli.taking import Taken
from dogwatch.cli.writers import Listing
from dogwatch.model.errors import NotFoundError
from dogwatch.model.filter_grammar import parse_filter
from dogwatch.model.filters import IMAGE_FIELDS
from dogwatch.model.monitoring import StatusCode
from dogwatch.model.times import FOREVER
from dogwatch.model.views import ImageQuery, ImageView
from dogwatch.settings import Settings

Words = list[str] | None
Undetermined = tuple[str, str, str, str, int]


@dataclass(frozen=True, slots=True)
class WholeImage:
    """An image with what could not be compared in it."""

    image: ImageView
    undetermined: Sequence[Undetermined]


@takes_settings(Reach.ANYWHERE)
def show_images(
    settings: Settings,
    *,
    image: Annotated[
        str | None,
        typer.Argument(metavar="[IMAGE]", help="repository:tag, repository@digest, or digest", show_default=False),
    ] = None,
    repository: Annotated[Words, option("'shop/*' for a prefix", "--repository", "-r")] = None,
    status: Annotated[Words, option("ACTIVE, INACTIVE, or a reason for it", "--status")] = None,
    filter: Annotated[
        str | None, option("also demand this: 'repository ~ shop/* and pulled_at < 2026-10-01'", "--filter")
    ] = None,
    sort: Sort = None,
    limit: Limit = USUAL_LIMIT,
    all: All = False,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """List images with their watch; or show one image with its clocks, why it is watched, and what could not be seen.

    A tag of a multi-platform image names all its platforms. Sorting reads the whole list first.
    """
    asked = parse_filter(filter, IMAGE_FIELDS) if filter else None
    most = None if all else limit
    if image is not None:
        whole = lay_out(WHOLE, output, columns, query, sort)
        wanted = ImageQuery(settings.account, texts_of_name(image), filter=asked)
        with reached(settings) as app:
            _show_whole(app.views, wanted, image, most, whole)
        return
    layout = lay_out(LISTING, output, columns, query, sort)
    wanted = ImageQuery(settings.account, _texts(repository, status), filter=asked)
    with reached(settings) as app:
        views = app.views
        found = Taken(lambda size, after: views.images(replace(wanted, limit=size, after=after)), most, layout.order)
        layout.write(found, lambda: found.note + sentences(look(views, ImageQuery(settings.account))))


def _show_whole(
    views: Views, wanted: ImageQuery, name: str, limit: int | None, layout: Layout[WholeImage, ImageView]
) -> None:
    found = list(Taken(lambda size, after: views.images(replace(wanted, limit=size, after=after)), limit, layout.order))
    if not found:
        raise NotFoundError("image", name)
    layout.write(WholeImage(one, views.undetermined(wanted.account_id, one.image_id)) for one in found)


def _texts(repository: Words, status: Words) -> dict[str, list[tuple[str, str]]]:
    codes = [entry for entry in filters.entries(status, upper=True) if entry[1] in ("ACTIVE", "INACTIVE")]
    reasons = [entry for entry in filters.entries(status, upper=True) if entry not in codes]
    texts = {"repository": filters.entries(repository), "status_code": codes, "status_reason": reasons}
    return {field: given for field, given in texts.items() if given}


def _whole_document(whole: WholeImage) -> object:
    names = ("ecosystem", "package", "version", "reason", "advisories")
    lost = [dict(zip(names, row, strict=True)) for row in whole.undetermined]
    return {**as_document(whole.image), "undetermined_packages": lost}


def _whole(whole: WholeImage) -> Iterator[str]:
    """Yield all there is to say about one image, line by line."""
    image = whole.image
    tags = ", ".join([*image.tags, *(f"{tag} (via index)" for tag in image.tags_via_index)])
    gaps = _gap_count(image)
    yield f"{image.repository}@{image.digest}"
    pairs = (
        ("id", str(image.image_id)),
        ("registry", f"{image.registry_alias} ({image.registry_url})"),
        ("tags", tags or NOTHING),
        ("platform", " ".join(part for part in (f"{image.os}/{image.architecture}", image.platform) if part)),
        ("status", f"{image.status_code} / {image.status_reason}"),
        ("why", image.why),
        ("problem", image.problem),
        ("pushed", minute(image.pushed_at)),
        ("last pulled", f"{minute(image.pulled_at)}{f' by {image.pulled_by}' if image.pulled_by else ''}"),
        ("last in use", in_use_text(image)),
        ("watched until", until(image)),
        ("hold", hold_text(image)),
        ("lifecycle", proposal_text(image)),
        ("looked at", minute(image.indexed_at) if image.indexed_at else "never: it has no findings yet"),
        ("base image", base_text(image)),
        ("packages", str(image.packages)),
        ("findings", _counts(image)),
        ("gaps", {"": "not looked at", "0": "none"}.get(gaps, gaps)),
    )
    for name, value in pairs:
        if value:
            yield f"  {name:<14}{value}"
    for gap in image.gaps:
        yield f"    {gap.kind}: {gap.path or '/'}: {gap.detail} — {gap.consequence}"
    if whole.undetermined:
        yield f"  {'undetermined':<14}{len(whole.undetermined)}"
    for ecosystem, name, version, reason, advisories in whole.undetermined:
        yield f"    {ecosystem} {name} {version}: {reason} ({advisories} advisories could not be compared)"
    if whole.undetermined:
        ecosystem, name, version, *_ = whole.undetermined[0]
        asked = shlex.join([f"{name}@{version}", "--ecosystem", ecosystem])
        yield f"    which they are: dogwatch explain {asked}"


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


def _gap_count(image: ImageView) -> str:
    """Return how many gaps are known; empty where nobody looked."""
    if image.indexed_at is None and not image.gaps:
        return ""
    return str(len(image.gaps))


def _proposal_brief(image: ImageView) -> str:
    return str(image.proposal.outcome.verdict) if image.proposal else ""


COLUMNS: tuple[Column[ImageView], ...] = (
    Column("repository", "REPOSITORY", lambda one: one.repository),
    Column("tags", "TAGS", lambda one: " ".join((*one.tags, *one.tags_via_index))),
    Column("digest", "DIGEST", lambda one: one.digest, lambda one: short_digest(one.digest), spare=2),
    Column("platform", "PLATFORM", platform_of, spare=3),
    Column(
        "status",
        "STATUS",
        lambda one: one.status_code,
        style=lambda one: "green" if one.status_code == "ACTIVE" else "dim",
    ),
    Column("reason", "REASON", lambda one: one.status_reason),
    Column("watched_until", "WATCHED UNTIL", lambda one: rfc3339(one.watched_until), until),
    Column("held_by", "HELD BY", lambda one: one.held_by, spare=4),
    Column(
        "lifecycle", "LIFECYCLE", lambda one: one.proposal.sentence if one.proposal else "", _proposal_brief, spare=5
    ),
    Column("findings", "FINDINGS", _counts),
    Column("gaps", "GAPS", lambda one: str(len(one.gaps)), _gap_count),
    Column("pushed_at", "", lambda one: rfc3339(one.pushed_at)),
    Column("pulled_at", "", lambda one: rfc3339(one.pulled_at)),
    Column("why", "", lambda one: one.why),
    Column("problem", "", lambda one: one.problem),
)
LISTING = listing_of(COLUMNS)
WHOLE: Listing[WholeImage, ImageView] = Listing(
    COLUMNS,
    rows=lambda whole: (whole.image,),
    brief_rows=lambda whole: (whole.image,),
    document=_whole_document,
    prose=_whole,
)


class _Images(Group):
    """The commands on images; what is none of them is the list, which is asked for most: `dogwatch images shop/web`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words behind `images`."""
        is_told = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if is_told else ["list", *args])


def add_to(application: typer.Typer) -> None:
    """Register the commands."""
    group = new_group(
        "Images: what is watched, until when, and why; the history of one, and deeds on it. `list` may be left out.",
        _Images,
    )
    group.command(
        "list",
        epilog=examples(
            "dogwatch images list --status INACTIVE",
            "dogwatch images list --filter 'repository ~ shop/* and not status_reason = successful'",
            "dogwatch images list shop/web:1.4",
            "dogwatch images list -r 'shop/*' -o csv",
            "dogwatch images list --all --sort=-pushed_at --columns repository,tags,pushed_at,watched_until",
        ),
    )(show_images)
    group.command(
        "history", epilog=examples("dogwatch images history shop/web:1.4", "dogwatch images history 42 --all -o json")
    )(show_history)
    for name, command, epilog in DEEDS:
        group.command(name, epilog=epilog)(command)
    application.add_typer(group, name="images")
