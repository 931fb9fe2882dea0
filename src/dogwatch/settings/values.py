"""The values that the operator's settings come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from dogwatch.model.costs import USUAL_INITIAL_SCAN, USUAL_RESCAN

NO_MIRROR = "none"
"""In place of a mirror: no feed is asked for, what is known comes in bundles."""

_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}


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
