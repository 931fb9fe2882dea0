from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dogwatch.model.images import digest_of
from dogwatch.model.registries import EventKind, RegistryEvent
from dogwatch.registry.adapter import ParsedEvents, RefusedEvent
from dogwatch.registry.distribution import DistributionAdapter
from tests.builders.oci import DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

V1 = "application/vnd.docker.distribution.events.v1+json"
V2 = "application/vnd.docker.distribution.events.v2+json"
DIGEST = digest_of(b"manifest")

Event = dict[str, Any]


def event(action: str = "push", *, drop: tuple[str, ...] = (), **members: Any) -> Event:
    """An event as Distribution 2.8.2 sends it; `target`, `request`, `actor` are merged into it."""
    whole: Event = {
        "id": "320678d8-ca14-430f-8bb6-4ca139cd83f7",
        "timestamp": "2026-03-09T14:44:26.402973972-08:00",
        "action": action,
        "target": {
            "mediaType": OCI_MANIFEST,
            "size": 708,
            "length": 708,
            "digest": DIGEST,
            "repository": "team/app",
            "url": f"http://registry.example/v2/team/app/manifests/{DIGEST}",
            "tag": "1.0",
        },
        "request": {
            "id": "6df24a34-0959-4923-81ca-14f09767db19",
            "addr": "192.168.64.11:42961",
            "host": "registry.example",
            "method": "PUT" if action == "push" else "GET",
            "useragent": "curl/7.38.0",
        },
        "actor": {},
        "source": {"addr": "registry.example:5000", "instanceID": "a53db899-3b4b-4a62-a067-8dd013beaca4"},
    }
    for name, value in members.items():
        whole[name] = whole[name] | value if isinstance(value, dict) and name in whole else value
    for name in drop:
        holder, _, member = name.rpartition(".")
        (whole[holder] if holder else whole).pop(member)
    return whole


def parsed(*events: object, content_type: str = V2, own_username: str = "") -> ParsedEvents:
    body = json.dumps({"events": list(events)}).encode()
    return DistributionAdapter().parse_events(content_type, body, own_username)


def only(*events: object, own_username: str = "") -> RegistryEvent:
    found = parsed(*events, own_username=own_username)
    assert (found.refused, found.passed_over) == ((), 0)
    (one,) = found.events
    return one


@pytest.mark.parametrize("content_type", [V1, V2, "application/json", f"{V2.upper()}; charset=utf-8"])
def test_a_push_is_read_whole_from_every_content_type(content_type: str) -> None:
    found = parsed(event(actor={"name": "ci"}), content_type=content_type)

    assert found == ParsedEvents(
        (
            RegistryEvent(
                kind=EventKind.PUSHED,
                repository="team/app",
                digest=DIGEST,
                tag="1.0",
                occurred_at=datetime(2026, 3, 9, 22, 44, 26, 402973, tzinfo=UTC),
                external_id=f"320678d8-ca14-430f-8bb6-4ca139cd83f7:1.0@{DIGEST}",
                media_type=OCI_MANIFEST,
                actor="ci",
                user_agent="curl/7.38.0",
                client_address="192.168.64.11:42961",
            ),
        )
    )


@pytest.mark.parametrize("media_type", [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_INDEX])
def test_images_and_indexes_of_both_families_count(media_type: str) -> None:
    assert only(event("pull", target={"mediaType": media_type})).kind is EventKind.PULLED


def test_a_pull_by_digest_has_no_tag() -> None:
    pull = only(event("pull", drop=("target.tag",)))

    assert (pull.kind, pull.tag, pull.external_id[-73:]) == (EventKind.PULLED, "", f":@{DIGEST}")


def test_blobs_mounts_and_heads_are_passed_over() -> None:
    found = parsed(
        event(target={"mediaType": "application/octet-stream"}),
        event("pull", target={"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip"}),
        event("mount"),
        event("pull", request={"method": "HEAD"}),
    )

    assert found == ParsedEvents((), (), passed_over=4)


def test_a_deletion_names_a_digest_or_a_tag() -> None:
    bare = ("target.mediaType", "target.size", "target.length", "target.url")
    digest = only(event("delete", drop=(*bare, "target.tag")))
    tag = only(event("delete", drop=(*bare, "target.digest")))

    assert (digest.kind, digest.digest, digest.tag, digest.media_type) == (EventKind.DELETED, DIGEST, "", "")
    assert (tag.kind, tag.digest, tag.tag, tag.media_type) == (EventKind.DELETED, "", "1.0", "")
    assert digest.external_id != tag.external_id


@pytest.mark.parametrize(
    ("user_agent", "actor", "own"),
    [
        ("dogwatch/0.1.0", "", True),
        ("dogwatch/0.1.0 (+instance)", "someone", True),
        ("dogwatch", "", True),
        ("dogwatcher/1", "", False),
        ("containerd/1.7", "", False),
        # People may pull with the account they lent us.
        ("containerd/1.7", "watcher", False),
        ("", "watcher", True),
        ("", "someone", False),
        ("", "", False),
    ],
)
def test_our_own_pulls_are_told_by_product_token_or_by_name_where_there_is_none(
    user_agent: str, actor: str, own: bool
) -> None:
    pull = event("pull", request={"useragent": user_agent}, actor={"name": actor})

    assert only(pull, own_username="watcher").own is own


