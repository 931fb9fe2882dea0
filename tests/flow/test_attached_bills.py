"""Bills attached to an image in a real registry: in its index, by the referrers tag, and by one of cosign's tags."""

from __future__ import annotations

import http.client

import pytest

from dogwatch.app.process import App
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.gaps import GapKind
from dogwatch.model.images import Platform
from dogwatch.model.judgements import Choice
from dogwatch.model.targets import Target, TargetKind
from tests.builders.attached import (
    CYCLONEDX_TYPE,
    DSSE_TYPE,
    build_referrer,
    cyclonedx,
    envelope,
    statement,
)
from tests.builders.layers import dpkg_status, file, os_release, stanza, tar_of
from tests.builders.oci import BuiltManifest, as_json, build_attestation, build_image, build_index, every_blob
from tests.docker_registry import DockerRegistry, docker_registry, notifications, requires_docker_registry
from tests.waiting import PATIENCE_SECONDS

__all__ = ["docker_registry", "notifications"]

pytestmark = requires_docker_registry

REPOSITORY = "shop/web"
BASE = tar_of(file("etc/os-release", os_release()), file("var/lib/dpkg/status", dpkg_status(stanza("a", "1.0-1"))))
IMAGE, OTHER = build_image([BASE]), build_image([BASE], architecture="arm64")
FOUND, ONLY, WRONG = "pkg:deb/debian/a@1.0-1?distro=debian-12&upstream=a", "pkg:npm/only@1.0.0", "pkg:npm/wrong@1.0.0"

IN_INDEX = build_attestation(IMAGE, as_json(statement(cyclonedx(FOUND), IMAGE.digest)))
REFERRER = build_referrer(IMAGE, CYCLONEDX_TYPE, cyclonedx(FOUND, ONLY))
FOREIGN = build_referrer(IMAGE, DSSE_TYPE, envelope(statement(cyclonedx(WRONG), OTHER.digest)))


def push(registry: DockerRegistry, built: BuiltManifest, tag: str) -> None:
    """Push what no tool pushes as it is: artifacts under tags of our own choosing."""
    connection = http.client.HTTPConnection(registry.hostport, timeout=PATIENCE_SECONDS)

    def send(method: str, path: str, body: bytes, kind: str) -> str:
        connection.request(method, path, body, {"content-type": kind})
        answer = connection.getresponse()
        answer.read()
        assert answer.status < 300, (method, path, answer.status)
        return answer.getheader("location", "").removeprefix(registry.url)

    for one in every_blob(built):
        if isinstance(one, BuiltManifest):
            send("PUT", f"/v2/{REPOSITORY}/manifests/{one.digest}", one.content, one.media_type)
        else:
            place = send("POST", f"/v2/{REPOSITORY}/blobs/uploads/", b"", "application/octet-stream")
            send("PUT", f"{place}&digest={one.digest}", one.content, "application/octet-stream")
    send("PUT", f"/v2/{REPOSITORY}/manifests/{tag}", built.content, built.media_type)
    connection.close()


def test_attached_bills_are_believed_where_asked_and_nowhere_else(app: App, docker_registry: DockerRegistry) -> None:
    tag = IMAGE.digest.replace(":", "-")
    push(docker_registry, build_index([IMAGE, OTHER], [IN_INDEX]), "1")
    push(docker_registry, build_index([], [(REFERRER, {"artifactType": CYCLONEDX_TYPE})]), tag)
    push(docker_registry, FOREIGN, f"{tag}.att")
    name = f"{docker_registry.hostport}/{REPOSITORY}:1"
    target = Target(TargetKind.IMAGE, name, Platform("linux", "amd64"), plain_http=True)
    bills = [f"sbom:{one.blobs[1].digest}" for one in (REFERRER, IN_INDEX[0])]

    plain = app.inspect(target, Choice(), update=False).examined
    assert [(one.package.name, len(one.places)) for one in plain.packages] == [("a", 1)]

    asked = Target(target.kind, name, target.platform, plain_http=True, with_bills=True)
    report = app.inspect(asked, Choice(), update=False)
    found, only = report.examined.packages
    assert (found.package, found.places[0]) == (plain.packages[0].package, plain.packages[0].places[0])
    assert [place.paths for place in found.places[1:]] == [(bill,) for bill in bills]
    assert (only.package.name, [place.paths for place in only.places]) == ("only", [(bills[0],)])
    told = [(gap.kind, gap.path) for gap in report.examined.gaps]
    assert told == [
        (GapKind.ATTACHED_BILL_UNREAD, f"sbom:{FOREIGN.blobs[1].digest}"),
        (GapKind.PACKAGE_ONLY_LISTED, bills[0]),
    ]
    assert report.examined.gaps[1].detail == "1 packages (only 1.0.0); CycloneDX 1.6, unsigned, a referrer"
    with pytest.raises(InvalidRequestError, match="attached to images in registries"):
        app.inspect(Target(TargetKind.OCI, "anywhere", with_bills=True), Choice(), update=False)
