"""What the operator decides, read once at the start: flag, then environment, then TOML file, then default.

The one place that reads the process's environment. Called by `app` and `cli`; no other room imports it, values are
handed on. The table `SETTINGS` is the list that the documentation and `dogwatch config` show.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from dogwatch.model.costs import USUAL_INITIAL_SCAN, USUAL_RESCAN
from dogwatch.model.errors import ConfigError

PREFIX = "DOGWATCH_"
CONFIG_VARIABLE = "DOGWATCH_CONFIG"
LOCAL_FILE = Path("dogwatch.toml")
AFAR = frozenset({"server", "token_file", "server_ca_file", "server_plain_http"})
"""What says which service is asked in place of the data folder. It does not come from a file that merely lies in the
working folder: whoever wrote that could have the access key sent to themselves."""
NO_MIRROR = "none"
"""In place of a mirror: no feed is asked for, what is known comes in bundles."""
FILE_BYTES_MAX = 1024 * 1024  # a settings file has some hundred bytes; this is a device or the wrong file

_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off", ""})
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_HOST_PORT = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%a-z]+\]|[^\[\]:/\s]*):(?P<port>[0-9]{1,5})")
_PRICE = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,6})?")  # a scan for thousands of dollars is a slip of the keyboard
_SERVER = re.compile(
    r"https?://(?:\[[0-9A-Fa-f:.%a-z]+\]|[^\[\]:/?#@\s]+)(?::[0-9]{1,5})?(?:/[^?#@\s]*)?", re.IGNORECASE
)
_PASSWORD_WORD = re.compile(r"(password\s*=\s*)('(?:[^'\\]|\\.)*'|\S+)", re.IGNORECASE)
_PASSWORD_PARAMETER = re.compile(r"((?:^|&)password=)[^&]*", re.IGNORECASE)


class Demo(StrEnum):
    """What an operator wants of the demonstration.

    OFFER: it is offered while nothing is watched. ON: also, the clock may be moved beside real registries. OFF: none.
    """

    OFFER = "offer"
    ON = "1"
    OFF = "0"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the operator decides; frozen, and it travels to child processes as it is.

    Units:
        `*_minutes` whole minutes; `history_days` days; `workers` is the number of images that one process indexes at a
        time; prices are US dollars for one scan.
    """

    data: Path
    listen_host: str
    listen_port: int
    database_url: str = field(repr=False)
    feed_mirror: str
    feeds: tuple[str, ...]
    facts_off: tuple[str, ...]
    demo: Demo
    open_loopback: bool
    account: str
    region: str
    workers: int
    poll_minutes: int
    sweep_minutes: int
    feed_minutes: int
    bundle_keys: str = ""
    history_days: int = 730
    price_initial_scan: Decimal = USUAL_INITIAL_SCAN
    price_rescan: Decimal = USUAL_RESCAN
    server: str = ""
    token_file: str = ""
    server_ca_file: str = ""
    server_plain_http: bool = False
    origins: tuple[tuple[str, str], ...] = ()

    @property
    def is_embedded(self) -> bool:
        """Whether the PostgreSQL server is our own."""
        return not self.database_url

    @property
    def is_without_feeds(self) -> bool:
        """Whether no feed is asked for, because what is known comes in bundles."""
        return self.feed_mirror == NO_MIRROR

    @property
    def service_url(self) -> str:
        """Where the service is reached from this machine."""
        host = _WILDCARDS.get(self.listen_host, self.listen_host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.listen_port}"

    def effective(self) -> tuple[tuple[str, str, str], ...]:
        """Return (name, value as text, where it comes from) of every setting, secrets masked; for people to read."""
        origins = dict(self.origins)
        return tuple((one.name, one.show(self), origins.get(one.name, "default")) for one in SETTINGS)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: `name` is its key in the file, its flag with dashes, and with the prefix its variable.

    `parse` takes text (flag, environment) or the file's value, and returns the fields of `Settings` it fills; it raises
    ValueError with the reason. `default` takes the environment. `short_flag`, where there is one, is the flag.
    """

    name: str
    parse: Callable[[object], Mapping[str, object]]
    default: Callable[[Mapping[str, str]], object]
    show: Callable[[Settings], str]
    purpose: str
    short_flag: str = ""

    @property
    def variable(self) -> str:
        """The environment variable."""
        return PREFIX + self.name.upper()

    @property
    def flag(self) -> str:
        """The flag of the command line."""
        return self.short_flag or "--" + self.name.replace("_", "-")


def load_settings(
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    config_file: Path | None = None,
) -> Settings:
    """Read all settings.

    Args:
        flags: setting name → text, from the command line; None values count as not given.
        environment: variable → text; the process's own by default. An empty text counts as not given.
        config_file: the file named by a flag. Otherwise the one that DOGWATCH_CONFIG names, otherwise `dogwatch.toml`
            in the working folder, otherwise `dogwatch/config.toml` in the user's configuration folder (root's: /etc).
            Only one file is read.

    Raises:
        ConfigError: names the setting, its value's origin and the reason; unknown flags and keys of the file too.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    _refuse_unknown(given, "the command line")
    surroundings = os.environ if environment is None else environment
    path, content = _read_file(config_file, surroundings)
    _refuse_unknown(content, str(path))
    is_found = config_file is None and not surroundings.get(CONFIG_VARIABLE) and path == LOCAL_FILE
    if is_found:
        _refuse_afar(content)
    values: dict[str, Any] = {}
    origins: list[tuple[str, str]] = []
    for one in SETTINGS:
        value, origin = _choose(one, given, surroundings, content, path)
        try:
            values.update(one.parse(value))
        except ValueError as wrong:
            raise ConfigError(one.variable if origin != str(path) else one.name, f"{wrong} ({origin})") from wrong
        origins.append((one.name, origin))
    return Settings(**values, origins=tuple(origins))


