"""Whatever dies, and whenever: the state comes out as if nothing had. `./dev kill` does the same at length."""

from __future__ import annotations

from tests.kill.run import try_history

SEED, KILLS = 20_260_701, 15


def test_a_history_with_kills_ends_like_an_undisturbed_one() -> None:
    said, outcome = try_history(SEED, KILLS)
    assert said == [], f"again: ./dev kill --kills {KILLS} --seed {SEED}"
    assert len(outcome.kills) == KILLS
