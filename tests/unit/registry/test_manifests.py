from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dogwatch.model.errors import ContentError, MalformedManifestError
from dogwatch.model.images import (
    BuildStep,
    Descriptor,
    ImageConfig,
    Layer,
    OtherArtifact,
    Platform,
    ResolvedImage,
    ToldBase,
    digest_of,
)
from dogwatch.registry.configs import parse_config
from dogwatch.registry.manifests import ImageManifest, IndexManifest, is_attestation, join_config, parse_manifest
from tests.builders.oci import (
    DOCKER_INDEX,
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_MANIFEST,
    Blob,
    BuiltManifest,
    Document,
    as_json,
    build_artifact,
    build_attestation,
    build_image,
    build_index,
    layer_tar,
)

BOTTOM, TOP = layer_tar({"etc/os-release": b"ID=debian\n"}), layer_tar({"app/x.py": b"1"})
CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def parsed(built: BuiltManifest, content_type: str | None = None) -> ImageManifest | IndexManifest | OtherArtifact:
    return parse_manifest(built.content, built.media_type if content_type is None else content_type, built.digest)


def resolved(built: BuiltManifest, fallback: Platform | None = None) -> ResolvedImage:
    manifest = parsed(built)
    assert isinstance(manifest, ImageManifest)
    return join_config(manifest, parse_config(built.blobs[0].content, built.blobs[0].digest), fallback)


def descriptor_of(blob: Blob) -> Descriptor:
    return Descriptor(blob.media_type, blob.digest, len(blob.content))


@pytest.mark.parametrize("docker", [False, True])
def test_an_image_is_its_manifest_and_config_with_each_layers_step(docker: bool) -> None:
    steps = ["ADD rootfs.tar /", "#ENV A=b", "COPY app /app"]
    built = build_image([BOTTOM, TOP], docker=docker, variant="v8", architecture="arm64", author="me", steps=steps)
    config, *layers = built.blobs

    assert resolved(built) == ResolvedImage(
        digest=built.digest,
        media_type=DOCKER_MANIFEST if docker else OCI_MANIFEST,
        size_bytes=len(built.content),
        config=ImageConfig(
            digest=config.digest,
            platform=Platform("linux", "arm64", "v8"),
            diff_ids=(digest_of(BOTTOM), digest_of(TOP)),
            history=(
                BuildStep("ADD rootfs.tar /", False, CREATED),
                BuildStep("#ENV A=b", True, CREATED),
                BuildStep("COPY app /app", False, CREATED),
            ),
            created_at=CREATED,
            author="me",
        ),
        layers=tuple(
            Layer(blob.digest, digest_of(tar), blob.media_type, len(blob.content), step)
            for blob, tar, step in zip(layers, (BOTTOM, TOP), ("ADD rootfs.tar /", "COPY app /app"), strict=True)
        ),
    )


@pytest.mark.parametrize("history", [None, [], [{"created_by": "one"}], [{"created_by": str(n)} for n in range(5)]])
def test_a_history_that_does_not_account_for_every_layer_names_no_steps(history: object) -> None:
    built = build_image([BOTTOM, TOP], config={"history": history})

    assert [layer.created_by for layer in resolved(built).layers] == ["", ""]


BASE = "org.opencontainers.image.base"


@pytest.mark.parametrize(
    ("annotations", "labels", "told"),
    [
        ({}, {}, ToldBase()),
        ({f"{BASE}.name": "debian:12", f"{BASE}.digest": "sha256:no"}, {}, ToldBase("debian:12")),
        ({}, {f"{BASE}.name": "debian:12"}, ToldBase("debian:12")),
        ({f"{BASE}.digest": digest_of(TOP)}, {f"{BASE}.name": "debian:12"}, ToldBase("", digest_of(TOP))),
        ({f"{BASE}.name": 5, f"{BASE}.digest": None}, {f"{BASE}.name": ["debian"]}, ToldBase()),
        ({f"{BASE}.name": "x" * 100_000}, {}, ToldBase("x" * 512)),
    ],
)
def test_an_image_says_itself_what_it_was_built_on_by_annotations_before_inherited_labels(
    annotations: object, labels: object, told: ToldBase
) -> None:
    built = build_image([BOTTOM], manifest={"annotations": annotations}, config={"config": {"Labels": labels}})

    assert resolved(built).told_base == told


def test_an_image_without_layers_is_an_image() -> None:
    assert resolved(build_image()).layers == ()


def test_a_config_without_a_platform_takes_the_indexs() -> None:
    built = build_image(config={"os": None, "architecture": None})

    assert resolved(built).config.platform == Platform("unknown", "unknown")
    assert resolved(built, Platform("linux", "s390x")).config.platform == Platform("linux", "s390x")
    assert resolved(build_image(), Platform("linux", "s390x")).config.platform == Platform("linux", "amd64")


