from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dogwatch.registry.challenges import Challenge, Token, parse_challenges, parse_token, reading_scope


@pytest.mark.parametrize(
    ("headers", "challenges"),
    [
        (
            ['Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push"'],
            [
                Challenge(
                    "bearer",
                    (
                        ("realm", "https://auth.example/token"),
                        ("service", "registry.example"),
                        ("scope", "repository:a/b:pull,push"),
                    ),
                )
            ],
        ),
        (["Basic realm=plain"], [Challenge("basic", (("realm", "plain"),))]),
        (['BASIC Realm = "a \\"b\\" c"'], [Challenge("basic", (("realm", 'a "b" c'),))]),
        (["Negotiate"], [Challenge("negotiate")]),
        (
            ['Negotiate, Basic realm="x", Bearer realm="y"'],
            [Challenge("negotiate"), Challenge("basic", (("realm", "x"),)), Challenge("bearer", (("realm", "y"),))],
        ),
        (
            ["Basic realm=x", "Bearer realm=y"],
            [Challenge("basic", (("realm", "x"),)), Challenge("bearer", (("realm", "y"),))],
        ),
        (["", ",,", '="x"'], []),
    ],
)
def test_challenges_are_read_alone_and_together(headers: list[str], challenges: list[Challenge]) -> None:
    assert list(parse_challenges(headers)) == challenges


@given(st.lists(st.text()))
def test_any_header_is_read_or_left_out(headers: list[str]) -> None:
    for challenge in parse_challenges(headers):
        assert challenge.scheme == challenge.scheme.lower()


@pytest.mark.parametrize(
    ("offered", "scope"),
    [
        ("", "repository:a:pull"),
        ("repository:a:pull", "repository:a:pull"),
        ("repository:a:pull,push,delete", "repository:a:pull"),
        ("repository:a:*", "repository:a:pull"),
        ("repository:a:metadata_read", "repository:a:metadata_read"),
        ("registry:catalog:*", "registry:catalog:*"),
        ("repository:host:5000/a:pull repository:b:push", "repository:host:5000/a:pull"),
        ("nonsense", "repository:a:pull"),
        (":::", "repository:a:pull"),
    ],
)
def test_the_scope_asked_for_only_reads(offered: str, scope: str) -> None:
    assert reading_scope(offered, "repository:a:pull") == scope


@pytest.mark.parametrize(
    ("body", "token"),
    [
        (b'{"token":"abc","expires_in":300}', Token("abc", 300.0)),
        (b'{"access_token":"abc"}', Token("abc", 60.0)),
        (b'{"token":"abc","expires_in":1e9}', Token("abc", 3600.0)),
        (b'{"token":"abc","expires_in":-1}', Token("abc", 60.0)),
        (b'{"token":"abc","expires_in":"300"}', Token("abc", 60.0)),
        (b'{"token":"abc","expires_in":true}', Token("abc", 60.0)),
    ],
)
def test_a_token_is_read_with_a_life_that_we_believe(body: bytes, token: Token) -> None:
    assert parse_token(body) == token
