from __future__ import annotations

import pytest

from dogwatch.model.errors import (
    DigestMismatchError,
    ImageGoneError,
    LimitExceededError,
    MalformedManifestError,
    RegistryUnavailableError,
)
from dogwatch.model.images import Descriptor, OtherArtifact, Platform, ResolvedImage, ResolvedIndex, UnresolvedChild
from dogwatch.registry.client import RegistryClient
from dogwatch.registry.configs import parse_config
from dogwatch.registry.limits import ClientLimits
from dogwatch.registry.manifests import ImageManifest, join_config, parse_manifest
from dogwatch.registry.resolve import resolve
from tests.builders.oci import (
    OCI_INDEX,
    OCI_MANIFEST,
    Blob,
    BuiltManifest,
    build_artifact,
    build_attestation,
    build_image,
    build_index,
    layer_tar,
)
from tests.simulators.faults import Reply
from tests.simulators.registry import RegistrySimulator

AMD64 = build_image([layer_tar({"a": b"1"})])
ARM64 = build_image([layer_tar({"a": b"2"})], architecture="arm64", variant="v8")


def image_of(built: BuiltManifest) -> ResolvedImage:
    manifest = parse_manifest(built.content, built.media_type, built.digest)
    assert isinstance(manifest, ImageManifest)
    return join_config(manifest, parse_config(built.blobs[0].content, built.blobs[0].digest))


def entry_of(built: BuiltManifest) -> Descriptor:
    platform = built.platform
    found = Platform(platform["os"], platform["architecture"], platform.get("variant", "")) if platform else None
    return Descriptor(built.media_type, built.digest, len(built.content), found)


@pytest.mark.parametrize("docker", [False, True])
def test_an_image_resolves_by_tag_and_by_digest(
    simulator: RegistrySimulator, client: RegistryClient, docker: bool
) -> None:
    built = build_image([layer_tar({"a": b"1"})], docker=docker)
    simulator.add("team/app", built, "1.0")

    assert resolve(client, "team/app", "1.0") == resolve(client, "team/app", built.digest) == image_of(built)


def test_every_platform_of_an_index_is_an_image_and_attestations_are_not(
    simulator: RegistrySimulator, client: RegistryClient
) -> None:
    attestation, members = build_attestation(AMD64)
    built = build_index([AMD64, ARM64], [(attestation, members)])
    simulator.add("team/app", built, "1.0")

    found = resolve(client, "team/app", "1.0")

    assert isinstance(found, ResolvedIndex)
    assert (found.digest, found.media_type, found.size_bytes) == (built.digest, OCI_INDEX, len(built.content))
    assert found.images == (image_of(AMD64), image_of(ARM64))
    assert [other.digest for other in found.others] == [attestation.digest]
    assert found.unresolved == ()
    assert simulator.seen(path=attestation.digest) == []


def test_a_docker_manifest_list_resolves_like_an_index(simulator: RegistrySimulator, client: RegistryClient) -> None:
    images = [build_image([layer_tar({"a": b"1"})], docker=True), build_image([], docker=True, architecture="arm64")]
    simulator.add("team/app", build_index(images, docker=True), "1.0")

    found = resolve(client, "team/app", "1.0")

    assert isinstance(found, ResolvedIndex)
    assert found.images == tuple(image_of(image) for image in images)


def test_a_signature_behind_an_index_is_recorded_and_is_no_image(
    simulator: RegistrySimulator, client: RegistryClient
) -> None:
    signature = build_artifact("application/vnd.dev.cosign.artifact.sig.v1+json", [Blob("text/plain", b"sig")])
    built = build_index([AMD64], [(signature, {})])
    simulator.add("team/app", built, "1.0")
    simulator.add("team/app", signature, f"sha256-{AMD64.digest.removeprefix('sha256:')}.sig")

    found = resolve(client, "team/app", "1.0")

    assert isinstance(found, ResolvedIndex)
    assert (found.images, found.others) == ((image_of(AMD64),), (entry_of(signature),))
    assert resolve(client, "team/app", signature.digest) == OtherArtifact(
        signature.digest, OCI_MANIFEST, len(signature.content), "application/vnd.dev.cosign.artifact.sig.v1+json"
    )


def test_what_the_registry_lacks_or_has_malformed_is_reported_and_the_others_resolve(
    simulator: RegistrySimulator, client: RegistryClient
) -> None:
    broken = build_image([layer_tar({"a": b"1"})], architecture="mips", config={"rootfs": {"diff_ids": []}})
    half = build_image([layer_tar({"c": b"3"})], architecture="s390x")
    simulator.add("team/app", build_index([ARM64, broken, half, AMD64]), "1.0")
    del simulator.manifests["team/app"][ARM64.digest]
    del simulator.blobs[half.blobs[0].digest]

    found = resolve(client, "team/app", "1.0")

    assert isinstance(found, ResolvedIndex)
    assert (found.images, found.others) == ((image_of(AMD64),), ())
    assert found.unresolved == (
        UnresolvedChild(entry_of(ARM64), f"no longer in the registry: team/app@{ARM64.digest}", is_gone=True),
        UnresolvedChild(
            entry_of(broken), f"malformed manifest {broken.digest}: 1 layers, but the config has 0 diff IDs"
        ),
        UnresolvedChild(entry_of(half), f"no longer in the registry: team/app@{half.blobs[0].digest}", is_gone=True),
    )


