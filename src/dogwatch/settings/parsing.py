"""Parsers of settings: text of a flag or a variable, or the file's value → the fields of `Settings` that it fills.

Each raises ValueError with the reason. Those that take a name return the parser of that field.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

from dogwatch.settings.values import NO_MIRROR, Demo

Fields = Mapping[str, object]

_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off", ""})
_HOST_PORT = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%a-z]+\]|[^\[\]:/\s]*):(?P<port>[0-9]{1,5})")
_PRICE = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,6})?")  # a scan for thousands of dollars is a slip of the keyboard
_SERVER = re.compile(
    r"https?://(?:\[[0-9A-Fa-f:.%a-z]+\]|[^\[\]:/?#@\s]+)(?::[0-9]{1,5})?(?:/[^?#@\s]*)?", re.IGNORECASE
)


def _text(value: object) -> str:
    if isinstance(value, Path):
        return str(value)
    if not isinstance(value, str):
        raise ValueError(f"a text is needed, not {value!r}")
    if "\0" in value:
        raise ValueError("a NUL character in it")
    return value.strip()


def _names(value: object) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else _text(value).split(",")
    return tuple(dict.fromkeys(name for part in parts if (name := _text(part))))


def parse_switch(name: str) -> Callable[[object], Fields]:
    """Return the parser of a field that is on or off."""

    def parse(value: object) -> Fields:
        if isinstance(value, bool):
            return {name: value}
        word = str(value).strip().lower()
        if word not in _YES | _NO:
            raise ValueError(f"1 or 0 is needed, not {value!r}")
        return {name: word in _YES}

    return parse


def parse_demo(value: object) -> Fields:
    """Parse offer, 1 or 0."""
    if isinstance(value, bool):
        return {"demo": Demo.ON if value else Demo.OFF}
    word = str(value).strip().lower()
    if word == Demo.OFFER:
        return {"demo": Demo.OFFER}
    if word not in _YES | _NO:
        raise ValueError(f"offer, 1 or 0 is needed, not {value!r}")
    return {"demo": Demo.ON if word in _YES else Demo.OFF}


def parse_count(name: str, most: int, least: int = 1) -> Callable[[object], Fields]:
    """Return the parser of a whole number within limits."""

    def parse(value: object) -> Fields:
        text = str(value).strip()
        if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(f"a whole number from {least} to {most} is needed, not {value!r}")
        return {name: int(text)}

    return parse


def parse_price(name: str) -> Callable[[object], Fields]:
    """Return the parser of a price in US dollars."""

    def parse(value: object) -> Fields:
        text = str(value).strip()  # TOML knows floats alone; they print as they were written
        if isinstance(value, bool) or not _PRICE.fullmatch(text):
            raise ValueError(f"dollars from 0 to 9999 with up to six decimals are needed, not {value!r}")
        return {name: Decimal(text)}

    return parse


def parse_matching(name: str, pattern: re.Pattern[str], needed: str) -> Callable[[object], Fields]:
    """Return the parser of a text that matches a pattern; `needed` says of what kind it is."""

    def parse(value: object) -> Fields:
        text = _text(value)
        if not pattern.fullmatch(text):
            raise ValueError(f"{needed} is needed, not {text!r}")
        return {name: text}

    return parse


def parse_data(value: object) -> Fields:
    """Parse the data folder; its path is absolute."""
    text = _text(value)
    if not text:
        raise ValueError("a folder is needed")
    return {"data": Path(os.path.abspath(Path(text).expanduser()))}


def parse_listen(value: object) -> Fields:
    """Parse `host:port`; no host is every address of the machine."""
    text = _text(value)
    found = _HOST_PORT.fullmatch(text)
    if found is None or int(found["port"]) > 65535:
        raise ValueError(f"host:port is needed, such as 127.0.0.1:8470 or [::1]:8470, not {text!r}")
    return {"listen_host": found["host"].strip("[]") or "0.0.0.0", "listen_port": int(found["port"])}


def parse_database_url(value: object) -> Fields:
    """Parse a PostgreSQL address, in either form that libpq knows."""
    text = _text(value)
    if text and not text.startswith(("postgresql://", "postgres://")) and "=" not in text:
        raise ValueError("a postgresql:// address is needed, or nothing for the embedded server")
    return {"database_url": text}


def parse_feed_mirror(value: object) -> Fields:
    """Parse a folder, an address, or the word for bundles alone."""
    text = _text(value)
    if text and text != NO_MIRROR and "://" not in text:
        text = os.path.abspath(Path(text).expanduser())  # child processes may stand elsewhere
    return {"feed_mirror": text}


def parse_feeds(value: object) -> Fields:
    """Parse ecosystems: a list, or a text with commas."""
    names = _names(value)
    if not names:
        raise ValueError("at least one ecosystem is needed")
    return {"feeds": names}


def parse_facts_off(value: object) -> Fields:
    """Parse names of sources: a list, or a text with commas."""
    return {"facts_off": _names(value)}


def parse_server(value: object) -> Fields:
    """Parse the address of a running service."""
    text = _text(value)
    if text and not _SERVER.fullmatch(text):
        raise ValueError("an address such as https://dogwatch.example is needed; an access key stands in --token-file")
    return {"server": text.rstrip("/")}


def parse_file(name: str) -> Callable[[object], Fields]:
    """Return the parser of a path that may be empty; it becomes absolute."""

    def parse(value: object) -> Fields:
        text = _text(value)
        return {name: os.path.abspath(Path(text).expanduser()) if text else ""}

    return parse
