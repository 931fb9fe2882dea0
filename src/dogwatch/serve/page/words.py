"""How the page writes values: times in UTC, severities with a shape, states in words, texts of others made harmless."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dogwatch.model.feeds import SAMPLE_SOURCE
from dogwatch.model.lifecycle import NOTHING_IS_DELETED
from dogwatch.model.matches import Severity
from dogwatch.model.monitoring import ActivityMode, StatusReason, Window
from dogwatch.model.times import FOREVER, write_rfc3339
from dogwatch.model.views import ImageView
from dogwatch.serve.looked_at import plural

COST_ROWS = 24
"""Rows of costs that the page shows: a year of two registries."""

_SHAPES: Mapping[Severity, str] = MappingProxyType(
    {
        Severity.CRITICAL: "◆",
        Severity.HIGH: "▲",
        Severity.MEDIUM: "■",
        Severity.LOW: "●",
        Severity.INFORMATIONAL: "○",
        Severity.UNTRIAGED: "?",
    }
)
_STATES: Mapping[StatusReason, str] = MappingProxyType(
    {
        StatusReason.SUCCESSFUL: "watched",
        StatusReason.PENDING_INITIAL_SCAN: "not looked at yet",
        StatusReason.SCAN_IN_PROGRESS: "being looked at",
        StatusReason.PENDING_REVIVAL_SCAN: "not looked at again yet",
        StatusReason.SCAN_FREQUENCY_SCAN_ON_PUSH: "looked at when pushed, findings as they were then",
        StatusReason.SCAN_FREQUENCY_MANUAL: "not watched: its repository is set to manual",
        StatusReason.PENDING_DISABLE: "not watched: scanning is switched off for the account",
        StatusReason.IMAGE_ARCHIVED: "not watched: archived",
        StatusReason.SCAN_ELIGIBILITY_EXPIRED: "no longer watched",
        StatusReason.UNSUPPORTED_OS: "could not be looked at: operating system not known",
        StatusReason.UNSUPPORTED_MEDIA_TYPE: "could not be looked at: media type not known",
        StatusReason.INVALID_ARTIFACT: "could not be looked at: not a sound image",
        StatusReason.STORAGE_LIMIT_EXCEEDED: "could not be looked at: over a limit",
        StatusReason.ACCESS_DENIED: "could not be looked at: the registry refused access",
        StatusReason.INTERNAL_ERROR: "could not be looked at: an error of ours",
        StatusReason.RESOURCE_TERMINATED: "gone: deleted, or its registry was removed",
    }
)
_MODES: Mapping[ActivityMode, str] = MappingProxyType(
    {
        ActivityMode.LAST_PULL: "the last pull",
        ActivityMode.LAST_IN_USE: "the last time it was seen running",
        ActivityMode.EITHER: "the last pull or time it was seen running",
    }
)
_AGES = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))


@cache
def make_templates() -> Environment:
    """Return the templates, compiled once for all: everything is escaped, and what is missing is a mistake."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(
        window=window,
        mode=mode,
        forever=forever,
        moment=moment,
        severity=severity,
        state=state,
        digest=short_digest,
        until=until,
        plural=plural,
    )
    templates.globals["SAMPLE"] = SAMPLE_SOURCE
    templates.globals["COST_ROWS"] = COST_ROWS
    templates.tests["web_address"] = is_web_address
    templates.globals["nothing_is_deleted"] = NOTHING_IS_DELETED
    return templates


def harmless(value: Any) -> Any:
    """Return a text without what cannot be seen: control characters, and those that turn the direction of writing."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return "".join(one if one.isprintable() or one in "\n\t" else "\N{REPLACEMENT CHARACTER}" for one in value)
    return value


def moment(value: datetime | None, otherwise: str = "never") -> Markup | str:
    """Write a time, to the minute, in UTC."""
    if value is None:
        return otherwise
    shown = value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return Markup('<time datetime="{}">{}</time>').format(write_rfc3339(value), shown)


def until(image: ImageView) -> Markup | str:
    """Write until when an image is watched."""
    return "not watched" if image.watched_until is None else forever(image.watched_until)


def forever(value: datetime | None) -> Markup | str:
    """Write a deadline."""
    return "for ever" if value is not None and value >= FOREVER else moment(value)


def window(value: Window | str) -> str:
    """Write a window, as it is or as the API writes it."""
    one = value if isinstance(value, Window) else Window.parse(value)
    if one.off:
        return "never"
    return "for ever" if one.days is None else plural(one.days, "day")


def mode(value: str) -> str:
    """Say what an activity window counts from."""
    return _MODES[ActivityMode(value)]


def severity(value: Severity) -> Markup:
    """Write a severity as a word with a shape; colour comes on top."""
    return Markup('<span class="severity {}"><span aria-hidden="true">{}</span> {}</span>').format(
        value.name.lower(), _SHAPES[value], value.name.capitalize()
    )


def state(reason: StatusReason) -> str:
    """Say in words how an image stands."""
    return _STATES[reason]


def short_digest(digest: str) -> Markup:
    """Write a digest as people compare it, with the whole of it as its title."""
    algorithm, colon, code = digest.partition(":")
    return Markup('<code title="{}">{}</code>').format(harmless(digest), harmless(f"{algorithm}{colon}{code[:12]}"))


def age(seconds: int | None) -> str:
    """Say how long ago something was, in its largest unit."""
    if seconds is None:
        return "never"
    passed = timedelta(seconds=seconds)
    for length, unit in _AGES:
        if passed >= length:
            return f"{plural(passed // length, unit)} ago"
    return "just now"


def is_web_address(text: str) -> bool:
    """Say whether a reference may be made a link: only the web, whatever a feed writes."""
    return text.startswith(("https://", "http://")) and text.isprintable() and " " not in text
