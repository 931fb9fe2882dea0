"""From layers to an inventory: ecosystems, ownership, sets, provenance, gaps, digests."""

from __future__ import annotations

import pytest

from dogwatch.inventory.build import InventoryOutcome, build_inventory
from dogwatch.inventory.evidence import LayerEvidence
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.images import Platform
from dogwatch.model.packages import Distribution, Inventory, Package, PackageSet, Provenance
from tests.builders.layers import (
    Member,
    directory,
    dpkg_status,
    file,
    hard_link,
    opaque,
    os_release,
    package_json,
    python_metadata,
    read_members,
    stanza,
    symlink,
    whiteout,
)

LINUX = Platform("linux", "amd64")
STATUS = "var/lib/dpkg/status"
REMOVED = stanza("removed", status="deinstall ok config-files")
RELEASE = file("etc/os-release", os_release())
DEBIAN = Distribution("debian", "12", "Debian", "Debian:12")
SIX = "usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA"
LEFT_PAD = "app/node_modules/left-pad/package.json"


def outcome(*layers: list[Member], platform: Platform = LINUX) -> InventoryOutcome:
    return build_inventory([read_members(*members) for members in layers], platform)


def packages(found: InventoryOutcome) -> dict[str, list[str]]:
    return {each.source: [f"{one.name} {one.version}" for one in each.packages] for each in found.inventory.sets}


def gaps(found: InventoryOutcome) -> tuple[Gap, ...]:
    return found.inventory.gaps


def status(*stanzas: str) -> Member:
    return file(STATUS, dpkg_status(*stanzas))


def test_an_image_with_all_three_kinds_of_packages() -> None:
    found = outcome(
        [RELEASE, status(stanza("libssl3", "3.0.11-1", source="openssl"))],
        [file("opt/site/Flask-2.0.0.dist-info/METADATA", python_metadata("Flask", "2.0.0"))],
        [file(LEFT_PAD, package_json("left-pad", "1.3.0"))],
    )
    libssl = Package("Debian:12", "libssl3", "3.0.11-1", "amd64", "openssl", "3.0.11-1")
    flask, left_pad = Package("PyPI", "Flask", "2.0.0"), Package("npm", "left-pad", "1.3.0")
    # The digests are pinned: they are addresses in stores that outlive a release.
    assert found == InventoryOutcome(
        Inventory(
            "sha256:18ec8bc45674b76eb9f3d5b01b0f05ea62d94ff76cf3b2f4151063f54ce36d76",
            DEBIAN,
            (
                PackageSet("PyPI", (flask,), "sha256:cd851b343ab236569c5d6897de8ef53226f7600863c77f32b434e0fa79e52416"),
                PackageSet(
                    "dpkg", (libssl,), "sha256:6e1c9b97de0770b086433e1beea6604ff11bdd1310c0a3229265e41d7234a5b9"
                ),
                PackageSet(
                    "npm", (left_pad,), "sha256:7e4df9cedb1f7507f566cbfbce19528b97a1098e27a40a85782e8e7362e7c00c"
                ),
            ),
            (),
        ),
        (
            Provenance(libssl, 0, (STATUS,)),
            Provenance(flask, 1, ("opt/site/Flask-2.0.0.dist-info/METADATA",)),
            Provenance(left_pad, 2, (LEFT_PAD,)),
        ),
    )


def test_each_introducing_layer_has_a_set_of_its_own_for_each_language() -> None:
    base = [file(f"base/node_modules/{name}/package.json", package_json(name, "1.0.0")) for name in "ab"]
    own = [file(f"own/node_modules/{name}/package.json", package_json(name, "1.0.0")) for name in "bc"]
    alone, together = outcome(base), outcome(base, own)
    assert [[one.name for one in each.packages] for each in together.inventory.sets] in (
        [["a", "b"], ["b", "c"]],
        [["b", "c"], ["a", "b"]],
    )
    assert set(alone.inventory.sets) < set(together.inventory.sets)
    assert together.provenance == (
        Provenance(Package("npm", "a", "1.0.0"), 0, ("base/node_modules/a/package.json",)),
        Provenance(Package("npm", "b", "1.0.0"), 0, ("base/node_modules/b/package.json",)),
        Provenance(Package("npm", "b", "1.0.0"), 1, ("own/node_modules/b/package.json",)),
        Provenance(Package("npm", "c", "1.0.0"), 1, ("own/node_modules/c/package.json",)),
    )


