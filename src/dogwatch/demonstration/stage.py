"""When the demonstration is offered, how it begins and ends, and its clock. `App` hands over what it works with."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from dogwatch.demonstration.client import delete_sample, pull_sample, push_sample
from dogwatch.demonstration.folder import ALIAS, DemonstrationFolder, News, Webhook
from dogwatch.demonstration.samples import SampleImage, build_samples
from dogwatch.model.errors import ForbiddenError, InvalidRequestError, NotFoundError
from dogwatch.model.registries import Registry, RegistryAccess

_AHEAD = timedelta(minutes=1)  # a clock that was moved is ahead by days; two readings of one are never this far apart
_MOVE = "move the demonstration's clock"


class Registries(Protocol):
    """Registries as stored."""

    def load_all(self) -> tuple[Registry, ...]:
        """Every registry that is watched."""

    def add(self, account_id: str, alias: str, access: RegistryAccess, region: str) -> tuple[Registry, str]:
        """Watch one; returns it and its webhook secret."""

    def move(self, account_id: str, alias: str, url: str) -> None:
        """Remember another address of one, or NotFoundError."""

    def remove(self, account_id: str, alias: str) -> None:
        """Stop watching one, or NotFoundError."""


class Clock(Protocol):
    """The product's clock."""

    def now(self) -> datetime:
        """The present."""

    def of(self, outside: datetime) -> datetime:
        """Carry a time that the outside world gave into the product's time."""

    def advance_everywhere(self, by: timedelta) -> datetime:
        """Move ahead."""


class Queue(Protocol):
    """Puts jobs into the queue."""

    def poll(self, registry_id: int) -> None:
        """Ask a registry what it holds."""

    def sweep(self) -> None:
        """End what has expired."""

    def count_scans(self) -> None:
        """Count scans as the original bills them."""

    def update_feed(self, source: str, ecosystem: str) -> None:
        """Look at a feed."""


