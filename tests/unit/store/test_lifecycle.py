"""Lifecycle policies as kept, and the images that they are about as the registry's events made them known."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dogwatch.model.deeds import Deed, DeedRequest
from dogwatch.model.errors import ConflictError, InvalidRequestError, NotFoundError
from dogwatch.model.exclusions import ExclusionKind
from dogwatch.model.images import OtherArtifact
from dogwatch.model.lifecycle import (
    LifecycleAction,
    LifecycleOutcome,
    LifecycleVerdict,
    PreviewQuery,
    StorageClass,
    StoredPolicy,
)
from dogwatch.model.registries import EventKind, RegistryAccess
from dogwatch.model.views import ImageQuery
from dogwatch.store.deeds import DeedStore
from dogwatch.store.exclusions import ExclusionStore
from dogwatch.store.image_views import ImageViews
from dogwatch.store.lifecycle import LifecycleStore
from dogwatch.store.locks import is_first_to_preview
from tests.builders.lifecycle import rule, text_of
from tests.builders.watching import (
    ACCOUNT,
    IMAGE_TYPE,
    World,
    day,
    deleted,
    digest,
    event,
    image,
    index,
    no_feeds,
    pulled,
    pushed,
    signature,
)

PLACE = (ACCOUNT, "local", "app")
KEEP_ONE = text_of(rule(1, "any", keep=1))
LETTERS = {digest(letter): letter for letter in "abcdefghisx"}


@pytest.fixture
def store(world: World) -> LifecycleStore:
    return LifecycleStore(world.database, world.clock)


def push(world: World, name: str, at: float, tag: str = "") -> None:
    world.tell(at, pushed(name, at, tag))
    world.resolve(at, image(name))


def verdicts(store: LifecycleStore, text: str | None, **options: Any) -> dict[str, str]:
    found = store.preview(*PLACE, text, **options).outcomes
    return {LETTERS[one.digest]: str(one.verdict) for one in found}


def stored(world: World) -> list[tuple[object, ...]]:
    return world.rows(
        "SELECT kind, digest, verdict FROM lifecycle_outcome JOIN lifecycle_evaluation ON id = evaluation_id"
        " ORDER BY kind, ordinal"
    )


def test_a_policy_is_kept_as_given_and_evaluated_at_once(world: World, store: LifecycleStore) -> None:
    push(world, "a", 1, "v1")
    push(world, "b", 2, "v2")
    world.machine[0] = day(3)
    text = json.dumps(json.loads(KEEP_ONE), indent=3).ljust(200) + "\n"
    kept = StoredPolicy("local", "app", text, day(3), day(3), going=1)
    assert store.set_policy(*PLACE, text) == kept
    assert store.load_policy(*PLACE) == kept
    assert store.load_policies(ACCOUNT) == (kept,)
    assert stored(world) == [("daily", digest("a"), "goes")]


def test_a_policy_that_ecr_refuses_leaves_the_one_before(world: World, store: LifecycleStore) -> None:
    push(world, "a", 1)
    before = store.set_policy(*PLACE, KEEP_ONE)
    with pytest.raises(InvalidRequestError) as caught:
        store.set_policy(*PLACE, text_of(rule(1, "any", keep=0)))
    assert caught.value.fields["field"] == "rules[0].selection.countNumber"
    assert store.load_policy(*PLACE) == before


def test_what_is_taken_away_takes_its_proposals_along(world: World, store: LifecycleStore) -> None:
    push(world, "a", 1)
    push(world, "b", 2)
    kept = store.set_policy(*PLACE, KEEP_ONE)
    assert store.remove_policy(*PLACE) == kept
    assert stored(world) == []
    for ask in (store.load_policy, store.remove_policy):
        with pytest.raises(NotFoundError, match="no such lifecycle policy: app"):
            ask(*PLACE)
    with pytest.raises(NotFoundError, match="no such lifecycle policy: app"):
        store.preview(*PLACE, None)


@pytest.mark.parametrize(
    "place", [(ACCOUNT, "local", "other"), (ACCOUNT, "elsewhere", "app"), ("000000000001", "local", "app")]
)
def test_a_repository_that_is_not_the_accounts_has_no_policy(
    world: World, store: LifecycleStore, place: tuple[str, str, str]
) -> None:
    push(world, "a", 1)
    store.set_policy(*PLACE, KEEP_ONE)
    world.registries.ensure_account("000000000001")
    with pytest.raises(NotFoundError, match="no such repository"):
        store.set_policy(*place, KEEP_ONE)
    with pytest.raises(NotFoundError, match="no such repository"):
        store.preview(*place, KEEP_ONE)
    assert store.load_policies("000000000001") == ()


def test_a_removed_registry_has_no_policies(world: World, store: LifecycleStore) -> None:
    push(world, "a", 1)
    store.set_policy(*PLACE, KEEP_ONE)
    world.registries.remove(ACCOUNT, "local")
    assert store.load_policies(ACCOUNT) == ()
    assert store.load_due(day(99)) == ()


def test_an_index_is_as_old_as_its_push_and_pulled_when_one_of_its_images_was(
    world: World, store: LifecycleStore
) -> None:
    world.tell(1, pushed("i", 1, "v1"))
    world.resolve(1, index("i", [image("a"), image("b", architecture="arm64")]))
    world.tell(20, pulled("b", 20, "kubelet"))
    world.machine[0] = day(31)
    pull = text_of(rule(1, "any", days=11, since="sinceImagePulled", action="transition"))
    assert verdicts(store, pull) == {"a": "named by an index", "b": "stays", "i": "stays"}
    world.machine[0] = day(32)
    assert verdicts(store, pull) == {"a": "named by an index", "b": "named by an index", "i": "goes"}
    assert {LETTERS[one.digest]: one.why for one in store.preview(*PLACE, pull).outcomes}["i"].startswith(
        "last pulled on 2026-01-21"
    )
    world.tell(33, deleted("i", 33))
    assert verdicts(store, pull) == {"a": "goes", "b": "goes"}


def test_a_pull_of_an_index_counts_for_the_index_and_for_no_child_that_was_not_fetched(
    world: World, store: LifecycleStore
) -> None:
    world.tell(1, pushed("i", 1, "v1"))
    world.resolve(1, index("i", [image("a"), image("b", architecture="arm64")]))
    world.tell(21, pulled("i", 20, "kubelet"), pulled("a", 21, "kubelet"))
    assert (world.clocks("a")[1], world.clocks("b")[1]) == (21.0, None)
    world.tell(25, pulled("i", 25, "somebody who looked"))
    pull = text_of(rule(1, "any", days=11, since="sinceImagePulled", action="transition"))
    for now, verdict in ((36, "stays"), (37, "goes")):
        world.machine[0] = day(now)
        assert verdicts(store, pull)["i"] == verdict


def test_what_is_deleted_is_not_spoken_of(world: World, store: LifecycleStore) -> None:
    push(world, "a", 1)
    push(world, "b", 2)
    world.tell(3, deleted("b", 3))
    assert verdicts(store, KEEP_ONE) == {"a": "stays"}


def test_charts_count_by_their_tags_and_signatures_follow_what_they_sign(world: World, store: LifecycleStore) -> None:
    push(world, "a", 1, "v1")
    world.tell(2, pushed("c", 2, "chart-1"), pushed("x", 2), pushed("s", 2, "signature"))
    world.resolve(2, OtherArtifact(digest("c"), IMAGE_TYPE, 300, "application/vnd.example.chart"))
    world.resolve(2, OtherArtifact(digest("x"), IMAGE_TYPE, 300, "application/vnd.example.attestation"))
    world.resolve(2, signature("s", "a"))
    world.tell(5, pulled("c", 5))
    assert verdicts(store, KEEP_ONE) == {"a": "goes", "c": "stays"}
    pull = text_of(rule(1, "any", days=2, since="sinceImagePulled", action="transition"))
    world.machine[0] = day(6)
    assert verdicts(store, pull) == {"a": "goes", "c": "stays"}


def test_what_could_not_be_resolved_is_counted_beside(world: World, store: LifecycleStore) -> None:
    push(world, "a", 1)
    world.tell(1, pushed("u", 1), pushed("v", 1))
    world.images.save_unresolved(world.registry.id, "app", digest("u"), "ACCESS_DENIED", "refused", day(1))
    world.images.save_unresolved(world.registry.id, "app", digest("v"), "RESOURCE_TERMINATED", "gone", day(1))
    preview = store.preview(*PLACE, KEEP_ONE)
    assert (preview.unresolved, len(preview.outcomes)) == (1, 1)


def test_in_use_is_within_the_activity_window(world: World, store: LifecycleStore) -> None:
    push(world, "a", 1)
    push(world, "b", 2)
    with world.database.transaction() as connection:
        connection.execute("UPDATE clocks SET in_use_at = %s", (day(3),))
    world.machine[0] = day(33)
    assert verdicts(store, KEEP_ONE) == {"a": "in use", "b": "stays"}
    assert verdicts(store, KEEP_ONE, spares_in_use=False) == {"a": "goes", "b": "stays"}
    world.machine[0] = day(33.1)
    assert verdicts(store, KEEP_ONE)["a"] == "goes"
    world.set_windows(34, "DAYS_30", "LIFETIME")
    assert verdicts(store, KEEP_ONE)["a"] == "in use"
    world.set_windows(34, "DAYS_30", "NONE")
    world.machine[0] = day(93)
    assert verdicts(store, KEEP_ONE)["a"] == "in use"
    world.machine[0] = day(94)
    assert verdicts(store, KEEP_ONE)["a"] == "goes"


def test_a_policy_is_due_once_a_day(world: World, store: LifecycleStore) -> None:
    push(world, "a", 0, "v1")
    text = text_of(rule(1, "any", days=1))
    store.set_policy(*PLACE, text)
    assert store.load_due(day(0.9)) == ()
    (due,) = store.load_due(day(1))
    assert stored(world) == []
    store.evaluate_policy(due, day(1.5))
    assert stored(world) == [("daily", digest("a"), "goes")]
    assert store.load_due(day(1.6)) == ()
    assert store.load_policy(*PLACE) == StoredPolicy("local", "app", text, day(0), day(1.5), going=1)


def test_a_policy_that_is_none_any_more_proposes_nothing_and_says_why(world: World, store: LifecycleStore) -> None:
    push(world, "a", 1)
    push(world, "b", 2)
    store.set_policy(*PLACE, KEEP_ONE)
    with world.database.transaction() as connection:
        connection.execute("UPDATE lifecycle_policy SET text = 'of another time'")
    (due,) = store.load_due(day(5))
    store.evaluate_policy(due, day(5))
    assert stored(world) == []
    problem = "policy: has 15 characters; 100 to 30,720 are allowed"
    assert store.load_policy(*PLACE) == StoredPolicy("local", "app", "of another time", day(0), day(5), problem)


def test_a_policy_that_was_taken_away_meanwhile_is_not_evaluated(world: World, store: LifecycleStore) -> None:
    push(world, "a", 1)
    store.set_policy(*PLACE, KEEP_ONE)
    (due,) = store.load_due(day(5))
    store.remove_policy(*PLACE)
    store.evaluate_policy(due, day(5))
    assert world.rows("SELECT FROM lifecycle_evaluation") == []


def gone(name: str, at: float, *tags: str, why: str) -> LifecycleOutcome:
    return LifecycleOutcome(
        digest(name),
        tags,
        day(at),
        StorageClass.STANDARD,
        LifecycleVerdict.GOES,
        1,
        LifecycleAction.EXPIRE,
        None,
        f"{why}, rule 1 (any image) keeps 1",
    )


def test_a_preview_is_kept_and_read_page_by_page(world: World, store: LifecycleStore) -> None:
    for number, name in enumerate("abcd"):
        push(world, name, number, f"v{number}" if name in "ab" else "")
    world.machine[0] = day(9)
    with pytest.raises(NotFoundError, match="no such lifecycle policy preview: app"):
        store.load_preview(*PLACE, PreviewQuery())
    assert store.start_preview(*PLACE, KEEP_ONE) == KEEP_ONE
    first = store.load_preview(*PLACE, PreviewQuery(limit=2))
    assert (first.text, first.at, first.counts) == (KEEP_ONE, day(9), {LifecycleAction.EXPIRE: 3})
    assert first.rows == (
        gone("a", 0, "v0", why="number 4 of 4 from the youngest"),
        gone("b", 1, "v1", why="number 3 of 4 from the youngest"),
    )
    second = store.load_preview(*PLACE, PreviewQuery(limit=2, after=first.next))
    assert (second.rows, second.next) == ((gone("c", 2, why="number 2 of 4 from the youngest"),), "")
    push(world, "e", 10)  # what was previewed does not move
    assert store.load_preview(*PLACE, PreviewQuery(limit=2)) == first


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (PreviewQuery(is_tagged=True), "ab"),
        (PreviewQuery(is_tagged=False), "c"),
        (PreviewQuery(named=((digest("a"), ""), (digest("d"), ""))), "a"),
        (PreviewQuery(named=(("", "v1"), (digest("c"), ""))), "bc"),
        (PreviewQuery(named=(("", "v1"), (digest("c"), "")), is_tagged=True), "b"),
        (PreviewQuery(named=(("", "no-such"),)), ""),
        (PreviewQuery(named=((digest("a"), "v0"), (digest("b"), "v0"))), "a"),
    ],
)
def test_a_preview_is_asked_by_name_and_by_tags(
    world: World, store: LifecycleStore, query: PreviewQuery, found: str
) -> None:
    for number, name in enumerate("abcd"):
        push(world, name, number, f"v{number}" if name in "ab" else "")
    store.set_policy(*PLACE, KEEP_ONE)
    store.start_preview(*PLACE, None)
    page = store.load_preview(*PLACE, query)
    assert "".join(LETTERS[one.digest] for one in page.rows) == found
    assert page.counts == {LifecycleAction.EXPIRE: 3}


def test_a_cursor_belongs_to_one_preview_and_one_filter(world: World, store: LifecycleStore) -> None:
    for number, name in enumerate("abcd"):
        push(world, name, number)
    store.start_preview(*PLACE, KEEP_ONE)
    after = store.load_preview(*PLACE, PreviewQuery(limit=1)).next
    for query in (PreviewQuery(after=after, is_tagged=False), PreviewQuery(after="x"), PreviewQuery(limit=101)):
        with pytest.raises(InvalidRequestError):
            store.load_preview(*PLACE, query)
    store.start_preview(*PLACE, KEEP_ONE)
    with pytest.raises(InvalidRequestError):
        store.load_preview(*PLACE, PreviewQuery(after=after))


def test_one_preview_of_a_repository_is_made_at_a_time(world: World, store: LifecycleStore) -> None:
    push(world, "a", 1)
    (row,) = world.rows("SELECT id FROM repository")
    with world.database.transaction() as connection:
        assert is_first_to_preview(connection, int(str(row[0])))
        with pytest.raises(ConflictError):
            store.start_preview(*PLACE, KEEP_ONE)
    store.start_preview(*PLACE, KEEP_ONE)


def shown(world: World) -> dict[str, tuple[str, str] | None]:
    rows = ImageViews(world.database, no_feeds).images(ImageQuery(ACCOUNT), world.clock.now()).rows
    return {
        LETTERS[one.digest]: (str(one.proposal.outcome.verdict), one.proposal.sentence) if one.proposal else None
        for one in rows
    }


def test_an_image_shows_what_was_proposed(world: World, store: LifecycleStore) -> None:
    for number, name in enumerate("ab"):
        push(world, name, number)
    assert shown(world) == {"a": None, "b": None}
    store.set_policy(*PLACE, KEEP_ONE)
    going = "would be deleted: number 2 of 2 from the youngest, rule 1 (any image) keeps 1"
    assert shown(world) == {"a": ("goes", going), "b": None}
    world.tell(3, deleted("a", 3))
    assert shown(world) == {"a": None, "b": None}
    store.remove_policy(*PLACE)
    assert shown(world) == {"a": None, "b": None}


def test_an_image_shows_that_its_index_would_go(world: World, store: LifecycleStore) -> None:
    world.tell(1, pushed("i", 1, "v1"))
    world.resolve(1, index("i", [image("a")]))
    world.machine[0] = day(40)
    store.set_policy(*PLACE, text_of(rule(1, ["v*"], days=30, action="transition"), rule(2, "untagged", days=300)))
    why = "would be archived: pushed on 2026-01-02, rule 1 (tagged v*) keeps 30 days after the push"
    assert shown(world) == {"a": ("goes", f"its image index {digest('i')} {why}")}
    store.set_policy(*PLACE, text_of(rule(1, ["v*"], days=300), rule(2, "untagged", days=30)))
    why = "pushed on 2026-01-02, rule 2 (untagged) keeps 30 days after the push"
    sentence = f"stays as long as the image index {digest('i')} names it; {why}"
    assert shown(world) == {"a": ("named by an index", sentence)}


def test_our_own_reads_and_those_of_the_excluded_make_no_artifact_young(world: World, store: LifecycleStore) -> None:
    ExclusionStore(world.database, world.clock).add(ACCOUNT, ExclusionKind.PRINCIPAL, "mirror", "", "ann")
    world.tell(1, pushed("c", 1, "chart"))
    world.resolve(1, OtherArtifact(digest("c"), IMAGE_TYPE, 300, "application/vnd.example.chart"))
    world.tell(8, event(EventKind.PULLED, "c", 8, own=True), pulled("c", 8, "mirror"))
    world.machine[0] = day(9)
    pull = text_of(rule(1, "any", days=2, since="sinceImagePulled", action="transition"))
    assert verdicts(store, pull) == {"c": "goes"}


def test_the_same_name_in_two_registries_is_two_repositories(world: World, store: LifecycleStore) -> None:
    access = RegistryAccess("https://other.example")
    world.registries.add(ACCOUNT, "other", access, "eu-west-1")
    push(world, "a", 1)
    with pytest.raises(NotFoundError):
        store.set_policy(ACCOUNT, "other", "app", KEEP_ONE)


def test_what_is_held_or_archived_meets_rules_of_its_own(world: World, store: LifecycleStore) -> None:
    for name in "abc":
        push(world, name, 0)
    hold = DeedRequest(Deed.HOLD, "ann", "audit", day(40))
    for number, request, at in ((1, hold, 1), (2, DeedRequest(Deed.ARCHIVE, "ann"), 10), (3, hold, 1)):
        DeedStore(world.database).do(ACCOUNT, number, request, day(at))
    DeedStore(world.database).do(ACCOUNT, 3, DeedRequest(Deed.RELEASE, "ann"), day(2))
    old, archived = rule(1, "any", days=5), rule(2, "any", days=90, since="sinceImageTransitioned")
    world.machine[0] = day(29)
    outcomes = {LETTERS[one.digest]: one for one in store.preview(*PLACE, text_of(old, archived)).outcomes}
    assert {name: str(one.verdict) for name, one in outcomes.items()} == {"a": "held", "b": "stays", "c": "goes"}
    assert outcomes["a"].why.startswith("spared, as it is held until 2026-02-10; pushed on 2026-01-01")
    assert outcomes["b"].why.startswith("archived on 2026-01-11")
    world.machine[0] = day(101)
    assert verdicts(store, text_of(old, archived)) == {"a": "goes", "b": "goes", "c": "goes"}
    DeedStore(world.database).do(ACCOUNT, 2, DeedRequest(Deed.RESTORE, "ann"), day(101))
    world.machine[0] = day(102)
    restored = {LETTERS[one.digest]: one.why for one in store.preview(*PLACE, text_of(old, archived)).outcomes}["b"]
    assert restored.startswith("restored on 2026-04-12")
