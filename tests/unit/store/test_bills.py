"""What attached bills add hangs on the image: beside what its layers hold, and in no other image of these layers."""

from __future__ import annotations

from dogwatch.inventory.bills.merging import hear_bills
from dogwatch.model.bills import AttachedBill, Attachments, BillsToRead, Witnessed
from dogwatch.model.gaps import GapKind
from dogwatch.model.packages import Package
from dogwatch.model.views import FindingQuery
from dogwatch.store.audit import AuditStore
from dogwatch.store.bill_turns import ask_for_bills
from dogwatch.store.bills import BillStore
from dogwatch.store.contents import load_contents
from dogwatch.store.findings import FindingStore
from tests.builders.attached import cyclonedx
from tests.builders.contents import advisory, contain, publish
from tests.builders.oci import as_json
from tests.builders.watching import ACCOUNT, World, day, deleted, digest, image, pushed, signature

LODASH, OLD, ONLY = (Package("npm", name, "1") for name in ("lodash", "old", "only"))
NAMED = AttachedBill(digest("bill"), "a referrer", as_json(cyclonedx("pkg:npm/lodash@1", "pkg:npm/only@1")))
PLACE = f"sbom:{digest('bill')}"

Shown = list[tuple[str, str, str, tuple[tuple[str, ...], ...]]]


def watch_two_of_the_same_layers(world: World) -> None:
    publish(world, 1, "npm", *(advisory(f"A-{one.name}", "npm", one.name, 1) for one in (LODASH, OLD, ONLY)))
    for name in "ab":
        world.tell(2, pushed(name, 2))
        world.resolve(2, image(name, layers=["one"]))
    contain(world, 3, "a", LODASH)
    with world.database.transaction() as connection:
        connection.execute("UPDATE registry SET believes_bills = true")


def load(world: World, name: str) -> BillsToRead:
    with world.database.transaction() as connection:
        found = connection.execute("SELECT repository_id, id FROM image WHERE digest = %s", (digest(name),)).fetchone()
        assert found is not None
        repository, image_id = found
        ask_for_bills(connection, [(repository, digest(name))])
    loaded = BillStore(world.database).load(image_id)
    assert loaded is not None
    return loaded


def hear(loaded: BillsToRead, *bills: AttachedBill) -> Witnessed:
    return hear_bills(loaded.packages.values(), loaded.digest, Attachments(bills))


def shown(world: World, now: float) -> Shown:
    """Return image, vulnerability, status and the paths of its package's places."""
    letters = {digest(letter): letter for letter in "ab"}
    page = FindingStore(world.database).findings(
        FindingQuery(ACCOUNT, sort="vulnerability", descending=False), day(now)
    )
    return sorted(
        (letters[one.digest], one.vulnerability, one.status, tuple(package.paths for package in one.packages))
        for one in page.rows
    )


def test_a_bill_adds_to_its_image_alone_and_goes_again(world: World) -> None:
    store = BillStore(world.database)
    watch_two_of_the_same_layers(world)
    plain: Shown = [(letter, "A-lodash", "ACTIVE", (("lodash.json",),)) for letter in "ab"]
    assert shown(world, 3.5) == plain

    loaded = load(world, "a")
    assert (tuple(loaded.packages.values()), loaded.are_believed) == ((LODASH,), True)
    store.save(loaded, hear(loaded, NAMED), day(5), day(4))
    store.save(loaded, hear(loaded, NAMED), day(5), day(4))  # the same again changes nothing
    with_bill: Shown = [
        ("a", "A-lodash", "ACTIVE", (("lodash.json",), (PLACE,))),
        ("a", "A-only", "ACTIVE", ((PLACE,),)),
        ("b", "A-lodash", "ACTIVE", (("lodash.json",),)),
    ]
    assert shown(world, 4.5) == with_bill
    contents = load_contents(world.database, ACCOUNT, loaded.image_id)
    assert [(one.package, [place.paths for place in one.places]) for one in contents.packages] == [
        (LODASH, [("lodash.json",), (PLACE,)]),
        (ONLY, [(PLACE,)]),
    ]
    assert [(gap.kind, gap.path) for gap in contents.gaps] == [(GapKind.PACKAGE_ONLY_LISTED, PLACE)]
    assert world.intervals("a")[2:] == [(4.0, "forever", "attached bills of materials read", "")]

    store.save(load(world, "a"), Witnessed(), day(7), day(6))
    assert shown(world, 6.5) == sorted([*plain, ("a", "A-only", "CLOSED", ((),))])
    assert world.rows("SELECT own_inventory_id FROM image WHERE own_inventory_id IS NOT NULL") == []
    assert AuditStore(world.database, lambda: day(7)).audit().counts == ()