def test_equal_sets_of_two_layers_are_one() -> None:
    layers = [[file(f"{name}/node_modules/a/package.json", package_json("a", "1.0.0"))] for name in "xy"]
    found = outcome(*layers)
    assert packages(found) == {"npm": ["a 1.0.0"]}
    assert len(found.inventory.sets) == 1
    assert [each.layer_ordinal for each in found.provenance] == [0, 1]


def test_a_package_in_two_places_of_a_layer_is_listed_once_with_both() -> None:
    found = outcome([file(f"{name}/node_modules/a/package.json", package_json("a", "1.0.0")) for name in "yx"])
    assert found.provenance == (
        Provenance(Package("npm", "a", "1.0.0"), 0, ("x/node_modules/a/package.json", "y/node_modules/a/package.json")),
    )


def test_the_same_packages_in_another_release_are_another_set() -> None:
    first = outcome([RELEASE, status(stanza("a"))])
    second = outcome([file("etc/os-release", os_release(version_id="13")), status(stanza("a"))])
    assert first.inventory.sets[0].digest != second.inventory.sets[0].digest
    assert second.inventory.sets[0].packages[0].ecosystem == "Debian:13"


def test_the_release_may_stand_in_another_layer_and_change_there() -> None:
    found = outcome([status(stanza("a"))], [RELEASE], [file("etc/os-release", os_release(version_id="13"))])
    assert found.inventory.sets[0].packages[0].ecosystem == "Debian:13"


@pytest.mark.parametrize(
    "members",
    [
        [file("usr/lib/os-release", os_release())],
        [file("usr/lib/os-release", os_release()), symlink("etc/os-release", "../usr/lib/os-release")],
        [file("usr/lib/os-release", os_release()), symlink("etc/os-release", "/usr/lib/os-release")],
        [file("etc/os-release", os_release()), symlink("usr/lib/os-release", "../../etc/os-release")],
        [file("usr/lib/os-release", os_release()), hard_link("etc/os-release", "usr/lib/os-release")],
        [file("etc/os-release", os_release()), file("usr/lib/os-release", os_release("ubuntu", "24.04"))],
        [symlink("lib", "usr/lib"), file("lib/os-release"), file("usr/lib/os-release", os_release())],
    ],
)  # fmt: skip
def test_os_release_is_found_in_both_places_and_through_links(members: list[Member]) -> None:
    found = outcome([*members, status(stanza("a"))])
    assert (found.inventory.distribution, gaps(found)) == (DEBIAN, ())


def test_files_for_single_packages_are_one_database() -> None:
    found = outcome(
        [
            RELEASE,
            file("var/lib/dpkg/status.d/libc6", stanza("libc6", "2.36-9", source="glibc", status="")),
            file("var/lib/dpkg/status.d/tzdata", stanza("tzdata", "2024a-0", status="")),
            file("var/lib/dpkg/status.d/tzdata.md5sums", "0  usr/share/zoneinfo/UTC\n"),
        ]
    )
    assert (packages(found), gaps(found)) == ({"dpkg": ["libc6 2.36-9", "tzdata 2024a-0"]}, ())


# --- ownership --------------------------------------------------------------------------------------------------------


def owned_base(name: str = "python3-six") -> list[Member]:
    return [
        RELEASE,
        status(stanza(name, "1.16.0-4")),
        file(f"var/lib/dpkg/info/{name}.list", f"/.\n/{SIX}\n/{LEFT_PAD}\n"),
        file(SIX, python_metadata("six", "1.16.0")),
        file(LEFT_PAD, package_json("left-pad", "1.3.0")),
    ]


def test_metadata_that_dpkg_owns_belongs_to_the_debian_package() -> None:
    found = outcome(owned_base())
    assert (packages(found), gaps(found)) == ({"dpkg": ["python3-six 1.16.0-4"]}, ())
    assert [each.package.name for each in found.provenance] == ["python3-six"]


def test_metadata_that_a_later_layer_replaced_is_no_longer_owned() -> None:
    found = outcome(owned_base(), [file(SIX, python_metadata("six", "1.17.0"))])
    assert packages(found) == {"dpkg": ["python3-six 1.16.0-4"], "PyPI": ["six 1.17.0"]}


def test_an_upgrade_by_dpkg_in_a_later_layer_keeps_the_ownership() -> None:
    assert packages(outcome(owned_base(), owned_base())) == {"dpkg": ["python3-six 1.16.0-4"]}


@pytest.mark.parametrize(
    "change",
    [
        status(stanza("other")),
        status(stanza("python3-six", status="deinstall ok config-files"), stanza("other")),
        whiteout("var/lib/dpkg/info/python3-six.list"),
    ],
)
def test_metadata_whose_owner_is_gone_counts_for_itself(change: Member) -> None:
    found = packages(outcome(owned_base(), [change]))
    assert (found["PyPI"], found["npm"]) == (["six 1.16.0"], ["left-pad 1.3.0"])


