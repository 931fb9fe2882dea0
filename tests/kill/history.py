"""A random history of registries, feeds and settings, from a seed: what happens on each of some days.

Whatever happens on one day leads to the same state at its end, in whatever order it is taken in: that is what the
product promises. So an undisturbed run and one with kills must agree at the end of every day. What does depend on order
(time goes on, then the windows change, then everything else) happens one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from tests.builders.advisories import Record, osv_record
from tests.builders.layers import dpkg_status, file, os_release, package_json, python_metadata, stanza, tar_of
from tests.builders.oci import BuiltManifest, build_image, build_index

BEGINNING = datetime(2031, 1, 1, tzinfo=UTC)
"""The product's present when a history begins: ahead of any machine's clock, as it only goes forward."""

REPOSITORIES = ("shop/web", "shop/api", "tools/ci")
_TAGS = ("1", "2", "latest")
_VERSIONS = ("1.0", "1.2", "2.0", "2.1")
_PACKAGES = {"Debian": ("openssl", "zlib"), "PyPI": ("requests", "jinja2"), "npm": ("lodash", "ws")}
_RELEASES = {"Debian": "Debian:12", "PyPI": "PyPI", "npm": "npm"}
_WINDOWS = ("DAYS_1", "DAYS_3", "DAYS_7", "DAYS_30", "LIFETIME")
_IMAGES = 12
_PUSHES, _PULLS = (2, 5), (1, 4)


@dataclass(frozen=True)
class Happening:
    """What a registry tells: an event of an image (by its number) or, where it is deleted, of its digest alone."""

    action: str
    repository: str
    image: int
    tag: str
    occurred_at: datetime
    event_id: str


@dataclass(frozen=True)
class FeedChange:
    """A record that a feed shows from now on; `withdrawn` records end what they said."""

    ecosystem: str
    record: Record


@dataclass(frozen=True)
class Day:
    """One day: how long after the beginning, the windows asked for or None, and what happens.

    `windows` are push, activity, and whether they wake images.
    """

    begins: timedelta
    windows: tuple[str, str, bool] | None
    happenings: tuple[Happening, ...]
    feed_changes: tuple[FeedChange, ...]

    @property
    def ends_at(self) -> datetime:
        """A moment behind everything that is recorded on this day, however long it takes."""
        return BEGINNING + self.begins + timedelta(hours=12)


def make_images() -> tuple[BuiltManifest, ...]:
    """Return the images of all histories: few bases under many, an index over two, one that cannot be read whole."""
    images = [_image(number) for number in range(_IMAGES)]
    unreadable = build_image([tar_of(file("etc/os-release", os_release()), file("var/lib/dpkg/status", b"\xff\0\xfe"))])
    arm = build_image([_base(0), _top(99)], architecture="arm64")
    return (*images, unreadable, build_index([images[0], arm]))


def _image(number: int) -> BuiltManifest:
    return build_image([_base(number % 3), _top(number)])


def _base(number: int) -> bytes:
    names = _PACKAGES["Debian"]
    stanzas = (stanza(name, f"{_VERSIONS[(number + place) % 4]}-1") for place, name in enumerate(names))
    return tar_of(file("etc/os-release", os_release()), file("var/lib/dpkg/status", dpkg_status(*stanzas)))


def _top(number: int) -> bytes:
    python, node = _PACKAGES["PyPI"][number % 2], _PACKAGES["npm"][number // 2 % 2]
    version = _VERSIONS[number % 4]
    metadata = f"usr/lib/python3/site-packages/{python}-{version}.dist-info/METADATA"
    return tar_of(
        file("opt/app/number", str(number)),
        file(metadata, python_metadata(python, version)),
        file(f"opt/app/node_modules/{node}/package.json", package_json(node, f"{version}.0")),
    )


def first_records() -> tuple[tuple[str, Record], ...]:
    """Return what each feed shows from the beginning: an empty feed would be refused."""
    modified = "2025-01-01T00:00:00Z"
    return tuple(
        (ecosystem, osv_record(f"{ecosystem}-0", ecosystem=release, name="nothing", modified=modified, fixed="1"))
        for ecosystem, release in _RELEASES.items()
    )


def make_history(seed: int, days: int) -> tuple[Day, ...]:
    """Return the days of a history, the same for the same seed."""
    return tuple(_Writer(Random(seed)).write(days))


class _Writer:
    """Writes a history day by day, and remembers what there is to pull, to tag anew and to delete."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._pushed: list[tuple[str, int]] = []
        self._records: list[tuple[str, Record]] = []
        self._begins = timedelta(0)
        self._number = 0

    def write(self, days: int) -> Sequence[Day]:
        return [self._day(place) for place in range(days)]

    def _day(self, place: int) -> Day:
        if place:
            self._begins += timedelta(days=self._random.randint(1, 3))
        windows = None
        if place and self._random.random() < 0.35:
            activity = self._random.choice((*_WINDOWS, "NONE"))
            windows = (self._random.choice(_WINDOWS), activity, self._random.random() < 0.5)
        return Day(self._begins, windows, tuple(self._happenings()), tuple(self._feed_changes()))

    def _happenings(self) -> Sequence[Happening]:
        """A day's events, as they occur: where a tag was pushed twice, the registry's last word is the latest event."""
        random = self._random
        before = list(dict.fromkeys(self._pushed))
        deleted = [random.choice(before)] if before and random.random() < 0.5 else []
        free = [one for one in before if one not in deleted]
        pushed = [(random.choice(REPOSITORIES), random.randrange(_IMAGES + 2)) for _ in range(random.randint(*_PUSHES))]
        pushed = [one for one in pushed if one not in deleted]
        pulled = random.choices([*free, *pushed], k=random.randint(*_PULLS)) if free or pushed else []
        self._pushed = [one for one in (*before, *pushed) if one not in deleted]
        events = [self._event("push", *one, random.choice(_TAGS)) for one in pushed]
        events += [self._event("pull", *one, "") for one in pulled]
        events += [self._event("delete", *one, "") for one in deleted]
        return events

    def _event(self, action: str, repository: str, image: int, tag: str) -> Happening:
        self._number += 1
        occurred_at = BEGINNING + self._begins - timedelta(hours=1) + timedelta(seconds=self._number)
        return Happening(action, repository, image, tag, occurred_at, f"event-{self._number}")

    def _feed_changes(self) -> Sequence[FeedChange]:
        return [self._change() for _ in range(self._random.randint(0, 4))]

    def _change(self) -> FeedChange:
        """A new record, or one that is said anew, or withdrawn."""
        random = self._random
        self._number += 1
        modified = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self._number)).isoformat()
        modified = modified.replace("+00:00", "Z")
        if self._records and random.random() < 0.4:
            ecosystem, old = random.choice(self._records)
            withdrawn = {"withdrawn": modified} if random.random() < 0.5 else {"withdrawn": None}
            record = {key: value for key, value in {**old, **withdrawn, "modified": modified}.items() if value}
        else:
            ecosystem = random.choice(list(_PACKAGES))
            record = self._record(ecosystem, modified)
            self._records.append((ecosystem, record))
        return FeedChange(ecosystem, record)

    def _record(self, ecosystem: str, modified: str) -> Record:
        random, number = self._random, self._number
        fixed = random.choice(_VERSIONS)
        named = {"Debian": "DEBIAN-CVE", "PyPI": "PYSEC", "npm": "GHSA"}[ecosystem]
        cve = f"CVE-{2000 + list(_PACKAGES).index(ecosystem)}-{1000 + random.randrange(6)}"  # no CVE of two feeds
        record_id = f"{named}-{2100 + number}-{number}"
        return osv_record(
            cve.replace("CVE", "DEBIAN-CVE") if ecosystem == "Debian" else record_id,
            ecosystem=_RELEASES[ecosystem],
            name=random.choice(_PACKAGES[ecosystem]),
            modified=modified,
            fixed={"Debian": f"{fixed}-1", "PyPI": fixed, "npm": f"{fixed}.0"}[ecosystem],
            range_type="SEMVER" if ecosystem == "npm" else "ECOSYSTEM",
            aliases=[cve] if ecosystem != "Debian" and random.random() < 0.7 else [],
            upstream=[cve] if ecosystem == "Debian" else [],
        )
