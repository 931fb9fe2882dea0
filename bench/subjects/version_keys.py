"""How many version texts a second become keys, in plain Python, per scheme."""

from __future__ import annotations

import random

from bench.advisories import named_versions
from bench.bed import Bed
from bench.figures import Figure, Section
from bench.timing import rounds, seconds_of
from dogwatch.versions import sort_key
from tests.simulators.buckets import FeedBucket

_FEEDS = {"dpkg": "Debian", "pep440": "PyPI", "semver": "npm", "maven": "Maven", "gem": "RubyGems"}
_AT_LEAST = 20_000  # texts per round: a round of fewer is too short to measure
_AT_MOST = 60_000
_ROUNDS = 5


def measure(bed: Bed) -> Section:
    """Make keys of the distinct versions that advisories name."""
    figures = []
    counts = []
    bucket = FeedBucket(bed.shared / "osv") if bed.shared else bed.bucket
    for scheme, ecosystem in _FEEDS.items():
        if not (bucket.folder / ecosystem).is_dir():
            continue  # none are made up of this ecosystem
        distinct = sorted({text for texts in named_versions(bucket, ecosystem).values() for text in texts})
        without_key = sum(sort_key(scheme, text) is None for text in distinct)
        counts.append(f"{scheme}: {len(distinct):,} from {ecosystem}, {without_key:,} of them not comparable")
        figures.append(Figure(scheme, "keys/s", rounds(_ROUNDS, _rate_of(scheme, distinct))))
    return Section(
        "Version keys",
        f"The distinct versions that {'real' if bed.shared else 'made-up'} advisories name ({'; '.join(counts)}), in "
        "random order.",
        tuple(figures),
    )


def _rate_of(scheme: str, distinct: list[str]) -> RateOf:
    texts = list(distinct)
    random.Random(1).shuffle(texts)
    return RateOf(scheme, (texts * (_AT_LEAST // len(texts) + 1))[:_AT_MOST])


class RateOf:
    """One round: all texts once."""

    def __init__(self, scheme: str, texts: list[str]) -> None:
        self._scheme = scheme
        self._texts = texts

    def __call__(self) -> float:
        """Return keys per second."""
        return len(self._texts) / seconds_of(self._make_keys)

    def _make_keys(self) -> None:
        scheme = self._scheme
        for text in self._texts:
            sort_key(scheme, text)
