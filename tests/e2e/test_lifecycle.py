"""Lifecycle rules on a real registry: what was really pushed is proposed, and nothing in the registry changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.builders.lifecycle import rule, text_of
from tests.builders.oci import BuiltManifest, build_attestation, build_image, build_index, layer_tar
from tests.docker_registry import (
    requires_docker_registry,
    requires_skopeo,
    run_skopeo,
    running_docker_registry,
)
from tests.e2e.running import Dogwatch, running_dogwatch
from tests.ports import free_port

pytestmark = [requires_docker_registry, requires_skopeo]

REPOSITORY = "shop/web"


def _image(marker: str, architecture: str = "amd64") -> BuiltManifest:
    return build_image([layer_tar({"marker": marker.encode()})], architecture=architecture)


def _ecr(dogwatch: Dogwatch) -> Any:
    return boto3.client(
        "ecr",
        region_name="eu-west-1",
        endpoint_url=dogwatch.url,
        aws_access_key_id="AKIAANYBODY",
        aws_secret_access_key="on an open loopback",
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_what_was_pushed_is_proposed_and_nothing_is_deleted(tmp_path: Path) -> None:
    port = free_port()
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    with running_dogwatch(demo="0", open_loopback="1", feed_mirror=str(mirror)) as dogwatch:
        added = dogwatch.ask("registries", "add", f"http://127.0.0.1:{port}", "--plain-http", "--alias", "local")
        secret = {"Authorization": f"Bearer {added['webhook_secret']}"}
        with running_docker_registry(tmp_path / "registry", added["webhook_url"], secret, port) as registry:
            platforms = [_image("one", one) for one in ("amd64", "arm64")]
            attested = build_index(platforms, [build_attestation(platforms[0])])
            pushed = {"v1": attested, "v2": _image("two"), "v3": _image("three")}
            seen = {"v1": platforms, "v2": [pushed["v2"]], "v3": [pushed["v3"]]}
            for tag, built in pushed.items():  # one after the other, so that they have an order
                registry.push(built, REPOSITORY, tag, tmp_path / tag)
                _wait_for(dogwatch, tag, {image.digest for image in seen[tag]})
            _the_command_line_proposes(dogwatch, tmp_path, attested, platforms)
            _an_aws_client_previews_the_same(dogwatch, attested)
            for tag in pushed:
                run_skopeo("inspect", "--tls-verify=false", "--raw", registry.reference(REPOSITORY, tag))


def _wait_for(dogwatch: Dogwatch, tag: str, digests: set[str]) -> None:
    def tagged() -> set[str]:
        images = dogwatch.ask("images", "--repository", REPOSITORY)
        return {one["digest"] for one in images if tag in (*one["tags"], *one["tags_via_index"])}

    dogwatch.wait_for(tagged, digests.__eq__)


def _the_command_line_proposes(
    dogwatch: Dogwatch, folder: Path, index: BuiltManifest, platforms: list[BuiltManifest]
) -> None:
    file = folder / "policy.json"
    file.write_text(text_of(rule(1, ["v*"], keep=2), rule(2, "untagged", days=1)))
    preview = dogwatch.ask("lifecycle", "preview", REPOSITORY, str(file))
    assert [(one["digest"], one["tags"], one["verdict"]) for one in preview] == [(index.digest, ["v1"], "goes")]
    (stored,) = dogwatch.ask("lifecycle", "set", REPOSITORY, str(file))
    assert stored["going"] == 1
    images = {one["digest"]: one for one in dogwatch.ask("images", "--repository", REPOSITORY)}
    told = (
        f"its image index {index.digest} would be deleted: number 3 of 3 from the youngest, rule 1 (tagged v*) keeps 2"
    )
    assert {images[one.digest]["proposal"]["sentence"] for one in platforms} == {told}
    assert len([one for one in images.values() if one["proposal"] is None]) == 2
    assert told in dogwatch.run("images", platforms[0].digest, "-o", "table").output


def _an_aws_client_previews_the_same(dogwatch: Dogwatch, index: BuiltManifest) -> None:
    ecr = _ecr(dogwatch)
    ecr.start_lifecycle_policy_preview(repositoryName=REPOSITORY)
    ecr.get_waiter("lifecycle_policy_preview_complete").wait(repositoryName=REPOSITORY)
    shown = ecr.get_lifecycle_policy_preview(repositoryName=REPOSITORY)
    assert [(one["imageDigest"], one["imageTags"]) for one in shown["previewResults"]] == [(index.digest, ["v1"])]
    assert shown["summary"] == {"expiringImageTotalCount": 1}
    assert ecr.delete_lifecycle_policy(repositoryName=REPOSITORY)["lifecyclePolicyText"] == shown["lifecyclePolicyText"]
    assert dogwatch.ask("lifecycle", "show") == []
