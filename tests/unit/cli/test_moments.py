from datetime import UTC, datetime, timedelta

import pytest

from dogwatch.cli.moments import coming_moment, duration, past_moment
from dogwatch.model.errors import InvalidRequestError

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-03", datetime(2026, 3, 3, tzinfo=UTC)),
        ("2026-03-03T12:00:00Z", datetime(2026, 3, 3, 12, tzinfo=UTC)),
        ("2026-03-03T12:00:00.5+02:00", datetime(2026, 3, 3, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("7d", datetime(2026, 3, 3, 12, tzinfo=UTC)),
        ("12H", datetime(2026, 3, 10, tzinfo=UTC)),
    ],
)
def test_a_moment_that_was_is_a_day_from_its_beginning_a_time_or_how_long_ago(text: str, moment: datetime) -> None:
    assert past_moment("as_of", text, NOW) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-03-01", datetime(2027, 3, 1, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("2027-03-01T12:00:00Z", datetime(2027, 3, 1, 12, tzinfo=UTC)),
        ("90d", datetime(2026, 6, 8, 12, tzinfo=UTC)),
    ],
)
def test_a_moment_that_will_be_is_a_day_to_its_end_a_time_or_how_long_from_now(text: str, moment: datetime) -> None:
    assert coming_moment("until", text, NOW) == moment


NO_MOMENTS = ["", "yesterday", "2026-02-30", "2026-03-03T12:00:00", "03/03/2026", "7", "-7d", "1w"]


@pytest.mark.parametrize("text", [*NO_MOMENTS, "999999d"])
def test_another_moment_that_was_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"as_of: a day such as .* ago is needed"):
        past_moment("as_of", text, NOW)


@pytest.mark.parametrize("text", [*NO_MOMENTS, "9999-12-31T23:59:59-01:00"])
def test_another_moment_that_will_be_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"until: a day such as .* from now is needed"):
        coming_moment("until", text, NOW)


def test_lengths_of_time_have_a_unit() -> None:
    assert [duration("by", text) for text in ("91d", "12H", "30m", "10s")] == [
        timedelta(days=91),
        timedelta(hours=12),
        timedelta(minutes=30),
        timedelta(seconds=10),
    ]


@pytest.mark.parametrize("text", ["", "91", "-1d", "1w", "1.5d", "99999999d"])
def test_another_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="by: a length of time such as"):
        duration("by", text)
