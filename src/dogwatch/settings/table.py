"""The table of settings: the list that the documentation and `dogwatch config` show."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dogwatch.model.costs import USUAL_INITIAL_SCAN, USUAL_RESCAN
from dogwatch.settings.parsing import (
    parse_count,
    parse_data,
    parse_database_url,
    parse_demo,
    parse_facts_off,
    parse_feed_mirror,
    parse_feeds,
    parse_file,
    parse_listen,
    parse_matching,
    parse_price,
    parse_server,
    parse_switch,
)
from dogwatch.settings.secrets import mask_secrets
from dogwatch.settings.values import Demo, Settings

PREFIX = "DOGWATCH_"

_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_DAY_MINUTES = 24 * 60


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


def _default_data(environment: Mapping[str, str]) -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/dogwatch")
    return Path(environment.get("XDG_DATA_HOME") or "~/.local/share").expanduser() / "dogwatch"


def _show_listen(settings: Settings) -> str:
    host = f"[{settings.listen_host}]" if ":" in settings.listen_host else settings.listen_host
    return f"{host}:{settings.listen_port}"


def _cores(_environment: Mapping[str, str]) -> int:
    return max(1, len(os.sched_getaffinity(0)))


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "data", parse_data, _default_data, lambda s: str(s.data), "folder for the embedded database and temporary files"
    ),
    Setting("listen", parse_listen, lambda _: "127.0.0.1:8470", _show_listen, "host:port that the service listens on"),
    Setting(
        "database_url",
        parse_database_url,
        lambda _: "",
        lambda s: mask_secrets(s.database_url) or "(embedded)",
        "PostgreSQL address; empty: the embedded server",
    ),
    Setting(
        "feed_mirror",
        parse_feed_mirror,
        lambda _: "",
        lambda s: mask_secrets(s.feed_mirror) or "(what publishers serve)",
        "folder or URL with the advisories (docs/feeds.md); empty: what publishers serve; none: bundles alone",
    ),
    Setting(
        "feeds",
        parse_feeds,
        lambda _: "Debian,PyPI,npm,found",
        lambda s: ",".join(s.feeds),
        "ecosystems whose feeds are imported; found: and those of all packages that are found",
    ),
    Setting(
        "facts_off",
        parse_facts_off,
        lambda _: "",
        lambda s: ",".join(s.facts_off) or "(none)",
        "sources of scores and facts that are not asked: nvd, kev, epss, or all",
    ),
    Setting(
        "bundle_keys",
        parse_file("bundle_keys"),
        lambda _: "",
        lambda s: s.bundle_keys or "(none)",
        "public keys of those whose bundles `dogwatch db import` believes, PEM",
    ),
    Setting(
        "demo",
        parse_demo,
        lambda _: Demo.OFFER,
        lambda s: s.demo.value,
        "offer: a demonstration while nothing is watched; 1: and the clock may be moved; 0: neither",
    ),
    Setting(
        "open_loopback",
        parse_switch("open_loopback"),
        lambda _: True,
        lambda s: str(int(s.open_loopback)),
        "1: no credentials are asked for on loopback",
    ),
    Setting(
        "account",
        parse_matching("account", _ACCOUNT, "a number of 12 digits"),
        lambda _: "000000000000",
        lambda s: s.account,
        "account that commands work for, 12 digits",
    ),
    # us-east-1: AWS clients insist on some region name, all know this one; here it means nothing but itself.
    Setting(
        "region",
        parse_matching("region", _REGION, "a region name of small letters, digits and dashes"),
        lambda _: "us-east-1",
        lambda s: s.region,
        "region name that AWS clients see for new registries",
    ),
    Setting("workers", parse_count("workers", 64), _cores, lambda s: str(s.workers), "images indexed at a time"),
    Setting(
        "poll_minutes",
        parse_count("poll_minutes", _DAY_MINUTES),
        lambda _: 15,
        lambda s: str(s.poll_minutes),
        "minutes between two polls of a registry",
    ),
    Setting(
        "sweep_minutes",
        parse_count("sweep_minutes", _DAY_MINUTES),
        lambda _: 1,
        lambda s: str(s.sweep_minutes),
        "minutes between two sweeps for expired images",
    ),
    Setting(
        "feed_minutes",
        parse_count("feed_minutes", _DAY_MINUTES),
        lambda _: 15,
        lambda s: str(s.feed_minutes),
        "minutes between two looks at a feed",
    ),
    Setting(
        "history_days",
        parse_count("history_days", 36_500, least=60),
        lambda _: 730,
        lambda s: str(s.history_days),
        "days for which `--as-of` is answered, from 60; what nobody can ask for any more is deleted",
    ),
    Setting(
        "price_initial_scan",
        parse_price("price_initial_scan"),
        lambda _: str(USUAL_INITIAL_SCAN),
        lambda s: f"{s.price_initial_scan:f}",
        "US dollars for an image's first scan, for `dogwatch costs`",
    ),
    Setting(
        "price_rescan",
        parse_price("price_rescan"),
        lambda _: str(USUAL_RESCAN),
        lambda s: f"{s.price_rescan:f}",
        "US dollars for scanning an image again, for `dogwatch costs`",
    ),
    Setting(
        "server",
        parse_server,
        lambda _: "",
        lambda s: s.server or "(this machine)",
        "address of a running service that commands ask in place of this machine's data folder",
    ),
    Setting(
        "token_file",
        parse_file("token_file"),
        lambda _: "",
        lambda s: s.token_file,
        "file with the access key for --server: ID:SECRET, or what `dogwatch keys add` printed",
    ),
    Setting(
        "server_ca_file",
        parse_file("server_ca_file"),
        lambda _: "",
        lambda s: s.server_ca_file,
        "authorities to trust for --server in place of the system's, PEM",
        short_flag="--ca-file",
    ),
    Setting(
        "server_plain_http",
        parse_switch("server_plain_http"),
        lambda _: False,
        lambda s: str(int(s.server_plain_http)),
        "1: the access key may be sent over http:// to another machine",
        short_flag="--plain-http",
    ),
)


def effective(settings: Settings) -> tuple[tuple[str, str, str], ...]:
    """Return (name, value as text, where it comes from) of every setting, secrets masked; for people to read."""
    origins = dict(settings.origins)
    return tuple((one.name, one.show(settings), origins.get(one.name, "default")) for one in SETTINGS)
