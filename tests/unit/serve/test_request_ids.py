from __future__ import annotations

from dogwatch.serve.http import _REQUEST_ID
from dogwatch.serve.request_ids import RequestIds


def test_no_two_requests_share_an_id_and_no_two_processes_begin_alike() -> None:
    here, there = RequestIds(), RequestIds()
    given = [ids.next() for _ in range(1_000) for ids in (here, there)]
    assert len(set(given)) == 2_000


def test_an_id_of_ours_is_one_that_we_would_take_from_a_client() -> None:
    assert _REQUEST_ID.fullmatch(RequestIds().next())
