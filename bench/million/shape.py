"""How many of everything belong to a number of images: what is shared grows slower than the images."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

WATCHED_DAYS = 730
"""How long images have been pushed and revisions published."""

ACCOUNTS = ("100000000001", "100000000002", "100000000003")
"""They have 70, 25 and 5 of 100 repositories."""

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Shape:
    """What is made; the same shape gives the same rows, but for times, which lie before `now`."""

    images: int
    now: datetime
    seed: int = 1

    @property
    def applications(self) -> int:
        """Applications, whose lock files drift: 6,000 at a million images, some 350 at ten thousand."""
        return max(10, int(6_000 * float((self.images / _MILLION) ** 0.62)))

    @property
    def repositories(self) -> int:
        """Repositories: 5,000 at a million images, some 150 at ten thousand."""
        return max(20, int(5_000 * float((self.images / _MILLION) ** 0.76)))

    @property
    def values(self) -> dict[str, object]:
        """The parameters of the statements in `sql`."""
        return {
            "images": self.images,
            "applications": self.applications,
            "repositories": self.repositories,
            "now": self.now,
            "began_at": self.now - timedelta(days=WATCHED_DAYS),
            "days": WATCHED_DAYS,
            "seed": self.seed,
            "accounts": list(ACCOUNTS),
        }
