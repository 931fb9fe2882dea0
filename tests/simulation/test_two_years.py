"""Two years of pushes, pulls and new windows end as the oracle says. `./dev simulate` does the same at length."""

from __future__ import annotations

from pathlib import Path

from tests.simulation.run import simulate

SEED, IMAGES, KILLS = 20_260_101, 200, 2


def test_two_years_are_watched_as_the_oracle_says_also_under_kill(database: str, tmp_path: Path) -> None:
    outcome = simulate(database, SEED, IMAGES, KILLS, tmp_path)
    assert outcome.differences == [], f"again: ./dev simulate --images {IMAGES} --kills {KILLS} --seed {SEED}"
    assert outcome.spans > IMAGES
