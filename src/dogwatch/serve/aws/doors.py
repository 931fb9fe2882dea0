"""Which request is for which service of AWS: by method and path for inspector2, by a header for ecr."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dogwatch.serve.aws.application import AwsApplication
from dogwatch.serve.aws.ecr.application import EcrApplication
from dogwatch.serve.aws.ecr.operations import TARGET
from dogwatch.serve.aws.errors import plain_error
from dogwatch.serve.aws.operations import operation_at
from dogwatch.serve.callers import CallerCheck
from dogwatch.serve.messages import Answer, Incoming
from dogwatch.serve.served import Rooms


@dataclass(frozen=True, slots=True)
class AwsCall:
    """A request that is for AWS's API: what answers it (on a thread), and what it gets when it broke."""

    answer: Callable[[Incoming, str], Answer]
    fail: Callable[[str], Answer]


class AwsDoors:
    """Finds the service that a request is for."""

    def __init__(self, callers: CallerCheck, rooms: Rooms) -> None:
        self._inspector = AwsApplication(callers, rooms)
        self._ecr = EcrApplication(callers, rooms)

    def call_of(self, head: Incoming) -> AwsCall | None:
        """Return the call that a request is; None where it is for somebody else.

        Source:
            AWS JSON 1.1 protocol: POST to `/`, `X-Amz-Target` is the service's name, a dot, the operation.
        """
        operation = operation_at(head.method, head.path)
        if operation is not None:
            return AwsCall(lambda incoming, request_id: self._inspector.answer(operation, incoming, request_id), _fail)
        target = head.only("x-amz-target")
        if head.method != "POST" or head.path != "/" or not target:
            return None
        service, _, asked = target.partition(".")
        asked = asked if service == TARGET else target
        return AwsCall(lambda incoming, request_id: self._ecr.answer(asked, incoming, request_id), self._ecr.fail)


def _fail(request_id: str) -> Answer:
    return plain_error(500, "InternalServerException", "the service cannot answer now", request_id)
