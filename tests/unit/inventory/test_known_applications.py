"""Applications that were unpacked: each row on the text that real releases have, and what is no release."""

from __future__ import annotations

import pytest

from dogwatch.inventory.build import build_inventory
from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.extractors.known_applications import EXTRACTOR, KNOWN_APPLICATIONS
from dogwatch.inventory.limits import DEFAULT_LIMITS
from dogwatch.model.images import Platform
from dogwatch.model.packages import Package
from tests.builders.layers import dpkg_status, file, os_release, read_members, stanza

WORDPRESS = "var/www/html/wp-includes/version.php"
PHPMYADMIN = "srv/pma/libraries/classes/Version.php"
RABBITMQ = "opt/rabbitmq/plugins/rabbit-4.3.6/ebin/rabbit.app"
SEEN = [
    (WORDPRESS, "<?php\n/**\n * @global string $wp_version\n */\n$wp_version = '7.1.4';\n", "wordpress", "7.1.4"),
    (WORDPRESS, "<?php\n$wp_version = '6.5';\n$wp_db_version = 57155;\n", "wordpress", "6.5.0"),
    (
        PHPMYADMIN,
        "final class Version\n{\n    public const VERSION = '5.2.1' . VERSION_SUFFIX;\n",
        "phpmyadmin",
        "5.2.1",
    ),
    (RABBITMQ, '{application, \'rabbit\', [\n\t{vsn, "4.3.6"},\n\t{id, ""},\n', "rabbitmq", "4.3.6"),
]


@pytest.mark.parametrize(("path", "content", "name", "version"), SEEN)
def test_an_application_names_its_version(path: str, content: str, name: str, version: str) -> None:
    assert EXTRACTOR.wants(path)
    found = EXTRACTOR.extract(path, content.encode(), DEFAULT_LIMITS)
    assert found == Extraction(packages=(Package("Bitnami", name, version),))


def test_every_row_of_the_table_was_seen() -> None:
    assert {row.name for row in KNOWN_APPLICATIONS} == {name for _, _, name, _ in SEEN}


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (WORDPRESS, "$wp_version = '6.6-RC1';\n"),
        (WORDPRESS, "// $wp_version = '6.6';\n"),
        (PHPMYADMIN, "    public const VERSION = '5.2.4-dev' . VERSION_SUFFIX;\n"),
        (PHPMYADMIN, "    public const VERSION = '1.2.3';\n"),
        (RABBITMQ, '\t{vsn, "4.0.0-rc.1"},\n'),
    ],
)
def test_what_is_no_release_of_it_is_no_version(path: str, content: str) -> None:
    assert EXTRACTOR.extract(path, content.encode(), DEFAULT_LIMITS) == Extraction()


@pytest.mark.parametrize(("path", "content", "name"), [row[:3] for row in SEEN])
def test_one_that_a_package_of_the_distribution_owns_is_not_listed_again(path: str, content: str, name: str) -> None:
    owned = f"usr/share/{path}"
    layer = read_members(
        file("etc/os-release", os_release()), file("var/lib/dpkg/status", dpkg_status(stanza("app"))),
        file("var/lib/dpkg/info/app.list", f"/{owned}\n"), file(owned, content), file(path, content),
    )  # fmt: skip
    places = build_inventory((layer,), Platform("linux", "amd64")).provenance
    found = [(one.package.name, one.paths) for one in places if one.package.ecosystem == "Bitnami"]
    assert found == [(name, (path,))]
