"""What one installation knows, carried to another one that has no network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from dogwatch.advisories.bundles import BundleCarrier
from dogwatch.app.process import App, build
from dogwatch.flow.bundles import take_over
from dogwatch.model.bundles import BundleOutcome, CarriedFeed
from dogwatch.model.errors import BundleRefusedError, ConflictError
from dogwatch.store.knowledge import KnowledgeStore
from tests.builders.advisories import osv_record
from tests.builders.facts import CRITICAL, epss_file, kev_entry, kev_file, nvd_file, nvd_record, put_facts
from tests.flow.world import ADVISORIES, settings_for
from tests.simulators.buckets import FeedBucket

FEEDS = [("epss", "CVE"), ("kev", "CVE"), ("nvd", "CVE"), ("osv", "Debian"), ("osv", "PyPI"), ("osv", "npm")]
TAKEN, HELD = BundleOutcome.TAKEN, BundleOutcome.HELD
KNOWN = {
    "documents": "SELECT source, ecosystem, name, modified_at FROM feed_record WHERE {fetched} ORDER BY 1, 2, 3",
    "ranges": "SELECT feed, name, introduced, fixed FROM affected_range WHERE to_rev = 2147483647 ORDER BY 1, 2, 3, 4",
    "scores": "SELECT cve, source, modified_at, scores, cwes, has_exploit FROM cve_scores ORDER BY 1, 2",
    "exploitation": "SELECT cve, added_on, due_on, by_ransomware, action FROM cve_exploitation ORDER BY 1",
    "probability": "SELECT cve, score_ppm, percentile_ppm FROM cve_probability ORDER BY 1",
    "feeds": "SELECT source, ecosystem, state, checked_at, records FROM feed WHERE {fetched} ORDER BY 1, 2",
}
FETCHED = "source <> 'end-of-life'"  # a table that comes with the program is everywhere


class Two:
    """An installation with feeds, and one without a network, three days later."""

    def __init__(self, folder: Path, here: App, there: App, bucket: FeedBucket) -> None:
        self.folder, self.here, self.there, self.bucket = folder, here, there, bucket

    def export(self, name: str) -> Path:
        """Look at the feeds here, and write a bundle."""
        self.here.update_feeds()
        self.here.export_bundle(self.folder / name, self.folder / "key.pem")
        return self.folder / name

    def carry(self, path: Path, *, confirmed: bool = False) -> list[tuple[str, str, BundleOutcome, int]]:
        """Take a bundle over there; returns what became of each feed."""
        return [_told(one) for one in self.there.import_bundle(path, confirmed=confirmed)]

    def known(self, app: App) -> dict[str, list[tuple[object, ...]]]:
        """Return everything that is known somewhere."""
        with psycopg.connect(app.dsn) as connection:
            return {
                name: connection.execute(query.format(fetched=FETCHED).encode()).fetchall()
                for name, query in KNOWN.items()
            }

    def journalled(self) -> int:
        """Return how many rows the journal has there."""
        with psycopg.connect(self.there.dsn) as connection:
            return len(connection.execute("SELECT FROM advisory_change").fetchall())


def _told(one: CarriedFeed) -> tuple[str, str, BundleOutcome, int]:
    return one.feed.source, one.feed.ecosystem, one.outcome, one.differing


@contextmanager
def two_installations(database: str, empty_database: str, folder: Path) -> Iterator[Two]:
    """Open both; the one with feeds has three documents and three facts to fetch."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(private)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "trusted.pem").write_bytes(public)
    (folder / "there").mkdir()
    bucket = FeedBucket(folder / "feeds")
    for ecosystem, record in ADVISORIES.items():
        bucket.put(ecosystem, record)
    scored = nvd_file(nvd_record("CVE-2026-0001", ("nvd@nist.gov", CRITICAL)))
    put_facts(
        bucket.folder,
        modified=scored,
        kev=kev_file(kev_entry("CVE-2026-0001")),
        epss=epss_file("CVE-2026-0001,0.01151,0.78086"),
    )
    here = settings_for(database, folder, facts_off="")
    carried = {"facts_off": "", "feed_mirror": "none"}
    there = settings_for(empty_database, folder / "there", **carried, bundle_keys=str(folder / "trusted.pem"))

    def later() -> datetime:
        return datetime.now(UTC) + timedelta(days=3)

    with build(here, isolated=False) as one, build(there, machine=later, isolated=False) as other:
        yield Two(folder, one, other, bucket)


