from __future__ import annotations

from datetime import datetime

import pytest

from dogwatch.model.coverage import CoverageCount
from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.gaps import CONSEQUENCES, GapKind
from dogwatch.model.matches import Severity
from dogwatch.model.monitoring import StatusCode, StatusReason
from dogwatch.model.registries import RegistryAccess
from dogwatch.model.views import GapView, ImageQuery, ImageView
from dogwatch.store.image_views import ImageViews
from dogwatch.store.platforms import platform_name
from tests.builders.watching import ACCOUNT, World, day, deleted, digest, image, index, no_feeds, pulled, pushed

ACTIVE, INACTIVE = StatusCode.ACTIVE, StatusCode.INACTIVE


def views(world: World) -> ImageViews:
    return ImageViews(world.database, no_feeds)


def page(world: World, now: float, **texts: list[tuple[str, str]]) -> tuple[ImageView, ...]:
    return views(world).images(ImageQuery(ACCOUNT, texts), day(now)).rows


def names(world: World, now: float, **texts: list[tuple[str, str]]) -> str:
    """Return the letters of the images that a query finds."""
    letters = {digest(letter): letter for letter in "abcdefgh"}
    return "".join(letters[row.digest] for row in page(world, now, **texts))


def statuses(world: World, now: float) -> dict[str, tuple[StatusCode, StatusReason]]:
    letters = {digest(letter): letter for letter in "abcdefgh"}
    return {letters[row.digest]: (row.status_code, row.status_reason) for row in page(world, now)}


def watched(world: World, name: str, at: float, tag: str = "") -> int:
    world.tell(at, pushed(name, at, tag))
    (image_id,) = world.resolve(at, image(name))
    return image_id


def put_packages(world: World, inventory: int, now: float) -> None:
    """Put three packages into an inventory: two with the same vulnerability, one that cannot be compared."""
    with world.database.transaction() as connection:
        run = connection.execute
        run("INSERT INTO package_set (digest, source) VALUES ('s', 'dpkg')")
        run("INSERT INTO inventory_set SELECT %s, id FROM package_set", (inventory,))
        run(
            "INSERT INTO package (ecosystem, name, version, arch, source_name, source_version, match_name,"
            " match_version, scheme, scheme_number, not_comparable, recorded_at, digest)"
            " SELECT 'npm', name, '1', '', '', '', name, '1', 'semver', 1, '', %s, name::bytea"
            " FROM unnest(ARRAY['one', 'two', 'three']) AS given (name)",
            (day(now),),
        )
        run("INSERT INTO set_package SELECT package_set.id, package.id FROM package_set, package")
        run("INSERT INTO undetermined SELECT id, 'no version', 3 FROM package WHERE name = 'three'")
        run("INSERT INTO vulnerability (name) VALUES ('CVE-1'), ('CVE-2')")
        run(
            "INSERT INTO exposure (package_id, vulnerability_id, verdict, fix_state, fixed_version, severity,"
            " score_vector, score_version, score_source, advisory, source, from_rev, from_at, begin_reason)"
            " SELECT package.id, vulnerability.id, 'affected', 'fixed', '2', given.severity, '', '', '', 'x', 'osv', 1,"
            " %s, 'advisory added'"
            " FROM (VALUES ('one', 'CVE-1', 2), ('two', 'CVE-1', 4), ('two', 'CVE-2', 3))"
            " AS given (package, vulnerability, severity)"
            " JOIN package ON package.name = given.package"
            " JOIN vulnerability ON vulnerability.name = given.vulnerability",
            (day(now),),
        )
        run("INSERT INTO gap VALUES (%s, 0, 'file-too-large', 'var/lib/x', '80 MB')", (inventory,))


def test_an_image_is_shown_whole(world: World) -> None:
    world.tell(1, pushed("a", 1, "own"), pushed("i", 1, "latest"))
    (image_id,) = world.resolve(1, index("i", [image("a")]))
    put_packages(world, world.attach(2, "a"), 2)
    world.tell(3, pulled("a", 3, "ci"))
    (shown,) = page(world, 4)
    assert shown == ImageView(
        image_id=image_id,
        account_id=ACCOUNT,
        registry_alias="local",
        registry_url="https://registry.example",
        region="eu-west-1",
        repository="app",
        digest=digest("a"),
        tags=("own",),
        tags_via_index=("latest",),
        os="linux",
        architecture="amd64",
        platform="DEBIAN_12",
        size_bytes=1500,
        scan_frequency="CONTINUOUS_SCAN",
        status_code=ACTIVE,
        status_reason=StatusReason.SUCCESSFUL,
        problem="",
        pushed_at=day(1),
        pulled_at=day(3),
        pulled_by="ci",
        in_use_at=None,
        watched_until=day(33),
        held_by="pull",
        why="watched until 2026-02-03 because it was pulled on 2026-01-04 by ci; its push window ends on 2026-02-01",
        indexed_at=day(2),
        packages=3,
        undetermined=1,
        severity_counts={Severity.HIGH: 1, Severity.MEDIUM: 1},
        gaps=(GapView("file-too-large", "var/lib/x", "80 MB", CONSEQUENCES[GapKind.FILE_TOO_LARGE]),),
    )
    without = views(world).images(ImageQuery(ACCOUNT, with_counts=False), day(4)).rows
    assert [row.severity_counts for row in without] == [{}]
    assert views(world).undetermined(ACCOUNT, image_id) == (("npm", "three", "1", "no version", 3),)
    for account, number in (("000000000001", image_id), (ACCOUNT, image_id + 1)):
        with pytest.raises(NotFoundError):
            views(world).undetermined(account, number)


