"""First light: from a real push to a finding, and the watch that ends. Everything real, and run as its users run it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.builders.oci import build_image, build_index, layer_tar
from tests.docker_registry import requires_docker_registry, requires_skopeo
from tests.e2e import advisories
from tests.e2e.fixture_image import FixtureImage, make_fixture_image, requirements
from tests.e2e.running import requests
from tests.e2e.world import World, watched_registry
from tests.simulators.buckets import FeedBucket

pytestmark = [requires_docker_registry, requires_skopeo, *requirements()]

Fact = tuple[str, str, str, str, str, str, str]


def test_from_a_real_push_to_a_finding_and_the_watch_that_ends(tmp_path: Path) -> None:
    image = make_fixture_image()
    bucket = FeedBucket(tmp_path / "mirror")
    bucket.put("Debian", advisories.debian_advisory(image.debian[1], image.debian[2]))
    bucket.put("PyPI", advisories.python_advisory())
    bucket.put("npm", advisories.npm_advisory())
    with watched_registry(tmp_path, bucket.folder, image) as world:
        _findings_appear_after_a_push(world)
        _a_mistyped_question_does_not_read_as_clean(world)
        _only_others_pulls_move_the_clock(world)
        _every_platform_of_an_index_is_an_image(world)
        _the_service_tells_how_it_is(world)
        _the_watch_ends_after_both_windows(world)
        _a_pull_brings_everything_back_without_reading(world)
        _a_new_advisory_needs_no_registry(world, bucket)
        _a_withdrawn_advisory_closes_its_findings(world, bucket)
        _an_aws_client_sees_all_of_it(world)


def _findings_appear_after_a_push(world: World) -> None:
    answer = world.dogwatch.run("findings")
    assert (answer.exit_code, answer.output) == (0, "")
    assert "No findings, because no image was looked at." in answer.told

    world.push()
    found = world.dogwatch.wait_for(world.findings, lambda rows: len(rows) >= 3)

    assert sorted(map(fact, found)) == sorted(expected(world.image))
    assert {(row["repository"], tuple(row["tags"]), row["digest"]) for row in found} == {
        ("shop/web", ("1.4",), world.image.built.digest)
    }
    told = world.dogwatch.run("findings").told
    assert "Looked at: 1 image watched; no gaps." in told
    assert all(f"{ecosystem} asked " in told for ecosystem in advisories.ECOSYSTEMS)


def _a_mistyped_question_does_not_read_as_clean(world: World) -> None:
    elsewhere = world.dogwatch.run("findings", "--repository", "shop/wbe").told
    assert elsewhere.startswith("No findings, because no image was looked at.\nOf the images that are asked for:\n")
    assert (
        "No advisory that was imported is about CVE-1-1."
        in world.dogwatch.run("findings", "--vulnerability", "CVE-1-1").told
    )
    mistyped = world.dogwatch.run("findings", "--ecosystem", "debain:12")
    assert (mistyped.exit_code, mistyped.output) == (2, "")
    assert mistyped.told == "dogwatch: ecosystem: 'debain' is not known; did you mean Debian?\n"
    assert {fact(row)[2] for row in world.findings("--ecosystem", "debian")} == {"Debian:12"}
    no_network = {"HTTPS_PROXY": "http://127.0.0.1:1"}
    hub = world.dogwatch.run("scan", "shop/web:1.4", **no_network)
    assert hub.exit_code == 5
    assert f"dogwatch findings --digest {world.image.built.digest}\n" in hub.told
    assert "registry-1.docker.io" in hub.told
    assert "No findings were known then." in world.dogwatch.run("findings", "--as-of", "30d").told


def _only_others_pulls_move_the_clock(world: World) -> None:
    read = {path.split("/")[-2] for method, path in world.own_requests() if method == "GET" and "/shop/web/" in path}
    assert read >= {"manifests", "blobs"}
    assert world.shown()["pulled_at"] is None

    world.pull(1)
    pulled = world.dogwatch.wait_for(world.shown, lambda image: image["pulled_at"] is not None)

    assert pulled["pulled_at"] > pulled["pushed_at"]
    assert (pulled["status_code"], pulled["status_reason"]) == ("ACTIVE", "SUCCESSFUL")
    assert pulled["held_by"] == "pull"
    assert pulled["watched_until"] > pulled["pulled_at"]
    assert pulled["why"]


def _every_platform_of_an_index_is_an_image(world: World) -> None:
    files = layer_tar({"srv/node_modules/tiny/package.json": b'{"name":"tiny","version":"1.0.0"}'})
    platforms = [build_image([files], architecture=one) for one in ("amd64", "arm64")]
    world.registry.push(build_index(platforms), "shop/tiny", "1", world.folder / "index")

    def indexed() -> list[tuple[str, str, list[str], list[str]]]:
        images = world.dogwatch.ask("images", "--repository", "shop/tiny")
        return sorted(
            (one["digest"], one["architecture"], one["tags"], one["tags_via_index"])
            for one in images
            if one["indexed_at"]
        )

    pushed = sorted((one.digest, str((one.platform or {})["architecture"]), list[str](), ["1"]) for one in platforms)
    world.dogwatch.wait_for(indexed, lambda images: images == pushed)


def _the_service_tells_how_it_is(world: World) -> None:
    assert world.dogwatch.get("/livez")[0] == 200
    assert world.dogwatch.get("/readyz")[0] == 200
    status, metrics = world.dogwatch.get("/metrics")
    assert status == 200
    assert "dogwatch_" in metrics


def _the_watch_ends_after_both_windows(world: World) -> None:
    refused = world.dogwatch.run("clock", "advance", "91d", DOGWATCH_DEMO="0")
    assert (refused.exit_code, refused.output) == (4, "")
    assert "DOGWATCH_DEMO=1" in refused.told

    assert world.dogwatch.run("clock", "advance", "91d").exit_code == 0
    ended = world.dogwatch.wait_for(world.shown, lambda image: image["status_code"] == "INACTIVE")

    assert ended["status_reason"] == "SCAN_ELIGIBILITY_EXPIRED"
    assert world.findings() == []
    told = world.dogwatch.run("findings").told
    assert "No findings, because no image was looked at." in told
    assert "Closed ones are there, each with its reason (--status CLOSED)." in told
    closed = world.findings("--status", "CLOSED")
    assert sorted(map(fact, closed)) == sorted(expected(world.image))
    assert {row["closed_reason"] for row in closed} == {"monitoring ended: both windows are over"}


def _a_pull_brings_everything_back_without_reading(world: World) -> None:
    before = len(requests(world.registry.log))

    world.pull(2)
    world.dogwatch.wait_for(world.shown, lambda image: image["status_code"] == "ACTIVE")
    found = world.dogwatch.wait_for(world.findings, lambda rows: len(rows) >= 3)

    assert sorted(map(fact, found)) == sorted(expected(world.image))
    since = requests(world.registry.log)[before:]
    assert {agent.split("/")[0] for method, path, agent in since} == {"skopeo"}
    assert any("/blobs/" in path for _, path, _ in since)  # the log does show whoever reads a blob


def _a_new_advisory_needs_no_registry(world: World, bucket: FeedBucket) -> None:
    before = world.own_requests()

    bucket.put("PyPI", advisories.later_advisory())
    world.dogwatch.ask("db", "update")
    (found,) = world.findings("--vulnerability", advisories.LATER_FLAW)

    top = world.image.top_layer
    assert fact(found) == (advisories.LATER_FLAW, "MEDIUM", "PyPI", "Jinja2", "2.10", "2.11.3", top)
    assert found["status"] == "ACTIVE"
    assert world.own_requests() == before


def _a_withdrawn_advisory_closes_its_findings(world: World, bucket: FeedBucket) -> None:
    before = world.dogwatch.run("clock", "show").output.strip()
    bucket.withdraw("PyPI", "GHSA-g3rq-g295-4j3m", "2026-08-03T00:00:00Z")
    world.dogwatch.ask("db", "update")

    assert world.findings("--vulnerability", advisories.LATER_FLAW) == []
    (closed,) = world.findings("--vulnerability", advisories.LATER_FLAW, "--status", "CLOSED")
    assert closed["closed_reason"] == "advisory withdrawn"
    (known,) = world.findings("--vulnerability", advisories.LATER_FLAW, "--as-of", before)
    assert (known["status"], known["closed_reason"]) == ("ACTIVE", "")
    assert len(world.findings()) == 3


def _an_aws_client_sees_all_of_it(world: World) -> None:
    import boto3

    keys = {"aws_access_key_id": "nobody", "aws_secret_access_key": "nothing"}  # loopback asks for none
    client = boto3.client("inspector2", region_name="us-east-1", endpoint_url=world.dogwatch.url, **keys)

    def windows() -> tuple[str, str, str, str]:
        state = client.get_configuration()["ecrConfiguration"]["rescanDurationState"]
        return (
            state["rescanDuration"],
            state["pullDateRescanDuration"],
            state["pullDateRescanMode"],
            state["status"],
        )

    assert windows() == ("DAYS_90", "DAYS_90", "LAST_PULL_DATE", "SUCCESS")
    client.update_configuration(ecrConfiguration={"rescanDuration": "DAYS_30", "pullDateRescanDuration": "DAYS_60"})
    assert windows()[:3] == ("DAYS_30", "DAYS_60", "LAST_PULL_DATE")
    world.dogwatch.wait_for(windows, lambda seen: seen[3] == "SUCCESS")
    (shown,) = world.dogwatch.ask("rescan", "show")
    assert (shown["push_window"]["days"], shown["activity_window"]["days"]) == (30, 60)

    coverage = client.list_coverage()["coveredResources"]
    statuses = {one["resourceMetadata"]["ecrRepository"]["name"]: one["scanStatus"] for one in coverage}
    assert statuses["shop/web"] == {"statusCode": "ACTIVE", "reason": "SUCCESSFUL"}
    assert statuses["shop/tiny"] == {"statusCode": "INACTIVE", "reason": "SCAN_ELIGIBILITY_EXPIRED"}

    only_ours = {
        "ecrImageRepositoryName": [{"comparison": "EQUALS", "value": "shop/web"}],
        "findingStatus": [{"comparison": "EQUALS", "value": "ACTIVE"}],
    }
    found = client.list_findings(filterCriteria=only_ours)["findings"]
    seen = {
        (details["vulnerabilityId"], package["name"], package["version"], package["sourceLayerHash"])
        for details in (one["packageVulnerabilityDetails"] for one in found)
        for package in details["vulnerablePackages"]
    }
    assert seen == {(flaw, name, version, layer) for flaw, _, _, name, version, _, layer in expected(world.image)}


def fact(finding: dict[str, Any]) -> Fact:
    """Return what the test asserts of a finding: vulnerability, severity, ecosystem, package, version, fix, layer."""
    (package,) = finding["packages"]
    return (
        finding["vulnerability"],
        finding["severity"],
        package["ecosystem"],
        package["name"],
        package["version"],
        package["fixed_version"],
        package["layer_digest"],
    )


def expected(image: FixtureImage) -> list[Fact]:
    """Return the facts of the three findings that the first advisories make."""
    name, _, version = image.debian
    fixed = advisories.next_version(version)
    return [
        (advisories.DEBIAN_FLAW, "CRITICAL", "Debian:12", name, version, fixed, image.base_layer),
        (advisories.PYTHON_FLAW, "HIGH", "PyPI", "Jinja2", "2.10", "2.10.1", image.top_layer),
        (advisories.NPM_FLAW, "CRITICAL", "npm", "lodash", "4.17.4", "4.17.12", image.top_layer),
    ]