@pytest.mark.parametrize("diff_ids", [[], [digest_of(BOTTOM)], [digest_of(BOTTOM)] * 3, None])
def test_as_many_diff_ids_as_layers_or_the_image_is_malformed(diff_ids: object) -> None:
    built = build_image([BOTTOM, TOP], config={"rootfs": {"diff_ids": diff_ids}})

    with pytest.raises(MalformedManifestError, match="2 layers, but the config has"):
        resolved(built)


@pytest.mark.parametrize("docker", [False, True])
def test_an_index_lists_what_it_names_with_platforms(docker: bool) -> None:
    amd64, arm64 = build_image([BOTTOM]), build_image([TOP], architecture="arm64", variant="v8")
    attestation, members = build_attestation(amd64)
    built = build_index([amd64, arm64], [(attestation, members)], docker=docker)

    assert parsed(built) == IndexManifest(
        built.digest,
        DOCKER_INDEX if docker else OCI_INDEX,
        len(built.content),
        (
            Descriptor(OCI_MANIFEST, amd64.digest, len(amd64.content), Platform("linux", "amd64")),
            Descriptor(OCI_MANIFEST, arm64.digest, len(arm64.content), Platform("linux", "arm64", "v8")),
            Descriptor(
                OCI_MANIFEST,
                attestation.digest,
                len(attestation.content),
                Platform("unknown", "unknown"),
                annotations=(
                    ("vnd.docker.reference.digest", amd64.digest),
                    ("vnd.docker.reference.type", "attestation-manifest"),
                ),
            ),
        ),
    )


def test_only_platform_and_annotation_together_make_an_attestation() -> None:
    unknown, linux = Platform("unknown", "unknown"), Platform("linux", "amd64")
    mark = (("vnd.docker.reference.type", "attestation-manifest"),)

    found = {
        (platform, marks): is_attestation(Descriptor("", digest_of(b""), 0, platform, annotations=marks))
        for platform in (unknown, linux, None)
        for marks in (mark, ())
    }

    assert [key for key, value in found.items() if value] == [(unknown, mark)]


SIGNATURE = Blob("application/vnd.dev.cosign.simplesigning.v1+json", b"{}")
HELM_CONFIG = Blob("application/vnd.cncf.helm.config.v1+json", b"{}")
CHART = Blob("application/vnd.cncf.helm.chart.content.v1.tar+gzip", b"x")
IMAGE_CONFIG = Blob(OCI_CONFIG, b"{}")
SBOM = Blob("text/spdx+json", b"{}")


@pytest.mark.parametrize(
    ("built", "artifact_type"),
    [
        (build_artifact("", [SIGNATURE], config=IMAGE_CONFIG), SIGNATURE.media_type),
        (build_artifact("", [SBOM], config=IMAGE_CONFIG), SBOM.media_type),
        (build_artifact("", [CHART], config=HELM_CONFIG), HELM_CONFIG.media_type),
        (build_artifact("application/spdx+json", [SBOM]), "application/spdx+json"),
        (build_attestation(build_image())[0], "application/vnd.in-toto+json"),
        (
            build_artifact("", [], config=Blob("application/vnd.buildkit.cacheconfig.v0", b"{}")),
            "application/vnd.buildkit.cacheconfig.v0",
        ),
    ],
)
def test_signatures_charts_and_sboms_are_other_artifacts(built: BuiltManifest, artifact_type: str) -> None:
    assert parsed(built) == OtherArtifact(built.digest, OCI_MANIFEST, len(built.content), artifact_type)


def test_an_artifact_tells_what_it_is_about() -> None:
    subject = digest_of(b"subject")
    built = build_image(manifest={"config": HELM_CONFIG.descriptor(), "subject": {"digest": subject}})

    assert parsed(built) == OtherArtifact(
        built.digest, OCI_MANIFEST, len(built.content), HELM_CONFIG.media_type, subject
    )


def test_an_image_cannot_hide_behind_an_artifact_type_or_a_subject() -> None:
    built = build_image([BOTTOM], manifest={"artifactType": "text/x", "subject": {"digest": digest_of(b"x")}})

    assert isinstance(parsed(built), ImageManifest)


@pytest.mark.parametrize("content_type", ["", "application/json", "text/plain; charset=utf-8", OCI_MANIFEST, OCI_INDEX])
def test_the_documents_own_media_type_decides_over_the_header(content_type: str) -> None:
    image, index = build_image([BOTTOM]), build_index([build_image()])

    assert parsed(image, content_type) == parsed(image)
    assert parsed(index, content_type) == parsed(index)


