"""From the error tree to ecr's error shapes: the exception's name in `__type`, nothing but a message beside it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import msgspec

from dogwatch.model.errors import ConflictError, DogwatchError, ForbiddenError, InvalidRequestError, NotFoundError
from dogwatch.serve.aws.errors import NotParsedError
from dogwatch.serve.errors import is_for_callers, retry_after
from dogwatch.serve.messages import Answer

CONTENT_TYPE = "application/x-amz-json-1.1"

NOT_FOUND: Mapping[str, str] = MappingProxyType(
    {
        "exclusion": "ExclusionNotFoundException",
        "image": "ImageNotFoundException",
        "lifecycle policy": "LifecyclePolicyNotFoundException",
        "lifecycle policy preview": "LifecyclePolicyPreviewNotFoundException",
        "repository": "RepositoryNotFoundException",
    }
)
"""What was not found → how clients know that. Whatever else is missing is a parameter that names nothing."""

CONFLICTS: Mapping[str, str] = MappingProxyType(
    {"lifecycle policy preview": "LifecyclePolicyPreviewInProgressException"}
)
"""What two wanted at the same moment → how clients know that; anything else is worth another try."""

_SERVER = "ServerException"


class ExclusionExistsError(InvalidRequestError):
    """A principal that is excluded already. `aws_name` is how ecr's clients know it."""

    aws_name: ClassVar[str] = "ExclusionAlreadyExistsException"


class LimitReachedError(InvalidRequestError):
    """One more than an account may have. `aws_name` as above."""

    aws_name: ClassVar[str] = "LimitExceededException"


def ecr_answer(error: DogwatchError, request_id: str) -> Answer:
    """Return an error as ecr's clients expect it: 400 for theirs, 500 for ours.

    Source:
        ecr service model 2015-09-21 (InvalidParameterException, RepositoryNotFoundException, ServerException …);
        AWS JSON 1.1 protocol, section on error serialization.
    """
    if isinstance(error, NotParsedError):
        return plain_error("SerializationException", error.message, request_id)
    if isinstance(error, InvalidRequestError):
        name = str(getattr(error, "aws_name", "InvalidParameterException"))
        return plain_error(name, error.message, request_id)
    if isinstance(error, ForbiddenError):
        name = str(getattr(error, "aws_name", "AccessDeniedException"))
        return plain_error(name, error.message, request_id)
    if isinstance(error, NotFoundError):
        name = NOT_FOUND.get(str(error.fields["what"]), "InvalidParameterException")
        return plain_error(name, error.message, request_id)
    if isinstance(error, ConflictError) and error.fields["what"] in CONFLICTS:
        return plain_error(CONFLICTS[str(error.fields["what"])], error.message, request_id)
    seconds = retry_after(error)
    message = error.message if is_for_callers(error) else "the service cannot answer now"
    return server_error(request_id, message, {} if seconds is None else {"retry-after": str(seconds)})


def server_error(
    request_id: str, message: str = "the service cannot answer now", headers: Mapping[str, str] | None = None
) -> Answer:
    """Return a failure that is not the client's."""
    return _shape(500, _SERVER, message, request_id, headers or {})


def plain_error(name: str, message: str, request_id: str) -> Answer:
    """Return an error that the client can do something about."""
    return _shape(400, name, message, request_id, {})


def _shape(status: int, name: str, message: str, request_id: str, headers: Mapping[str, str]) -> Answer:
    body = msgspec.json.encode({"__type": name, "message": message})
    return Answer(status, body, CONTENT_TYPE, {**headers, "x-amzn-requestid": request_id})
