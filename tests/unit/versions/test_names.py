"""The one name under which packages and advisories meet."""

from __future__ import annotations

import pytest

from dogwatch.versions import normalise_name


@pytest.mark.parametrize(
    ("ecosystem", "name", "normalised"),
    [
        ("PyPI", "Foo.Bar__baz-.-qux", "foo-bar-baz-qux"),
        ("TuxCare:PyPI", "Django", "django"),
        ("npm", "JSONStream", "JSONStream"),
        ("npm", "@Scope/Name", "@Scope/Name"),
        ("crates.io", "serde_json", "serde_json"),
        ("Go", "github.com/Masterminds/goutils", "github.com/Masterminds/goutils"),
        ("Maven", "org.Apache:Thing", "org.Apache:Thing"),
        ("NuGet", "Newtonsoft.Json", "newtonsoft.json"),
        ("Packagist:https://packages.drupal.org/8", "Drupal/Core", "drupal/core"),
        ("GitHub Actions", "Actions/Checkout", "actions/checkout"),
        ("SwiftURL", "https://GitHub.com/Apple/swift-nio.git/", "github.com/Apple/swift-nio"),
        ("SwiftURL", "GitHub.com/Apple/swift-nio", "github.com/Apple/swift-nio"),
        ("SwiftURL", "GitHub.com", "github.com"),
        ("Debian:12", "libSDL_x.y", "libSDL_x.y"),
        ("nowhere", "As-It_Is", "As-It_Is"),
    ],
)
def test_a_name_is_normalised_as_its_ecosystem_does(ecosystem: str, name: str, normalised: str) -> None:
    assert normalise_name(ecosystem, name) == normalised
    assert normalise_name(ecosystem, normalised) == normalised
