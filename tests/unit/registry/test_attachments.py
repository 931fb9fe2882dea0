"""Bills attached to an image: looked for in every place, bounded, verified, and gaps where they cannot be had."""

from __future__ import annotations

from dataclasses import replace

from dogwatch.model.bills import AttachedBill, Attachments
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.registry.attachments import find_attachments
from dogwatch.registry.client import RegistryClient
from dogwatch.registry.limits import ClientLimits
from tests.builders.attached import CYCLONEDX_TYPE, DSSE_TYPE, build_referrer, cyclonedx, envelope, statement
from tests.builders.oci import BuiltManifest, build_image, build_index
from tests.simulators.faults import Reply
from tests.simulators.registry import RegistrySimulator

REPOSITORY = "shop/web"
IMAGE = build_image()
OTHER = build_image(architecture="arm64")
TAG = IMAGE.digest.replace(":", "-")
BILL = build_referrer(IMAGE, CYCLONEDX_TYPE, cyclonedx("pkg:npm/a@1"))
UNREAD = GapKind.ATTACHED_BILL_UNREAD


def content_of(referrer: BuiltManifest) -> bytes:
    return referrer.blobs[1].content


def blob_of(referrer: BuiltManifest) -> str:
    return referrer.blobs[1].digest


def find(client: RegistryClient, simulator: RegistrySimulator, top: BuiltManifest = IMAGE) -> Attachments:
    simulator.add(REPOSITORY, top, "1")
    return find_attachments(client, REPOSITORY, IMAGE.digest, (client.manifest(REPOSITORY, "1"),))


def listing(simulator: RegistrySimulator, *referrers: BuiltManifest, **members: str) -> None:
    """Let the registry list referrers by its own API."""
    for one in referrers:
        simulator.add(REPOSITORY, one)
    index = build_index((), [(one, members) for one in referrers])
    reply = Reply(200, {"content-type": index.media_type}, index.content)
    simulator.fault(f"/referrers/{IMAGE.digest}$", reply)


def test_an_image_with_nothing_attached_costs_four_questions(
    client: RegistryClient, simulator: RegistrySimulator
) -> None:
    assert find(client, simulator) == Attachments()
    assert len(simulator.seen("GET")) == 1 + 4


def test_the_registrys_list_and_the_tag_in_its_place_give_the_same(
    client: RegistryClient, simulator: RegistrySimulator
) -> None:
    expected = Attachments((AttachedBill(blob_of(BILL), "a referrer", content_of(BILL)),))
    simulator.add(REPOSITORY, build_index((), [(BILL, {"artifactType": CYCLONEDX_TYPE})]), TAG)
    assert find(client, simulator) == expected
    del simulator.tags[REPOSITORY][TAG]
    listing(simulator, BILL, artifactType=CYCLONEDX_TYPE)
    assert find(client, simulator) == expected


def test_signatures_and_provenance_are_not_fetched(client: RegistryClient, simulator: RegistrySimulator) -> None:
    signature = build_referrer(IMAGE, "application/vnd.dev.cosign.simplesigning.v1+json", {})
    provenance = build_referrer(IMAGE, DSSE_TYPE, {}, predicateType="https://slsa.dev/provenance/v1")
    listing(simulator, signature, provenance)
    assert find(client, simulator) == Attachments()
    assert not any(blob_of(one) in seen for one in (signature, provenance) for seen in simulator.seen())


def test_cosigns_tags_are_looked_at(client: RegistryClient, simulator: RegistrySimulator) -> None:
    attested = build_referrer(IMAGE, DSSE_TYPE, envelope(statement(cyclonedx(), IMAGE.digest)))
    simulator.add(REPOSITORY, attested, f"{TAG}.att")
    simulator.add(REPOSITORY, BILL, f"{TAG}.sbom")
    assert [one.link for one in find(client, simulator).bills] == ["the tag att alone", "the tag sbom alone"]


def test_what_refers_to_another_image_is_told(client: RegistryClient, simulator: RegistrySimulator) -> None:
    foreign = build_referrer(OTHER, CYCLONEDX_TYPE, cyclonedx())
    listing(simulator, foreign)
    reason = f"malformed manifest {foreign.digest}: refers to {OTHER.digest}, not to this image"
    assert find(client, simulator) == Attachments((), (Gap(UNREAD, f"sbom:{foreign.digest}", reason),))


def test_a_list_that_cannot_be_had_and_a_blob_that_was_changed_are_told(
    client: RegistryClient, simulator: RegistrySimulator
) -> None:
    simulator.add(REPOSITORY, BILL, f"{TAG}.sbom")
    simulator.fault(f"/referrers/{IMAGE.digest}$", Reply(403))
    simulator.blobs[blob_of(BILL)] = content_of(BILL)[:-1] + b" "
    found = find(client, simulator)
    assert found.bills == ()
    assert [gap.path for gap in found.gaps] == ["", f"sbom:{blob_of(BILL)}"]
    assert f"expected {blob_of(BILL)}, received" in found.gaps[1].detail


def test_number_and_size_are_bounded(
    client: RegistryClient, simulator: RegistrySimulator, quick_limits: ClientLimits
) -> None:
    several = [build_referrer(IMAGE, CYCLONEDX_TYPE, cyclonedx(f"pkg:npm/a@{number}")) for number in range(10, 20)]
    listing(simulator, *several)
    found = find(client, simulator)
    assert [one.digest for one in found.bills] == [blob_of(one) for one in several[:8]]
    assert found.gaps == (Gap(UNREAD, "", "2 more than the limit attached_bills of 8"),)
    tight = replace(quick_limits, attached_bytes=len(content_of(several[0])) - 1, attached_manifests=1)
    with RegistryClient(simulator.access, {}, "dogwatch/0.1.0", tight) as careful:
        found = find(careful, simulator)
    assert (found.bills, [gap.path for gap in found.gaps]) == ((), ["", f"sbom:{blob_of(several[0])}"])
    assert "over the limit attached_manifests of 1" in found.gaps[0].detail
    assert "over the limit attached_bytes" in found.gaps[1].detail
