"""Progress told calmly: the first and the last of each activity always, the rest now and then."""

from __future__ import annotations

import io

from dogwatch.flow.progress import CountedReader, calmly
from dogwatch.model.progress import Progress, Unit


def test_each_activity_and_each_end_is_told_however_fast_they_come() -> None:
    heard: list[Progress] = []
    tell = calmly(heard.append)
    for done in range(1, 1001):
        tell(Progress("first", done, 1000, Unit.RECORDS))
    tell(Progress("second"))
    assert heard[0] == Progress("first", 1, 1000, Unit.RECORDS)
    assert heard[-2:] == [Progress("first", 1000, 1000, Unit.RECORDS), Progress("second")]
    assert len(heard) < 500


def test_a_counted_stream_gives_the_same_bytes_and_tells_how_many() -> None:
    heard: list[Progress] = []
    reader = CountedReader(io.BytesIO(b"abcde"), heard.append, "reading", 5)
    assert [reader.read(3), reader.read(3), reader.read(3)] == [b"abc", b"de", b""]
    assert [(one.done, one.total) for one in heard] == [(0, 5), (3, 5), (5, 5), (5, 5)]
