"""ListUsageTotals: scans of the last 30 days as the original bills them, and what they cost.

Every registry counts as ECR's. Totals and costs are numbers of the model, doubles; they are made of exact ones here, at
the very edge.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from dogwatch.model.costs import CURRENCY, AccountScans, PriceTable
from dogwatch.model.errors import InvalidRequestError
from dogwatch.serve.aws.wire import decode
from dogwatch.serve.callers import Caller
from dogwatch.serve.ports import CostViews

_PAGE = 100  # where the client does not say
_TOKEN = re.compile(r"[0-9]{1,6}")


class _ListUsageTotals(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    account_ids: (
        Annotated[
            list[Annotated[str, msgspec.Meta(pattern="^[0-9]{12}$")]], msgspec.Meta(min_length=1, max_length=7000)
        ]
        | None
    ) = None
    max_results: Annotated[int, msgspec.Meta(ge=1, le=500)] = _PAGE
    next_token: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)] | None = None


def list_usage_totals(caller: Caller, body: bytes, costs: CostViews) -> dict[str, Any]:
    """Answer ListUsageTotals, of the caller's account or of those that an operator names; unknown ones have no totals.

    Raises:
        ForbiddenError: another account, and no operator.
        InvalidRequestError: a member that the model does not have, or a token that is none.
    """
    wanted = decode(body, _ListUsageTotals)
    token = wanted.next_token or "0"
    if not _TOKEN.fullmatch(token):
        raise InvalidRequestError("nextToken", "not a token of this list")
    asked = wanted.account_ids or [caller.account_id]
    found = costs.load_recent([caller.account_for(one) for one in asked])
    begin, end = int(token), int(token) + wanted.max_results
    totals = [_total(one, costs.prices) for one in found[begin:end]]
    return {"totals": totals, **({"nextToken": str(end)} if end < len(found) else {})}


def _total(one: AccountScans, prices: PriceTable) -> dict[str, Any]:
    usage = (
        ("ECR_INITIAL_SCAN", one.scans.initial, prices.initial_scan),
        ("ECR_RESCAN", one.scans.rescans, prices.rescan),
    )
    return {"accountId": one.account_id, "usage": [_usage(*each) for each in usage]}


def _usage(kind: str, count: int, price: Decimal) -> dict[str, Any]:
    return {
        "type": kind,
        "total": float(count),
        "estimatedMonthlyCost": float(count * price),
        "currency": CURRENCY,
        "cloudProvider": "AWS",
    }
