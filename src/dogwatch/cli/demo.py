"""`dogwatch demo`: the demonstration step by step: what to do, and what happened, in the product's own answers.

What is shown is the output of other commands, run here. Everything about the sample images and advisories is marked as
such: the registry is called `demonstration`, the feeds `sample`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from dogwatch.cli.command_line import examples, opened
from dogwatch.cli.moments import duration
from dogwatch.cli.rendering import plural, rfc3339, say
from dogwatch.cli.settings_flags import takes_settings
from dogwatch.model.monitoring import StatusCode
from dogwatch.model.views import FindingQuery, ImageQuery, ImageView
from dogwatch.settings import Settings

if TYPE_CHECKING:
    from dogwatch.app.process import App

_WAIT_SECONDS = 60.0  # a step takes one or two; a machine that is busy importing real feeds takes longer
_LOOK_SECONDS = 0.25
_NEWS = "SAMPLE-2099-0001"
_PULLED = "shop/web"

STEPS = (
    ("push", "push three small sample images to the demonstration's registry"),
    ("pull", "pull one of them, as a deployment would"),
    ("advance 91d", "let 91 days pass in which nobody pushes or pulls"),
    ("pull", "pull it again: it wakes, with nothing downloaded or scanned"),
    ("advisory", "let a new advisory arrive"),
    ("withdraw", "let it be withdrawn"),
)

Repository = Annotated[
    str, typer.Argument(help="base/debian, shop/web or shop/basket", metavar="[REPOSITORY]", show_default=False)
]


@takes_settings()
def show_status(settings: Settings) -> None:
    """Say what the demonstration is, how far it has come, and what to type next."""
    with opened(settings) as app:
        has_begun, is_offered = app.demonstration.folder.is_begun, app.demonstration.is_offered
        news = app.demonstration.folder.load_news()
        images = _images(app, settings) if has_begun else []
        now = app.views.now()
    print("The demonstration: sample images in a registry inside the service, and a SAMPLE of advisories that is used")
    print(
        "for as long as the public feeds were not imported. Its story in six steps, or all at once: dogwatch demo run"
    )
    print()
    for number, (words, purpose) in enumerate(STEPS, 1):
        print(f"  {number}. dogwatch demo {words:<12} {purpose}")
    print("\nTo end it: dogwatch demo end. To watch a registry of yours: dogwatch registries add URL")
    print()
    if not is_offered:
        print("It is not offered here: a real registry is watched, or DOGWATCH_DEMO=0.")
    elif not has_begun:
        print("It has not begun. The service must be running (./run); then begin with: dogwatch demo push")
    else:
        watched = sum(one.status_code is StatusCode.ACTIVE for one in images)
        told = "withdrawn" if news.withdrawn_at else "arrived" if news.arrived_at else "not arrived yet"
        print(f"It is {rfc3339(now)[:16]}Z for Dogwatch. {plural(watched, 'sample image')} watched of {len(images)}.")
        print(f"The made-up advisory {_NEWS}: {told}.")


@takes_settings()
def push(settings: Settings) -> None:
    """Push the three sample images, and show what is found in them.

    A push is a notification; the service fetches each image once and takes its inventory; advisories meet it in the
    database.
    """
    _title("PUSH", "Three images, pushed to the registry inside the service. The two applications share a base layer.")
    begun = time.monotonic()
    with opened(settings) as app:
        for sample in app.demonstration.samples:
            app.demonstration.push(settings.service_url, sample.repository)
            layers = plural(len(sample.layers), "layer")
            print(f"  pushed {sample.repository}:{sample.tag}  {sample.digest[:19]}  {layers}")
        app.update_sample()
        wanted = {(sample.repository, sample.digest) for sample in app.demonstration.samples}

        def are_read() -> bool:
            images = _images(app, settings)
            return wanted <= {(one.repository, one.digest) for one in images if one.indexed_at and _is_active(one)}

        _wait(are_read, "the images are not read yet")
        seconds = time.monotonic() - begun
        problems = [one for one in app.views.feeds() if one.missing and not one.is_of_facts]
    print(f"  read, inventoried and matched after {seconds:.1f} s")
    if problems:
        names = ", ".join(one.ecosystem for one in problems)
        print(
            f"\nTHE PUBLIC FEEDS WERE NOT IMPORTED YET ({names}). What follows rests on the SAMPLE of advisories that"
        )
        print("comes with Dogwatch: it knows some fifty flaws, and no finding does not mean clean.")
    _show(settings, "db", "status")
    _show(settings, "images")
    _show(settings, "findings", "--severity", "CRITICAL")
    _next("dogwatch demo pull")


@takes_settings()
def pull(settings: Settings, *, repository: Repository = _PULLED) -> None:
    """Pull a sample image, as a deployment would, and show what that does to its watch.

    Also wakes an image whose watch had ended: its findings are up to date at once, and nothing is read again.
    """
    _title("PULL", "Somebody pulls an image. Dogwatch's own reads do not count; this one does.")
    with opened(settings) as app:
        place = f"{repository}:{app.demonstration.sample(repository).tag}"
        before = _image(app, settings, repository)
        since = before.pulled_at if before else None
        received = app.demonstration.pull(settings.service_url, repository)
        print(f"  pulled {place}, {received:,} bytes")

        def is_heard() -> bool:
            image = _image(app, settings, repository)
            return image is not None and image.pulled_at not in (None, since) and _is_active(image)

        _wait(is_heard, "the pull was not heard of yet")
    was_over = before is not None and not _is_active(before)
    if was_over:
        print("  it is watched again; Dogwatch downloaded and read nothing: what it contains is known")
    _show(settings, "images", place)
    if was_over:
        _show(settings, "findings", "--repository", repository, "--severity", "CRITICAL")
    _next("dogwatch demo advisory" if was_over else "dogwatch demo advance 91d")


@takes_settings()
def advance(
    settings: Settings, *, by: Annotated[str, typer.Argument(help="91d, 12h, 30m or 10s", show_default=False)]
) -> None:
    """Move the demonstration's clock ahead, and show which watches ended.

    Refused as soon as a real registry is watched. There is no way back: recorded time only goes forward.
    """
    length = duration("by", by)
    with opened(settings) as app:
        now = app.demonstration.advance_clock(length)
        _title(
            "EXPIRY", f"The clock moves {by} ahead. An image is watched for 90 days after its push or its last pull."
        )
        print(f"  it is {rfc3339(now)[:16]}Z now")

        def is_swept() -> bool:
            return not any(
                _is_active(one) and one.watched_until and one.watched_until < now for one in _images(app, settings)
            )

        _wait(is_swept, "not everything is swept yet")
        app.update_sample()
        closed = _count(app, settings, "CLOSED")
    _show(settings, "images")
    _show(settings, "findings")
    if closed:
        print(f"\n{plural(closed, 'finding')} closed, and not because anything was fixed:")
        _show(settings, "findings", "--status", "CLOSED", "--severity", "CRITICAL", "--limit", "2", "-o", "csv")
    _next("dogwatch demo pull")


@takes_settings()
def announce(settings: Settings) -> None:
    """Let a new advisory arrive, and show which watched images it concerns.

    It is made up, and says so. No image is read: its range meets the packages that are known, in one database join.
    """
    with opened(settings) as app:
        app.demonstration.announce()
        _title("A NEW ADVISORY", f"{_NEWS}, made up: a flaw in the C library of Debian 12.")
        begun = time.monotonic()
        app.update_sample()
        seconds = time.monotonic() - begun
    print(f"  fetched, journalled and matched in {seconds:.1f} s, without a look at any image")
    _show(settings, "findings", "--vulnerability", _NEWS)
    print("\nImages whose watch ended are not in the list: nobody needs to hear of them.")
    _next("dogwatch demo withdraw")


@takes_settings()
def withdraw(settings: Settings) -> None:
    """Let the made-up advisory be withdrawn, and show how its findings close."""
    with opened(settings) as app:
        app.demonstration.withdraw()
        _title("WITHDRAWN", f"{_NEWS} was a mistake, and its publisher withdraws it.")
        app.update_sample()
    _show(settings, "findings", "--vulnerability", _NEWS)
    _show(settings, "findings", "--vulnerability", _NEWS, "--status", "CLOSED", "-o", "csv")
    _next("dogwatch registries add URL, in an empty data folder (DOGWATCH_DATA), or dogwatch demo end")


@takes_settings()
def delete(settings: Settings, *, repository: Repository = _PULLED) -> None:
    """Delete a sample image from the registry, and show how its watch ends."""
    _title("DELETION", "An image is deleted in the registry.")
    with opened(settings) as app:
        app.demonstration.delete(settings.service_url, repository)
        print(f"  deleted {repository}")

        def is_over() -> bool:
            image = _image(app, settings, repository)
            return image is not None and not _is_active(image)

        _wait(is_over, "the deletion was not heard of yet")
    _show(settings, "images")
    _next("dogwatch demo push")


@takes_settings()
def end(settings: Settings) -> None:
    """End the demonstration: its registry is no longer watched, and the sample of advisories is taken away.

    History stays, and so does the clock; for a registry of yours begin with an empty data folder if it was moved.
    """
    with opened(settings) as app:
        app.end_demonstration()
    say("The demonstration has ended. Watch a registry of yours: dogwatch registries add URL")


@takes_settings()
def run_all(settings: Settings) -> None:
    """Run the whole story: push, pull, expiry, waking, a new advisory, its withdrawal. A minute or two."""
    options = _options(settings)
    for number, (words, purpose) in enumerate(STEPS, 1):
        print(f"\n===== {number} of {len(STEPS)}: {purpose}\n$ dogwatch demo {words}")
        _run(("demo", *words.split(), *options))


def introduce(context: typer.Context) -> None:
    """Take nothing; without a command, say what to type."""
    if context.invoked_subcommand is None:
        _run(("demo", "status"))


def offer(settings: Settings, program: str) -> tuple[str, ...]:
    """Return the lines that the service shows where the demonstration is offered and has not begun."""
    rule = "-" * 78
    return (
        rule,
        "No registry is watched yet. Two ways to begin, in another terminal:",
        "",
        f"  {program} demo run                  see it work: sample images, sample advisories, offline",
        f"  {program} demo                      the same, step by step",
        f"  {program} registries add URL        watch a registry of yours",
        "",
        f"The service is at {settings.service_url}. DOGWATCH_DEMO=0 switches the demonstration off.",
        rule,
    )


# --- what the steps share ---------------------------------------------------------------------------------------------


def _title(name: str, sentence: str) -> None:
    print(f"\n{name}: {sentence}")


def _next(words: str) -> None:
    print(f"\nNext: {words}")


def _show(settings: Settings, *words: str) -> None:
    """Show what a command answers, as if it had been typed."""
    print(f"\n$ dogwatch {' '.join(words)}", flush=True)
    form = () if "-o" in words or "@" in words else ("-o", "table")
    _run((*words, *form, *_options(settings)))


def _options(settings: Settings) -> Sequence[str]:
    """Return the flags by which another command finds the same data."""
    place = ("--data", str(settings.data), "--account", settings.account)
    return place if settings.is_embedded else (*place, "--database-url", settings.database_url)


def _run(words: Sequence[str]) -> None:
    from dogwatch.cli.main import application

    typer.main.get_command(application).main(list(words), prog_name="dogwatch", standalone_mode=False)


def _wait(is_so: Callable[[], bool], otherwise: str) -> None:
    """Wait until something is so; says so where it takes too long, and lets the answers show how far it came."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            say(f"After {_WAIT_SECONDS:.0f} s {otherwise}; is the service running? What is there now:")
            return
        time.sleep(_LOOK_SECONDS)


