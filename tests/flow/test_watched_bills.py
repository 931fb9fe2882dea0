"""Bills attached to watched images: found when they are pushed, believed where asked, and gone when they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dogwatch.model.gaps import GapKind
from dogwatch.model.views import FindingQuery
from tests.builders.attached import CYCLONEDX_TYPE, build_referrer, cyclonedx, statement
from tests.builders.oci import BuiltManifest, as_json, build_attestation, build_image, build_index
from tests.flow.world import ACCOUNT, World, base_layer, small_world
from tests.simulators.faults import Reply

REPOSITORY = "team/app"
IMAGE = build_image([base_layer()])
TWIN = build_image([base_layer()], created="2026-01-02T00:00:00Z")
TAG = IMAGE.digest.replace(":", "-")
LODASH, REQUESTS = "pkg:npm/lodash@4.17.20", "pkg:pypi/requests@2.30.0"
REFERRER = build_referrer(IMAGE, CYCLONEDX_TYPE, cyclonedx(LODASH))
BILL = f"sbom:{REFERRER.blobs[1].digest}"
OPENSSL = ("openssl", "var/lib/dpkg/status")


@pytest.fixture
def world(database: str, tmp_path: Path) -> Iterator[World]:
    with small_world(database, tmp_path) as opened:
        yield opened


def look(world: World) -> None:
    """Let a minute come: jobs that are due, and then bills whose turn it is."""
    world.app.run_until_idle()
    world.app.queue.read_bills()
    world.app.run_until_idle()


def listed(world: World, *referrers: BuiltManifest) -> None:
    """Let the registry have these referrers, and tell so: in a registry without their list, by a tag."""
    world.push(REPOSITORY, build_index([], [(one, {"artifactType": CYCLONEDX_TYPE}) for one in referrers]), TAG)


def found(world: World, built: BuiltManifest = IMAGE) -> list[tuple[str, str]]:
    """Return the packages of an image's active findings, each with a path."""
    page = world.app.views.findings(FindingQuery(ACCOUNT, sort="vulnerability", descending=False))
    return sorted(
        (package.name, path)
        for finding in page.rows
        if finding.digest == built.digest and finding.status == "ACTIVE"
        for package in finding.packages
        for path in package.paths
    )


def gaps(world: World) -> list[tuple[GapKind, str]]:
    ((image_id,),) = world.rows("SELECT id FROM image WHERE digest = %s", IMAGE.digest)
    return [(gap.kind, gap.path) for gap in world.app.views.contents(ACCOUNT, image_id).gaps]


def test_a_bill_counts_where_it_is_asked_for_from_its_push_to_its_removal(world: World) -> None:
    for built, tag in ((IMAGE, "1"), (TWIN, "2")):
        world.push(REPOSITORY, built, tag)
    listed(world, REFERRER)
    look(world)
    assert found(world) == found(world, TWIN) == [OPENSSL]
    assert world.rows("SELECT * FROM image_bills") == []
    assert world.simulator.seen(path="/referrers/") == []

    world.app.registries.believe_bills(ACCOUNT, "local", believed=True)
    look(world)
    assert found(world) == [("lodash", BILL), OPENSSL]
    assert found(world, TWIN) == [OPENSSL]
    assert gaps(world) == [(GapKind.PACKAGE_ONLY_LISTED, BILL)]

    asked = len(world.simulator.seen())
    look(world)  # nobody's turn
    assert len(world.simulator.seen()) == asked

    other = build_referrer(IMAGE, CYCLONEDX_TYPE, cyclonedx(REQUESTS))
    listed(world, other)
    look(world)
    assert found(world) == [OPENSSL, ("requests", f"sbom:{other.blobs[1].digest}")]

    world.push(REPOSITORY, build_referrer(IMAGE, CYCLONEDX_TYPE, cyclonedx(LODASH)), f"{TAG}.sbom")
    look(world)
    assert [name for name, _ in found(world)] == ["lodash", "openssl", "requests"]

    world.app.registries.believe_bills(ACCOUNT, "local", believed=False)
    look(world)
    assert found(world) == [OPENSSL]
    assert gaps(world) == []
    assert world.rows("SELECT * FROM image_bills") == []


def test_an_attestation_in_an_index_counts_and_a_deletion_that_nobody_tells_of_is_seen_a_day_later(
    world: World,
) -> None:
    world.app.registries.believe_bills(ACCOUNT, "local", believed=True)
    attested = build_attestation(IMAGE, as_json(statement(cyclonedx(LODASH), IMAGE.digest)))
    world.push(REPOSITORY, build_index([IMAGE], [attested]), "1")
    look(world)
    assert [name for name, _ in found(world)] == ["lodash", "openssl"]
    del world.simulator.manifests[REPOSITORY][attested[0].digest]
    world.app.advance_clock(timedelta(hours=23))
    look(world)
    assert [name for name, _ in found(world)] == ["lodash", "openssl"]
    world.app.advance_clock(timedelta(hours=1))
    look(world)
    assert found(world) == [OPENSSL]
    assert gaps(world) == []


def test_an_outage_closes_no_finding_and_what_nobody_can_read_says_so(world: World) -> None:
    world.app.registries.believe_bills(ACCOUNT, "local", believed=True)
    world.push(REPOSITORY, IMAGE, "1")
    listed(world, REFERRER)
    look(world)
    world.simulator.fault(f"/manifests/{TAG}", Reply(403))
    world.push(REPOSITORY, build_referrer(IMAGE, CYCLONEDX_TYPE, {"hello": 1}), f"{TAG}.sbom")
    look(world)
    assert found(world) == [("lodash", BILL), OPENSSL]
    assert [kind for kind, _ in gaps(world)] == [GapKind.PACKAGE_ONLY_LISTED, GapKind.ATTACHED_BILL_UNREAD]
    world.simulator.faults.clear()
    world.app.advance_clock(timedelta(hours=1))
    look(world)
    assert found(world) == [("lodash", BILL), OPENSSL]
    assert [(kind, path == BILL) for kind, path in gaps(world)] == [
        (GapKind.ATTACHED_BILL_UNREAD, False),
        (GapKind.PACKAGE_ONLY_LISTED, True),
    ]
