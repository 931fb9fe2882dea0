"""How much is little: the sizes at which one way of finding candidates is left for another; all find the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes, measured on a million images.

    `few_images`: of those that came to be watched lately, a walk apart; and their inventories are looked up for each of
        the many walks of an order by time.
    `few_sets`: what is said of these is read whole and sorted; more of them a walk through everything meets sooner.
    `named_images`: named one by one, as a walk otherwise looks each image up.
    `few_vulnerabilities`: walked through one by one; of more, a walk through all meets one soon enough.
    `few_inventories`: with the vulnerabilities asked for; what is found in so many is sorted in some milliseconds.
    `few_images_to_sort`: all that ever began or ended on them is found and sorted.
    `few_watches`: that began first; all that happened on them by then is found and sorted.
    `watches`: the same, and of a walk in one round, where a filter has each image looked up.
    `images`: of a walk along images in one round, where a filter has each looked up.
    `steps`: of a walk along moments in one round.
    `at_once`: candidates of one round; more are slower to make into findings than several rounds.
    `candidates`, `rounds`, `seconds`: of one page; where hardly any finding is asked for, the page comes short, or
        empty, with a cursor to go on. Nobody waits for many seconds to see that there is little.
    """

    few_images: int = 1_500
    few_sets: int = 300
    named_images: int = 5_000
    few_vulnerabilities: int = 10_000
    few_inventories: int = 3_000
    few_images_to_sort: int = 200
    few_watches: int = 500
    watches: int = 2_000
    images: int = 5_000
    steps: int = 200
    at_once: int = 2_000
    candidates: int = 10_000
    rounds: int = 10
    seconds: float = 1.0