def test_every_status_says_whether_an_image_is_watched_and_why(world: World) -> None:
    for name in "abcd":
        watched(world, name, 20)
    world.attach(20, "a")
    world.images.record_failure(watched(world, "e", 20), "one", "ACCESS_DENIED", "401", day(20))
    watched(world, "f", 1)
    world.tell(21, deleted("c", 21))
    assert statuses(world, 40) == {
        "a": (ACTIVE, StatusReason.SUCCESSFUL),
        "b": (ACTIVE, StatusReason.PENDING_INITIAL_SCAN),
        "c": (INACTIVE, StatusReason.RESOURCE_TERMINATED),
        "d": (ACTIVE, StatusReason.PENDING_INITIAL_SCAN),
        "e": (INACTIVE, StatusReason.ACCESS_DENIED),
        "f": (INACTIVE, StatusReason.SCAN_ELIGIBILITY_EXPIRED),
    }
    world.watch.end_expired(day(40), 100)
    assert statuses(world, 40)["f"] == (INACTIVE, StatusReason.SCAN_ELIGIBILITY_EXPIRED)
    assert views(world).count_coverage(ImageQuery(ACCOUNT), day(40)) == views(world).coverage_of_all(day(40))
    assert views(world).coverage_of_all(day(40)) == (
        CoverageCount(ACCOUNT, "local", ACTIVE, StatusReason.PENDING_INITIAL_SCAN, 2, 0),
        CoverageCount(ACCOUNT, "local", ACTIVE, StatusReason.SUCCESSFUL, 1, 0),
        CoverageCount(ACCOUNT, "local", INACTIVE, StatusReason.ACCESS_DENIED, 1, 0),
        CoverageCount(ACCOUNT, "local", INACTIVE, StatusReason.RESOURCE_TERMINATED, 1, 0),
        CoverageCount(ACCOUNT, "local", INACTIVE, StatusReason.SCAN_ELIGIBILITY_EXPIRED, 1, 0),
    )
    world.machine[0] = day(41)
    world.registries.remove(ACCOUNT, "local")
    assert set(statuses(world, 42).values()) == {(INACTIVE, StatusReason.RESOURCE_TERMINATED)}


@pytest.mark.parametrize(
    ("frequency", "expected"),
    [
        ("SCAN_ON_PUSH", (ACTIVE, StatusReason.SCAN_FREQUENCY_SCAN_ON_PUSH)),
        ("MANUAL", (INACTIVE, StatusReason.SCAN_FREQUENCY_MANUAL)),
    ],
)
def test_the_scan_frequency_is_part_of_the_status(
    world: World, frequency: str, expected: tuple[StatusCode, StatusReason]
) -> None:
    watched(world, "a", 1)
    world.attach(1, "a")
    world.set_frequency(frequency)
    assert statuses(world, 2) == {"a": expected}
    (shown,) = page(world, 40)
    assert shown.status_code is INACTIVE


def test_the_sentence_names_what_ends_the_watch_whatever_the_windows_are(world: World) -> None:
    for name in "abc":
        watched(world, name, 1)
    world.tell(2, deleted("a", 2))
    world.watch.end_expired(day(40), 10)
    world.set_windows(40, "DAYS_90", "DAYS_90")
    assert [row.why for row in page(world, 41)] == [
        "not watched: it was deleted from its registry",
        "not watched: it had expired before the windows were lengthened; the next push or pull wakes it",
        "not watched: it had expired before the windows were lengthened; the next push or pull wakes it",
    ]
    world.set_frequency("SCAN_ON_PUSH")
    assert page(world, 41)[1].why == "not watched: only a push wakes an image that is scanned on push"
    world.tell(42, pushed("b", 42))
    assert page(world, 43)[1].why == (
        "watched until 2026-05-13 because it was pushed on 2026-02-12; it was never pulled"
        "; scanned on push: its findings stay as they were then"
    )
    world.set_frequency("MANUAL")
    assert page(world, 43)[1].why == "not watched: its repository is set to MANUAL"
    world.machine[0] = day(44)
    world.registries.remove(ACCOUNT, "local")
    assert page(world, 45)[1].why == "not watched: its registry was removed on 2026-02-14"


def test_closed_and_future_findings_are_not_counted(world: World) -> None:
    watched(world, "a", 1)
    put_packages(world, world.attach(2, "a"), 5)
    assert page(world, 4.9)[0].severity_counts == {}
    assert page(world, 5)[0].severity_counts == {Severity.HIGH: 1, Severity.MEDIUM: 1}
    assert page(world, 40)[0].severity_counts == {}


