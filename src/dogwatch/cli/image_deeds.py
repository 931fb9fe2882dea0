"""`dogwatch images scan, wake, forget, hold, release, touch, archive, restore`: what is done to one image by hand."""

from __future__ import annotations

import getpass
from typing import Annotated

from dogwatch.cli.command_line import examples, reached
from dogwatch.cli.image_names import OneImage, one_image
from dogwatch.cli.moments import coming_moment
from dogwatch.cli.options import option
from dogwatch.cli.rendering import say
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.model.deeds import Deed, DeedRequest
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import Clock
from dogwatch.settings import Settings

Reason = Annotated[str | None, option("why; it stands in the image's history", "--reason")]
_CLOCKS = {"pull": Clock.PULL, "in-use": Clock.IN_USE}


@takes_settings(Reach.ANYWHERE)
def scan(settings: Settings, *, image: OneImage, reason: Reason = None) -> None:
    """Have an image read again now: what could not be read, or was read by older extractors.

    What was read once never changes, and findings follow every advisory by themselves.
    """
    _do(settings, image, DeedRequest(Deed.SCAN, user_name(), reason or ""))


@takes_settings(Reach.ANYWHERE)
def wake(settings: Settings, *, image: OneImage, reason: Reason = None) -> None:
    """Watch an image again that is not watched although one of its clocks is inside its window.

    As after windows were lengthened, or where it was forgotten.
    """
    _do(settings, image, DeedRequest(Deed.WAKE, user_name(), reason or ""))


@takes_settings(Reach.ANYWHERE)
def forget(settings: Settings, *, image: OneImage, reason: Reason = None) -> None:
    """End an image's watch until the next push, pull or use. Its findings close; its history stays."""
    _do(settings, image, DeedRequest(Deed.FORGET, user_name(), reason or ""))


@takes_settings(Reach.ANYWHERE)
def hold(
    settings: Settings,
    *,
    image: OneImage,
    until: Annotated[str, option("its last moment: 2027-03-01, a time with its zone, or 90d from now", "--until")],
    reason: Annotated[str, option("why; it stands in the sentence and in the history", "--reason")],
) -> None:
    """Keep watching an image until a moment, whatever its clocks and the windows say; it wakes an expired one.

    A hold never ends a watch earlier, and it ends by itself. A new hold takes the place of the one before.
    """
    with reached(settings) as app:
        end = coming_moment("until", until, app.views.now())
    _do(settings, image, DeedRequest(Deed.HOLD, user_name(), reason, end))


@takes_settings(Reach.ANYWHERE)
def release(settings: Settings, *, image: OneImage, reason: Reason = None) -> None:
    """End an image's hold; its clocks decide again."""
    _do(settings, image, DeedRequest(Deed.RELEASE, user_name(), reason or ""))


@takes_settings(Reach.ANYWHERE)
def touch(
    settings: Settings,
    *,
    image: OneImage,
    clock: Annotated[
        str | None, option("pull or in-use; by default what the activity window counts", "--as", offered=_CLOCKS)
    ] = None,
    reason: Reason = None,
) -> None:
    """Count an image as pulled, or as seen in use, at this moment; for registries and places that tell nothing."""
    if clock is not None and clock not in _CLOCKS:
        raise InvalidRequestError("as", f"{clock!r} is none of {', '.join(_CLOCKS)}")
    _do(settings, image, DeedRequest(Deed.TOUCH, user_name(), reason or "", clock=_CLOCKS[clock] if clock else None))


@takes_settings(Reach.ANYWHERE)
def archive(settings: Settings, *, image: OneImage, reason: Reason = None) -> None:
    """Set an image aside: it is not watched, and no push, pull or use wakes it, until it is restored.

    In the registry it stays where it is. Its findings close; its history stays.
    """
    _do(settings, image, DeedRequest(Deed.ARCHIVE, user_name(), reason or ""))


@takes_settings(Reach.ANYWHERE)
def restore(settings: Settings, *, image: OneImage, reason: Reason = None) -> None:
    """Take an image out of the archive: it counts as pushed at this moment, and is watched again."""
    _do(settings, image, DeedRequest(Deed.RESTORE, user_name(), reason or ""))


def _do(settings: Settings, name: str, request: DeedRequest) -> None:
    with reached(settings) as app:
        image = one_image(app.views, settings.account, name)
        done = app.do_deed(image.image_id, request)
        shown = one_image(app.views, settings.account, str(image.image_id))
    say(f"{image.repository}@{image.digest}", f"  {done.outcome}", f"  {shown.why}")


def user_name() -> str:
    """Return who does it, on this machine; a service elsewhere writes down the access key in its place."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody on this machine"  # a user id without a name


COMMANDS = (
    ("scan", scan, examples("dogwatch images scan shop/web:1.4")),
    ("wake", wake, examples("dogwatch images wake shop/web:1.4 --reason 'still in production'")),
    ("forget", forget, examples("dogwatch images forget shop/web:0.9 --reason 'replaced by 1.4'")),
    ("hold", hold, examples("dogwatch images hold shop/web:1.4 --until 2027-03-01 --reason 'contract until February'")),
    ("release", release, examples("dogwatch images release shop/web:1.4")),
    ("archive", archive, examples("dogwatch images archive shop/web:0.9 --reason 'kept for the auditors'")),
    ("restore", restore, examples("dogwatch images restore shop/web:0.9")),
    ("touch", touch, examples("dogwatch images touch shop/web:1.4 --as in-use --reason 'runs on the plant floor'")),
)
"""Name, command, and what stands below its help."""
