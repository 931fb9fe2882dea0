"""The translation table: total over the tree, silent about our insides, and the same story in AWS's words."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest

from dogwatch.model import errors
from dogwatch.model.errors import DogwatchError
from dogwatch.serve.aws.errors import NotOfferedError, NotParsedError, aws_answer
from dogwatch.serve.errors import PROBLEMS, problem_answer, problem_of
from tests.serve.shapes import MODEL, error_violations


def classes() -> list[type[DogwatchError]]:
    return [one for one in vars(errors).values() if inspect.isclass(one) and issubclass(one, DogwatchError)]


def example(kind: type[DogwatchError]) -> DogwatchError:
    """Builds an error of a class with words nobody outside should see where they are ours."""
    values: dict[str, Any] = {"int": 7, "float": 7.0}
    parameters = list(inspect.signature(kind).parameters.values())
    arguments = [
        values.get(str(one.annotation), f"some {one.name}")
        for one in parameters
        if one.kind is one.POSITIONAL_OR_KEYWORD
    ]
    return kind(*arguments)


def test_the_table_has_a_row_for_every_class_of_the_tree() -> None:
    assert set(PROBLEMS) == set(classes())


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__name__)
def test_every_error_is_a_problem_document(kind: type[DogwatchError]) -> None:
    answer = problem_answer(example(kind), "request-1")
    document = json.loads(answer.body)
    problem = PROBLEMS[kind]
    assert (answer.status, answer.content_type) == (problem.status, "application/problem+json")
    assert (document["status"], document["title"], document["request_id"]) == (
        problem.status,
        problem.title,
        "request-1",
    )
    assert document["type"] == f"urn:dogwatch:problem:{problem.slug}"
    assert document["detail"]


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_shape_of_the_model(kind: type[DogwatchError]) -> None:
    answer = aws_answer(example(kind), "request-1")
    name = answer.headers["x-amzn-errortype"]
    assert error_violations(name, json.loads(answer.body)) == []
    assert answer.status == MODEL.shape_for(name).metadata["error"]["httpStatusCode"]


@pytest.mark.parametrize("kind", [errors.ConfigError, errors.StoreUnavailableError])
def test_what_may_name_our_insides_is_not_told(kind: type[DogwatchError]) -> None:
    error = example(kind)
    for answer in (problem_answer(error, "r"), aws_answer(error, "r")):
        assert b"some reason" not in answer.body


def test_what_will_pass_says_when_to_come_back() -> None:
    waiting = {kind for kind in classes() if "retry-after" in problem_answer(example(kind), "r").headers}
    assert waiting == {
        errors.RegistryUnavailableError,
        errors.RegistryThrottledError,
        errors.FeedUnavailableError,
        errors.StoreUnavailableError,
    }


def test_a_class_below_the_tree_is_shown_as_its_parent() -> None:
    assert problem_of(NotOfferedError("portRange")) is PROBLEMS[errors.InvalidRequestError]


@pytest.mark.parametrize(
    ("error", "reason", "field"),
    [
        (errors.InvalidRequestError("maxResults", "must be 1 to 100"), "FIELD_VALIDATION_FAILED", "maxResults"),
        (errors.InvalidRequestError("cursor", "not one of ours"), "FIELD_VALIDATION_FAILED", "nextToken"),
        (NotOfferedError("ec2Configuration"), "OTHER", "ec2Configuration"),
        (NotParsedError(), "CANNOT_PARSE", "body"),
    ],
)
def test_a_refused_value_is_a_validation_exception(error: errors.InvalidRequestError, reason: str, field: str) -> None:
    answer = aws_answer(error, "r")
    content = json.loads(answer.body)
    assert (answer.status, content["reason"], content["fields"][0]["name"]) == (400, reason, field)
