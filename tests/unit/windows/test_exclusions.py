from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.exclusions import Exclusion, ExclusionKind
from dogwatch.windows.exclusions import ExclusionList, read_pattern

PRINCIPAL, AGENT, ADDRESS = ExclusionKind.PRINCIPAL, ExclusionKind.USER_AGENT, ExclusionKind.ADDRESS


def entry(number: int, kind: ExclusionKind, pattern: str) -> Exclusion:
    return Exclusion(number, kind, read_pattern(kind, pattern), "", datetime(2026, 1, 1, tzinfo=UTC), "ann")


LIST = ExclusionList.of(
    [
        entry(1, PRINCIPAL, "robot$mirror*"),
        entry(2, AGENT, "Trivy/*"),
        entry(3, ADDRESS, "192.0.2.0/24"),
        entry(4, ADDRESS, "2001:db8::/32"),
        entry(5, PRINCIPAL, "arn:aws:iam::123456789012:role/ci/scanner"),
    ]
)


@pytest.mark.parametrize(
    ("principal", "agent", "address", "found"),
    [
        ("robot$mirror-nightly", "", "", 1),
        ("Robot$mirror", "", "", None),
        ("ci/scanner", "", "", 5),
        ("arn:aws:iam::123456789012:role/ci/scanner", "", "", 5),
        ("scanner", "", "", None),
        ("ann", "trivy/0.50 (linux)", "192.0.2.9:4711", 2),
        ("ann", "", "192.0.2.9:4711", 3),
        ("ann", "", "192.0.2.9", 3),
        ("ann", "", "::ffff:192.0.2.9", 3),
        ("ann", "", "[2001:db8::1%eth0]:4711", 4),
        ("ann", "", "2001:db8::1", 4),
        ("ann", "containerd/2", "198.51.100.1:1", None),
        ("", "", "", None),
        ("ann", "", "a host, nobody knows which:1", None),
        ("ann", "", "[" * 500, None),
    ],
)
def test_the_first_entry_that_an_event_meets(principal: str, agent: str, address: str, found: int | None) -> None:
    met = LIST.find(principal, agent, address)
    assert (met and met.id) == found


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        (PRINCIPAL, " ", "must be 1 to 300 characters"),
        (PRINCIPAL, "x" * 301, "must be 1 to 300 characters"),
        (AGENT, "a\x1b[31m", "characters that can be seen"),
        (AGENT, "**", "is everybody"),
        (ADDRESS, "192.0.2.7/24", "192.0.2.0/24 is the network it lies in"),
        (ADDRESS, "192.0.2", "is no network, such as 192.0.2.0/24"),
        (ADDRESS, "::/0", "is everybody"),
        (ADDRESS, "robot", "is no network"),
    ],
)
def test_a_pattern_that_cannot_be_used_says_why(kind: ExclusionKind, text: str, reason: str) -> None:
    with pytest.raises(InvalidRequestError, match=reason):
        read_pattern(kind, text)


def test_patterns_are_kept_in_their_usual_form() -> None:
    assert [read_pattern(ADDRESS, each) for each in (" 192.0.2.7 ", "2001:DB8:0::/32")] == [
        "192.0.2.7/32",
        "2001:db8::/32",
    ]
    assert read_pattern(PRINCIPAL, " ann ") == "ann"
