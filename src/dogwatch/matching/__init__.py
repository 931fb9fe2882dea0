"""What advisories say of packages: ranges, the reference decision, resolving, severity, and which vulnerability it is.

Pure: values in, values out. The store matches with the same keys in one join; `decide` is what that join must agree
with. Called by `store` when packages or advisories arrive, and by whoever explains a finding.
"""

from dogwatch.matching.aliases import (
    AdvisoryNames,
    VulnerabilityGroup,
    group_vulnerabilities,
    name_advisory,
    names_of_vulnerabilities,
)
from dogwatch.matching.concluding import conclude
from dogwatch.matching.decide import decide, why_undetermined
from dogwatch.matching.explaining import stand, weigh
from dogwatch.matching.keying import goes_by_source, is_distribution, key_package, match_name
from dogwatch.matching.ranges import key_affected_package, key_affected_ranges
from dogwatch.matching.resolve import resolve, resolve_severity
from dogwatch.matching.severity import (
    label_of_score,
    label_of_word,
    score_of,
    scores_of,
    why_not_scored,
    why_this_severity,
)
from dogwatch.matching.stated import Said, Statements

__all__ = [
    "AdvisoryNames",
    "Said",
    "Statements",
    "VulnerabilityGroup",
    "conclude",
    "decide",
    "goes_by_source",
    "group_vulnerabilities",
    "is_distribution",
    "key_affected_package",
    "key_affected_ranges",
    "key_package",
    "label_of_score",
    "label_of_word",
    "match_name",
    "name_advisory",
    "names_of_vulnerabilities",
    "resolve",
    "resolve_severity",
    "score_of",
    "scores_of",
    "stand",
    "weigh",
    "why_not_scored",
    "why_this_severity",
    "why_undetermined",
]