def test_gaps_of_owned_files_and_links_are_the_debian_package_too() -> None:
    link = "usr/share/nodejs/a/node_modules/b"
    listed = f"/{SIX}\n/{link}\n"
    found = outcome(
        [
            RELEASE,
            status(stanza("a")),
            file("var/lib/dpkg/info/a:amd64.list", listed),
            file(SIX, "nothing"),
            symlink(link, "../../b"),
        ]
    )
    assert gaps(found) == ()


def test_owned_paths_lead_through_links_as_others_do() -> None:
    found = outcome(
        [directory("usr/lib"), symlink("lib", "usr/lib"), RELEASE],
        [
            status(stanza("a")),
            file("var/lib/dpkg/info/a.list", "/lib/x.egg-info\n"),
            file("usr/lib/x.egg-info", python_metadata("x", "1")),
        ],
    )
    assert packages(found) == {"dpkg": ["a 1.0-1"]}


def test_an_owned_path_behind_a_circle_of_links_owns_nothing() -> None:
    found = outcome([*owned_base(), symlink("usr", "lib"), symlink("lib", "usr")])
    assert packages(found)["dpkg"] == ["python3-six 1.16.0-4"]
    assert "npm" not in packages(found)


# --- gaps -------------------------------------------------------------------------------------------------------------


def test_an_empty_image_is_clean_and_has_no_distribution() -> None:
    assert outcome() == outcome([]) == outcome([file("bin/app")])
    assert outcome().inventory == Inventory(outcome().inventory.digest, None, (), ())
    assert outcome().provenance == ()


def test_a_debian_without_release_number_is_not_comparable() -> None:
    found = outcome([file("etc/os-release", os_release(version_id="")), status(stanza("a"))])
    assert [one.ecosystem for one in found.inventory.sets[0].packages] == ["Debian"]
    assert gaps(found) == (Gap(GapKind.RELEASE_UNKNOWN, "etc/os-release", "no release number: Debian"),)


@pytest.mark.parametrize("members", [[], [file("etc/os-release", "nothing")]])
def test_a_database_without_a_readable_os_release_is_of_unknown_release(members: list[Member]) -> None:
    found = outcome([*members, status(stanza("a"))])
    assert [one.ecosystem for one in found.inventory.sets[0].packages] == ["dpkg"]
    assert Gap(GapKind.RELEASE_UNKNOWN, "", "a dpkg database without an os-release file") in gaps(found)
    assert len(gaps(found)) == 1 + len(members)


def test_another_distribution_with_dpkg_is_not_judged() -> None:
    found = outcome([file("etc/os-release", os_release("kali", "2024.1")), status(stanza("a"))])
    assert [one.ecosystem for one in found.inventory.sets[0].packages] == ["kali:2024.1"]
    assert gaps(found) == (Gap(GapKind.DISTRIBUTION_UNSUPPORTED, "etc/os-release", "Kali (kali:2024.1)"),)


@pytest.mark.parametrize(
    ("layers", "path", "detail"),
    [
        ([[RELEASE]], "", "no package database"),
        ([[RELEASE, status(stanza("a"))], [whiteout(STATUS)]], "", "no package database"),
        ([[RELEASE, status(stanza("a"))], [opaque("var/lib/dpkg")]], "", "no package database"),
        ([[RELEASE, status(stanza("a"))], [file("var")]], "", "no package database"),
        ([[RELEASE, status()]], STATUS, "the package database lists no package"),
        ([[RELEASE, status(REMOVED)]], STATUS, "the package database lists no package"),
    ],
)  # fmt: skip
def test_a_distribution_without_packages_is_a_gap(layers: list[list[Member]], path: str, detail: str) -> None:
    assert gaps(outcome(*layers)) == (Gap(GapKind.PACKAGE_DATABASE_MISSING, path, detail),)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("usr/lib/opkg/status", "opkg"),
        ("var/lib/pacman/local/ALPM_DB_VERSION", "pacman"),
    ],
)
def test_a_database_that_is_not_read_is_never_clean(path: str, kind: str) -> None:
    gap = Gap(GapKind.PACKAGE_DATABASE_UNREAD, path, f"{kind} database: not read by this version")
    assert gaps(outcome([file(path, "P:musl\n")])) == (gap,)
    assert gaps(outcome([file(path, "P:musl\n"), RELEASE, status(stanza("a"))])) == (gap,)
    kali = outcome([file(path, "P:musl\n"), file("etc/os-release", os_release("kali", "2024.1"))])
    assert gaps(kali) == (Gap(GapKind.DISTRIBUTION_UNSUPPORTED, "etc/os-release", "Kali (kali:2024.1)"), gap)


