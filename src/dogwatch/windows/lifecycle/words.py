"""Rules and what they come to, in a few words for people."""

from __future__ import annotations

from dogwatch.model.lifecycle import (
    CountType,
    LifecycleAction,
    LifecycleOutcome,
    LifecycleRule,
    LifecycleVerdict,
    TagStatus,
)

_SINCE = {
    CountType.SINCE_PUSHED: "after the push",
    CountType.SINCE_PULLED: "after the last pull",
    CountType.SINCE_ARCHIVED: "in the archive",
}


def tell(outcome: LifecycleOutcome, digest: str) -> str:
    """Return what a policy comes to for the image of a digest, in a sentence; `outcome` may be that of its index."""
    sentence = outcome.why
    if outcome.verdict is LifecycleVerdict.GOES:
        done = "archived" if outcome.action is LifecycleAction.ARCHIVE else "deleted"
        sentence = f"would be {done}: {outcome.why}"
    return sentence if outcome.digest == digest else f"its image index {outcome.digest} {sentence}"


def describe(rule: LifecycleRule) -> str:
    """Return `rule 2 (tagged prod*) keeps 10`."""
    if rule.count_type is CountType.IMAGES:
        kept = f"{rule.count:,}"
    else:
        kept = f"{rule.count:,} days {_SINCE[rule.count_type]}"
    return f"rule {rule.priority} ({_about(rule)}) keeps {kept}"


_SHOWN_CHARACTERS = 100
"""Of the tags that a rule is about: the sentence stands beside every image."""


def _about(rule: LifecycleRule) -> str:
    if rule.tag_status is not TagStatus.TAGGED:
        return f"{rule.tag_status} image" if rule.tag_status is TagStatus.ANY else "untagged"
    tags = " and ".join((*rule.patterns, *(f"{prefix}*" for prefix in rule.prefixes)))
    return f"tagged {tags if len(tags) <= _SHOWN_CHARACTERS else tags[:_SHOWN_CHARACTERS] + '…'}"
