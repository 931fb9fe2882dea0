"""A running service as commands ask it: implements `cli.ports.Dogwatch` over /api/v1."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from dogwatch.cli.remote import history_shapes, setup_shapes
from dogwatch.cli.remote.advisories import RemoteDocuments
from dogwatch.cli.remote.problems import ServiceError
from dogwatch.cli.remote.setup import (
    RemoteAccounts,
    RemoteCosts,
    RemoteExclusions,
    RemoteRegistries,
    RemoteScanning,
)
from dogwatch.cli.remote.token import read_token
from dogwatch.cli.remote.views import RemoteViews
from dogwatch.cli.remote.windows import RemoteWindows, as_parameters
from dogwatch.cli.remote.wire import Wire, tls_context
from dogwatch.model.accounts import AccountStatus
from dogwatch.model.bills import MEDIA_TYPES, BillFormat
from dogwatch.model.deeds import DeedRequest, DeedView
from dogwatch.model.errors import ConfigError, InvalidRequestError, NotFoundError
from dogwatch.model.monitoring import RescanSetting, SettingStatus
from dogwatch.model.scanning import ScanningConfiguration
from dogwatch.model.targets import Target, TargetKind
from dogwatch.model.what_if import WindowWish
from dogwatch.settings import Settings

APPLY_SECONDS = 60.0
"""How long a change of windows is waited for: a worker comes to it in a second, and a million images take it half a
minute."""

_LOOK_SECONDS = 0.5


@contextmanager
def connected(settings: Settings) -> Iterator[RemoteDogwatch]:
    """Yield the service that the settings name; nothing is sent before something is asked.

    Raises:
        ConfigError: the access key or the authorities cannot be read, or the key would travel in the clear.
    """
    token = read_token(settings.token_file) if settings.token_file else ""
    if token and not settings.server_plain_http and _is_in_the_clear(settings.server):
        reason = f"{settings.server} would send the access key in the clear; use https://, or allow it by --plain-http"
        raise ConfigError("server", reason)
    wire = Wire(settings.server, token, tls_context(settings.server_ca_file, settings.server))
    try:
        yield RemoteDogwatch(wire)
    finally:
        wire.close()


def _is_in_the_clear(server: str) -> bool:
    """Say whether others on the way can read along: plain HTTP to anywhere but this machine."""
    parts = urlsplit(server)
    host = parts.hostname or ""
    try:
        return parts.scheme == "http" and not ip_address(host).is_loopback
    except ValueError:
        return parts.scheme == "http" and host != "localhost"


class RemoteDogwatch:
    """Implements `ports.Dogwatch`. The account is that of the access key, whatever a question names."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.views = RemoteViews(wire)
        self.rescan_settings = RemoteWindows(wire)
        self.registries = RemoteRegistries(wire)
        self.exclusions = RemoteExclusions(wire)
        self.scanning = RemoteScanning(wire)
        self.accounts = RemoteAccounts(wire)
        self.costs = RemoteCosts(wire)
        self.documents = RemoteDocuments(wire)

    def check_registry(self, alias: str) -> Sequence[setup_shapes.Check]:
        """Have the service try a registry."""
        return self._wire.send("POST", f"/registries/{quote(alias, safe='')}/checks", setup_shapes.Checks).checks

    def do_deed(self, image_id: int, request: DeedRequest) -> DeedView:
        """Have a deed done to an image, in the name of the access key."""
        until = request.until.isoformat() if request.until else ""
        wish = {"reason": request.reason, "until": until, "clock": request.clock and str(request.clock)}
        return self._wire.send("POST", f"/images/{image_id}/{request.deed}", history_shapes.Done, wish).deed

    def write_bill(self, image_id: int, form: BillFormat) -> str:
        """Return what an image contains, as a bill of materials."""
        return self._wire.text(f"/images/{image_id}/sbom", MEDIA_TYPES[form], [("format", str(form))])

    def write_target_bills(self, target: Target, forms: Collection[BillFormat]) -> Mapping[BillFormat, str]:
        """Refuse: a service reads what it watches.

        Raises:
            NotFoundError: no watched image has this name.
            InvalidRequestError: it names a thing on this machine.
        """
        if target.kind is TargetKind.IMAGE:
            raise NotFoundError("image", target.name)
        raise InvalidRequestError("target", f"{target} is read on this machine: leave out --server and DOGWATCH_SERVER")

    def request_windows(self, wish: WindowWish, *, wakes: bool = False) -> RescanSetting:
        """Ask for a change of the windows of a scope."""
        asked = {**dict(as_parameters(wish)), "wake": wakes}
        return self._wire.send("PUT", "/rescan", setup_shapes.Windows, asked).view()

    def inherit_windows(self, administrator_id: str) -> RescanSetting:
        """Refuse: an access key says it of other accounts than its own.

        Raises:
            InvalidRequestError: always; the message says where.
        """
        place = f"on the machine of {self._wire.server}, or by an operator's key: PUT /api/v1/rescan"
        raise InvalidRequestError("inherit-from", f"is said {place}")

    def apply_windows(self) -> None:
        """Wait until the service has come to the change.

        Raises:
            ServiceError: it has not within APPLY_SECONDS.
        """
        self._wait_while(
            lambda: any(one.status is SettingStatus.PENDING for one in self.rescan_settings.load_scopes(""))
        )

    def change_scanning(self, wanted: ScanningConfiguration) -> ScanningConfiguration:
        """Ask for other rules."""
        rules = [{"frequency": str(rule.frequency), "filters": list(rule.filters)} for rule in wanted.rules]
        wish = {"scan_type": str(wanted.scan_type), "rules": rules}
        return self._wire.send("PUT", "/scanning", ScanningConfiguration, wish)

    def switch_account(self, *, is_on: bool) -> AccountStatus:
        """Ask for the key's account to be switched on or off."""
        return self._wire.send("POST", f"/account/{'enable' if is_on else 'disable'}", AccountStatus)

    def apply_scanning(self) -> None:
        """Wait until the service has come to the change.

        Raises:
            ServiceError: it has not within APPLY_SECONDS.
        """
        self._wait_while(
            lambda: (
                self.scanning.load("").status is SettingStatus.PENDING or not self.accounts.status("").state.is_settled
            )
        )

    def _wait_while(self, is_pending: Callable[[], bool]) -> None:
        deadline = time.monotonic() + APPLY_SECONDS
        while is_pending():
            if time.monotonic() > deadline:
                reason = f"the change was asked for, and is pending for {APPLY_SECONDS:g} s"
                raise ServiceError(self._wire.server, reason)
            time.sleep(_LOOK_SECONDS)

    def update_feeds(self, confirmed: Collection[tuple[str, str]] = ()) -> bool:
        """Ask the service to look at its feeds; it does so in its own time.

        Raises:
            InvalidRequestError: a loss cannot be confirmed from afar.
        """
        if confirmed:
            place = f"on the machine of {self._wire.server}: dogwatch db update --confirm-shrink SOURCE/ECOSYSTEM"
            raise InvalidRequestError("confirm-shrink", f"is said {place}")
        self._wire.send("POST", "/db/updates", setup_shapes.Accepted)
        return False
