"""One OSV record: what is read, what is dropped, what refuses the record."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dogwatch.advisories.osv_document import parse_advisory
from dogwatch.matching import key_affected_ranges
from dogwatch.matching.ranges import UNREAD
from dogwatch.model.advisories import (
    Advisory,
    AffectedPackage,
    RangeEvent,
    RangeEventKind,
    SeverityFact,
    StatedRange,
)
from dogwatch.model.errors import MalformedAdvisoryError
from tests.builders.advisories import encode_record, osv_record

VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def parsed(record: dict[str, Any]) -> Advisory:
    return parse_advisory(encode_record(record))


def test_a_record_is_read_whole() -> None:
    record = osv_record(
        "GHSA-aaaa-bbbb-cccc",
        name="Flask",
        modified="2026-07-01T10:20:30.123456789Z",
        introduced="1.0",
        fixed="1.2",
        versions=["1.0", "1.1"],
        aliases=["CVE-2026-1", "CVE-2026-1"],
        severity=VECTOR,
        withdrawn="2026-07-02T00:00:00+02:00",
    ) | {
        "related": ["CVE-2026-2"],
        "upstream": ["CVE-2026-3"],
        "references": [{"type": "WEB", "url": "https://example.org/a"}, {"type": "WEB", "url": "javascript:alert(1)"}],
        "database_specific": {"severity": "HIGH", "cwe_ids": ["CWE-79", 5, "nonsense"], "more": [1]},
        "credits": [{"name": "somebody"}],
    }

    assert parsed(record) == Advisory(
        source="osv",
        id="GHSA-aaaa-bbbb-cccc",
        modified_at=datetime(2026, 7, 1, 10, 20, 30, 123456, UTC),
        published_at=datetime(2026, 1, 1, tzinfo=UTC),
        withdrawn_at=datetime(2026, 7, 1, 22, tzinfo=UTC),
        summary="Flaw in Flask",
        details="Details of GHSA-aaaa-bbbb-cccc.",
        aliases=("CVE-2026-1",),
        upstream=("CVE-2026-3",),
        related=("CVE-2026-2",),
        affected=(
            AffectedPackage(
                ecosystem="PyPI",
                name="Flask",
                ranges=(
                    StatedRange(
                        "ECOSYSTEM",
                        (RangeEvent(RangeEventKind.INTRODUCED, "1.0"), RangeEvent(RangeEventKind.FIXED, "1.2")),
                    ),
                ),
                versions=("1.0", "1.1"),
            ),
        ),
        severity=(SeverityFact("CVSS_V3", VECTOR), SeverityFact("TEXT", "HIGH")),
        references=("https://example.org/a",),
        cwes=("CWE-79",),
    )


def test_debians_urgency_is_a_text_fact_and_end_of_life_is_also_the_state() -> None:
    words = [
        parsed(osv_record("DEBIAN-CVE-1", ecosystem="Debian:12", urgency=urgency)).affected[0]
        for urgency in ("unimportant", "end-of-life", "")
    ]

    assert [(entry.ecosystem, entry.state, entry.severity) for entry in words] == [
        ("Debian:12", "", (SeverityFact("TEXT", "unimportant"),)),
        ("Debian:12", "end of life", (SeverityFact("TEXT", "end-of-life"),)),
        ("Debian:12", "", ()),
    ]


def test_git_ranges_and_entries_without_an_ecosystem_are_dropped_the_rest_is_kept() -> None:
    record = osv_record("A-1", range_type="GIT", versions=["1"])
    record["affected"].append({"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]})
    record["affected"].append({"package": {"name": "nobody's"}})
    record["affected"].append({"package": {"ecosystem": "Go", "name": "example.org/x"}})

    assert parsed(record).affected == (
        AffectedPackage("PyPI", "example", (), ("1",)),
        AffectedPackage("Go", "example.org/x"),
    )


def test_what_rustsec_calls_a_notice_affects_nothing_and_what_it_calls_unsound_does() -> None:
    record = osv_record("RUSTSEC-2026-0001", ecosystem="crates.io", name="example", range_type="SEMVER", fixed="2.0.0")
    (entry,) = record["affected"]
    record["affected"] = [
        entry | {"database_specific": {"informational": kind}} for kind in ("unmaintained", "notice", "unsound", None)
    ]
    plain = parsed(record | {"affected": [entry]}).affected
    assert parsed(record).affected == plain
    assert parsed(record | {"affected": record["affected"][:2]}).affected == ()


def test_both_ends_of_an_interval_in_one_event_are_two_events() -> None:
    record = osv_record("A-1")
    record["affected"][0]["ranges"][0]["events"] = [{"introduced": "0", "fixed": "2"}, {"limit": "*"}]

    assert parsed(record).affected[0].ranges[0].events == (
        RangeEvent(RangeEventKind.INTRODUCED, "0"),
        RangeEvent(RangeEventKind.FIXED, "2"),
        RangeEvent(RangeEventKind.LIMIT, "*"),
    )


def test_null_lists_and_missing_optional_fields_are_empty() -> None:
    bare = {"id": "A-1", "modified": "2026-01-01T00:00:00Z", "affected": None, "aliases": None, "severity": None}

    assert parsed(bare) == Advisory(
        source="osv",
        id="A-1",
        modified_at=datetime(2026, 1, 1, tzinfo=UTC),
        published_at=None,
        withdrawn_at=None,
        summary="",
        details="",
    )


def test_severities_of_other_kinds_are_words_and_incomplete_ones_are_left_out() -> None:
    severity = [{"type": "Ubuntu", "score": "medium"}, {"score": "low"}, {"type": "CVSS_V3"}]

    assert parsed(osv_record("A-1") | {"severity": severity}).severity == (
        SeverityFact("TEXT", "medium"),
        SeverityFact("TEXT", "low"),
    )


def test_prose_is_cut_and_cleaned_of_what_no_database_stores() -> None:
    advisory = parsed(osv_record("A-1") | {"summary": "s" * 2_000, "details": "a\0b"})

    assert advisory.summary == "s" * 999 + "…"
    assert advisory.details == "a\N{REPLACEMENT CHARACTER}b"


def test_a_publishers_own_fields_of_any_shape_do_not_refuse_a_record() -> None:
    record = osv_record("A-1") | {"database_specific": ["list"]}
    record["affected"][0]["ecosystem_specific"] = "text"

    assert parsed(record).id == "A-1"


def with_affected(**changed: object) -> dict[str, Any]:
    record = osv_record("A-1")
    record["affected"][0] |= changed
    return record


REFUSED: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "truncated"),
    ("cut off", encode_record(osv_record("A-1"))[:-20], "truncated"),
    ("a web page", b"<!doctype html>", "malformed"),
    ("not UTF-8", b'{"id":"A-1","modified":"2026-01-01T00:00:00Z","summary":"\xff"}', "utf-8"),
    ("half a surrogate pair", b'{"id":"A-1","modified":"2026-01-01T00:00:00Z","summary":"\\ud800"}', "truncated"),
    ("nested without end", b'{"x":' + b"[" * 100_000, "nested"),
    ("a list", b"[]", "Expected `object`"),
    ("no id", b'{"modified":"2026-01-01T00:00:00Z"}', "`id`"),
    ("an id with a path", encode_record(osv_record("../../etc/passwd")), "not a record id"),
    ("no modified time", b'{"id":"A-1"}', "`modified`"),
    ("a modified time without zone", encode_record(osv_record("A-1", modified="2026-01-01T00:00:00")), "not a time"),
    ("a withdrawn time that is none", encode_record(osv_record("A-1", withdrawn="yes")), "withdrawn is not a time"),
    ("affected of another type", encode_record(osv_record("A-1") | {"affected": {}}), "affected"),
    (
        "names without end",
        encode_record(osv_record("A-1", aliases=[f"CVE-2026-{number}" for number in range(5_001)])),
        "5001 aliases, more than 5000",
    ),
    (
        "holes without end",
        encode_record(osv_record("A-1") | {"affected": list(range(101))}),
        "more than 100 parts that cannot be read, the first of them: affected[0]: Expected `object`, got `int`",
    ),
]


@pytest.mark.parametrize(("content", "reason"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_decides_and_is_not_right_refuses_the_record(content: bytes, reason: str) -> None:
    with pytest.raises(MalformedAdvisoryError) as refused:
        parse_advisory(content, expected_id="A-1")

    assert reason in str(refused.value.fields["reason"])
    assert refused.value.fields["id"] == "A-1"


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"versions": [1.0]}, "Expected `str`, got `float` - at `$.versions[0]`"),
        ({"versions": ["1" * 1_025]}, f"version of 1025 characters, more than 1024: '{'1' * 80}'"),
        ({"ranges": "all"}, "Expected `array | null`, got `str` - at `$.ranges`"),
        ({"ranges": [{"type": "NEW"}]}, "an unknown kind of range: 'NEW'"),
        ({"ranges": [{"type": "SEMVER", "events": [{"repaired": "1"}]}]}, "a range event of an unknown kind"),
    ],
)
def test_an_entry_that_is_not_right_leaves_its_package_undetermined_and_costs_no_other(
    changed: dict[str, object], problem: str
) -> None:
    record = with_affected(**changed)
    record["affected"] += osv_record("A-1", name="other", fixed="2")["affected"]
    found = parsed(record)

    odd = AffectedPackage("PyPI", "example", problem=problem)
    assert (found.affected[0], [one.name for one in found.affected], found.unread) == (odd, ["example", "other"], ())
    assert [one.not_comparable for one in key_affected_ranges(found)] == [f"{UNREAD}: {problem}", ""]


@pytest.mark.parametrize(
    ("package", "problem"),
    [
        ({"ecosystem": "npm"}, "an affected package of 'npm' without a name"),
        ({"ecosystem": "npm", "name": "a\0"}, "package name with a zero character: 'a\\x00'"),
        ({"ecosystem": "npm", "name": "a" * 513}, f"package name of 513 characters, more than 512: '{'a' * 80}'"),
        ("npm", "Expected `object | null`, got `str` - at `$.package`"),
    ],
)
def test_an_entry_of_which_nobody_knows_the_package_is_told_by_its_place(package: object, problem: str) -> None:
    record = with_affected(package=package)
    record["affected"] += osv_record("A-1", name="other", fixed="2")["affected"]
    found = parsed(record)

    assert ([one.name for one in found.affected], found.unread) == (["other"], (f"affected[0]: {problem}",))


def test_a_record_listed_under_another_id_is_refused() -> None:
    with pytest.raises(MalformedAdvisoryError, match="it says it is A-1"):
        parse_advisory(encode_record(osv_record("A-1")), expected_id="B-2")


FIELDS = [
    "id",
    "modified",
    "affected",
    "package",
    "ecosystem",
    "name",
    "ranges",
    "type",
    "events",
    "versions",
    "introduced",
    "fixed",
    "severity",
    "score",
    "aliases",
    "references",
    "url",
    "database_specific",
    "urgency",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just("2026-01-01T00:00:00Z"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6),
    max_leaves=40,
)


@given(st.binary(max_size=400) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_give_an_advisory_or_a_refusal(content: bytes) -> None:
    try:
        assert isinstance(parse_advisory(content), Advisory)
    except MalformedAdvisoryError:
        return


@given(JSON)
def test_whatever_stands_among_the_entries_the_others_are_read_as_without_it(value: object) -> None:
    record = osv_record("A-1", fixed="2")
    good = parsed(record).affected
    record["affected"].append(value)

    assert parsed(record).affected[: len(good)] == good


@given(JSON, st.sampled_from(["affected", "severity", "references", "aliases", "database_specific", "withdrawn"]))
def test_any_value_of_a_field_gives_an_advisory_or_a_refusal(value: object, field: str) -> None:
    try:
        assert parsed(osv_record("A-1") | {field: value}).id == "A-1"
    except MalformedAdvisoryError:
        return
