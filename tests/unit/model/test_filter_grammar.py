"""The filter grammar: what it reads, what it means, and where it points when it does not understand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.filter_grammar import parse_filter
from dogwatch.model.filters import (
    FINDING_FIELDS,
    IMAGE_FIELDS,
    MAX_FILTER_CHARACTERS,
    MAX_FILTER_COMPARISONS,
    MAX_FILTER_DEPTH,
    MAX_PATTERN_STARS,
    SHARED_FIELDS,
    AllOf,
    AnyOf,
    Compared,
    Filter,
    Like,
    Not,
    OneOf,
    Order,
    filter_text,
    narrowed,
)
from dogwatch.model.matches import Severity
from tests.builders.filtering import filters, meets

READ = {
    "fix = yes": OneOf("fix", ("YES",)),
    "FIX = Yes": OneOf("fix", ("YES",)),
    'fix_state = "Will not fix"': OneOf("fix_state", ("will not fix",)),
    "severity in (critical, HIGH)": OneOf("severity", (Severity.CRITICAL, Severity.HIGH)),
    "severity >= high": Compared("severity", Order.AT_LEAST, Severity.HIGH),
    "score<7.5": Compared("score", Order.BELOW, Decimal("7.5")),
    "package ~ openssl*": Like("package", "openssl*"),
    "repository ~ 'shop/*'": Like("repository", "shop/*"),
    r'title = "a \"quoted\" \\ text"': OneOf("title", ('a "quoted" \\ text',)),
    'package = "a*"': OneOf("package", ("a*",)),
    "ecosystem=Debian:12": OneOf("ecosystem", ("Debian:12",)),
    "digest != sha256:00": Not(OneOf("digest", ("sha256:00",))),
    "registry not in (a, b)": Not(OneOf("registry", ("a", "b"))),
    "first_observed > 2026-10-01": Compared("first_observed_at", Order.ABOVE, datetime(2026, 10, 1, tzinfo=UTC)),
    "updated_at <= 2026-10-01T02:00:00+02:00": Compared("updated_at", Order.AT_MOST, datetime(2026, 10, 1, tzinfo=UTC)),
    "fix = yes or fix = no and not status = closed": AnyOf(
        (OneOf("fix", ("YES",)), AllOf((OneOf("fix", ("NO",)), Not(OneOf("status", ("CLOSED",))))))
    ),
    "(fix = yes or fix = no)\n AND NOT (status = closed)": AllOf(
        (AnyOf((OneOf("fix", ("YES",)), OneOf("fix", ("NO",)))), Not(OneOf("status", ("CLOSED",))))
    ),
}

REFUSED = {
    "": (0, "expected a field, not, or ("),
    "severty = high": (0, "there is no field severty; did you mean severity?"),
    "fix = yes severity = high": (10, "expected and, or, or the end"),
    "fix = yes and": (13, "expected a field, not, or ("),
    "fix = maybe": (6, "fix is one of yes, no, partial; not maybe"),
    "fix yes": (4, "expected one of = != in not in"),
    "fix ~ y*": (4, "fix is compared with one of =, !=, in, not in"),
    "first_observed = 2026-10-01": (15, "first_observed_at is compared with one of <, <=, >, >="),
    "updated_at > yesterday": (
        13,
        "a day such as 2026-03-03 or a time such as 2026-03-03T12:00:00Z is needed, not yesterday",
    ),
    "updated_at > 2026-02-30": (
        13,
        "a day such as 2026-03-03 or a time such as 2026-03-03T12:00:00Z is needed, not 2026-02-30",
    ),
    "score >= high": (9, "a number such as 7 or 7.5 is needed, not high"),
    "severity in critical": (12, "expected ( and a list of values"),
    "severity in (critical high)": (22, "expected , or ) for the ( at character 13"),
    "severity in ()": (13, "expected a value"),
    "package = and": (10, 'expected a value; in quotes "and" is one'),
    "package = openssl*": (
        10,
        '= and in take texts as they are; patterns stand behind ~, a real star in quotes: "openssl*"',
    ),
    "(fix = yes": (10, "expected ) for the ( at character 1"),
    "fix = yes)": (9, "expected and, or, or the end"),
    'package = "abc': (10, "a quote that does not end"),
    "package ! abc": (8, "not part of a filter"),
    "package = a\0": (11, "a character that cannot be printed"),
    "package = \ud800": (10, "a character that cannot be printed"),
}


@pytest.mark.parametrize("text", READ)
def test_a_filter_is_read(text: str) -> None:
    assert parse_filter(text, FINDING_FIELDS) == READ[text]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_filter_is_refused_at_its_place(text: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        parse_filter(text, FINDING_FIELDS)
    position, reason = REFUSED[text]
    assert refused.value.fields == {"field": "filter", "reason": reason, "text": text, "position": position}
    assert refused.value.message == f"filter, at character {position + 1}: {reason}"


def test_the_place_is_pointed_at() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        parse_filter("fix = yes\nand fix = maybe", FINDING_FIELDS)
    assert refused.value.pointer == ("fix = yes and fix = maybe", "                    ^")
    with pytest.raises(InvalidRequestError) as refused:
        parse_filter(f"{'(' * 20}{' ' * 100}fix = maybe", FINDING_FIELDS)
    shown, caret = refused.value.pointer
    assert shown[caret.index("^") :].startswith("maybe")
    assert InvalidRequestError("limit", "too large").pointer == ()


def test_a_field_of_another_list_is_no_field() -> None:
    assert parse_filter("status_code = inactive", IMAGE_FIELDS) == OneOf("status_code", ("INACTIVE",))
    with pytest.raises(InvalidRequestError, match="did you mean status"):
        parse_filter("status_code = inactive", FINDING_FIELDS)


@pytest.mark.parametrize(
    ("fits", "too_much"),
    [
        (f"package = {'a' * (MAX_FILTER_CHARACTERS - 10)}", f"package = {'a' * (MAX_FILTER_CHARACTERS - 9)}"),
        (f"{'not ' * MAX_FILTER_DEPTH}fix = yes", f"{'not ' * (MAX_FILTER_DEPTH + 1)}fix = yes"),
        (
            f"{'(' * MAX_FILTER_DEPTH}fix = yes{')' * MAX_FILTER_DEPTH}",
            f"{'(' * (MAX_FILTER_DEPTH + 1)}fix = yes{')' * (MAX_FILTER_DEPTH + 1)}",
        ),
        (
            " or ".join(["fix = yes"] * MAX_FILTER_COMPARISONS),
            " or ".join(["fix = yes"] * (MAX_FILTER_COMPARISONS + 1)),
        ),
        (f"package ~ a{'*' * MAX_PATTERN_STARS}", f"package ~ a{'*' * (MAX_PATTERN_STARS + 1)}"),
    ],
    ids=["characters", "nots", "parentheses", "comparisons", "stars"],
)
def test_limits_hold(fits: str, too_much: str) -> None:
    parse_filter(fits, FINDING_FIELDS)
    with pytest.raises(InvalidRequestError, match=r"more than|longer than"):
        parse_filter(too_much, FINDING_FIELDS)


@given(filters(FINDING_FIELDS))
def test_a_written_filter_reads_as_itself(asked: Filter) -> None:
    text = filter_text(asked)
    assert parse_filter(text, FINDING_FIELDS) == asked
    assert filter_text(parse_filter(text, FINDING_FIELDS)) == text


_pieces = st.sampled_from(
    [
        "and",
        "or",
        "not",
        "in",
        "(",
        ")",
        ",",
        "=",
        "~",
        "<=",
        "severity",
        "package",
        "high",
        '"',
        "'",
        "\\",
        " ",
        "2026",
    ]
)


@given(st.text() | st.lists(_pieces).map(" ".join) | st.lists(_pieces).map("".join))
def test_any_text_is_a_filter_or_is_refused_at_a_place(text: str) -> None:
    try:
        found = parse_filter(text, FINDING_FIELDS)
    except InvalidRequestError as refused:
        position = refused.fields["position"]
        assert isinstance(position, int)
        assert 0 <= position <= len(text)
    else:
        assert parse_filter(filter_text(found), FINDING_FIELDS) == found


_rows = st.fixed_dictionaries(
    {
        **{name: st.lists(st.sampled_from(["a", "b", "c"]), max_size=2) for name in ("repository", "tag", "package")},
        "fix": st.sampled_from([["YES"], ["NO"]]),
    }
)
_few = {name: FINDING_FIELDS[name] for name in ("repository", "tag", "package", "fix")}


@given(filters(_few, {name: ["a", "b"] for name in ("repository", "tag", "package")}), _rows)
def test_a_narrowed_filter_speaks_of_its_fields_and_holds_wherever_the_whole_one_does(
    asked: Filter, row: dict[str, list[str]]
) -> None:
    wider = narrowed(asked, SHARED_FIELDS)
    shared = {name: values for name, values in row.items() if name in SHARED_FIELDS}
    assert meets(wider, shared) or not meets(asked, row)
