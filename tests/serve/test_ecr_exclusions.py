"""boto3's operations on pull time update exclusions, against a running server over a real database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dogwatch.model.exclusions import MAX_EXCLUSIONS, ExclusionKind
from dogwatch.store.exclusions import ExclusionStore
from tests.builders.watching import ACCOUNT
from tests.serve.old_images import Served, serving_old_images
from tests.serve.test_aws_clients import refusal

SCANNER = f"arn:aws:iam::{ACCOUNT}:role/ci/scanner"
KUBELET = f"arn:aws:iam::{ACCOUNT}:user/kubelet"


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[Served]:
    with serving_old_images(database, tmp_path) as opened:
        yield opened


def listed(served: Served, **members: Any) -> list[str]:
    found: list[str] = served.ask("ListPullTimeUpdateExclusions", **members)["pullTimeUpdateExclusions"]
    return found


def test_principals_are_registered_listed_and_taken_off_again(served: Served) -> None:
    client = served.client()
    store = ExclusionStore(served.world.database, served.world.clock)
    for pattern in ("kubelet", "robot$*"):
        store.add(ACCOUNT, ExclusionKind.PRINCIPAL, pattern, "", "ann")
    store.add(ACCOUNT, ExclusionKind.USER_AGENT, "x", "", "ann")
    added = client.register_pull_time_update_exclusion(principalArn=SCANNER)
    kept = store.list(ACCOUNT)[-1]
    assert (kept.kind, kept.pattern) == (ExclusionKind.PRINCIPAL, SCANNER)
    assert (added["principalArn"], added["createdAt"].timestamp()) == (SCANNER, round(kept.added_at.timestamp(), 3))
    assert listed(served) == [KUBELET, SCANNER]
    first = served.client(served.reader).list_pull_time_update_exclusions(maxResults=1)
    assert first["pullTimeUpdateExclusions"] == [KUBELET]
    assert listed(served, maxResults=1, nextToken=first["nextToken"]) == [SCANNER]
    for arn in (SCANNER, KUBELET):
        assert refusal(client.register_pull_time_update_exclusion, principalArn=arn) == (
            400,
            "ExclusionAlreadyExistsException",
        )
        assert served.ask("DeregisterPullTimeUpdateExclusion", principalArn=arn) == {"principalArn": arn}
    assert listed(served) == []
    elsewhere = SCANNER.replace(ACCOUNT, "000000000001")
    client.register_pull_time_update_exclusion(principalArn=elsewhere)
    assert listed(served) == [elsewhere]
    client.deregister_pull_time_update_exclusion(principalArn=elsewhere)
    assert [one.pattern for one in store.list(ACCOUNT)] == ["robot$*", "x"]
    served.ask("RegisterPullTimeUpdateExclusion", principalArn=KUBELET)


def test_what_cannot_be_excluded_has_its_own_error(served: Served) -> None:
    client, reader = served.client(), served.client(served.reader)
    register, deregister = client.register_pull_time_update_exclusion, client.deregister_pull_time_update_exclusion
    invalid, denied = (400, "InvalidParameterException"), (400, "AccessDeniedException")
    for arn in ("kubelet", "", SCANNER + "*", SCANNER.replace(":role/", ":group/"), f"{SCANNER}/{'x' * 200}"):
        assert refusal(register, principalArn=arn) == invalid
    assert refusal(client.list_pull_time_update_exclusions, nextToken="of another list") == invalid
    assert refusal(deregister, principalArn=SCANNER) == (400, "ExclusionNotFoundException")
    assert refusal(reader.register_pull_time_update_exclusion, principalArn=SCANNER) == denied
    assert refusal(reader.deregister_pull_time_update_exclusion, principalArn=SCANNER) == denied
    store = ExclusionStore(served.world.database, served.world.clock)
    for number in range(MAX_EXCLUSIONS):
        store.add(ACCOUNT, ExclusionKind.USER_AGENT, f"agent-{number}", "", "ann")
    assert refusal(register, principalArn=SCANNER) == (400, "LimitExceededException")