class Demonstration:
    """What can be done with the demonstration of one account."""

    alias = ALIAS

    def __init__(
        self,
        folder: DemonstrationFolder,
        registries: Registries,
        clock: Clock,
        queue: Queue,
        account: tuple[str, str],
        *,
        is_on: bool,
        is_clock_free: bool,
    ) -> None:
        """Prepare.

        Args:
            folder: what is remembered.
            registries: what is watched.
            clock: the one that is moved.
            queue: for what follows.
            account: its id, and the region name of its registries.
            is_on: whether the operator wants a demonstration.
            is_clock_free: whether the operator said that the clock may be moved beside real registries.
        """
        self.folder = folder
        self._registries = registries
        self._clock = clock
        self._queue = queue
        self._account_id, self._region = account
        self._is_on = is_on
        self._is_clock_free = is_clock_free

    @property
    def samples(self) -> tuple[SampleImage, ...]:
        """The sample images."""
        return build_samples()

    @property
    def is_offered(self) -> bool:
        """Whether the service offers it: it is wanted, and has begun, or nothing else is watched."""
        return self._is_on and (self.folder.is_begun or not self._others())

    def sample(self, repository: str) -> SampleImage:
        """Return the sample image of a repository.

        Raises:
            NotFoundError: there is none of that name.
        """
        found = next((one for one in self.samples if one.repository == repository), None)
        if found is None:
            raise NotFoundError("sample image", repository)
        return found

    def push(self, service_url: str, repository: str) -> None:
        """Push a sample image to the running service; see `client.push_sample`."""
        push_sample(self.service_url(service_url), self.sample(repository))

    def pull(self, service_url: str, repository: str) -> int:
        """Pull a sample image from the running service, and return the bytes received; see `client.pull_sample`."""
        return pull_sample(self.service_url(service_url), self.sample(repository))

    def delete(self, service_url: str, repository: str) -> None:
        """Delete a sample image in the running service; see `client.delete_sample`."""
        delete_sample(self.service_url(service_url), self.sample(repository))

    def begin(self, service_url: str) -> Webhook:
        """Have the sample registry watched, at its first push, and the sample of advisories read.

        Raises:
            ForbiddenError: a real registry is watched.
            StoreUnavailableError: the database cannot be reached.
        """
        if others := self._others():
            raise ForbiddenError("begin the demonstration", _is_watched(others))
        with suppress(NotFoundError):
            self._registries.remove(self._account_id, ALIAS)  # of one whose folder was lost, and its secret with it
        access = RegistryAccess(service_url)
        registry, secret = self._registries.add(self._account_id, ALIAS, access, self._region)
        webhook = Webhook(self._hook(service_url), secret)
        self.folder.save_registry(webhook, {})
        self._queue.poll(registry.id)
        return webhook

    def follow(self, service_url: str) -> bool:
        """Have the sample registry watched at the service's present address; returns whether it was at another.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        webhook, tags = self.folder.load_registry()
        if webhook is None or webhook.url == self._hook(service_url):
            return False
        with suppress(NotFoundError):  # removed by hand: the next step of the demonstration says so
            self._registries.move(self._account_id, ALIAS, service_url)
        self.folder.save_registry(Webhook(self._hook(service_url), webhook.secret), tags)
        return True

    def service_url(self, otherwise: str) -> str:
        """Return where the service was when it last started, as far as the demonstration knows."""
        webhook, _ = self.folder.load_registry()
        return otherwise if webhook is None else webhook.url.removesuffix(self._hook(""))

    def advance_clock(self, by: timedelta) -> datetime:
        """Move the product's clock ahead, sweep, and return its present.

        Raises:
            ForbiddenError: a real registry is watched, or no demonstration has begun.
        """
        if not self._is_on:
            raise ForbiddenError(_MOVE, "it is switched off by DOGWATCH_DEMO=0")
        if others := self._others():
            raise ForbiddenError(_MOVE, _is_watched(others))
        if not self.folder.is_begun:
            raise ForbiddenError(_MOVE, "it has not begun; begin with: dogwatch demo push")
        now = self._clock.advance_everywhere(by)
        self._queue.sweep()
        self._queue.count_scans()
        return now

    def announce(self) -> None:
        """Let the made-up advisory arrive; who looks at the sample's feeds finds it.

        Raises:
            ForbiddenError: no demonstration has begun.
        """
        self._refuse_unbegun("let an advisory arrive")
        self.folder.save_news(News(self._clock.now()))

    def withdraw(self) -> None:
        """Withdraw the made-up advisory.

        Raises:
            ForbiddenError: no demonstration has begun, or the advisory has not arrived.
        """
        self._refuse_unbegun("withdraw an advisory")
        arrived_at = self.folder.load_news().arrived_at
        if arrived_at is None:
            raise ForbiddenError("withdraw an advisory", "none has arrived; let one: dogwatch demo advisory")
        self.folder.save_news(News(arrived_at, self._clock.now()))

    def refuse_real(self, alias: str, machine_now: datetime) -> None:
        """Refuse to watch a real registry where the demonstration is in its way.

        Raises:
            InvalidRequestError: the alias is the demonstration's own.
            ForbiddenError: the demonstration moved the clock: every date of the registry would be wrong.
        """
        if alias == ALIAS:
            raise InvalidRequestError("alias", f"{ALIAS} is the name of the demonstration's own registry")
        ahead = self._clock.of(machine_now) - machine_now
        if ahead > _AHEAD and not self._is_clock_free:
            raise ForbiddenError(
                "watch a registry in this data folder",
                f"the demonstration moved its clock {ahead // timedelta(days=1)} days ahead, and there is no way back; "
                "begin with an empty data folder (dogwatch config shows where it is, DOGWATCH_DATA names another)",
            )

    def stop(self) -> None:
        """Stop watching the sample registry; the sample's feeds are empty from now on, `folder.remove` takes them away.

        Raises:
            ForbiddenError: no demonstration has begun.
        """
        self._refuse_unbegun("end the demonstration")
        self.folder.end()
        with suppress(NotFoundError):
            self._registries.remove(self._account_id, ALIAS)

    def _hook(self, service_url: str) -> str:
        return f"{service_url}/hooks/{self._account_id}/{ALIAS}"

    def _others(self) -> list[Registry]:
        return [one for one in self._registries.load_all() if one.alias != ALIAS]

    def _refuse_unbegun(self, what: str) -> None:
        if not self._is_on or not self.folder.is_begun:
            raise ForbiddenError(what, "no demonstration has begun; begin with: dogwatch demo push")


def _is_watched(others: list[Registry]) -> str:
    return f"a real registry is watched here: {', '.join(one.alias for one in others)}"