@pytest.mark.parametrize("content_type", ["", "application/json", OCI_MANIFEST])
def test_without_a_media_type_of_its_own_header_and_members_decide(content_type: str) -> None:
    built = build_image([BOTTOM], manifest={"mediaType": None})

    assert parsed(built, content_type) == ImageManifest(
        built.digest, OCI_MANIFEST, len(built.content), descriptor_of(built.blobs[0]), (descriptor_of(built.blobs[1]),)
    )


GOOD = Blob("application/vnd.oci.image.layer.v1.tar", b"x").descriptor()


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"manifests": []}, "image and index at once"),
        ({"mediaType": OCI_INDEX}, "not what its media type"),
        ({"mediaType": "text/html"}, "unknown media type"),
        ({"mediaType": "application/vnd.docker.distribution.manifest.v1+prettyjws"}, "schema 1 is not supported"),
        ({"schemaVersion": 1}, "schema 1 is not supported"),
        ({"layers": "all"}, "layers is not a list"),
        ({"layers": [GOOD, "one"]}, r"layers\[1\] is not a descriptor"),
        ({"layers": [GOOD | {"digest": "sha256:short"}]}, r"layers\[0\]: not a sha256"),
        ({"layers": [GOOD | {"digest": None}]}, r"layers\[0\]: not a sha256"),
        ({"layers": [GOOD | {"size": -1}]}, r"layers\[0\]: not a size"),
        ({"layers": [GOOD | {"size": True}]}, r"layers\[0\]: not a size"),
        ({"layers": [GOOD | {"size": 1.5}]}, r"layers\[0\]: not a size"),
        ({"layers": [GOOD | {"size": 2**70}]}, r"layers\[0\]: not a size"),
        ({"layers": [GOOD] * 1001}, "1001 layers, more than 1000"),
        ({"config": {"mediaType": OCI_CONFIG}}, "config: not a sha256"),
    ],
)
def test_a_malformed_manifest_says_where(members: Document, words: str) -> None:
    with pytest.raises(MalformedManifestError, match=words):
        parsed(build_image([BOTTOM], manifest=members))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"null", b'{"schemaVersion":2}', b"\xff", b"[" * 200_000])
def test_what_is_no_manifest_is_malformed(content: bytes) -> None:
    with pytest.raises(MalformedManifestError):
        parse_manifest(content, OCI_MANIFEST, digest_of(content))


@pytest.mark.parametrize(
    "members",
    [
        {"rootfs": {"diff_ids": "x"}},
        {"rootfs": {"diff_ids": ["sha256:short"]}},
        {"rootfs": {"diff_ids": [7]}},
        {"history": {}},
        {"history": [{}] * 10_001},
    ],
)
def test_a_malformed_config_is_malformed(members: Document) -> None:
    built = build_image([BOTTOM], config=members)

    with pytest.raises(MalformedManifestError, match="config: "):
        resolved(built)


def test_texts_from_a_config_are_made_storable() -> None:
    content = as_json(
        {"author": "a\x00b", "os": "o" * 500, "created": "yesterday", "history": [7, {"created_by": "x" * 9999}]}
    )

    config = parse_config(content, "sha256:x")

    assert config == ImageConfig(
        "sha256:x", Platform("o" * 64, "unknown"), (), (BuildStep("", False), BuildStep("x" * 4096, False)), None, "a�b"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "mediaType",
                    "config",
                    "layers",
                    "manifests",
                    "digest",
                    "size",
                    "platform",
                    "rootfs",
                    "diff_ids",
                    "history",
                    "os",
                    "annotations",
                    "subject",
                    "schemaVersion",
                    "created",
                ]
            )
            | st.text(max_size=5),
            inner,
            max_size=8,
        )
    ),
    max_leaves=30,
)
CONTENT = st.binary() | JSON.map(lambda value: json.dumps(value).encode())


@given(CONTENT, st.sampled_from([OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, "", "text/html"]))
def test_any_bytes_give_a_manifest_or_a_content_error(content: bytes, content_type: str) -> None:
    try:
        found = parse_manifest(content, content_type, digest_of(content))
    except ContentError:
        return
    assert (found.digest, found.size_bytes) == (digest_of(content), len(content))


@given(CONTENT)
def test_any_bytes_give_a_config_or_a_content_error(content: bytes) -> None:
    try:
        found = parse_config(content, digest_of(content))
    except ContentError:
        return
    assert "\x00" not in repr(found)


@given(st.data())
def test_a_manifest_with_one_member_replaced_gives_a_value_or_a_content_error(data: st.DataObject) -> None:
    document = json.loads(
        build_index([build_image([BOTTOM])]).content if data.draw(st.booleans()) else build_image([BOTTOM, TOP]).content
    )
    place = document
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not (isinstance(place[key], dict | list) and place[key]) or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(JSON)
    content = as_json(document)
    try:
        found = parse_manifest(content, OCI_MANIFEST, digest_of(content))
    except ContentError:
        return
    assert found.size_bytes == len(content)
