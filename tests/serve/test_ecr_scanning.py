"""The scanning configuration as boto3's ecr client and the JSON API set and read it."""

from __future__ import annotations

import json
from typing import Any

from tests.serve.asgi import LOCAL, call
from tests.serve.callers import ACCOUNT, READER
from tests.serve.rooms import Rooms
from tests.serve.shapes import ECR, violations
from tests.serve.shown import make_image, make_registry
from tests.serve.test_aws_clients import client_of, refusal, served


def rule(frequency: str, *filters: str) -> dict[str, Any]:
    named = [{"filter": text, "filterType": "WILDCARD"} for text in filters]
    return {"scanFrequency": frequency, "repositoryFilters": named}


def test_a_client_puts_rules_and_reads_what_they_come_to() -> None:
    rooms = Rooms()
    image = make_image()
    rooms.image_rows, rooms.known_registries = [image], [make_registry(alias=image.registry_alias)]
    rules = [rule("CONTINUOUS_SCAN", f"{image.repository[:3]}*"), rule("SCAN_ON_PUSH", "other")]
    with served(rooms) as port:
        client = client_of(port, service="ecr")
        default = client.get_registry_scanning_configuration()
        put = client.put_registry_scanning_configuration(scanType="ENHANCED", rules=rules)
        got = client.get_registry_scanning_configuration()
        batch = client.batch_get_repository_scanning_configuration(repositoryNames=[image.repository, "nowhere"])
        many = [rule("SCAN_ON_PUSH", *("a",) * 100)]
        many[0]["repositoryFilters"].append({"filter": "b", "filterType": "WILDCARD"})
        refused = [
            refusal(client.put_registry_scanning_configuration, scanType="ENHANCED", rules=wrong)
            for wrong in (
                many,
                [rule("SCAN_ON_PUSH", "A B")],
                [rule("MANUAL", "a")],
                [rule("HOURLY", "a")],
                [rules[1]] * 3,
            )
        ]
        reader = refusal(client_of(port, READER, service="ecr").put_registry_scanning_configuration, rules=[])
        unchanged = client.get_registry_scanning_configuration()["scanningConfiguration"]
    configuration = {"scanType": "ENHANCED", "rules": rules}
    assert default["scanningConfiguration"] == {"scanType": "ENHANCED", "rules": []}
    assert (put["registryScanningConfiguration"], unchanged) == (configuration, configuration)
    assert (got["registryId"], got["scanningConfiguration"]) == (ACCOUNT, configuration)
    (found,), (failure,) = batch["scanningConfigurations"], batch["failures"]
    assert found == {
        "repositoryArn": f"arn:aws:ecr:{image.region}:{ACCOUNT}:repository/{image.repository}",
        "repositoryName": image.repository,
        "scanOnPush": True,
        "scanFrequency": "CONTINUOUS_SCAN",
        "appliedScanFilters": rules[0]["repositoryFilters"],
    }
    assert (failure["repositoryName"], failure["failureCode"]) == ("nowhere", "REPOSITORY_NOT_FOUND")
    shape = ECR.operation_model("BatchGetRepositoryScanningConfiguration").output_shape
    assert violations({key: batch[key] for key in ("scanningConfigurations", "failures")}, shape) == []
    assert refused == [(400, "InvalidParameterException")] * 5
    assert reader == (400, "AccessDeniedException")


def test_the_json_api_says_the_same_and_takes_nothing_half() -> None:
    rooms = Rooms()
    wanted = {"scan_type": "ENHANCED", "rules": [{"frequency": "SCAN_ON_PUSH", "filters": ["team-*"]}]}

    def put(content: object) -> tuple[int, Any]:
        body = json.dumps(content).encode()
        reply = call(rooms.app(open_loopback=True), "PUT", "/api/v1/scanning", body, LOCAL)
        return reply.status, reply.json

    assert put(wanted) == (200, {**wanted, "status": "PENDING"})
    for wrong in (
        {},
        {"rules": None},
        {"rules": [], "scantype": "BASIC"},
        {"rules": [{"frequency": "X", "filters": []}]},
    ):
        assert put(wrong)[0] == 400
    shown = call(rooms.app(open_loopback=True), "GET", "/api/v1/scanning", b"", LOCAL)
    assert (shown.status, shown.json, rooms.setting_changes) == (200, {**wanted, "status": "PENDING"}, 1)
