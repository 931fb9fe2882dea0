"""A bill that we wrote reads back as what was found, whatever its packages are called, and says what was not seen."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dogwatch.inventory.bills.documents import write_bill
from dogwatch.inventory.bills.reading import read_bill
from dogwatch.inventory.package_urls import write_package_url
from dogwatch.model.bills import BillFormat
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.judgements import Examined, PlacedPackage, Subject, SubjectKind
from dogwatch.model.packages import Package

NOW = datetime(2026, 7, 20, 12, tzinfo=UTC)
TOLD_BY_READING = {GapKind.SOURCE_PACKAGE_UNKNOWN, GapKind.DISTRIBUTION_UNSUPPORTED, GapKind.RELEASE_UNKNOWN}

keepable = st.text(min_size=1, max_size=20).filter(str.isprintable) | st.sampled_from(
    ["A_b.C", "@s/b", "@S/B", "a:b", "g.h:a", "1.0+dfsg-1~x", "1:2.3-4", "a%2Fb", "a b", "github.com/A/b/v2", "ä#?&="]
)
ecosystems = st.sampled_from(
    ["npm", "PyPI", "Go", "Maven", "NuGet", "Debian:12", "Ubuntu:22.04:LTS", "Alpine:v3.20", "amzn:2023", "dpkg"]
)  # fmt: skip
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
