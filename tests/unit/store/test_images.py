from __future__ import annotations

import pytest

from dogwatch.model.images import BuildStep, ImageConfig, ImageToIndex, KeptEvidence, Layer, Platform, ResolvedImage
from dogwatch.model.registries import RegistryAccess
from tests.builders.watching import (
    ACCOUNT,
    IMAGE_TYPE,
    World,
    day,
    deleted,
    digest,
    image,
    index,
    pulled,
    pushed,
    signature,
)


def test_an_image_is_stored_with_what_its_config_says(world: World) -> None:
    layer = Layer(digest("blob"), digest("diff"), "tar+gzip", 40, "RUN \0 x")
    config = ImageConfig(
        digest("config"), Platform("linux", "arm64", "v8"), (digest("diff"),), (BuildStep("RUN", False),), day(-3), "me"
    )
    world.tell(1, pushed("a", 1))
    (image_id,) = world.resolve(2, ResolvedImage(digest("a"), IMAGE_TYPE, 2, config, (layer,)))
    columns = "digest, media_type, size_bytes, os, architecture, variant, author, created_at, state, account_id"
    assert world.rows(f"SELECT {columns} FROM image") == [
        (digest("a"), IMAGE_TYPE, 42, "linux", "arm64", "v8", "me", day(-3), "pending", ACCOUNT)
    ]
    found = world.images.load_to_index(image_id, "one")
    (chain,) = world.rows("SELECT id FROM layer_chain")
    assert found == ImageToIndex(
        image_id,
        int(str(chain[0])),
        ACCOUNT,
        world.registry.id,
        "app",
        digest("a"),
        Platform("linux", "arm64", "v8"),
        (Layer(digest("blob"), digest("diff"), "tar+gzip", 40, "RUN \ufffd x"),),
    )


def test_saving_twice_changes_nothing(world: World) -> None:
    world.tell(1, pushed("a", 1))
    assert world.resolve(1, image("a")) == world.resolve(2, image("a"))
    assert len(world.intervals("a")) == 1
    assert world.rows("SELECT count(*) FROM image, layer_chain, clocks") == [(1,)]


def test_the_whole_history_counts_when_a_manifest_becomes_known(world: World) -> None:
    world.tell(5, pushed("a", 3, "x"), pushed("a", 1), pulled("a", 4, "ci"), pulled("a", 2, "ann"), pushed("i", 2))
    world.resolve(6, image("a"))
    assert world.clocks("a") == (3, 4, "ci", 34, "pull", True)


def test_a_manifest_that_nobody_pushed_or_pulled_is_known_and_not_watched(world: World) -> None:
    assert world.resolve(1, image("a")) == ()
    assert world.clocks("a") == (None, None, "", None, None, False)


def test_a_manifest_known_only_by_a_pull_is_watched_by_it(world: World) -> None:
    assert world.tell(1, pulled("a", 1, "ci")) == (world.manifest("a"),)
    assert len(world.resolve(1, image("a"))) == 1
    assert world.intervals("a") == [(1, "forever", "pulled", "")]


def test_a_manifest_that_is_over_already_is_not_read(world: World) -> None:
    world.tell(1, pushed("a", 1))
    assert world.resolve(40, image("a")) == ()
    assert world.clocks("a") == (1, None, "", 31, "push", False)


def test_a_manifest_deleted_before_it_was_known_is_not_watched(world: World) -> None:
    world.tell(3, pushed("a", 1), deleted("a", 2))
    assert world.resolve(3, image("a")) == ()
    assert world.rows("SELECT state FROM image") == [("deleted",)]


