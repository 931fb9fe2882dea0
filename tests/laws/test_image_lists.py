"""Lists of images and their counts are what brute force makes of the rows: whatever is counted, whoever is left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dogwatch.model.coverage import CoverageCount
from dogwatch.model.filters import Like, OneOf
from dogwatch.model.monitoring import StatusCode, StatusReason
from dogwatch.model.views import FindingQuery, ImageQuery
from dogwatch.store import tagged
from dogwatch.store.connection import Database
from dogwatch.store.findings import FindingStore
from dogwatch.store.image_views import ImageViews
from tests.laws.finding_worlds import walk_images

ACCOUNT, OTHER = "000000000000", "111111111111"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
TAGS = ("v1", "v2", "w1")
SETS = {1: ("dpkg", "Debian"), 2: ("npm", "npm"), 3: ("npm", "crates.io")}
"""Package set → its source and the family of its packages. One feed is switched on, and was never imported."""

FEEDS = (("osv", "npm", timedelta(days=1)),)
UNRELEASED = "release-unknown"


@dataclass(frozen=True)
class Image:
    """One image: in which repository, how it stands, which inventory it has, which tags are its own.

    `is_own` says whether the inventory hangs on the image, where that of its layers is the other one.
    """

    repository: int
    state: str
    watched: bool
    hours_left: int
    inventory: int
    is_own: bool
    tags: frozenset[str]


@dataclass(frozen=True)
class World:
    """Inventories by their package sets and gaps, scan frequencies by repository, and images."""

    inventories: tuple[tuple[tuple[int, ...], tuple[str, ...]], ...]
    frequencies: tuple[str, ...]
    images: tuple[Image, ...]


_inventory = st.tuples(
    st.lists(st.sampled_from(sorted(SETS)), unique=True, max_size=3).map(tuple),
    st.lists(st.sampled_from([UNRELEASED, "file-unreadable"]), max_size=2).map(tuple),
)
_image = st.builds(
    Image,
    repository=st.integers(1, 3),
    state=st.sampled_from(["indexed", "indexed", "pending", "deleted"]),
    watched=st.booleans(),
    hours_left=st.integers(-1, 1),
    inventory=st.integers(1, 2),
    is_own=st.booleans(),
    tags=st.frozensets(st.sampled_from(TAGS), max_size=2),
)
_worlds = st.builds(
    World,
    inventories=st.tuples(_inventory, _inventory),
    frequencies=st.tuples(*[st.sampled_from(["CONTINUOUS_SCAN", "SCAN_ON_PUSH", "MANUAL"])] * 3),
    images=st.lists(_image, min_size=1, max_size=6).map(tuple),
)
_brief = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], phases=(Phase.explicit, Phase.reuse, Phase.generate)
)


# --- brute force ------------------------------------------------------------------------------------------------------


def account_of(image: Image) -> str:
    """Whose it is: the third repository is another account's."""
    return OTHER if image.repository == 3 else ACCOUNT


def status_of(world: World, image: Image) -> tuple[StatusCode, StatusReason]:
    """What the image's status is, by the order of the rules."""
    frequency = world.frequencies[image.repository - 1]
    if image.state == "deleted":
        return StatusCode.INACTIVE, StatusReason.RESOURCE_TERMINATED
    if frequency == "MANUAL":
        return StatusCode.INACTIVE, StatusReason.SCAN_FREQUENCY_MANUAL
    if not image.watched or image.hours_left < 0:
        return StatusCode.INACTIVE, StatusReason.SCAN_ELIGIBILITY_EXPIRED
    if image.state == "pending":
        return StatusCode.ACTIVE, StatusReason.PENDING_INITIAL_SCAN
    on_push = frequency == "SCAN_ON_PUSH"
    return StatusCode.ACTIVE, StatusReason.SCAN_FREQUENCY_SCAN_ON_PUSH if on_push else StatusReason.SUCCESSFUL


def gaps_of(world: World, image: Image) -> int:
    """Count the inventory's own gaps and one for each family that nobody judges, unless that is told already."""
    sets, gaps = world.inventories[image.inventory - 1]
    families = {SETS[one] for one in sets}
    is_told = UNRELEASED in gaps
    return len(gaps) + sum(not (source == "dpkg" and is_told) for source, _ in families)


def counts_by_definition(world: World, images: list[Image]) -> set[CoverageCount]:
    """Count images one by one."""
    number: Counter[tuple[str, StatusCode, StatusReason]] = Counter()
    gaps: Counter[tuple[str, StatusCode, StatusReason]] = Counter()
    for image in images:
        key = (account_of(image), *status_of(world, image))
        number[key] += 1
        gaps[key] += gaps_of(world, image)
    return {CoverageCount(key[0], "r", key[1], key[2], images, gaps[key], 0) for key, images in number.items()}


