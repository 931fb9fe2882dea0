"""What the steps of the demonstration share: they wait for the service, and show what other commands answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import typer

from dogwatch.cli.rendering import say
from dogwatch.model.monitoring import StatusCode
from dogwatch.model.views import FindingQuery, ImageQuery, ImageView
from dogwatch.settings import Settings

if TYPE_CHECKING:
    from dogwatch.app.process import App

_WAIT_SECONDS = 60.0  # a step takes one or two; a machine that is busy importing real feeds takes longer
_LOOK_SECONDS = 0.25


def tell_title(name: str, sentence: str) -> None:
    """Say what a step is about."""
    print(f"\n{name}: {sentence}")


def tell_next(words: str) -> None:
    """Say what to type next."""
    print(f"\nNext: {words}")


def show_answer(settings: Settings, *words: str) -> None:
    """Show what a command answers, as if it had been typed."""
    print(f"\n$ dogwatch {' '.join(words)}", flush=True)
    form = () if "-o" in words else ("-o", "table")
    run_command((*words, *form, *same_data(settings)))


def same_data(settings: Settings) -> Sequence[str]:
    """Return the flags by which another command finds the same data."""
    place = ("--data", str(settings.data), "--account", settings.account)
    return place if settings.is_embedded else (*place, "--database-url", settings.database_url)


def run_command(words: Sequence[str]) -> None:
    """Run a command of the program."""
    from dogwatch.cli.main import application

    typer.main.get_command(application).main(list(words), prog_name="dogwatch", standalone_mode=False)


def wait_until(is_so: Callable[[], bool], otherwise: str) -> None:
    """Wait until something is so; says so where it takes too long, and lets the answers show how far it came."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            say(f"After {_WAIT_SECONDS:.0f} s {otherwise}; is the service running? What is there now:")
            return
        time.sleep(_LOOK_SECONDS)


def is_active(image: ImageView) -> bool:
    """Say whether an image is watched."""
    return image.status_code is StatusCode.ACTIVE


def load_images(app: App, settings: Settings) -> Sequence[ImageView]:
    """Return the sample images."""
    texts = {"registry": [("EQUALS", app.demonstration.alias)]}
    return app.views.images(ImageQuery(settings.account, texts)).rows


def load_image(app: App, settings: Settings, repository: str) -> ImageView | None:
    """Return the sample image of a repository; None where it was not pushed yet."""
    return next((one for one in load_images(app, settings) if one.repository == repository), None)


def count_findings(app: App, settings: Settings, status: str) -> int:
    """Return how many findings have a status."""
    query = FindingQuery(settings.account, {"status": [("EQUALS", status)]}, limit=1_000)
    return len(app.views.findings(query).rows)