def test_a_child_that_arrives_wrong_once_is_asked_for_again(
    simulator: RegistrySimulator, client: RegistryClient
) -> None:
    simulator.add("team/app", build_index([AMD64]), "1.0")
    simulator.fault(f"/manifests/{AMD64.digest}", Reply(200, {"content-type": OCI_MANIFEST}, b"{}"), times=1)

    found = resolve(client, "team/app", "1.0")

    assert isinstance(found, ResolvedIndex)
    assert (found.images, found.unresolved) == ((image_of(AMD64),), ())


def test_a_child_that_always_arrives_wrong_is_unresolved(simulator: RegistrySimulator, client: RegistryClient) -> None:
    simulator.add("team/app", build_index([AMD64, ARM64]), "1.0")
    simulator.fault(f"/manifests/{AMD64.digest}", Reply(200, {"content-type": OCI_MANIFEST}, b"{}"))

    found = resolve(client, "team/app", "1.0")

    assert isinstance(found, ResolvedIndex)
    assert (found.images, [child.descriptor for child in found.unresolved]) == (
        (image_of(ARM64),),
        [entry_of(AMD64)],
    )


def test_a_registry_that_fails_half_way_fails_the_whole(simulator: RegistrySimulator, client: RegistryClient) -> None:
    simulator.add("team/app", build_index([AMD64, ARM64]), "1.0")
    simulator.fault(f"/manifests/{ARM64.digest}", Reply(500))

    with pytest.raises(RegistryUnavailableError):
        resolve(client, "team/app", "1.0")


def test_nested_indexes_are_flattened_to_a_depth(simulator: RegistrySimulator, client: RegistryClient) -> None:
    depth = 5
    leaves = [build_image(architecture=f"cpu{level}") for level in range(depth + 1)]
    indexes = [build_index([leaves[depth]])]
    for level in reversed(range(depth)):
        indexes.append(build_index([leaves[level]], [(indexes[-1], {})]))
    simulator.add("team/app", indexes[-1], "1.0")

    found = resolve(client, "team/app", "1.0")

    assert isinstance(found, ResolvedIndex)
    assert found.images == tuple(image_of(leaf) for leaf in leaves[:4])
    assert found.others == tuple(entry_of(index) for index in (indexes[4], indexes[3], indexes[2]))
    assert found.unresolved == (UnresolvedChild(entry_of(indexes[1]), "nested deeper than 3 indexes"),)


def test_a_digest_named_twice_is_read_once(simulator: RegistrySimulator, client: RegistryClient) -> None:
    simulator.add("team/app", build_index([AMD64, AMD64, AMD64]), "1.0")

    found = resolve(client, "team/app", "1.0")

    assert isinstance(found, ResolvedIndex)
    assert found.images == (image_of(AMD64),)
    assert len(simulator.seen(path=AMD64.digest)) == 1


def test_an_index_of_too_many_manifests_is_over_the_limit(simulator: RegistrySimulator) -> None:
    simulator.add("team/app", build_index([build_image(architecture=f"cpu{n}") for n in range(6)]), "1.0")

    with (
        RegistryClient(simulator.access, {}, "dogwatch/0", ClientLimits(index_children=5)) as client,
        pytest.raises(LimitExceededError, match="index_children of 5 manifests"),
    ):
        resolve(client, "team/app", "1.0")


def test_an_index_of_nothing_resolves_to_nothing(simulator: RegistrySimulator, client: RegistryClient) -> None:
    built = build_index([])
    simulator.add("team/app", built, "1.0")

    assert resolve(client, "team/app", "1.0") == ResolvedIndex(built.digest, OCI_INDEX, len(built.content), ())


def test_a_single_image_without_its_config_is_gone_and_with_another_one_is_refused(
    simulator: RegistrySimulator, client: RegistryClient
) -> None:
    simulator.add("team/app", AMD64, "1.0")
    config = AMD64.blobs[0].digest
    simulator.blobs[config] = b"{}"
    with pytest.raises(DigestMismatchError):
        resolve(client, "team/app", "1.0")
    del simulator.blobs[config]
    with pytest.raises(ImageGoneError):
        resolve(client, "team/app", "1.0")


def test_schema_1_is_said_to_be_unsupported(simulator: RegistrySimulator, client: RegistryClient) -> None:
    media_type = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    simulator.add("team/app", BuiltManifest(media_type, b'{"schemaVersion":1,"fsLayers":[]}'), "1.0")

    with pytest.raises(MalformedManifestError, match="schema 1 is not supported"):
        resolve(client, "team/app", "1.0")


def test_resolving_downloads_no_layer(simulator: RegistrySimulator, client: RegistryClient) -> None:
    simulator.add("team/app", build_index([AMD64, ARM64]), "1.0")

    resolve(client, "team/app", "1.0")

    configs = {f"GET /v2/team/app/blobs/{built.blobs[0].digest}" for built in (AMD64, ARM64)}
    assert set(simulator.seen(path="/blobs/")) == configs
