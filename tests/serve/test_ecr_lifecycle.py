"""boto3's operations on lifecycle policies, against a running server over a real database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from dogwatch.store.locks import is_first_to_preview
from tests.builders.lifecycle import rule, text_of
from tests.builders.watching import ACCOUNT, day, digest, image, index, pushed
from tests.serve.asgi import LOCAL, call
from tests.serve.old_images import TARGET, Served, serving_old_images
from tests.serve.test_aws_clients import refusal

KEEP_ONE = text_of(rule(1, "any", keep=1))
APP: dict[str, Any] = {"repositoryName": "app"}


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[Served]:
    with serving_old_images(database, tmp_path) as opened:
        yield opened


def without_metadata(reply: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in reply.items() if name != "ResponseMetadata"}


def test_a_policy_is_put_read_and_taken_away(served: Served) -> None:
    client = served.client()
    whole = {"registryId": ACCOUNT, "repositoryName": "app", "lifecyclePolicyText": KEEP_ONE}
    assert without_metadata(client.put_lifecycle_policy(**APP, lifecyclePolicyText=KEEP_ONE)) == whole
    read = without_metadata(client.get_lifecycle_policy(**APP, registryId=ACCOUNT))
    evaluated_at = read.pop("lastEvaluatedAt")
    assert read == whole
    assert isinstance(evaluated_at, datetime)
    former = without_metadata(client.delete_lifecycle_policy(**APP))
    assert former == {**whole, "lastEvaluatedAt": evaluated_at}
    assert refusal(client.get_lifecycle_policy, **APP) == (400, "LifecyclePolicyNotFoundException")
    assert refusal(client.delete_lifecycle_policy, **APP) == (400, "LifecyclePolicyNotFoundException")


def test_replies_have_the_models_shapes(served: Served) -> None:
    served.ask("PutLifecyclePolicy", **APP, lifecyclePolicyText=KEEP_ONE)
    served.ask("GetLifecyclePolicy", **APP)
    served.ask("StartLifecyclePolicyPreview", **APP)
    served.ask("GetLifecyclePolicyPreview", **APP)
    served.ask("DeleteLifecyclePolicy", **APP)


def test_a_preview_shows_what_would_go_and_changes_nothing(served: Served) -> None:
    client = served.client(served.reader)
    started = without_metadata(client.start_lifecycle_policy_preview(**APP, lifecyclePolicyText=KEEP_ONE))
    whole = {"registryId": ACCOUNT, "repositoryName": "app", "lifecyclePolicyText": KEEP_ONE, "status": "COMPLETE"}
    assert started == whole
    client.get_waiter("lifecycle_policy_preview_complete").wait(**APP)
    expire = {"action": {"type": "EXPIRE"}, "appliedRulePriority": 1, "storageClass": "STANDARD"}
    assert without_metadata(client.get_lifecycle_policy_preview(**APP)) == {
        **whole,
        "previewResults": [
            {"imageDigest": digest("a"), "imageTags": ["v0"], "imagePushedAt": day(0), **expire},
            {"imageDigest": digest("b"), "imageTags": ["v1"], "imagePushedAt": day(1), **expire},
            {"imageDigest": digest("c"), "imagePushedAt": day(2), **expire},
        ],
        "summary": {"expiringImageTotalCount": 3},
    }
    assert refusal(client.get_lifecycle_policy, **APP) == (400, "LifecyclePolicyNotFoundException")
    assert served.world.rows("SELECT state FROM image WHERE state = 'deleted'") == []


def test_what_would_be_archived_is_a_transition(served: Served) -> None:
    text = text_of(
        rule(1, ["v*"], days=30, since="sinceImagePulled", action="transition"), rule(2, "untagged", days=30)
    )
    served.client().put_lifecycle_policy(**APP, lifecyclePolicyText=text)
    served.ask("StartLifecyclePolicyPreview", **APP)
    shown = served.ask("GetLifecyclePolicyPreview", **APP)
    archive = {"type": "TRANSITION", "targetStorageClass": "ARCHIVE"}
    assert [(one["action"], one["appliedRulePriority"]) for one in shown["previewResults"]] == [
        (archive, 1),
        (archive, 1),
        ({"type": "EXPIRE"}, 2),
        (archive, 1),
    ]
    assert shown["summary"] == {
        "expiringImageTotalCount": 1,
        "transitioningImageTotalCounts": [{"targetStorageClass": "ARCHIVE", "imageTotalCount": 3}],
    }


def test_a_preview_is_asked_page_by_page_and_by_name(served: Served) -> None:
    client = served.client()
    client.start_lifecycle_policy_preview(**APP, lifecyclePolicyText=KEEP_ONE)
    pages = client.get_paginator("get_lifecycle_policy_preview").paginate(
        **APP, PaginationConfig={"PageSize": 2}, filter={"tagStatus": "ANY"}
    )
    assert [[one["imageDigest"] for one in page["previewResults"]] for page in pages] == [
        [digest("a"), digest("b")],
        [digest("c")],
    ]

    def found(**members: Any) -> list[str]:
        results = client.get_lifecycle_policy_preview(**APP, **members)["previewResults"]
        return [one["imageDigest"] for one in results]

    assert found(filter={"tagStatus": "TAGGED"}) == [digest("a"), digest("b")]
    assert found(filter={"tagStatus": "UNTAGGED"}) == [digest("c")]
    assert found(imageIds=[{"imageTag": "v1"}, {"imageDigest": digest("c")}, {"imageTag": "v3"}]) == [
        digest("b"),
        digest("c"),
    ]
    refused: list[dict[str, Any]] = [
        {"imageIds": [{"imageTag": "v1"}], "maxResults": 5},
        {"imageIds": [{}]},
        {"nextToken": "of another list"},
    ]
    for members in refused:
        code = refusal(client.get_lifecycle_policy_preview, **APP, **members)
        assert code == (400, "InvalidParameterException")


def test_what_is_in_use_or_named_by_an_index_is_not_proposed(served: Served) -> None:
    served.world.tell(0, pushed("i", 0, "both"))
    served.world.resolve(0, index("i", [image("a"), image("e", architecture="arm64")]))
    with served.world.database.transaction() as connection:
        connection.execute(
            "UPDATE clocks SET in_use_at = %s FROM image WHERE image_id = id AND digest = %s",
            (datetime.now(UTC), digest("b")),
        )
    served.ask("StartLifecyclePolicyPreview", **APP, lifecyclePolicyText=text_of(rule(1, "any", days=30)))
    results = served.ask("GetLifecyclePolicyPreview", **APP)["previewResults"]
    assert {one["imageDigest"] for one in results} == {digest("c"), digest("d"), digest("i")}


def test_a_preview_of_another_day_has_expired(served: Served) -> None:
    served.ask("StartLifecyclePolicyPreview", **APP, lifecyclePolicyText=KEEP_ONE)
    with served.world.database.transaction() as connection:
        connection.execute("UPDATE lifecycle_evaluation SET evaluated_at = evaluated_at - interval '25 hours'")
    shown = served.ask("GetLifecyclePolicyPreview", **APP)
    assert (shown["status"], "previewResults" in shown) == ("EXPIRED", False)


def test_a_policy_that_ecr_refuses_names_rule_and_field(served: Served) -> None:
    client = served.client()
    wrong = text_of(rule(7, "any", days=5, since="sinceImagePulled"))
    for operation in (client.put_lifecycle_policy, client.start_lifecycle_policy_preview):
        with pytest.raises(ClientError) as caught:
            operation(**APP, lifecyclePolicyText=wrong)
        assert caught.value.response["Error"] == {
            "Code": "InvalidParameterException",
            "Message": "lifecyclePolicyText: failed to satisfy constraint: 'Lifecycle policy validation failure:"
            " rules[0].selection.countType: rule 7: sinceImagePulled goes with action transition only:"
            " archive first, expire later'",
        }


def test_a_policy_of_31_000_characters_is_refused_by_us_too(served: Served) -> None:
    members = {**APP, "lifecyclePolicyText": KEEP_ONE.ljust(31_000)}
    headers = {**LOCAL, "x-amz-target": f"{TARGET}.PutLifecyclePolicy"}
    reply = call(served.application, "POST", "/", json.dumps(members).encode(), headers)
    assert (reply.status, reply.json["__type"]) == (400, "InvalidParameterException")
    assert "has 31,000 characters; 100 to 30,720 are allowed" in reply.json["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"repositoryName": "x"}',
        b'{"repositoryName": 5}',
        b'{"repositoryName": "app", "policy": "x"}',
        b'{"repositoryName": "/app", "lifecyclePolicyText": "x"}',
        b'{"repositoryName": "app", "lifecyclePolicyText": null}',
        b'{"repositoryName": "app", "lifecyclePolicyText": "\\ud800"}',
    ],
)
def test_members_that_the_model_does_not_have_are_refused(served: Served, body: bytes) -> None:
    reply = call(served.application, "POST", "/", body, {**LOCAL, "x-amz-target": f"{TARGET}.PutLifecyclePolicy"})
    assert (reply.status, reply.json["__type"]) in [
        (400, "InvalidParameterException"),
        (400, "SerializationException"),
    ]


def test_what_is_not_there_has_its_own_error(served: Served) -> None:
    client = served.client()
    other = {"repositoryName": "no-such"}
    assert refusal(client.get_lifecycle_policy, **other) == (400, "RepositoryNotFoundException")
    assert refusal(client.put_lifecycle_policy, **other, lifecyclePolicyText=KEEP_ONE) == (
        400,
        "RepositoryNotFoundException",
    )
    assert refusal(client.start_lifecycle_policy_preview, **APP) == (400, "LifecyclePolicyNotFoundException")
    assert refusal(client.get_lifecycle_policy_preview, **APP) == (400, "LifecyclePolicyPreviewNotFoundException")
    with pytest.raises(WaiterError):
        client.get_waiter("lifecycle_policy_preview_complete").wait(**APP, WaiterConfig={"MaxAttempts": 1})


def test_another_preview_being_made_is_told(served: Served) -> None:
    (row,) = served.world.rows("SELECT id FROM repository")
    with served.world.database.transaction() as connection:
        assert is_first_to_preview(connection, int(str(row[0])))
        refused = refusal(served.client().start_lifecycle_policy_preview, **APP, lifecyclePolicyText=KEEP_ONE)
    assert refused == (400, "LifecyclePolicyPreviewInProgressException")


def test_a_reader_sets_no_policy_and_nobody_reaches_another_account(served: Served) -> None:
    reader = served.client(served.reader)
    denied = (400, "AccessDeniedException")
    assert refusal(reader.put_lifecycle_policy, **APP, lifecyclePolicyText=KEEP_ONE) == denied
    assert refusal(reader.delete_lifecycle_policy, **APP) == denied
    assert refusal(served.client().get_lifecycle_policy, **APP, registryId="000000000001") == denied