def test_resolving_again_does_not_wake_what_longer_windows_left_asleep(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.resolve(1, image("a"))
    world.watch.end_expired(day(40), 10)
    world.set_windows(41, "DAYS_90", "DAYS_90")
    world.resolve(42, image("a"))
    assert world.clocks("a")[-1] is False


def test_every_platform_of_an_index_is_an_image_and_shares_its_pushes(world: World) -> None:
    world.tell(5, pushed("i", 4, "latest"), pushed("a", 3))
    ids = world.resolve(5, index("i", [image("a"), image("b", architecture="arm64")]))
    assert len(ids) == 2
    assert world.clocks("a")[0] == world.clocks("b")[0] == 4


def test_an_image_becomes_known_through_a_second_index_and_takes_its_push(world: World) -> None:
    world.tell(1, pushed("i", 1))
    world.resolve(1, index("i", [image("a")]))
    world.watch.end_expired(day(50), 10)
    world.tell(60, pushed("j", 60))
    world.resolve(61, index("j", [image("a")]))
    assert world.clocks("a")[0] == 60
    assert [row[2] for row in world.intervals("a")] == ["pushed", "pushed again"]


def test_a_child_that_comes_later_takes_its_place_in_the_index(world: World) -> None:
    world.tell(1, pushed("i", 1))
    world.resolve(1, index("i", [image("a")], missing=["b"]))
    assert world.rows("SELECT digest, status_reason FROM unresolved_manifest") == [(digest("b"), "RESOURCE_TERMINATED")]
    assert world.tell(2, pushed("b", 2)) == (world.manifest("b"),)
    world.resolve(2, image("b"))
    world.tell(9, pushed("i", 9))
    assert world.clocks("b")[0] == 9
    assert world.rows("SELECT count(*) FROM unresolved_manifest") == [(0,)]


def test_an_image_on_a_known_chain_needs_no_reading(world: World) -> None:
    world.tell(1, pushed("a", 1), pushed("b", 1))
    (image_id,) = world.resolve(1, image("a", layers=["base"]))
    inventory = world.attach(1, "a")
    assert world.images.load_to_index(image_id, "one") is None
    assert world.resolve(2, image("b", layers=["base"])) == ()
    assert world.rows("SELECT state, indexed_at FROM image WHERE digest = %s", digest("b")) == [("indexed", day(2))]
    assert world.rows("SELECT inventory_id FROM monitoring ORDER BY id DESC LIMIT 1") == [(inventory,)]


def test_the_order_of_layers_makes_another_chain_and_accounts_share_none(world: World) -> None:
    world.resolve(1, image("a", layers=["x", "y"]))
    world.resolve(1, image("b", layers=["y", "x"]))
    other, _ = world.registries.add("000000000001", "local", RegistryAccess("https://other.example"), "here")
    world.images.save_resolved(other.id, "app", image("c", layers=["x", "y"]), day(1))
    assert world.rows("SELECT account_id FROM layer_chain ORDER BY id") == [(ACCOUNT,), (ACCOUNT,), ("000000000001",)]


def test_what_most_watched_images_share_is_read_again_first_then_what_was_pulled_last(world: World) -> None:
    ids = {}
    for name, layers in (("a", "x"), ("b", "y"), ("c", "z"), ("d", "z"), ("e", "w")):
        world.tell(1, pushed(name, 1))
        world.resolve(1, image(name, layers=[layers]))
        world.attach(2, name, fingerprint="one")
        ids[name] = world.rows("SELECT id FROM image WHERE digest = %s", digest(name))[0][0]
    world.tell(3, pulled("b", 3), pulled("a", 2))
    world.tell(4, deleted("e", 4))
    expected = (ids["c"], ids["b"], ids["a"])
    assert world.images.load_to_reread("two", day(5), 10) == expected
    assert world.images.load_to_reread("two", day(5), 2) == expected[:2]
    world.attach(5, "c", fingerprint="two")
    assert world.images.load_to_reread("two", day(6), 10) == expected[1:]


def test_what_waits_to_be_read_is_watched_oldest_first_and_what_older_extractors_read_waits_apart(world: World) -> None:
    ids = {}
    for number, name in enumerate("abcd"):
        world.tell(1 + number, pushed(name, 1 + number))
        (ids[name],) = world.resolve(1 + number, image(name))
    world.attach(5, "a", fingerprint="one")
    world.tell(5, deleted("b", 5))
    assert world.images.load_waiting("one", day(9), 10) == (ids["c"], ids["d"])
    assert world.images.load_waiting("two", day(9), 10) == (ids["c"], ids["d"])
    assert world.images.load_to_reread("one", day(9), 10) == ()
    for fingerprint in ("two", "a smaller name"):
        assert world.images.load_to_reread(fingerprint, day(9), 10) == (ids["a"],)
    assert world.images.load_to_index(ids["a"], "two") is not None
    assert world.images.load_to_index(ids["b"], "two") is None
    assert world.images.load_to_index(10**6, "two") is None


def test_evidence_is_kept_per_account_layer_and_extractors(world: World) -> None:
    one, other = image("a").layers[0], image("b").layers[0]
    world.images.save_evidence(ACCOUNT, one, "one", b"\0evidence", day(1))
    world.images.save_evidence(ACCOUNT, one, "one", b"later", day(2))
    key, kept = (one.digest, one.diff_id), KeptEvidence("one", b"\0evidence")
    assert world.images.load_evidence(ACCOUNT, [one, other], "one") == {key: kept}
    assert world.images.load_evidence(ACCOUNT, [one], "two") == {key: kept}
    world.images.save_evidence(ACCOUNT, one, "two", b"of two", day(3))
    assert world.images.load_evidence(ACCOUNT, [one], "two") == {key: KeptEvidence("two", b"of two")}
    assert world.images.load_evidence(ACCOUNT, [one], "one") == {key: kept}
    world.images.adopt_evidence(ACCOUNT, one, "two", "three")
    assert world.images.load_evidence(ACCOUNT, [one], "four") == {key: KeptEvidence("three", b"of two")}
    world.images.save_evidence(ACCOUNT, one, "four", b"of four", day(40))
    assert world.rows("SELECT fingerprint FROM layer_evidence") == [("four",)]
    world.registries.ensure_account("000000000001")
    assert world.images.load_evidence("000000000001", [one], "four") == {}
    # The same blob under another diff ID is another reading: one of the two configs lies.
    liar = Layer(one.digest, other.diff_id, one.media_type, one.size_bytes)
    assert world.images.load_evidence(ACCOUNT, [liar], "one") == {}


def test_a_failure_is_kept_in_words_and_takes_no_inventory_away(world: World) -> None:
    world.tell(1, pushed("a", 1))
    (image_id,) = world.resolve(1, image("a"))
    world.images.record_failure(image_id, "one", "INVALID_ARTIFACT", "layer 1 ends early\0", day(2))
    columns = "SELECT state, status_reason, problem FROM image"
    assert world.rows(columns) == [("failed", "INVALID_ARTIFACT", "layer 1 ends early\ufffd")]
    assert world.images.load_waiting("one", day(9), 10) == ()
    world.attach(3, "a")
    world.images.record_failure(image_id, "one", "INTERNAL_ERROR", "later", day(4))
    assert world.rows(columns) == [("indexed", "", "")]
    with pytest.raises(ValueError, match="NONSENSE"):
        world.images.record_failure(image_id, "one", "NONSENSE", "", day(4))


def test_a_removed_registry_learns_nothing_more(world: World) -> None:
    world.tell(1, pushed("a", 1))
    world.registries.remove(ACCOUNT, "local")
    assert world.resolve(2, image("a")) == world.resolve(2, signature("s", "a")) == ()
    world.images.save_unresolved(world.registry.id, "app", digest("a"), "INTERNAL_ERROR", "x", day(2))
    assert world.rows("SELECT count(*) FROM image") == [(0,)]
    assert world.rows("SELECT problem, attempts FROM unresolved_manifest") == [("", 0)]
    assert world.events.load_unresolved(day(9), 10) == ()
