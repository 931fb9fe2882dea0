"""A lifecycle policy's text → its rules, or an error that names rule and field. What ECR refuses is refused.

Called by whoever is given a policy, and by the store for those it keeps.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.lifecycle import LifecyclePolicy
from dogwatch.windows.lifecycle.members import Members
from dogwatch.windows.lifecycle.rules import read_rule
from dogwatch.windows.lifecycle.together import refuse_contradictions

TEXT_CHARACTERS_MIN, TEXT_CHARACTERS_MAX = 100, 30_720
RULES_MAX = 50
"""ECR's own limits."""


def parse_policy(text: str) -> LifecyclePolicy:
    """Read a policy.

    Returns:
        The policy, its rules by priority; the text as given.

    Raises:
        InvalidRequestError: `field` names the place (`rules[1].selection.countUnit`), the reason its rule's priority.

    Source:
        Amazon ECR user guide, "Lifecycle policy properties", and ecr service model 2015-09-21 (LifecyclePolicyText);
        read in 2026.
    """
    if not TEXT_CHARACTERS_MIN <= len(text) <= TEXT_CHARACTERS_MAX:
        limits = f"{TEXT_CHARACTERS_MIN} to {TEXT_CHARACTERS_MAX:,} are allowed"
        raise InvalidRequestError("policy", f"has {len(text):,} characters; {limits}")
    policy = Members(_decode(text), "", "")
    given = policy.take("rules")
    policy.refuse_rest()
    if not isinstance(given, list) or not given:
        raise InvalidRequestError("rules", "a list of one rule or more is wanted")
    if len(given) > RULES_MAX:
        raise InvalidRequestError("rules", f"has {len(given)} rules; at most {RULES_MAX} are allowed")
    rules = [read_rule(one, f"rules[{place}]") for place, one in enumerate(given)]
    refuse_contradictions(rules)
    return LifecyclePolicy(text, tuple(sorted(rules, key=lambda rule: rule.priority)))


def _decode(text: str) -> object:
    try:
        text.encode()  # halves of characters are no text
        return json.loads(text, object_pairs_hook=_without_doubles, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise InvalidRequestError("policy", f"not JSON: {error.msg}", text=text, position=error.pos) from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; brackets in brackets in …
        raise InvalidRequestError("policy", "not JSON that can be read") from error


def _without_doubles(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Refuse a member given twice: whichever counted, somebody would be surprised by what goes."""
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise InvalidRequestError("policy", f"{name[:100]!r} is given twice in one object")
        found[name] = value
    return found


def _refuse_constant(name: str) -> object:
    raise InvalidRequestError("policy", f"{name} is no JSON")