def test_without_a_name_of_our_own_nobody_is_us_by_name() -> None:
    assert not only(event("pull", request={"useragent": ""}, actor={"name": ""}), own_username="").own


def test_a_push_is_never_our_own() -> None:
    assert not only(event(request={"useragent": "dogwatch/0.1.0"})).own


@pytest.mark.parametrize(
    ("spoiled", "reason"),
    [
        ("text", "not an object"),
        (event("pushed"), "unknown action 'pushed'"),
        (event(drop=("action",)), "unknown action ''"),
        (event(drop=("target",)), "no media type"),
        (event(timestamp="yesterday"), "not a time: 'yesterday'"),
        (event(timestamp="2026-03-09T14:44:26"), "not a time: '2026-03-09T14:44:26'"),
        (event(timestamp=7), "not a time: ''"),
        (event(drop=("target.digest",)), "names no digest"),
        (event(target={"digest": "sha256:x"}), "not a sha256 or sha512 digest: 'sha256:x'"),
        (event(target={"repository": "../x"}), "not a repository name: '../x'"),
        (event(target={"tag": "a/b"}), "not a tag: 'a/b'"),
        (event("delete", drop=("target.digest", "target.tag")), "names no digest"),
    ],
)
def test_a_spoiled_event_is_refused_and_the_others_are_not(spoiled: object, reason: str) -> None:
    good = event("pull")

    found = parsed(good, spoiled, good)

    assert found.events == parsed(good).events * 2
    assert found.refused == (RefusedEvent("event 1", reason),)


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        (V2, b"", "not JSON"),
        (V2, b"[]", "not a JSON object"),
        (V2, b"{}", "no list of events in it"),
        (V2, b'{"events":{}}', "no list of events in it"),
        (V2, json.dumps({"events": [event()]}).encode()[:-9], "not JSON"),
        (V2, b'{"events":' + b"[" * 100_000, "nested too deeply"),
        (V2, b'{"events":[' + b"0," * 10_000 + b"0]}", "more than 10000 events"),
        (V2, b" " * (8 * 1024 * 1024 + 1), "longer than 8388608 bytes"),
        ("text/plain", b'{"events":[]}', "unknown content type 'text/plain'"),
        ("", b'{"events":[]}', "unknown content type ''"),
    ],
)
def test_a_body_that_is_no_envelope_is_refused_as_a_whole(content_type: str, body: bytes, reason: str) -> None:
    found = DistributionAdapter().parse_events(content_type, body, "")

    assert (found.events, len(found.refused), found.refused[0].where) == ((), 1, "body")
    assert found.refused[0].reason.startswith(reason)


def test_an_event_without_an_id_is_known_by_what_it_says() -> None:
    first, again = only(event(drop=("id",))), only(event(drop=("id",)))
    other = only(event(drop=("id",), timestamp="2026-03-09T14:44:27Z"))

    assert first.external_id == again.external_id != other.external_id


def test_an_oversized_id_is_cut_down_to_a_digest() -> None:
    assert len(only(event(id="x" * 100_000)).external_id) < 250


def test_texts_are_made_storable() -> None:
    found = only(event(actor={"name": "a\x00b"}, request={"useragent": "u" * 9999, "addr": 7}))

    assert (found.actor, len(found.user_agent), found.client_address) == ("a�b", 4096, "")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
FIELDS = ["id", "timestamp", "action", "target", "request", "actor", "source"]


@given(st.sampled_from([V1, V2, "application/json"]), st.binary())
def test_any_bytes_are_read_or_refused(content_type: str, body: bytes) -> None:
    found = DistributionAdapter().parse_events(content_type, body, "watcher")

    assert found.events == ()


@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), JSON), JSON)
def test_any_member_of_an_event_may_be_anything(members: Event, envelope: object) -> None:
    found = parsed(event() | members, envelope)

    assert len(found.events) + len(found.refused) + found.passed_over == 2
    for one in found.events:
        assert one.repository == "team/app" or "target" in members
        assert "\x00" not in repr(one)


@given(
    st.sampled_from(["mediaType", "digest", "repository", "tag", "useragent", "addr", "method", "name"]),
    JSON,
    st.sampled_from(["push", "pull", "delete"]),
)
def test_any_detail_of_an_event_may_be_anything(name: str, value: object, action: str) -> None:
    where = {"useragent": "request", "addr": "request", "method": "request", "name": "actor"}.get(name, "target")

    details: Event = {where: {name: value}}
    found = parsed(event(action, **details))

    assert len(found.events) + len(found.refused) + found.passed_over == 1
