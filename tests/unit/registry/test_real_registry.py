"""The client and the adapter against Debian's docker-registry, with images pushed by skopeo."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dogwatch.model.errors import ImageGoneError
from dogwatch.model.images import ResolvedImage, ResolvedIndex
from dogwatch.model.registries import EventKind, RegistryEvent, TagListing
from dogwatch.registry.adapter import ParsedEvents
from dogwatch.registry.check import check_registry
from dogwatch.registry.client import RegistryClient
from dogwatch.registry.distribution import DistributionAdapter
from dogwatch.registry.resolve import resolve
from tests.builders.oci import BuiltManifest, build_attestation, build_image, build_index, layer_tar
from tests.docker_registry import (
    DockerRegistry,
    NotificationReceiver,
    requires_docker_registry,
    requires_skopeo,
    running_docker_registry,
)

pytestmark = [requires_docker_registry, requires_skopeo]

AMD64 = build_image([layer_tar({"a": b"1"}), layer_tar({"b": b"2" * 100_000})], steps=["one", "#env", "two"])
ARM64 = build_image([layer_tar({"a": b"1"})], architecture="arm64", variant="v8")
ATTESTATION, MEMBERS = build_attestation(AMD64)
INDEX = build_index([AMD64, ARM64], [(ATTESTATION, MEMBERS)])


@pytest.fixture
def reader(docker_registry: DockerRegistry) -> Iterator[RegistryClient]:
    with RegistryClient(docker_registry.access, {}, "dogwatch/0.1.0") as client:
        yield client


def parsed(receiver: NotificationReceiver) -> ParsedEvents:
    """All that was received, as one."""
    adapter = DistributionAdapter()
    parts = [adapter.parse_events(one.content_type, one.body, "") for one in receiver.received]
    return ParsedEvents(
        tuple(event for part in parts for event in part.events),
        tuple(refused for part in parts for refused in part.refused),
        sum(part.passed_over for part in parts),
    )


def facts(events: tuple[RegistryEvent, ...]) -> list[tuple[str, str, str, str]]:
    return sorted((event.kind.value, event.repository, event.digest, event.tag) for event in events)


def has_actions(count: int, action: str) -> Any:
    return lambda events: sum(event["action"] == action for event in events) >= count


def test_images_and_indexes_pushed_by_skopeo_are_read_back_whole(
    docker_registry: DockerRegistry, reader: RegistryClient, tmp_path: Path
) -> None:
    docker_registry.push(AMD64, "team/app", "1.0", tmp_path / "one")
    docker_registry.push(INDEX, "team/multi", "2.0", tmp_path / "two")

    image, index = resolve(reader, "team/app", "1.0"), resolve(reader, "team/multi", "2.0")

    assert isinstance(image, ResolvedImage)
    assert isinstance(index, ResolvedIndex)
    assert (image.digest, index.digest) == (AMD64.digest, INDEX.digest)
    assert [layer.created_by for layer in image.layers] == ["one", "two"]
    assert [str(one.config.platform) for one in index.images] == ["linux/amd64", "linux/arm64/v8"]
    assert ([other.digest for other in index.others], index.unresolved) == ([ATTESTATION.digest], ())
    assert reader.head_manifest("team/app", "1.0") == AMD64.digest
    for layer, blob in zip(image.layers, AMD64.blobs[1:], strict=True):
        with reader.open_blob("team/app", layer) as stream:
            assert stream.read() == blob.content


def test_polling_lists_every_tag_with_its_digest(
    docker_registry: DockerRegistry, reader: RegistryClient, tmp_path: Path
) -> None:
    docker_registry.push(AMD64, "team/app", "1.0", tmp_path / "one")
    docker_registry.push(AMD64, "team/app", "latest", tmp_path / "two")
    docker_registry.push(INDEX, "other", "x", tmp_path / "three")

    assert list(DistributionAdapter().list_tags(reader)) == [
        TagListing("other", (("x", INDEX.digest),)),
        TagListing("team/app", (("1.0", AMD64.digest), ("latest", AMD64.digest))),
    ]

    docker_registry.delete("team/app", "1.0")
    assert list(DistributionAdapter().list_tags(reader))[1] == TagListing("team/app", ())
    with pytest.raises(ImageGoneError):
        resolve(reader, "team/app", AMD64.digest)


def test_notifications_of_pushes_pulls_and_deletions_as_they_really_come(
    docker_registry: DockerRegistry, notifications: NotificationReceiver, tmp_path: Path
) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    docker_registry.push(AMD64, "team/app", "1.0", tmp_path / "one")
    docker_registry.push(AMD64, "team/app", "again", tmp_path / "two")
    docker_registry.push(INDEX, "team/multi", "2.0", tmp_path / "three")
    notifications.wait_for(has_actions(6, "push"))
    pushed = parsed(notifications)

    assert facts(pushed.events) == sorted(
        [
            ("pushed", "team/app", AMD64.digest, "1.0"),
            ("pushed", "team/app", AMD64.digest, "again"),
            ("pushed", "team/multi", AMD64.digest, ""),
            ("pushed", "team/multi", ARM64.digest, ""),
            ("pushed", "team/multi", ATTESTATION.digest, ""),
            ("pushed", "team/multi", INDEX.digest, "2.0"),
        ]
    )
    assert pushed.refused == ()
    assert all(before <= event.occurred_at <= datetime.now(UTC) for event in pushed.events)
    assert {event.user_agent.partition("/")[0] for event in pushed.events} == {"skopeo"}
    assert {event.client_address.partition(":")[0] for event in pushed.events} == {"127.0.0.1"}

    notifications.received.clear()
    docker_registry.pull("team/app", "1.0", tmp_path / "pulled")
    docker_registry.pull("team/multi", "2.0", tmp_path / "pulled-multi")
    notifications.wait_for(has_actions(3, "pull"))
    pulled = parsed(notifications)

    assert facts(pulled.events) == sorted(
        [
            ("pulled", "team/app", AMD64.digest, "1.0"),
            ("pulled", "team/multi", INDEX.digest, "2.0"),
            ("pulled", "team/multi", AMD64.digest, ""),
        ]
    )
    assert not any(event.own for event in pulled.events)

    notifications.received.clear()
    docker_registry.delete("team/app", "1.0")
    notifications.wait_for(has_actions(3, "delete"))
    deleted = [event for event in parsed(notifications).events if event.kind is EventKind.DELETED]

    assert facts(tuple(deleted)) == [
        ("deleted", "team/app", "", "1.0"),
        ("deleted", "team/app", "", "again"),
        ("deleted", "team/app", AMD64.digest, ""),
    ]
    assert len({event.external_id for event in (*pushed.events, *pulled.events, *deleted)}) == 12


def test_our_own_reads_are_known_as_ours_and_our_heads_are_no_pulls(
    docker_registry: DockerRegistry, notifications: NotificationReceiver, reader: RegistryClient, tmp_path: Path
) -> None:
    docker_registry.push(INDEX, "team/multi", "2.0", tmp_path / "one")
    notifications.wait_for(has_actions(4, "push"))
    notifications.received.clear()

    list(DistributionAdapter().list_tags(reader))
    notifications.wait_for(has_actions(1, "pull"))
    assert parsed(notifications) == ParsedEvents((), (), passed_over=1)

    resolve(reader, "team/multi", "2.0")
    notifications.wait_for(has_actions(4, "pull"))
    pulls = parsed(notifications).events
    assert facts(pulls) == sorted(
        [
            ("pulled", "team/multi", INDEX.digest, "2.0"),
            ("pulled", "team/multi", AMD64.digest, ""),
            ("pulled", "team/multi", ARM64.digest, ""),
        ]
    )
    assert all(event.own for event in pulls)


def test_the_snippet_makes_the_registry_send_the_secret_and_no_blob_events(
    docker_registry: DockerRegistry, notifications: NotificationReceiver, tmp_path: Path
) -> None:
    docker_registry.push(AMD64, "team/app", "1.0", tmp_path / "one")

    events = notifications.wait_for(has_actions(1, "push"))

    assert [event["target"]["mediaType"] for event in events] == [AMD64.media_type]
    assert {one.headers["authorization"] for one in notifications.received} == {"Bearer s3cret"}
    assert {one.content_type for one in notifications.received} <= {
        "application/vnd.docker.distribution.events.v1+json",
        "application/vnd.docker.distribution.events.v2+json",
    }


def test_the_real_registry_passes_its_checks(
    docker_registry: DockerRegistry, reader: RegistryClient, tmp_path: Path
) -> None:
    empty = check_registry(reader)
    assert [(check.name, check.passed, check.detail) for check in empty] == [
        ("registry answers", True, "protocol registry/2.0; authentication: none"),
        ("catalogue of repositories", True, "0 repositories"),
    ]

    docker_registry.push(AMD64, "team/app", "1.0", tmp_path / "one")
    full = check_registry(reader)
    assert [(check.url, check.passed, check.detail) for check in full[1:]] == [
        (f"{docker_registry.url}/v2/_catalog", True, "1 repositories"),
        (f"{docker_registry.url}/v2/team/app", True, f"team/app:1.0 is {AMD64.digest}"),
    ]


def test_a_registry_that_was_restarted_serves_what_it_had(tmp_path: Path) -> None:
    built: BuiltManifest = build_image([layer_tar({"a": b"1"})])
    with running_docker_registry(tmp_path / "registry") as first:
        first.push(built, "team/app", "1.0", tmp_path / "one")
    with (
        running_docker_registry(tmp_path / "registry") as second,
        RegistryClient(second.access, {}, "dogwatch/0.1.0") as client,
    ):
        assert client.head_manifest("team/app", "1.0") == built.digest
