"""From the error tree to AWS's error shapes: the exception's name in `x-amzn-ErrorType`, its members in the body."""

from __future__ import annotations

import msgspec

from dogwatch.model.errors import (
    ConflictError,
    DogwatchError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    RegistryThrottledError,
)
from dogwatch.serve.errors import is_for_callers, retry_after
from dogwatch.serve.messages import Answer


class NotParsedError(InvalidRequestError):
    """The body is not JSON."""

    def __init__(self) -> None:
        super().__init__("body", "not JSON")


class NotOfferedError(InvalidRequestError):
    """A part of the model that is not offered here; said, never passed over."""

    def __init__(self, field: str, reason: str = "not offered here yet") -> None:
        super().__init__(field, reason)


def aws_answer(error: DogwatchError, request_id: str) -> Answer:
    """Return an error as AWS's clients expect it.

    Source:
        inspector2 service model 2020-06-08: ValidationException, AccessDeniedException, ResourceNotFoundException,
        ConflictException, ThrottlingException, InternalServerException.
    """
    if isinstance(error, InvalidRequestError):
        return _validation(error, request_id)
    if isinstance(error, ForbiddenError):
        name = str(getattr(error, "aws_name", "AccessDeniedException"))
        return _shape(403, name, error.message, request_id)
    if isinstance(error, NotFoundError):
        return _shape(404, "ResourceNotFoundException", error.message, request_id)
    if isinstance(error, ConflictError):
        what = str(error.fields["what"])
        return _shape(409, "ConflictException", error.message, request_id, resourceId=what, resourceType=what)
    seconds = retry_after(error)
    headers = {} if seconds is None else {"retry-after": str(seconds)}
    message = error.message if is_for_callers(error) else "the service cannot answer now"
    if isinstance(error, RegistryThrottledError):
        return _shape(429, "ThrottlingException", message, request_id, headers)
    return _shape(500, "InternalServerException", message, request_id, headers)


def plain_error(status: int, name: str, message: str, request_id: str) -> Answer:
    """Return an error that is no exception of ours."""
    return _shape(status, name, message, request_id)


def _validation(error: InvalidRequestError, request_id: str) -> Answer:
    reason = "FIELD_VALIDATION_FAILED"
    if isinstance(error, NotParsedError):
        reason = "CANNOT_PARSE"
    elif isinstance(error, NotOfferedError):
        reason = "OTHER"
    field = str(error.fields["field"])
    fields = [{"name": "nextToken" if field == "cursor" else field, "message": str(error.fields["reason"])}]
    return _shape(400, "ValidationException", error.message, request_id, reason=reason, fields=fields)


def _shape(
    status: int, name: str, message: str, request_id: str, headers: dict[str, str] | None = None, **members: object
) -> Answer:
    body = msgspec.json.encode({"message": message, **members})
    kinds = {"x-amzn-errortype": name, "x-amzn-requestid": request_id}
    return Answer(status, body, headers={**(headers or {}), **kinds})
