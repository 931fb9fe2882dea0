"""What images were built on, found among what was seen before and after them."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from dogwatch.model.images import NO_BASE, BaseImage, Layer, Resolved, ResolvedImage, ToldBase
from dogwatch.model.packages import Package
from dogwatch.model.views import FindingQuery
from dogwatch.store.bases import load_bases_of_images
from dogwatch.store.findings import FindingStore
from dogwatch.store.layers import content_keys
from tests.builders.contents import advisory, contain, publish
from tests.builders.watching import ACCOUNT, World, day, deleted, digest, image, index, pushed

DEBIAN = ToldBase("debian:12", digest("debian"))


def see(world: World, at: float, tag: str, resolved: Resolved, name: str) -> int:
    world.tell(at, pushed(name, at, tag))
    return world.resolve(at, resolved)[0]


def base_of(world: World, image_id: int) -> BaseImage:
    with world.database.transaction() as connection:
        return load_bases_of_images(connection, [image_id])[image_id]


def repacked(one: ResolvedImage) -> ResolvedImage:
    """Return the same content under other blobs, as another program packs it."""
    layers = [Layer(digest(f"again {each.digest}"), each.diff_id, "other/type", 1) for each in one.layers]
    return replace(one, layers=tuple(layers))


def test_the_key_of_the_content_is_the_beginning_of_the_specifications_chain_id() -> None:
    one, two, three = digest("1"), digest("2"), digest("3")
    second = "sha256:" + hashlib.sha256(f"{one} {two}".encode()).hexdigest()
    third = "sha256:" + hashlib.sha256(f"{second} {three}".encode()).hexdigest()
    expected = [int.from_bytes(bytes.fromhex(each[7:23]), "big", signed=True) for each in (one, second, third)]
    assert (content_keys([one, two, three]), content_keys([])) == (tuple(expected), ())


def test_an_image_stands_on_the_largest_image_whose_layers_are_all_its_oldest(world: World) -> None:
    top = see(world, 1, "top", image("top", layers=["a", "b", "c", "d"]), "top")
    assert base_of(world, top) == NO_BASE
    see(world, 2, "small", image("small", layers=["a"]), "small")
    assert base_of(world, top) == BaseImage("app:small", digest("small"), 1)
    see(world, 3, "middle", repacked(image("middle", layers=["a", "b"])), "middle")
    see(world, 3, "other", image("other", layers=["a", "x", "c"]), "other")
    see(world, 3, "twin", image("twin", layers=["a", "b", "c", "d"]), "twin")
    assert base_of(world, top) == BaseImage("app:middle", digest("middle"), 2)
    see(world, 4, "later", image("later", layers=["a", "b"]), "later")
    assert base_of(world, top) == BaseImage("app:middle", digest("middle"), 2)
    never_pushed = image("never pushed", layers=["a", "b", "z"])
    assert world.images.find_base(ACCOUNT, never_pushed) == BaseImage("app:middle", digest("middle"), 2)
    world.tell(5, deleted("middle", 5))
    assert base_of(world, top) == BaseImage(f"app@{digest('middle')}", digest("middle"), 2)


def test_a_base_is_named_by_the_tag_of_its_index_and_never_found_in_another_account(world: World) -> None:
    top = see(world, 1, "top", image("top", layers=["a", "b"]), "top")
    with world.database.transaction() as connection:
        connection.execute("INSERT INTO account (id, activated_at) VALUES ('999999999999', %s)", (day(0),))
        stranger = (
            "INSERT INTO layer_chain (account_id, digest, layers, content_key)"
            " VALUES ('999999999999', '\\x00', jsonb_build_array(jsonb_build_object('diff_id', %s::text)), %s)"
        )
        diff_id = digest("diff a")
        connection.execute(stranger, (diff_id, content_keys([diff_id])[0]))
    assert base_of(world, top) == NO_BASE
    see(world, 2, "12", index("base", [image("base amd64", layers=["a"])]), "base")
    assert base_of(world, top) == BaseImage("app:12", digest("base amd64"), 1)


def test_what_an_image_says_itself_is_told_unless_it_only_inherited_it(world: World) -> None:
    top = see(world, 1, "top", image("top", layers=["a", "b"]), "top")
    see(world, 1, "again", image("again", layers=["a", "b"], told=DEBIAN), "again")
    assert base_of(world, top) == BaseImage(told=DEBIAN)
    see(world, 2, "base", image("base", layers=["a"], told=DEBIAN), "base")
    assert base_of(world, top) == BaseImage("app:base", digest("base"), 1)


def test_a_package_says_whether_the_base_brought_it_and_by_which_step_its_layer_was_made(world: World) -> None:
    lodash, requests = Package("npm", "lodash", "4.17.20"), Package("PyPI", "requests", "2.30.0")
    publish(world, 1, "npm", advisory("A-1", "npm", "lodash", 1))
    publish(world, 1, "PyPI", advisory("A-2", "PyPI", "requests", 1))
    see(world, 2, "1.0", image("top", layers=["COPY base", "RUN pip"]), "top")
    contain(world, 2, "top", places=[(lodash, 0, "srv/a"), (requests, 1, "usr/r")])

    def said() -> list[tuple[str, bool | None, str]]:
        found = FindingStore(world.database).findings(
            FindingQuery(ACCOUNT, sort="vulnerability", descending=False), day(5)
        )
        return [(one.build_step, one.from_base, one.base_image) for row in found.rows for one in row.packages]

    assert said() == [("COPY base", None, ""), ("RUN pip", None, "")]
    see(world, 3, "base", image("base", layers=["COPY base"]), "base")
    assert said() == [("COPY base", True, "app:base"), ("RUN pip", False, "")]
