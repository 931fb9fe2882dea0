"""An import as the store will do it, for tests of what fetches bring."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dogwatch.advisories import FEED_LIMITS, Changes, FeedMirror, FeedState, FetchResult, OsvSource
from dogwatch.advisories.source import FetchRequest
from dogwatch.model.errors import DogwatchError
from dogwatch.model.times import parse_rfc3339
from tests.simulators.buckets import FeedBucket
from tests.simulators.feeds import FeedServer

NOW = datetime(2026, 7, 31, tzinfo=UTC)
LIMITS = replace(FEED_LIMITS, first_pause_seconds=0.01, attempts=2, max_single_records=5)


def at(day: int) -> str:
    return f"2026-07-{day:02}T00:00:00Z"


@dataclass(slots=True)
class Importer:
    """Applies fetches as the store will: all of one or nothing."""

    mirror: FeedMirror
    spool: Path
    source: OsvSource = field(default_factory=lambda: OsvSource(limits=LIMITS))
    state: FeedState | None = None
    records: dict[str, datetime] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def fetch(self, ecosystem: str = "PyPI", now: datetime = NOW, confirmed: bool = False) -> FetchResult:
        return self.source.fetch(
            FetchRequest(
                ecosystem,
                self.state,
                self.records.items(),
                mirror=self.mirror,
                spool=self.spool,
                now=now,
                confirmed=confirmed,
            )
        )

    def step(self, ecosystem: str = "PyPI", now: datetime = NOW, confirmed: bool = False) -> FetchResult:
        """Fetch and apply."""
        result = self.fetch(ecosystem, now, confirmed)
        if isinstance(result, Changes):
            result = pickle.loads(pickle.dumps(result))  # a child process parses
            assert isinstance(result, Changes)
            parsed = list(self.source.parse(result))
            self.records |= {each.id: each.modified_at for each in parsed if each.advisory}
            self.problems |= {each.id: each.problem for each in parsed if not each.advisory}
            self.records = {each: moment for each, moment in self.records.items() if each not in result.removed}
            result.discard()
        self.state = result.state
        assert not list(self.spool.iterdir())
        return result

    def refuses(self, error: type[DogwatchError], match: str) -> None:
        """Assert that a fetch fails and leaves state, records and spool as they are."""
        before = (self.state, dict(self.records))
        with pytest.raises(error, match=match):
            self.step()
        assert (self.state, self.records) == before
        assert not list(self.spool.iterdir())


def agree(importer: Importer, bucket: FeedBucket, ecosystem: str = "PyPI") -> bool:
    listed = {record_id: parse_rfc3339(modified) for record_id, modified in bucket.listed(ecosystem).items()}
    return importer.records == listed


def asked(server: FeedServer) -> list[str]:
    return sorted(f"{request.path.removeprefix('PyPI/')} {request.status}" for request in server.take_requests())