def test_layers_that_are_read_anew_meanwhile_are_put_together_with_the_bills_by_the_next_look(world: World) -> None:
    store = BillStore(world.database)
    watch_two_of_the_same_layers(world)
    loaded = load(world, "a")
    store.save(loaded, hear(loaded, NAMED), day(5), day(4))
    overtaken = load(world, "a")
    contain(world, 5, "a", LODASH, OLD, fingerprint="two")
    with_bill = [row for row in shown(world, 5.5) if row[0] == "a"]
    assert [row[1] for row in with_bill] == ["A-lodash", "A-only"]  # what it has stays until then
    store.save(overtaken, Witnessed(), day(7), day(6))
    assert [row for row in shown(world, 6.5) if row[0] == "a"] == with_bill
    assert store.load_due(day(6), 10) == (loaded.image_id,)
    again = load(world, "a")
    store.save(again, hear(again, NAMED), day(8), day(7))
    assert [row[:3] for row in shown(world, 7.5) if row[2] == "ACTIVE"] == [
        ("a", "A-lodash", "ACTIVE"),
        ("a", "A-old", "ACTIVE"),
        ("a", "A-only", "ACTIVE"),
        ("b", "A-lodash", "ACTIVE"),
        ("b", "A-old", "ACTIVE"),
    ]


def test_what_cannot_be_asked_for_keeps_what_it_said_and_a_gap_says_so_once(world: World) -> None:
    store = BillStore(world.database)
    watch_two_of_the_same_layers(world)
    loaded = load(world, "a")
    store.save(loaded, hear(loaded, NAMED), day(5), day(4))
    before = shown(world, 4.5)
    loaded = load(world, "a")
    for attempt in (5, 6):
        store.fail(loaded.image_id, f"no answer on day {attempt}", day(attempt))
    assert [store.load_due(day(6 + hours / 24), 10) for hours in (5.9, 6)] == [(), (loaded.image_id,)]
    assert shown(world, 6.5) == before
    gaps = load_contents(world.database, ACCOUNT, loaded.image_id).gaps
    assert [gap.detail for gap in gaps] == [hear(loaded, NAMED).gaps[0].detail, "no answer on day 5"]
    store.forget(loaded, day(8))
    assert [row[:2] for row in shown(world, 8.5) if row[2] == "ACTIVE"] == [("a", "A-lodash"), ("b", "A-lodash")]
    assert world.rows("SELECT * FROM image_bills") == []


def test_a_push_during_a_look_is_not_lost_and_what_is_not_watched_rests(world: World) -> None:
    store = BillStore(world.database)
    watch_two_of_the_same_layers(world)
    began = load(world, "a")
    world.resolve(4, signature("s", "a"))  # any manifest that refers to the image
    store.save(began, Witnessed(), day(5), day(4))
    assert store.load_due(day(4), 10) == (began.image_id,)
    store.save(load(world, "a"), Witnessed(), day(5), day(4))
    assert store.load_due(day(4.9), 10) == ()
    assert store.load_due(day(5), 10) == (began.image_id,)
    world.tell(6, deleted("s", 6))
    assert store.load_due(day(4), 10) == (began.image_id,)
    world.tell(7, deleted("a", 7))
    assert store.load_due(day(7), 10) == store.load_due(day(7.9), 10) == ()
