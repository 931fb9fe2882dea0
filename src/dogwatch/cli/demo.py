"""`dogwatch demo`: the demonstration step by step: what to do, and what happened, in the product's own answers.

What is shown is the output of other commands, run here. Everything about the sample images and advisories is marked as
such: the registry is called `demonstration`, the feeds `sample`.
"""

from __future__ import annotations

import time
from typing import Annotated

import typer

from dogwatch.cli.command_line import examples, opened
from dogwatch.cli.demo_steps import (
    count_findings,
    is_active,
    load_image,
    load_images,
    run_command,
    same_data,
    show_answer,
    tell_next,
    tell_title,
    wait_until,
)
from dogwatch.cli.moments import duration
from dogwatch.cli.rendering import plural, rfc3339, say
from dogwatch.cli.settings_flags import takes_settings
from dogwatch.settings import Settings

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
        images = load_images(app, settings) if has_begun else []
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
        watched = sum(map(is_active, images))
        told = "withdrawn" if news.withdrawn_at else "arrived" if news.arrived_at else "not arrived yet"
        print(f"It is {rfc3339(now)[:16]}Z for Dogwatch. {plural(watched, 'sample image')} watched of {len(images)}.")
        print(f"The made-up advisory {_NEWS}: {told}.")


@takes_settings()
def push(settings: Settings) -> None:
    """Push the three sample images, and show what is found in them.

    A push is a notification; the service fetches each image once and takes its inventory; advisories meet it in the
    database.
    """
    tell_title(
        "PUSH", "Three images, pushed to the registry inside the service. The two applications share a base layer."
    )
    begun = time.monotonic()
    with opened(settings) as app:
        for sample in app.demonstration.samples:
            app.demonstration.push(settings.service_url, sample.repository)
            layers = plural(len(sample.layers), "layer")
            print(f"  pushed {sample.repository}:{sample.tag}  {sample.digest[:19]}  {layers}")
        app.update_sample()
        wanted = {(sample.repository, sample.digest) for sample in app.demonstration.samples}

        def are_read() -> bool:
            images = load_images(app, settings)
            return wanted <= {(one.repository, one.digest) for one in images if one.indexed_at and is_active(one)}

        wait_until(are_read, "the images are not read yet")
        seconds = time.monotonic() - begun
        problems = [one for one in app.views.feeds() if one.missing and not one.is_of_facts]
    print(f"  read, inventoried and matched after {seconds:.1f} s")
    if problems:
        names = ", ".join(one.ecosystem for one in problems)
        print(
            f"\nTHE PUBLIC FEEDS WERE NOT IMPORTED YET ({names}). What follows rests on the SAMPLE of advisories that"
        )
        print("comes with Dogwatch: it knows some fifty flaws, and no finding does not mean clean.")
    show_answer(settings, "db", "status")
    show_answer(settings, "images")
    show_answer(settings, "findings", "--severity", "CRITICAL")
    tell_next("dogwatch demo pull")


@takes_settings()
def pull(settings: Settings, *, repository: Repository = _PULLED) -> None:
    """Pull a sample image, as a deployment would, and show what that does to its watch.

    Also wakes an image whose watch had ended: its findings are up to date at once, and nothing is read again.
    """
    tell_title("PULL", "Somebody pulls an image. Dogwatch's own reads do not count; this one does.")
    with opened(settings) as app:
        place = f"{repository}:{app.demonstration.sample(repository).tag}"
        before = load_image(app, settings, repository)
        since = before.pulled_at if before else None
        received = app.demonstration.pull(settings.service_url, repository)
        print(f"  pulled {place}, {received:,} bytes")

        def is_heard() -> bool:
            image = load_image(app, settings, repository)
            return image is not None and image.pulled_at not in (None, since) and is_active(image)

        wait_until(is_heard, "the pull was not heard of yet")
    was_over = before is not None and not is_active(before)
    if was_over:
        print("  it is watched again; Dogwatch downloaded and read nothing: what it contains is known")
    show_answer(settings, "images", place)
    if was_over:
        show_answer(settings, "findings", "--repository", repository, "--severity", "CRITICAL")
    tell_next("dogwatch demo advisory" if was_over else "dogwatch demo advance 91d")


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
        tell_title(
            "EXPIRY", f"The clock moves {by} ahead. An image is watched for 90 days after its push or its last pull."
        )
        print(f"  it is {rfc3339(now)[:16]}Z now")

        def is_swept() -> bool:
            return not any(
                is_active(one) and one.watched_until and one.watched_until < now for one in load_images(app, settings)
            )

        wait_until(is_swept, "not everything is swept yet")
        app.update_sample()
        closed = count_findings(app, settings, "CLOSED")
    show_answer(settings, "images")
    show_answer(settings, "findings")
    if closed:
        print(f"\n{plural(closed, 'finding')} closed, and not because anything was fixed:")
        show_answer(settings, "findings", "--status", "CLOSED", "--severity", "CRITICAL", "--limit", "2", "-o", "csv")
    tell_next("dogwatch demo pull")


@takes_settings()
def announce(settings: Settings) -> None:
    """Let a new advisory arrive, and show which watched images it concerns.

    It is made up, and says so. No image is read: its range meets the packages that are known, in one database join.
    """
    with opened(settings) as app:
        app.demonstration.announce()
        tell_title("A NEW ADVISORY", f"{_NEWS}, made up: a flaw in the C library of Debian 12.")
        begun = time.monotonic()
        app.update_sample()
        seconds = time.monotonic() - begun
    print(f"  fetched, journalled and matched in {seconds:.1f} s, without a look at any image")
    show_answer(settings, "findings", "--vulnerability", _NEWS)
    print("\nImages whose watch ended are not in the list: nobody needs to hear of them.")
    tell_next("dogwatch demo withdraw")


@takes_settings()
def withdraw(settings: Settings) -> None:
    """Let the made-up advisory be withdrawn, and show how its findings close."""
    with opened(settings) as app:
        app.demonstration.withdraw()
        tell_title("WITHDRAWN", f"{_NEWS} was a mistake, and its publisher withdraws it.")
        app.update_sample()
    show_answer(settings, "findings", "--vulnerability", _NEWS)
    show_answer(settings, "findings", "--vulnerability", _NEWS, "--status", "CLOSED", "-o", "csv")
    tell_next("dogwatch registries add URL, in an empty data folder (DOGWATCH_DATA), or dogwatch demo end")


@takes_settings()
def delete(settings: Settings, *, repository: Repository = _PULLED) -> None:
    """Delete a sample image from the registry, and show how its watch ends."""
    tell_title("DELETION", "An image is deleted in the registry.")
    with opened(settings) as app:
        app.demonstration.delete(settings.service_url, repository)
        print(f"  deleted {repository}")

        def is_over() -> bool:
            image = load_image(app, settings, repository)
            return image is not None and not is_active(image)

        wait_until(is_over, "the deletion was not heard of yet")
    show_answer(settings, "images")
    tell_next("dogwatch demo push")


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
    options = same_data(settings)
    for number, (words, purpose) in enumerate(STEPS, 1):
        print(f"\n===== {number} of {len(STEPS)}: {purpose}\n$ dogwatch demo {words}")
        run_command(("demo", *words.split(), *options))


def introduce(context: typer.Context) -> None:
    """Take nothing; without a command, say what to type."""
    if context.invoked_subcommand is None:
        run_command(("demo", "status"))


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
