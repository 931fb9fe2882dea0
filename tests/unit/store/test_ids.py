"""Ids as conditions: few by name, thousands as the runs that they make up."""

from __future__ import annotations

import pytest

from dogwatch.store.candidates.ids import one_of_many


@pytest.mark.parametrize(
    ("ids", "condition"),
    [
        (None, "true"),
        ((), "id = ANY('{}'::bigint[])"),
        ((4, 7), "id = ANY('{4,7}'::bigint[])"),
        (range(1, 202), "'{[1,201]}'::int8multirange @> id"),
        ((1, *range(3, 210), 300), "'{[1,1],[3,209],[300,300]}'::int8multirange @> id"),
    ],
)
def test_few_ids_are_named_and_many_stand_as_their_runs(ids: tuple[int, ...] | None, condition: str) -> None:
    assert one_of_many("id", ids).as_string(None) == condition
