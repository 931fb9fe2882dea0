"""Which ecosystem a label's package belongs to, told by names and versions alone."""

from __future__ import annotations

import pytest

from bench.accuracy.labels import Label
from bench.accuracy.placing import NotPlaced, Placed, Places
from dogwatch.model.packages import Package

KNOWN = {
    "PyPI": frozenset({"django", "swift", "redis", "azure-identity"}),
    "RubyGems": frozenset({"redis"}),
    "Bitnami": frozenset({"vault"}),
    "Wolfi": frozenset({"glibc"}),
}


def label(image: str, name: str, version: str) -> Label:
    """A label of which only the package matters."""
    return Label("0", f"{image}@sha256:00", name, version, "TP", ("CVE-2024-1",))


PACKAGES = {
    ("docker.example/app", "Django", "1.11.29"): Package("PyPI", "Django", "1.11.29"),
    ("docker.example/app", "golang.org/x/net", "v0.4.0"): Package("Go", "golang.org/x/net", "v0.4.0"),
    ("docker.example/app", "stdlib", "go1.16.2"): Package("Go", "stdlib", "1.16.2"),
    ("ghcr.io/chainguard-images/test", "glibc", "2.37-r6"): Package(
        "Wolfi", "glibc", "2.37-r6", "x86_64", "glibc", "2.37-r6"
    ),
    ("ghcr.io/chainguard-images/test", "ld-linux", "2.37-r6"): Package(
        "Wolfi", "ld-linux", "2.37-r6", "x86_64", "glibc", "2.37-r6"
    ),
}
FAMILIES = {
    ("docker.example/app", "zlib", "1.2.11-r3"): "Alpine",
    ("node", "libssl1.1", "1.1.1d-0+deb10u3"): "Debian",
    ("node", "libdb5.3", "5.3.28-5"): "Debian",
    ("ubuntu", "perl-base", "5.28.1-6build1"): "Ubuntu",
    ("registry.access.redhat.com/ubi8", "glib2", "2.56.4-10.el8_4"): "Red Hat",
    ("docker.example/app", "nodejs", "1:18.18.2-2.module+el9.2.0"): "Enterprise Linux",
    ("docker.example/dotnet", "Azure.Identity", "1.3.0"): "NuGet",
}
UNTOLD = {
    ("docker.example/app", "redis", "4.2.0"): "a name that several feeds know",
    ("docker.example/app", "left-pad", "1.0.0"): "a name that no feed of the folder knows",
    ("docker.example/app", "vault", "0.17.0"): (
        "a name that only Bitnami knows, in a version that is none of its packages'"
    ),
    ("docker.example/app", "swift", "1.0.0"): (
        "a name that the image has at 0.0.0-DEVELOPMENT too: a folder of an editor"
    ),
}
BESIDE = [
    label("docker.example/app", "swift", "0.0.0-DEVELOPMENT"),
    label("docker.example/dotnet", "System.Private.Uri", "4.3.0"),
]
PLACES = Places([*BESIDE, *(label(*each) for each in (*PACKAGES, *FAMILIES, *UNTOLD))], KNOWN)


@pytest.mark.parametrize("given", PACKAGES)
def test_a_package_is_told_by_the_shape_of_its_name_or_by_the_one_feed_that_knows_it(
    given: tuple[str, str, str],
) -> None:
    assert PLACES.place(label(*given)) == Placed(label(*given), PACKAGES[given])


@pytest.mark.parametrize("given", FAMILIES)
def test_a_version_tells_the_family_where_it_does_not_tell_the_release(given: tuple[str, str, str]) -> None:
    placed = PLACES.place(label(*given))
    assert isinstance(placed, NotPlaced)
    assert placed.family == FAMILIES[given]


@pytest.mark.parametrize("given", UNTOLD)
def test_a_name_of_which_two_readings_are_open_is_not_placed(given: tuple[str, str, str]) -> None:
    assert PLACES.place(label(*given)) == NotPlaced(label(*given), UNTOLD[given])