def process_environment() -> Mapping[str, str]:
    """Return the process's environment, read-only, for credentials that the operator keeps there."""
    return MappingProxyType(os.environ)


def _choose(
    one: Setting, flags: Mapping[str, object], environment: Mapping[str, str], content: Mapping[str, object], path: Path
) -> tuple[object, str]:
    if one.name in flags:
        return flags[one.name], f"flag {one.flag}"
    if environment.get(one.variable):
        return environment[one.variable], f"environment {one.variable}"
    if one.name in content:
        return content[one.name], str(path)
    return one.default(environment), "default"


def _refuse_unknown(names: Mapping[str, object], origin: str) -> None:
    known = [one.name for one in SETTINGS]
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
            raise ConfigError(name, f"no such setting ({origin}); {hint}")


def _refuse_afar(content: Mapping[str, object]) -> None:
    """Refuse to be sent elsewhere by a file that nobody named."""
    for name in sorted(AFAR & content.keys()):
        way = f"name that file, or use {PREFIX}{name.upper()}"
        raise ConfigError(name, f"not from the {LOCAL_FILE} of a working folder; {way}")


def _read_file(named: Path | None, environment: Mapping[str, str]) -> tuple[Path, Mapping[str, object]]:
    """Return the file that counts and its content; empty when none was named and none is there."""
    if named is None and environment.get(CONFIG_VARIABLE):
        named = Path(environment[CONFIG_VARIABLE]).expanduser()
    candidates = [named] if named else [LOCAL_FILE, _configuration_folder(environment) / "config.toml"]
    for path in candidates:
        try:
            with path.open("rb") as file:
                text = file.read(FILE_BYTES_MAX + 1)
            if len(text) > FILE_BYTES_MAX:
                raise ConfigError(CONFIG_VARIABLE, f"{path}: longer than {FILE_BYTES_MAX} bytes; not a settings file")
            return path, tomllib.loads(text.decode())
        except FileNotFoundError:
            if named:
                raise ConfigError(CONFIG_VARIABLE, f"{path}: no such file") from None
        except OSError as error:
            raise ConfigError(CONFIG_VARIABLE, f"{path}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(CONFIG_VARIABLE, f"{path}: not TOML: {error}") from error
    return candidates[-1], {}


def _configuration_folder(environment: Mapping[str, str]) -> Path:
    if os.geteuid() == 0:
        return Path("/etc/dogwatch")
    return Path(environment.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "dogwatch"


def _default_data(environment: Mapping[str, str]) -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/dogwatch")
    return Path(environment.get("XDG_DATA_HOME") or "~/.local/share").expanduser() / "dogwatch"


# --- parsers: text or the file's value → fields of Settings -----------------------------------------------------------


def _text(value: object) -> str:
    if isinstance(value, Path):
        return str(value)
    if not isinstance(value, str):
        raise ValueError(f"a text is needed, not {value!r}")
    if "\0" in value:
        raise ValueError("a NUL character in it")
    return value.strip()


def _switch(name: str) -> Callable[[object], Mapping[str, object]]:
    def parse(value: object) -> Mapping[str, object]:
        if isinstance(value, bool):
            return {name: value}
        word = str(value).strip().lower()
        if word not in _YES | _NO:
            raise ValueError(f"1 or 0 is needed, not {value!r}")
        return {name: word in _YES}

    return parse


def _demo(value: object) -> Mapping[str, object]:
    if isinstance(value, bool):
        return {"demo": Demo.ON if value else Demo.OFF}
    word = str(value).strip().lower()
    if word == Demo.OFFER:
        return {"demo": Demo.OFFER}
    if word not in _YES | _NO:
        raise ValueError(f"offer, 1 or 0 is needed, not {value!r}")
    return {"demo": Demo.ON if word in _YES else Demo.OFF}


def _count(name: str, most: int, least: int = 1) -> Callable[[object], Mapping[str, object]]:
    def parse(value: object) -> Mapping[str, object]:
        text = str(value).strip()
        if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(f"a whole number from {least} to {most} is needed, not {value!r}")
        return {name: int(text)}

    return parse


def _price(name: str) -> Callable[[object], Mapping[str, object]]:
    def parse(value: object) -> Mapping[str, object]:
        text = str(value).strip()  # TOML knows floats alone; they print as they were written
        if isinstance(value, bool) or not _PRICE.fullmatch(text):
            raise ValueError(f"dollars from 0 to 9999 with up to six decimals are needed, not {value!r}")
        return {name: Decimal(text)}

    return parse


def _matching(name: str, pattern: re.Pattern[str], needed: str) -> Callable[[object], Mapping[str, object]]:
    def parse(value: object) -> Mapping[str, object]:
        text = _text(value)
        if not pattern.fullmatch(text):
            raise ValueError(f"{needed} is needed, not {text!r}")
        return {name: text}

    return parse


def _data(value: object) -> Mapping[str, object]:
    text = _text(value)
    if not text:
        raise ValueError("a folder is needed")
    return {"data": Path(os.path.abspath(Path(text).expanduser()))}


def _listen(value: object) -> Mapping[str, object]:
    text = _text(value)
    found = _HOST_PORT.fullmatch(text)
    if found is None or int(found["port"]) > 65535:
        raise ValueError(f"host:port is needed, such as 127.0.0.1:8470 or [::1]:8470, not {text!r}")
    return {"listen_host": found["host"].strip("[]") or "0.0.0.0", "listen_port": int(found["port"])}


def _database_url(value: object) -> Mapping[str, object]:
    text = _text(value)
    if text and not text.startswith(("postgresql://", "postgres://")) and "=" not in text:
        raise ValueError("a postgresql:// address is needed, or nothing for the embedded server")
    return {"database_url": text}


def _feed_mirror(value: object) -> Mapping[str, object]:
    text = _text(value)
    if text and text != NO_MIRROR and "://" not in text:
        text = os.path.abspath(Path(text).expanduser())  # child processes may stand elsewhere
    return {"feed_mirror": text}


def _feeds(value: object) -> Mapping[str, object]:
    parts = value if isinstance(value, list) else _text(value).split(",")
    names = tuple(dict.fromkeys(name for part in parts if (name := _text(part))))
    if not names:
        raise ValueError("at least one ecosystem is needed")
    return {"feeds": names}


def _facts_off(value: object) -> Mapping[str, object]:
    parts = value if isinstance(value, list) else _text(value).split(",")
    return {"facts_off": tuple(dict.fromkeys(name for part in parts if (name := _text(part))))}


def mask_secrets(text: str) -> str:
    """Return a database address with its password replaced, in both forms that libpq knows."""
    if "://" not in text:
        return _PASSWORD_WORD.sub(r"\1***", text)
    parts = urlsplit(text)
    credentials, at, place = parts.netloc.rpartition("@")
    user, colon, _ = credentials.partition(":")
    netloc = f"{user}{colon}{'***' if colon else ''}{at}{place}"
    query = _PASSWORD_PARAMETER.sub(r"\1***", parts.query)
    return urlunsplit((parts.scheme, netloc, parts.path, query, parts.fragment))


def _server(value: object) -> Mapping[str, object]:
    text = _text(value)
    if text and not _SERVER.fullmatch(text):
        raise ValueError("an address such as https://dogwatch.example is needed; an access key stands in --token-file")
    return {"server": text.rstrip("/")}


def _file(name: str) -> Callable[[object], Mapping[str, object]]:
    def parse(value: object) -> Mapping[str, object]:
        text = _text(value)
        return {name: os.path.abspath(Path(text).expanduser()) if text else ""}

    return parse


def _show_listen(settings: Settings) -> str:
    host = f"[{settings.listen_host}]" if ":" in settings.listen_host else settings.listen_host
    return f"{host}:{settings.listen_port}"


def _cores(_environment: Mapping[str, str]) -> int:
    return max(1, len(os.sched_getaffinity(0)))


_DAY_MINUTES = 24 * 60

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "data", _data, _default_data, lambda s: str(s.data), "folder for the embedded database and temporary files"
    ),
    Setting("listen", _listen, lambda _: "127.0.0.1:8470", _show_listen, "host:port that the service listens on"),
    Setting(
        "database_url",
        _database_url,
        lambda _: "",
        lambda s: mask_secrets(s.database_url) or "(embedded)",
        "PostgreSQL address; empty: the embedded server",
    ),
    Setting(
        "feed_mirror",
        _feed_mirror,
        lambda _: "",
        lambda s: mask_secrets(s.feed_mirror) or "(what publishers serve)",
        "folder or URL with the advisories (docs/feeds.md); empty: what publishers serve; none: bundles alone",
    ),
    Setting(
        "feeds",
        _feeds,
        lambda _: "Debian,PyPI,npm,found",
        lambda s: ",".join(s.feeds),
        "ecosystems whose feeds are imported; found: and those of all packages that are found",
    ),
    Setting(
        "facts_off",
        _facts_off,
        lambda _: "",
        lambda s: ",".join(s.facts_off) or "(none)",
        "sources of scores and facts that are not asked: nvd, kev, epss, or all",
    ),
    Setting(
        "bundle_keys",
        _file("bundle_keys"),
        lambda _: "",
        lambda s: s.bundle_keys or "(none)",
        "public keys of those whose bundles `dogwatch db import` believes, PEM",
    ),
    Setting(
        "demo",
        _demo,
        lambda _: Demo.OFFER,
        lambda s: s.demo.value,
        "offer: a demonstration while nothing is watched; 1: and the clock may be moved; 0: neither",
    ),
    Setting(
        "open_loopback",
        _switch("open_loopback"),
        lambda _: True,
        lambda s: str(int(s.open_loopback)),
        "1: no credentials are asked for on loopback",
    ),
    Setting(
        "account",
        _matching("account", _ACCOUNT, "a number of 12 digits"),
        lambda _: "000000000000",
        lambda s: s.account,
        "account that commands work for, 12 digits",
    ),
    # us-east-1: AWS clients insist on some region name, all know this one; here it means nothing but itself.
    Setting(
        "region",
        _matching("region", _REGION, "a region name of small letters, digits and dashes"),
        lambda _: "us-east-1",
        lambda s: s.region,
        "region name that AWS clients see for new registries",
    ),
    Setting("workers", _count("workers", 64), _cores, lambda s: str(s.workers), "images indexed at a time"),
    Setting(
        "poll_minutes",
        _count("poll_minutes", _DAY_MINUTES),
        lambda _: 15,
        lambda s: str(s.poll_minutes),
        "minutes between two polls of a registry",
    ),
    Setting(
        "sweep_minutes",
        _count("sweep_minutes", _DAY_MINUTES),
        lambda _: 1,
        lambda s: str(s.sweep_minutes),
        "minutes between two sweeps for expired images",
    ),
    Setting(
        "feed_minutes",
        _count("feed_minutes", _DAY_MINUTES),
        lambda _: 15,
        lambda s: str(s.feed_minutes),
        "minutes between two looks at a feed",
    ),
    Setting(
        "history_days",
        _count("history_days", 36_500, least=60),
        lambda _: 730,
        lambda s: str(s.history_days),
        "days for which `--as-of` is answered, from 60; what nobody can ask for any more is deleted",
    ),
    Setting(
        "price_initial_scan",
        _price("price_initial_scan"),
        lambda _: str(USUAL_INITIAL_SCAN),
        lambda s: f"{s.price_initial_scan:f}",
        "US dollars for an image's first scan, for `dogwatch costs`",
    ),
    Setting(
        "price_rescan",
        _price("price_rescan"),
        lambda _: str(USUAL_RESCAN),
        lambda s: f"{s.price_rescan:f}",
        "US dollars for scanning an image again, for `dogwatch costs`",
    ),
    Setting(
        "server",
        _server,
        lambda _: "",
        lambda s: s.server or "(this machine)",
        "address of a running service that commands ask in place of this machine's data folder",
    ),
    Setting(
        "token_file",
        _file("token_file"),
        lambda _: "",
        lambda s: s.token_file,
        "file with the access key for --server: ID:SECRET, or what `dogwatch keys add` printed",
    ),
    Setting(
        "server_ca_file",
        _file("server_ca_file"),
        lambda _: "",
        lambda s: s.server_ca_file,
        "authorities to trust for --server in place of the system's, PEM",
        short_flag="--ca-file",
    ),
    Setting(
        "server_plain_http",
        _switch("server_plain_http"),
        lambda _: False,
        lambda s: str(int(s.server_plain_http)),
        "1: the access key may be sent over http:// to another machine",
        short_flag="--plain-http",
    ),
)
