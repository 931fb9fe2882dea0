"""BatchGetFindingDetails: what is known of findings beside their advisories (CISA, EPSS, weaknesses, references).

What nobody here knows (`riskScore`, `evidences`, `ttps`, `tools`, `exploitObserved`) is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Annotated, Any

import msgspec

from dogwatch.model.facts import Exploitation
from dogwatch.model.views import FindingQuery, FindingView
from dogwatch.serve.aws.names import Names, ask_finding_arn, finding_arn, load_names, read_finding_arn
from dogwatch.serve.aws.question import Question
from dogwatch.serve.aws.wire import decode, midnight, without_empty
from dogwatch.serve.callers import Caller
from dogwatch.serve.ports import RegistryAdmin, Views

_MAX_REFERENCES = 100  # in the model

_MEANINGS = {
    "ACCESS_DENIED": "a finding of another account",
    "FINDING_DETAILS_NOT_FOUND": "there is no such finding",
}

_ARN = r"^arn:(aws[a-zA-Z-]*)?:inspector2:[a-z]{2}(-gov)?-[a-z]+-\d{1}:\d{12}:finding/[a-f0-9]{32}\Z"
_Arn = Annotated[str, msgspec.Meta(max_length=100, pattern=_ARN)]  # as in the model


class _BatchGetFindingDetails(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    finding_arns: Annotated[list[_Arn], msgspec.Meta(min_length=1, max_length=10)]


def batch_get_finding_details(
    caller: Caller, body: bytes, views: Views, registries: RegistryAdmin
) -> dict[str, list[dict[str, Any]]]:
    """Answer BatchGetFindingDetails: each ARN once, with its details or the error that it has.

    Raises:
        InvalidRequestError: a member that the model does not have, none or more than ten ARNs, or what is none.
    """
    arns = dict.fromkeys(decode(body, _BatchGetFindingDetails).finding_arns)
    names = load_names(caller.account_id, registries, views)
    found = _find(names, arns)
    errors = {arn: _error_code(names, arn) for arn in arns if arn not in found}
    return {
        "findingDetails": [_details(arn, found[arn]) for arn in arns if arn in found],
        "errors": [
            {"findingArn": arn, "errorCode": code, "errorMessage": _MEANINGS[code]} for arn, code in errors.items()
        ],
    }


def _find(names: Names, arns: Collection[str]) -> Mapping[str, FindingView]:
    """Return the account's findings among them, open ones and closed."""
    question = Question()
    ask_finding_arn(question, names, [("EQUALS", arn) for arn in arns], "findingArns")
    if question.is_impossible:
        return {}
    query = FindingQuery(names.account_id, texts=question.texts, limit=len(arns))
    found: dict[str, FindingView] = {}
    while True:
        page = names.views.findings(query)
        found |= {finding_arn(one): one for one in page.rows}
        if not page.next:
            return found
        query = replace(query, after=page.next)  # a page may come short


def _error_code(names: Names, arn: str) -> str:
    read = read_finding_arn(arn)
    return "ACCESS_DENIED" if read and read.account_id != names.account_id else "FINDING_DETAILS_NOT_FOUND"


def _details(arn: str, one: FindingView) -> dict[str, Any]:
    facts = one.facts
    return without_empty(
        {
            "findingArn": arn,
            "cisaData": _cisa_data(facts.exploitation) if facts.exploitation else None,
            "cwes": list(facts.cwes),
            "epssScore": facts.probability.score_ppm / 1e6 if facts.probability else None,
            "referenceUrls": list(one.references[:_MAX_REFERENCES]),
        }
    )


def _cisa_data(listed: Exploitation) -> dict[str, Any]:
    return without_empty(
        {
            "action": listed.action,
            "dateAdded": midnight(listed.added_on),
            "dateDue": midnight(listed.due_on),
        }
    )
