"""How often a repository is scanned: filters on its name, and which of two rules wins.

Source:
    Amazon ECR user guide, filters to choose which repositories are scanned; ecr service model 2015-09-21.
"""

from __future__ import annotations

import re

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import ScanFrequency
from dogwatch.model.scanning import ScanningConfiguration, ScanType
from dogwatch.windows.patterns import is_named

MAX_RULES = 2
"""One for each frequency that scans: ECR's own limit."""

MAX_FILTERS = 100
"""In one rule: ECR's own limit; every repository that comes is held against all of them."""

MAX_FILTER_CHARACTERS = 255
"""ECR's own limit."""

# What the model's pattern accepts, written so that no text takes longer than its length.
_FILTER = re.compile(r"[a-z0-9*](?:[._/-]?[a-z0-9*])*")
_OFFERED = {
    ScanType.BASIC: (ScanFrequency.ON_PUSH, ScanFrequency.MANUAL),
    ScanType.ENHANCED: (ScanFrequency.CONTINUOUS, ScanFrequency.ON_PUSH),
}
_PRECEDENCE = (ScanFrequency.CONTINUOUS, ScanFrequency.ON_PUSH)


def check_scanning(configuration: ScanningConfiguration) -> None:
    """Refuse what ECR would refuse.

    Raises:
        InvalidRequestError: too many rules or filters, two rules of one frequency, a frequency that the scan type does
            not have, or a text that is no filter; `field` names the place.
    """
    if len(configuration.rules) > MAX_RULES:
        raise InvalidRequestError("rules", f"are {len(configuration.rules)}; at most {MAX_RULES} are allowed")
    frequencies = [rule.frequency for rule in configuration.rules]
    if len(set(frequencies)) < len(frequencies):
        raise InvalidRequestError("rules", f"more than one is for {frequencies[0]}")
    offered = _OFFERED[configuration.scan_type]
    for place, rule in enumerate(configuration.rules):
        if rule.frequency not in offered:
            words = " and ".join(offered)
            raise InvalidRequestError(f"rules[{place}].scanFrequency", f"{configuration.scan_type} offers {words}")
        if len(rule.filters) > MAX_FILTERS:
            reason = f"are {len(rule.filters)}; at most {MAX_FILTERS} are allowed"
            raise InvalidRequestError(f"rules[{place}].repositoryFilters", reason)
        for number, text in enumerate(rule.filters):
            _check_filter(f"rules[{place}].repositoryFilters[{number}].filter", text)


def _check_filter(field: str, text: str) -> None:
    if not 1 <= len(text) <= MAX_FILTER_CHARACTERS or not _FILTER.fullmatch(text):
        rule = f"1 to {MAX_FILTER_CHARACTERS} of a-z, 0-9, * and single dots, underscores, dashes, slashes between them"
        raise InvalidRequestError(field, f"{text[:300]!r} is no filter: {rule}")


def is_filtered(text: str, name: str) -> bool:
    """Say whether a filter names a repository: `*` is any run of characters; without one, part of a name is enough."""
    return is_named(text if "*" in text else f"*{text}*", name)


def frequency_of(configuration: ScanningConfiguration, name: str) -> tuple[ScanFrequency, tuple[str, ...]]:
    """Return how often a repository is scanned, and the filters that say so.

    1. ENHANCED without rules scans everything continuously.
    2. Where both rules name a repository, continuous wins over on push.
    3. What no rule names is not scanned.
    """
    if configuration.scan_type is ScanType.ENHANCED and not configuration.rules:
        return ScanFrequency.CONTINUOUS, ()
    for frequency in _PRECEDENCE:
        for rule in configuration.rules:
            applied = tuple(text for text in rule.filters if is_filtered(text, name))
            if rule.frequency is frequency and applied:
                return frequency, applied
    return ScanFrequency.MANUAL, ()
