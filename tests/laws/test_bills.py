"""A bill that we wrote reads back as what was found, whatever its packages are called, and says what was not seen.

What is found and what bills name are put together without loss: nothing that was found changes, and nothing is twice.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dogwatch.inventory.bills.documents import write_bill
from dogwatch.inventory.bills.merging import hear_bills, merge_attachments
from dogwatch.inventory.bills.reading import read_bill
from dogwatch.inventory.package_urls import write_package_url
from dogwatch.model.bills import AttachedBill, Attachments, BillFormat
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.judgements import Examined, PlacedPackage, Subject, SubjectKind
from dogwatch.model.packages import Package
from dogwatch.versions import normalise_name

NOW = datetime(2026, 7, 20, 12, tzinfo=UTC)
TOLD_BY_READING = {GapKind.SOURCE_PACKAGE_UNKNOWN, GapKind.DISTRIBUTION_UNSUPPORTED, GapKind.RELEASE_UNKNOWN}

keepable = st.text(min_size=1, max_size=20).filter(str.isprintable) | st.sampled_from(
    ["A_b.C", "@s/b", "@S/B", "a:b", "g.h:a", "1.0+dfsg-1~x", "1:2.3-4", "a%2Fb", "a b", "github.com/A/b/v2", "ä#?&="]
)
ecosystems = st.sampled_from(
    [
        *("npm", "PyPI", "Go", "Maven", "NuGet", "Debian:12", "Ubuntu:22.04:LTS", "Alpine:v3.20", "AlmaLinux:9"),
        *("amzn:2023", "dpkg"),
    ]
)
packages = st.builds(Package, ecosystems, keepable, keepable) | st.builds(
    Package,
    ecosystems,
    keepable,
    keepable,
    st.just("") | keepable,
    keepable,
    keepable,
    st.sampled_from(["", "nodejs:18"]),
    st.sampled_from(["", "Somebody & Sons"]),
)
gaps = st.builds(Gap, st.sampled_from(list(GapKind)), st.just(""), keepable)


def bill_of(found: set[Package], gaps: set[Gap]) -> Examined:
    subject = Subject(SubjectKind.IMAGE, "registry.example/shop/web", "sha256:" + "a" * 64, "linux/amd64")
    placed = tuple(PlacedPackage(one, write_package_url(one)) for one in sorted(found))
    return Examined(subject, placed, tuple(sorted(gaps)))


@pytest.mark.parametrize("form", BillFormat)
@example({Package("npm", " ", "0"), Package("npm", "0", "0")}, set())
@given(st.sets(packages, max_size=5), st.sets(gaps, max_size=3))
def test_what_was_written_is_what_is_read(form: BillFormat, found: set[Package], gaps: set[Gap]) -> None:
    text = write_bill(bill_of(found, gaps), form, NOW, "1.2.3")
    read = read_bill(text.encode(), "a bill")
    assert read.packages == tuple(sorted(found))
    assert gaps <= set(read.gaps)
    assert {gap.kind for gap in set(read.gaps) - gaps} <= TOLD_BY_READING


few = st.sampled_from(
    [
        *(Package("PyPI", name, version) for name in ("Odd_Name", "odd-name", "flask") for version in ("1", "2")),
        *(Package("Debian:12", "b", "2-1", arch, source, "2-1") for arch in ("", "amd64") for source in ("b", "src")),
        Package("npm", "@s/b", "1.0.0"),
    ]
)


@given(st.sets(few), st.lists(st.sets(few, min_size=1), max_size=3))
def test_bills_add_what_was_not_found_and_change_nothing_else(found: set[Package], listed: list[set[Package]]) -> None:
    examined = bill_of(found, set())
    bills = tuple(
        AttachedBill(
            str(number), "a referrer", write_bill(bill_of(one, set()), BillFormat.CYCLONEDX, NOW, "1").encode()
        )
        for number, one in enumerate(listed)
    )
    heard = hear_bills(found, examined.subject.digest, Attachments(bills))
    named = {package: set(places) for package, places in heard.named}
    only = set(heard.only)
    assert only == named.keys() - found
    for number, one in enumerate(listed):
        # Where names that advisories take for one are spelled in several ways, one of them stands for all.
        missing = {package for package in one if f"sbom:{number}" not in named.get(package, ())}
        assert {_alike(package) for package in missing} <= {_alike(package) for package in named}
    assert not {_alike(package) for package in only} & {_alike(package) for package in found}
    merged = merge_attachments(examined, Attachments(bills))
    assert {one.package for one in merged.packages} == found | only
    assert {one.package: {place.paths[0] for place in one.places} for one in merged.packages if one.places} == named


def _alike(package: Package) -> tuple[str, str, str]:
    return package.ecosystem, normalise_name(package.ecosystem, package.name), package.version