@pytest.mark.parametrize(
    ("platform", "detail"),
    [
        (Platform("windows", "amd64"), "platform windows/amd64"),
        (Platform("freebsd", "arm64", "v8"), "platform freebsd/arm64/v8"),
        (Platform("", ""), "no platform told"),
    ],
)
def test_other_platforms_than_linux_are_a_gap(platform: Platform, detail: str) -> None:
    assert gaps(outcome([], platform=platform)) == (Gap(GapKind.PLATFORM_UNSUPPORTED, "", detail),)


@pytest.mark.parametrize(
    ("link", "target"),
    [
        (STATUS, "../../../data/status"),
        (STATUS, "status"),
        ("var", "data/var"),
        ("var/lib/dpkg", "/data/dpkg"),
        ("var/lib/dpkg/status.d", "x"),
        ("app/node_modules", "/opt/modules"),
        ("app/node_modules/a", "../../packages/a"),
        ("app/node_modules/@s", "../../packages"),
        ("app/node_modules/a/package.json", "../../store/1"),
        ("app/x.dist-info", "/srv/x"),
        ("app/x.dist-info/METADATA", "missing"),
        ("app/x.egg-info", "x.egg-info"),
        ("var/lib/rpm", "/data/rpm"),
    ],
)
def test_a_link_behind_which_wanted_files_may_lie_unread_is_a_gap(link: str, target: str) -> None:
    detail = f"a link to {target}, behind which nothing was read"
    assert gaps(outcome([symlink(link, target)])) == (Gap(GapKind.LINK_NOT_FOLLOWED, link, detail),)


def test_links_to_what_was_read_under_its_real_path_are_no_gaps() -> None:
    found = outcome(
        [
            symlink("app/node_modules/a", ".pnpm/a@1.0.0/node_modules/a"),
            file("app/node_modules/.pnpm/a@1.0.0/node_modules/a/package.json", package_json("a", "1.0.0")),
            symlink("web/node_modules", "../app/node_modules"),
            symlink("app/node_modules/.bin/a", "../a/cli"),
            symlink("srv/x.dist-info", "../opt/x.dist-info"),
            file("opt/x.dist-info/METADATA", python_metadata("x", "1")),
            symlink("run/x.dist-info/METADATA", "/opt/x.dist-info/METADATA"),
            symlink("usr/bin/tool", "missing"),
            symlink("var/lib/rpm", "../../usr/lib/sysimage/rpm"),
        ]
    )
    assert (packages(found), gaps(found)) == ({"PyPI": ["x 1"], "npm": ["a 1.0.0"]}, ())


def test_of_very_many_gaps_of_a_kind_the_first_are_kept_and_the_others_counted() -> None:
    members = [file(f"n{number:04}.egg-info", "") for number in range(1003)]
    found = gaps(outcome([*members, symlink("var", "x")]))
    assert found[0] == Gap(GapKind.LINK_NOT_FOLLOWED, "var", "a link to x, behind which nothing was read")
    assert found[1] == Gap(GapKind.PACKAGE_INCOMPLETE, "", "3 more of this kind")
    assert [gap.path for gap in found[2:]] == [f"n{number:04}.egg-info" for number in range(1000)]


def test_gaps_of_hidden_files_are_gone() -> None:
    assert gaps(outcome([file(LEFT_PAD, "{")], [whiteout("app")])) == ()
    assert gaps(outcome([symlink("var", "x")], [whiteout("var")])) == ()


# --- addresses --------------------------------------------------------------------------------------------------------


def test_the_digest_tells_inventories_apart_and_nothing_else_does() -> None:
    base = [RELEASE, status(stanza("a"))]
    found = [
        outcome(base),
        outcome([RELEASE, status(stanza("a", "2"))]),
        outcome([file("etc/os-release", os_release(pretty_name="Distroless")), status(stanza("a"))]),
        outcome([*base, file(LEFT_PAD, "{")]),
        outcome(),
    ]
    assert len({each.inventory.digest for each in found}) == len(found)
    assert outcome([RELEASE], [], [status(stanza("a"))]).inventory == found[0].inventory
    assert outcome(base, [file("usr/bin/x")]).inventory == found[0].inventory


def test_the_evidence_of_no_layer_is_an_empty_inventory() -> None:
    assert build_inventory([LayerEvidence()], LINUX) == build_inventory([], LINUX)