def test_filters_are_alternatives_within_a_field_and_all_must_hold(world: World) -> None:
    for number, name in enumerate("abc"):
        watched(world, name, 1 + number, tag=f"v{number}")
    world.tell(4, pushed("i", 4, "stable"))
    world.resolve(4, index("i", [image("b")]))
    world.attach(5, "a")
    assert names(world, 6) == "abc"
    assert names(world, 6, tag=[("EQUALS", "v0"), ("EQUALS", "stable")]) == "ab"
    assert names(world, 6, tag=[("PREFIX", "v")]) == "abc"
    assert names(world, 6, tag=[("NOT_EQUALS", "stable"), ("NOT_EQUALS", "v2")]) == "a"
    assert names(world, 6, digest=[("EQUALS", digest("c"))]) == "c"
    assert names(world, 6, status_reason=[("EQUALS", "SUCCESSFUL")]) == "a"
    assert names(world, 6, status_reason=[("NOT_EQUALS", "SUCCESSFUL")]) == "bc"
    assert names(world, 6, status_code=[("EQUALS", "ACTIVE")], tag=[("EQUALS", "v2")]) == "c"
    assert names(world, 6, registry=[("EQUALS", "local")], place=[("EQUALS", "local/app")]) == "abc"
    assert names(world, 6, repository=[("EQUALS", "app'; DROP TABLE image; --\0")]) == ""
    assert names(world, 6, architecture=[("PREFIX", "arm")]) == ""
    assert names(world, 6, image=[("EQUALS", str(page(world, 6)[1].image_id))]) == "b"


def test_times_are_bounds_and_what_never_happened_is_outside(world: World) -> None:
    for number, name in enumerate("abc"):
        watched(world, name, 1 + number)
    world.tell(5, pulled("b", 5))

    def found(name: str, low: datetime | None, high: datetime | None) -> list[str]:
        query = ImageQuery(ACCOUNT, times={name: [(low, high)]})
        return [row.digest for row in views(world).images(query, day(6)).rows]

    assert found("pushed_at", day(2), day(3)) == [digest("b"), digest("c")]
    assert found("pulled_at", None, day(5)) == [digest("b")]
    assert found("indexed_at", day(0), None) == []


def test_pages_follow_each_other_and_end(world: World) -> None:
    for number, name in enumerate("abcde"):
        watched(world, name, 1 + number)
    seen: list[str] = []
    after = ""
    while True:
        query = ImageQuery(ACCOUNT, limit=2, after=after)
        found = views(world).images(query, day(6))
        seen += [row.digest for row in found.rows]
        after = found.next
        if not after:
            break
    assert seen == [digest(name) for name in "abcde"]
    assert views(world).images(ImageQuery(ACCOUNT, limit=5), day(6)).next == ""


def test_what_is_not_offered_is_refused(world: World) -> None:
    for name in "ab":
        watched(world, name, 1)
    cursor = views(world).images(ImageQuery(ACCOUNT, limit=1), day(2)).next
    for query in (
        ImageQuery(ACCOUNT, {"colour": [("EQUALS", "red")]}),
        ImageQuery(ACCOUNT, {"tag": [("LIKE", "red")]}),
        ImageQuery(ACCOUNT, times={"tag": [(None, None)]}),
        ImageQuery(ACCOUNT, limit=0),
        ImageQuery(ACCOUNT, limit=1001),
        ImageQuery(ACCOUNT, after="nonsense"),
        ImageQuery(ACCOUNT, {"tag": [("EQUALS", "x")]}, after=cursor),
    ):
        with pytest.raises(InvalidRequestError):
            views(world).images(query, day(2))


def test_accounts_see_their_own_images_and_names_that_they_have_twice(world: World) -> None:
    watched(world, "a", 1)
    stranger, _ = world.registries.add("000000000001", "local", RegistryAccess("https://other.example"), "here")
    world.images.save_resolved(stranger.id, "app", image("a"), day(1))
    assert names(world, 2) == "a"
    assert views(world).images(ImageQuery("000000000002"), day(2)).rows == ()
    assert views(world).shared_repositories(ACCOUNT) == frozenset()
    second, _ = world.registries.add(ACCOUNT, "second", RegistryAccess("https://other.example"), "here")
    world.images.save_resolved(second.id, "app", image("a"), day(1))
    assert views(world).shared_repositories(ACCOUNT) == {"app"}
    world.registries.remove(ACCOUNT, "second")
    assert views(world).shared_repositories(ACCOUNT) == frozenset()


@pytest.mark.parametrize(
    ("distribution", "release", "name"),
    [
        ("debian", "12", "DEBIAN_12"),
        ("ubuntu", "24.04", "UBUNTU_24_04"),
        ("opensuse-leap", "15.6", "OPENSUSE_LEAP_15_6"),
        ("debian", "", "DEBIAN"),
        ("", "", ""),
        (None, None, ""),
    ],
)
def test_platforms_are_named_as_the_original_does(distribution: str | None, release: str | None, name: str) -> None:
    assert platform_name(distribution, release) == name
