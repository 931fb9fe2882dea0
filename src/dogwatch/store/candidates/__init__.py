"""Candidates: the next pairs of image and vulnerability in an order, found without making all findings first.

Rule 1. A candidate carries a key of the order and the pair it belongs to. Every finding that the question asks for has
        a candidate with exactly its key; a candidate need not be a finding, nor its key the finding's.
Rule 2. Candidates come in order. So all findings up to the last one's key are among the pairs, and the query
        `findings`, asked about these pairs and for keys up to that one, gives exactly the next part of the list.

Why rule 1 holds: what a finding shows stems from one of its spans (one watch of the image meeting one exposure), and
each way goes through all spans that can matter, with the key that each would give. Which way is quick depends on what
the question narrows (`scope`); all of them are right, and the laws on the view hold each to brute force.
"""

from dogwatch.store.candidates.demands import Demands, read_demands
from dogwatch.store.candidates.limits import Limits
from dogwatch.store.candidates.recent import find_parts
from dogwatch.store.candidates.scope import Scope, find_scope
from dogwatch.store.candidates.search import Candidates, Search
from dogwatch.store.candidates.ways import next_candidates

__all__ = [
    "Candidates",
    "Demands",
    "Limits",
    "Scope",
    "Search",
    "find_parts",
    "find_scope",
    "next_candidates",
    "read_demands",
]
