"""How work is put off, and done in a process of its own."""

from __future__ import annotations

from typing import Protocol

from dogwatch.model.audits import Audit
from dogwatch.model.registries import ManifestToResolve


class Defer(Protocol):
    """Puts jobs into the queue; each is idempotent, and a waiting twin is not queued twice.

    Raises StoreUnavailableError.
    """

    def read_notices(self) -> None:
        """Read the waiting notices, now."""

    def resolve(self, manifest: ManifestToResolve) -> None:
        """Resolve a manifest."""

    def index(self, image_id: int) -> None:
        """Index an image."""

    def poll(self, registry_id: int) -> None:
        """Ask a registry what it holds."""

    def sweep(self) -> None:
        """End what has expired."""

    def apply_setting(self, setting_id: int) -> None:
        """Apply a change of windows."""

    def apply_scanning(self, account_id: str) -> None:
        """Apply what an account changed of what is scanned."""

    def update_feed(self, source: str, ecosystem: str) -> None:
        """Look at a feed, and import what changed."""

    def delete_old(self) -> None:
        """Delete what is past its time."""

    def evaluate_policies(self) -> None:
        """Evaluate the lifecycle policies whose day is over."""

    def count_scans(self) -> None:
        """Count scans as the original bills them."""

    def audit(self) -> None:
        """Hold what is stored against what follows from it."""

    def reread(self) -> None:
        """Read images again that older extractors read."""

    def read_bills(self) -> None:
        """Look at bills of materials that are attached to images."""

    def rekey(self) -> None:
        """Make version keys anew, where the schemes changed."""

    def pick_up_forgotten(self) -> None:
        """Look for work that no job is there for."""

    def for_lost_work(self) -> Defer:
        """Return the same queue, which gives no second job to what has one in progress."""


class Isolation(Protocol):
    """Runs the steps that read hostile bytes away from the service: in child processes, with limits.

    Raises whatever the step raises; StepCrashedError when the child died, LimitExceededError when it took too much.
    """

    def read_notices(self) -> None:
        """`notices.read_notices`, apart."""

    def index(self, image_id: int) -> None:
        """`index.index_image`, apart."""

    def reread(self, image_id: int) -> int:
        """`index.index_image`, apart, where it takes no place from what is indexed for the first time."""

    def read_bills(self, image_id: int) -> None:
        """`bills.read_bills_of`, apart."""

    def update_feed(self, source: str, ecosystem: str, confirmed: bool = False) -> None:
        """`feeds.update_feed`, apart."""

    def audit(self) -> Audit:
        """`audit.audit`, apart: all names of all documents at once take more memory than a service should."""

    def rekey(self) -> None:
        """`rekeying.rekey`, apart: it parses the documents of whole feeds."""
