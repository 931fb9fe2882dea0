"""The real feeds on the end-to-end image: all that they say of its old packages, and nothing else."""

from __future__ import annotations

from pathlib import Path

from tests.docker_registry import requires_docker_registry, requires_skopeo
from tests.e2e.fixture_image import make_fixture_image, requirements
from tests.e2e.world import watched_registry
from tests.requirements import requires_shared

pytestmark = [requires_docker_registry, requires_skopeo, requires_shared(), *requirements()]

# By hand from the records of July 2026: every flaw whose range holds the version, with the version that mended it.
JINJA_2_10 = {
    ("CVE-2019-10906", "2.10.1"),
    ("CVE-2020-28493", "2.11.3"),
    ("CVE-2024-22195", "3.1.3"),
    ("CVE-2024-34064", "3.1.4"),
    ("CVE-2024-56326", "3.1.5"),
    ("CVE-2025-27516", "3.1.6"),
}
LODASH_4_17_4 = {
    ("CVE-2018-3721", "4.17.5"),
    ("CVE-2018-16487", "4.17.11"),
    ("CVE-2019-1010266", "4.17.11"),
    ("CVE-2019-10744", "4.17.12"),
    ("CVE-2020-8203", "4.17.19"),
    ("CVE-2020-28500", "4.17.21"),
    ("CVE-2021-23337", "4.17.21"),
}
UNMENDED_IN_DEBIAN_12 = {("CVE-2017-18018", "coreutils"), ("CVE-2025-14104", "util-linux")}

_IMPORT_SECONDS = 600.0  # whole feeds take half a minute of a processor, which a loaded machine shares by many


def test_real_advisories_find_all_that_they_say_of_the_image_and_nothing_else(tmp_path: Path, real_data: Path) -> None:
    with watched_registry(tmp_path, real_data / "osv", make_fixture_image()) as world:
        feeds = world.dogwatch.wait_for(
            lambda: world.dogwatch.ask("db", "status"),
            lambda rows: not any(one["missing"] for one in rows),
            _IMPORT_SECONDS,
        )
        assert all(one["records"] and not one["problem"] for one in feeds)
        world.push()
        found = world.dogwatch.wait_for(world.findings, len, _IMPORT_SECONDS)

        def flaws(name: str) -> set[tuple[str, str]]:
            """Return (vulnerability, fixed version) of a package."""
            return {
                (one["vulnerability"], package["fixed_version"])
                for one in found
                for package in one["packages"]
                if package["name"] == name
            }

        assert flaws("Jinja2") == JINJA_2_10
        assert flaws("lodash") == LODASH_4_17_4
        debian = [
            (one["vulnerability"], package)
            for one in found
            for package in one["packages"]
            if package["ecosystem"] == "Debian:12"
        ]
        unmended = {
            (vulnerability, package["source_name"]) for vulnerability, package in debian if not package["fixed_version"]
        }
        assert unmended >= UNMENDED_IN_DEBIAN_12
        assert {package["layer_digest"] for _, package in debian} == {world.image.base_layer}
