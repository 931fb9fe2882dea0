"""Pull time update exclusions: the principals on the account's exclusion list, as ecr's clients know them.

ecr names principals by ARN. One is kept as it was given, and means whoever the registry calls by the name behind
`user/` or `role/`; a name that came another way is shown as a user of the account. What no ARN can say is not shown:
patterns, user agents, networks.

Source:
    ecr service model 2015-09-21: the three operations on pull time update exclusions.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.exclusions import MAX_EXCLUSIONS, Exclusion, ExclusionKind
from dogwatch.serve.aws.ecr.asked import EcrAsked
from dogwatch.serve.aws.ecr.errors import ExclusionExistsError, LimitReachedError
from dogwatch.serve.aws.wire import decode, seconds
from dogwatch.serve.ports import Role
from dogwatch.windows.exclusions import read_principal_arn

_ARN_MAX = 200
_PAGE_MAX = 1_000
_TOKEN = re.compile(r"[0-9]{1,18}")


class _Principal(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    principal_arn: Annotated[str, msgspec.Meta(max_length=_ARN_MAX)]


class _List(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    max_results: Annotated[int, msgspec.Meta(ge=1, le=_PAGE_MAX)] = MAX_EXCLUSIONS
    next_token: str = ""


def register_pull_time_update_exclusion(asked: EcrAsked) -> dict[str, Any]:
    """Answer RegisterPullTimeUpdateExclusion; it concerns events that are heard from now on.

    Raises:
        ForbiddenError: a caller who only reads.
        InvalidRequestError: no ARN of a principal, one that is excluded already, or a full list.
    """
    asked.caller.require(Role.ADMIN, "RegisterPullTimeUpdateExclusion")
    arn = decode(asked.body, _Principal).principal_arn
    account_id = asked.caller.account_id
    if read_principal_arn(arn) is None:
        raise InvalidRequestError("principalArn", "must be the ARN of a role or user, of whatever account")
    if arn in _shown(asked):
        raise ExclusionExistsError("principalArn", f"{arn} is excluded already")
    try:
        added = asked.rooms.exclusions.add(account_id, ExclusionKind.PRINCIPAL, arn, "", asked.caller.name)
    except InvalidRequestError as error:
        reached = error.fields["field"] == "exclusions"
        refusal = LimitReachedError if reached else ExclusionExistsError  # somebody else was first
        raise refusal("principalArn", str(error.fields["reason"])) from error
    return {"principalArn": arn, "createdAt": seconds(added.added_at)}


def deregister_pull_time_update_exclusion(asked: EcrAsked) -> dict[str, Any]:
    """Answer DeregisterPullTimeUpdateExclusion; events that were heard before stay as they are.

    Raises:
        ForbiddenError: a caller who only reads.
        NotFoundError: a principal that is not excluded.
    """
    asked.caller.require(Role.ADMIN, "DeregisterPullTimeUpdateExclusion")
    arn = decode(asked.body, _Principal).principal_arn
    found = _shown(asked).get(arn)
    if not found:
        raise NotFoundError("exclusion", arn)
    for one in found:
        asked.rooms.exclusions.remove(asked.caller.account_id, one.id, asked.caller.name)
    return {"principalArn": arn}


def list_pull_time_update_exclusions(asked: EcrAsked) -> dict[str, Any]:
    """Answer ListPullTimeUpdateExclusions, those that were registered first at the beginning.

    Raises:
        InvalidRequestError: a token that is none.
    """
    wanted = decode(asked.body, _List)
    if wanted.next_token and not _TOKEN.fullmatch(wanted.next_token):
        raise InvalidRequestError("nextToken", "not a token of this list")
    first = [(entries[0].id, arn) for arn, entries in _shown(asked).items()]
    left = [one for one in first if one[0] > int(wanted.next_token or 0)]
    shown = left[: min(wanted.max_results, MAX_EXCLUSIONS)]
    listed = {"pullTimeUpdateExclusions": [arn for _, arn in shown]}
    return {**listed, "nextToken": str(shown[-1][0])} if len(left) > len(shown) else listed


def _shown(asked: EcrAsked) -> Mapping[str, list[Exclusion]]:
    """Return the account's entries by the ARN that clients see, in order; two may have the same."""
    account_id = asked.caller.account_id
    shown: dict[str, list[Exclusion]] = defaultdict(list)
    for one in asked.rooms.exclusions.list(account_id):
        arn = one.pattern if read_principal_arn(one.pattern) else f"arn:aws:iam::{account_id}:user/{one.pattern}"
        if one.kind is ExclusionKind.PRINCIPAL and len(arn) <= _ARN_MAX and read_principal_arn(arn):
            shown[arn].append(one)
    return shown