def test_what_is_known_is_carried_with_its_age_and_then_only_what_differs(
    database: str, empty_database: str, tmp_path: Path
) -> None:
    with two_installations(database, empty_database, tmp_path) as two:
        first = two.export("first")
        two.here.export_bundle(tmp_path / "again", tmp_path / "key.pem")
        begun = [next(feeds) for feeds in [two.there.import_bundle(first)] for _ in range(2)]  # and cut short
        gone_on, held_there, first_known = two.carry(first), two.journalled(), two.known(two.here)
        same = two.known(two.there) == first_known
        two.there.update_feeds()  # asks nobody
        seen = {(one.source, one.stale, one.missing, one.problem) for one in two.there.views.feeds() if one.records}

        two.bucket.put("PyPI", osv_record("PYSEC-2026-9", name="flask", modified="2026-07-09T00:00:00Z"))
        second = two.export("second")
        changed, second_known = two.carry(second), two.known(two.here)
        with pytest.raises(BundleRefusedError, match=r"older than what is held: epss/CVE .* 5 other feeds") as refused:
            two.carry(first)
        after = two.known(two.there), two.journalled()
        back = two.carry(first, confirmed=True)
        gone_back = two.known(two.there)

    nothing = [(*name, HELD, 0) for name in FEEDS]
    assert (tmp_path / "again").read_bytes() == first.read_bytes()
    assert [_told(one)[:3] for one in begun] == [(*name, TAKEN) for name in FEEDS[:2]]
    assert gone_on[:2] == nothing[:2]
    assert [one[:3] for one in gone_on[2:]] == [(*name, TAKEN) for name in FEEDS[2:]]
    assert same
    assert seen == {(source, True, False, "") for source in ("osv", "nvd", "kev", "epss")}
    assert [one for one in changed if one[:2] == ("osv", "PyPI")] == [("osv", "PyPI", TAKEN, 1)]
    assert [one[3] for one in changed if one[0] == "osv"] == [0, 1, 0]
    assert "confirm" in refused.value.message
    assert after == (second_known, held_there + 1)
    assert {one[2] for one in back} == {TAKEN}
    assert gone_back == first_known


def test_what_became_newer_after_a_bundle_was_checked_is_not_taken_back(
    database: str, empty_database: str, tmp_path: Path
) -> None:
    with two_installations(database, empty_database, tmp_path) as two:
        carrier, outside = BundleCarrier(str(tmp_path / "trusted.pem")), two.there.outside
        first = two.export("first")
        two.bucket.put("PyPI", osv_record("PYSEC-2026-9", name="flask", modified="2026-07-09T00:00:00Z"))
        second = two.export("second")
        checked = carrier.check(first)  # when nothing is held yet
        two.carry(second)
        held = two.known(two.there)

        for feed in checked:
            with pytest.raises(ConflictError, match="what is held was said at"):
                take_over(outside, carrier, first, feed, confirmed=False)
        assert two.known(two.there) == held


def test_a_feed_that_a_bundle_lacks_stays_in_force(database: str, empty_database: str, tmp_path: Path) -> None:
    with two_installations(database, empty_database, tmp_path) as two:
        two.carry(two.export("first"))
        whole = two.known(two.there)
        with KnowledgeStore(two.here.database).contents() as contents:
            chosen = (one for one in contents if one.feed.ecosystem == "npm")
            BundleCarrier().write(tmp_path / "part", tmp_path / "key.pem", chosen)

        assert two.carry(tmp_path / "part") == [("osv", "npm", HELD, 0)]
        assert two.known(two.there) == whole
