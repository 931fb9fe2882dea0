"""From the setting's text to a mirror."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from dogwatch.advisories.folder_mirror import FolderMirror
from dogwatch.advisories.limits import FEED_LIMITS, FeedLimits
from dogwatch.advisories.mirror import FeedMirror
from dogwatch.model.errors import ConfigError
from dogwatch.model.progress import Tell, tell_nobody

_SETTING = "DOGWATCH_FEED_MIRROR"


def open_mirror(
    location: str, *, source: str = "osv", limits: FeedLimits = FEED_LIMITS, tell: Tell = tell_nobody
) -> FeedMirror:
    """Return the mirror at a URL or in a folder.

    Nothing is read yet: a folder may appear later, a server may be down now. `tell` hears how large files come along.

    Raises:
        ConfigError: neither a folder path nor a usable http(s) URL.
    """
    text = location.strip()
    if "://" not in text:
        return FolderMirror(Path(text).expanduser(), source, tell)
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as malformed:
        raise ConfigError(_SETTING, f"not a URL: {malformed}") from malformed
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError(_SETTING, f"neither a folder nor an http(s) URL: {text!r}")
    if parts.query or parts.fragment:
        raise ConfigError(_SETTING, "a URL with a query or a fragment cannot have files below it")
    from dogwatch.advisories.web_mirror import WebMirror  # an HTTP client, which lists and folders do without

    return WebMirror(text, source, limits, tell)