# --- the stored world -------------------------------------------------------------------------------------------------


def store_world(connection: psycopg.Connection, world: World) -> None:
    """Write the world into the tables."""
    run = connection.execute
    run(
        "TRUNCATE account, registry, repository, image, layer_chain, clocks, monitoring, inventory, inventory_set, gap,"
        " tag, package, package_set, set_package, set_family, set_exposure, vulnerability, exposure, rescan_setting"
        " RESTART IDENTITY CASCADE"
    )
    for number, account in enumerate((ACCOUNT, OTHER), start=1):
        run("INSERT INTO account VALUES (%s, %s)", (account, NOW))
        run(
            "INSERT INTO rescan_setting (account_id, push_window, activity_window, activity_mode, status, requested_at)"
            " VALUES (%s, 'DAYS_90', 'DAYS_90', 'LAST_PULL_DATE', 'SUCCESS', %s)",
            (account, NOW),
        )
        run(
            "INSERT INTO registry (account_id, alias, kind, region, url, username, password_file, password_variable,"
            " ca_file, hook_secret_digest, added_at) VALUES (%s, 'r', 'distribution', '', '', '', '', '', '', %s, %s)",
            (account, bytes([number]), NOW),
        )
    for number, frequency in enumerate(world.frequencies, start=1):
        owner = (OTHER, 2) if number == 3 else (ACCOUNT, 1)
        run(
            "INSERT INTO repository (account_id, registry_id, name, scan_frequency) VALUES (%s, %s, %s, %s)",
            (*owner, f"app-{number}", frequency),
        )
    _store_contents(connection, world)
    for number, image in enumerate(world.images, start=1):
        _store_image(connection, number, image)


def _store_contents(connection: psycopg.Connection, world: World) -> None:
    run = connection.execute
    for number, (source, family) in SETS.items():
        run(
            "INSERT INTO package (ecosystem, name, version, arch, source_name, source_version, match_name,"
            " match_version, scheme, scheme_number, not_comparable, recorded_at, digest)"
            " VALUES (%s, %s, '1', '', '', '', '', '1', '', 1, '', %s, %s)",
            (family, f"p-{number}", NOW, bytes([number])),
        )
        run("INSERT INTO package_set (digest, source) VALUES (%s, %s)", (bytes([number]), source))
        run("INSERT INTO set_package VALUES (%s, %s)", (number, number))
        run("INSERT INTO set_family VALUES (%s, %s)", (number, family))
        run("INSERT INTO vulnerability (name) VALUES (%s)", (f"CVE-2026-000{number}",))
    # Every package has the first vulnerability, each as severe as its number, and another one of its own that is over.
    for number in SETS:
        for vulnerability, ended in ((1, None), (number, NOW - timedelta(hours=1))):
            run(
                "INSERT INTO exposure (package_id, vulnerability_id, verdict, fix_state, fixed_version, severity,"
                " score_vector, score_version, score_source, advisory, source, from_rev, from_at, to_at, begin_reason)"
                " VALUES (%s, %s, 'affected', '', '', %s, '', '', '', '', '', 1, %s,"
                " coalesce(%s, timestamptz '9999-12-31Z'), '')",
                (number, vulnerability, number, NOW - timedelta(hours=3), ended),
            )
    for number, (sets, gaps) in enumerate(world.inventories, start=1):
        run("INSERT INTO inventory VALUES (DEFAULT, %s, '', '', '', '', %s)", (bytes([number]), NOW))
        run("INSERT INTO inventory_set SELECT %s, unnest(%s::bigint[])", (number, list(sets)))
        for ordinal, kind in enumerate(gaps):
            run("INSERT INTO gap VALUES (%s, %s, %s, '', '')", (number, ordinal, kind))
        for account in (ACCOUNT, OTHER):
            run(
                "INSERT INTO layer_chain (account_id, digest, layers, inventory_id) VALUES (%s, %s, '[]', %s)",
                (account, bytes([number]), number),
            )


