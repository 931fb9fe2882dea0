"""Laws of the windows, and the law that the database computes the same deadlines as the pure rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dogwatch.model.monitoring import ActivityMode, Clock, Clocks, RescanSetting, Watch, Window
from dogwatch.windows import watch

_MOMENTS = st.datetimes(
    min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 31, 23, 59, 59, 999999), timezones=st.just(UTC)
)
_NEAR = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2026, 1, 9), timezones=st.just(UTC))
_DAYS = st.integers(1, 99999).map(Window)
_LIFETIME = st.just(Window(None))


def _clocks(moments: st.SearchStrategy[datetime]) -> st.SearchStrategy[Clocks]:
    return st.builds(Clocks, st.none() | moments, st.none() | moments, st.none() | moments)


def _settings() -> st.SearchStrategy[RescanSetting]:
    push = st.integers(1, 9).map(Window) | _DAYS | _LIFETIME
    activity = st.integers(1, 9).map(Window) | _DAYS | _LIFETIME | st.just(Window(None, off=True))
    return st.builds(RescanSetting, push, activity, st.sampled_from(ActivityMode))


@given(_clocks(_MOMENTS | _NEAR), _settings(), st.integers(1, 5000))
def test_a_longer_window_never_ends_earlier(clocks: Clocks, setting: RescanSetting, more: int) -> None:
    before = watch(clocks, setting).until
    longer = RescanSetting(_longer(setting.push_window, more), setting.activity_window, setting.activity_mode)
    after = watch(clocks, longer).until
    assert before is None or (after is not None and after >= before)


@given(_clocks(_MOMENTS | _NEAR), _settings(), _MOMENTS | _NEAR, st.none() | _NEAR)
def test_a_pull_never_shortens_the_watch(
    clocks: Clocks, setting: RescanSetting, pulled_at: datetime, hold_until: datetime | None
) -> None:
    before = watch(clocks, setting, hold_until).until
    later = max(pulled_at, clocks.pulled_at or pulled_at)
    after = watch(Clocks(clocks.pushed_at, later, clocks.in_use_at), setting, hold_until).until
    assert before is None or (after is not None and after >= before)


@given(_clocks(_MOMENTS | _NEAR), _settings(), _MOMENTS | _NEAR)
def test_a_hold_never_ends_a_watch_earlier(clocks: Clocks, setting: RescanSetting, hold_until: datetime) -> None:
    before = watch(clocks, setting)
    after = watch(clocks, setting, hold_until)
    assert after == (
        before if before.until is not None and before.until >= hold_until else Watch(hold_until, Clock.HOLD)
    )


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(_clocks(_MOMENTS | _NEAR), _settings(), st.none() | _MOMENTS | _NEAR), min_size=1, max_size=40)
)
def test_the_database_computes_the_same_deadline_and_holder(
    database: str, cases: list[tuple[Clocks, RescanSetting, datetime | None]]
) -> None:
    expected = [watch(clocks, setting, hold_until) for clocks, setting, hold_until in cases]
    columns = [
        [clocks.pushed_at for clocks, _, _ in cases],
        [clocks.pulled_at for clocks, _, _ in cases],
        [clocks.in_use_at for clocks, _, _ in cases],
        [str(setting.push_window) for _, setting, _ in cases],
        [str(setting.activity_window) for _, setting, _ in cases],
        [str(setting.activity_mode) for _, setting, _ in cases],
        [hold_until for _, _, hold_until in cases],
    ]
    # A zone with summer time: a day of the session's zone must not be taken for 24 hours.
    with psycopg.connect(database, options="-c TimeZone=Europe/Berlin") as connection:
        rows = connection.execute(
            """
            SELECT extract(epoch FROM found.watched_until - timestamptz '2000-01-01Z')::numeric, found.held_by
            FROM unnest(%s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[], %s::text[],
                        %s::timestamptz[])
                 WITH ORDINALITY AS given (pushed_at, pulled_at, in_use_at, push, activity, mode, hold_until, place)
            CROSS JOIN LATERAL watch(pushed_at, pulled_at, in_use_at, push, activity, mode, hold_until) found
            ORDER BY place
            """,
            columns,
        ).fetchall()
    epoch = datetime(2000, 1, 1, tzinfo=UTC)
    found = [
        (None if seconds is None else epoch + timedelta(microseconds=int(seconds * 10**6)), by) for seconds, by in rows
    ]
    assert found == [(outcome.until, outcome.held_by and str(outcome.held_by)) for outcome in expected]


def _longer(window: Window, more: int) -> Window:
    return window if window.days is None else Window(min(99999, window.days + more))
