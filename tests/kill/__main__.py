"""`./dev kill`: histories with as many kills as asked, a seed each; one that fails says how to play it again."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.kill.run import try_history

_KILLS_PER_HISTORY = 50
"""Ten days: long enough for windows to close and images to come back, short enough to look into."""


def main() -> int:
    """Run until all kills are done or something differs."""
    parser = argparse.ArgumentParser(prog="./dev kill")
    parser.add_argument("--kills", type=int, default=200, help="how many in all (200)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first history")
    asked = parser.parse_args()
    left, seed, hit = asked.kills, asked.seed, Counter[str]()
    while left > 0:
        kills = min(left, _KILLS_PER_HISTORY)
        print(f"history {seed}: {kills} kills", flush=True)
        said, outcome = try_history(seed, kills)
        hit.update(outcome.kills)
        exits = f", ended by themselves: {dict(Counter(outcome.exits))}" if outcome.exits else ""
        print(f"  {outcome.seconds:.0f} s, {dict(Counter(outcome.kills))}{exits}", flush=True)
        if said:
            print(*said[:50], f"{len(said)} differences; again: ./dev kill --kills {kills} --seed {seed}", sep="\n")
            return 1
        left, seed = left - kills, seed + 1
    print(f"{sum(hit.values())} kills, no differences: {dict(hit)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