def _store_image(connection: psycopg.Connection, number: int, image: Image) -> None:
    run = connection.execute
    until = NOW + timedelta(hours=image.hours_left)
    of_layers = 3 - image.inventory if image.is_own else image.inventory
    chain = 2 * of_layers - (account_of(image) == ACCOUNT)
    run(
        "INSERT INTO image (account_id, repository_id, digest, media_type, size_bytes, os, architecture, variant,"
        " author, chain_id, state, own_inventory_id) VALUES (%s, %s, %s, '', 0, 'linux', 'amd64', '', '', %s, %s, %s)",
        (
            account_of(image),
            image.repository,
            f"sha256:{number}",
            chain,
            image.state,
            image.inventory if image.is_own else None,
        ),
    )
    run(
        "INSERT INTO clocks (image_id, repository_id, watched_until, watched) VALUES (%s, %s, %s, %s)",
        (number, image.repository, until, image.watched),
    )
    run(
        "INSERT INTO monitoring (image_id, repository_id, inventory_id, from_at, to_at, begin_reason)"
        " VALUES (%s, %s, %s, %s, %s, '')",
        (
            number,
            image.repository,
            image.inventory,
            NOW - timedelta(hours=2),
            datetime(9999, 12, 31, tzinfo=UTC) if image.watched else NOW - timedelta(hours=1),
        ),
    )
    for tag in image.tags:  # a later image takes the tag over
        run(
            "INSERT INTO tag VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (repository_id, name) DO UPDATE SET digest = excluded.digest",
            (image.repository, tag, f"sha256:{number}", NOW),
        )


def tags_by_image(world: World) -> dict[int, set[str]]:
    """Image id → the tags that stand on it in the end."""
    standing = {(image.repository, tag): number for number, image in enumerate(world.images, 1) for tag in image.tags}
    found: dict[int, set[str]] = {number: set() for number in range(1, len(world.images) + 1)}
    for (_, tag), number in standing.items():
        found[number].add(tag)
    return found


# --- the laws ---------------------------------------------------------------------------------------------------------


@given(world=_worlds)
@_brief
def test_counts_are_those_of_images_counted_one_by_one(opened: Database, world: World) -> None:
    with opened.transaction() as connection:
        store_world(connection, world)
    views = ImageViews(opened, lambda _: FEEDS)
    own = [image for image in world.images if account_of(image) == ACCOUNT]
    active = [image for image in own if status_of(world, image)[0] is StatusCode.ACTIVE]
    asked = ImageQuery(ACCOUNT, texts={"status_code": [("EQUALS", "ACTIVE")]})
    assert set(views.coverage_of_all(NOW)) == counts_by_definition(world, list(world.images))
    assert set(views.count_coverage(ImageQuery(ACCOUNT), NOW)) == counts_by_definition(world, own)
    assert set(views.count_coverage(asked, NOW)) == counts_by_definition(world, active)


@given(world=_worlds, page=st.integers(1, 3), few=st.sampled_from([0, 1, tagged.FEW]))
@_brief
def test_lists_by_tag_hold_exactly_the_images_that_carry_it(
    opened: Database, world: World, page: int, few: int
) -> None:
    with opened.transaction() as connection:
        store_world(connection, world)
    carried = tags_by_image(world)
    own = {number for number, image in enumerate(world.images, start=1) if account_of(image) == ACCOUNT}
    views = ImageViews(opened, lambda _: FEEDS)

    def found(query: ImageQuery) -> set[int]:
        rows = walk_images(views, replace(query, limit=page), NOW)
        assert [row.image_id for row in rows] == sorted({row.image_id for row in rows})
        return {row.image_id for row in rows}

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tagged, "FEW", few)  # however many count as few, the answer is one
        assert found(ImageQuery(ACCOUNT, {"tag": [("EQUALS", "v1")]})) == {n for n in own if "v1" in carried[n]}
        assert found(ImageQuery(ACCOUNT, {"tag": [("PREFIX", "v"), ("NOT_EQUALS", "v2")]})) == {
            n for n in own if "v1" in carried[n] and "v2" not in carried[n]
        }
        assert found(ImageQuery(ACCOUNT, filter=Like("tag", "*1"))) == {n for n in own if carried[n] & {"v1", "w1"}}
        assert found(ImageQuery(ACCOUNT, filter=OneOf("tag", ("v2", "w1")))) == {
            n for n in own if carried[n] & {"v2", "w1"}
        }


@given(world=_worlds)
@_brief
def test_severities_of_an_image_are_those_of_its_active_findings(opened: Database, world: World) -> None:
    with opened.transaction() as connection:
        store_world(connection, world)
    findings = FindingStore(opened)
    for image in walk_images(ImageViews(opened, lambda _: FEEDS), ImageQuery(ACCOUNT), NOW):
        asked = {"image": [("EQUALS", str(image.image_id))], "status": [("EQUALS", "ACTIVE")]}
        rows = findings.findings(FindingQuery(ACCOUNT, texts=asked, limit=100), NOW).rows
        assert image.severity_counts == Counter(finding.severity for finding in rows)