def _is_active(image: ImageView) -> bool:
    return image.status_code is StatusCode.ACTIVE


def _images(app: App, settings: Settings) -> Sequence[ImageView]:
    texts = {"registry": [("EQUALS", app.demonstration.alias)]}
    return app.views.images(ImageQuery(settings.account, texts)).rows


def _image(app: App, settings: Settings, repository: str) -> ImageView | None:
    return next((one for one in _images(app, settings) if one.repository == repository), None)


def _count(app: App, settings: Settings, status: str) -> int:
    query = FindingQuery(settings.account, {"status": [("EQUALS", status)]}, limit=1_000)
    return len(app.views.findings(query).rows)


def add_to(application: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(
        help="The demonstration: sample images, sample advisories, and a clock to move.",
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        add_completion=False,
    )
    group.callback(invoke_without_command=True)(introduce)
    group.command("status", epilog=examples("dogwatch demo status"))(show_status)
    group.command("run", epilog=examples("dogwatch demo run"))(run_all)
    group.command("push", epilog=examples("dogwatch demo push"))(push)
    group.command("pull", epilog=examples("dogwatch demo pull", "dogwatch demo pull shop/basket"))(pull)
    group.command("advance", epilog=examples("dogwatch demo advance 91d"))(advance)
    group.command("advisory", epilog=examples("dogwatch demo advisory"))(announce)
    group.command("withdraw", epilog=examples("dogwatch demo withdraw"))(withdraw)
    group.command("delete", epilog=examples("dogwatch demo delete shop/basket"))(delete)
    group.command("end", epilog=examples("dogwatch demo end"))(end)
    application.add_typer(group, name="demo")
