"""The number code, byte for byte at its borders."""

from __future__ import annotations

import pytest

from dogwatch.versions.numbers import number_code


@pytest.mark.parametrize(
    ("digits", "code"),
    [
        ("0", "20"),
        ("000", "20"),
        ("7", "27"),
        ("007", "27"),
        ("191", "df"),
        ("0191", "df"),
        ("192", "e1c0"),
        ("255", "e1ff"),
        ("256", "e20100"),
        ("65535", "e2ffff"),
        ("65536", "e3010000"),
        ("9999999", "e398967f"),
        ("18446744073709551615", "e8" + "ff" * 8),
        ("18446744073709551616", "f00014" + b"18446744073709551616".hex()),
        ("99999999999999999999", "f00014" + b"99999999999999999999".hex()),
        ("100000000000000000000", "f00015" + b"100000000000000000000".hex()),
        ("0" * 600 + "5", "25"),
    ],
)
def test_a_number_has_its_code_byte_for_byte(digits: str, code: str) -> None:
    assert number_code(digits).hex() == code


def test_a_number_far_beyond_what_int_converts_still_has_a_code() -> None:
    assert number_code("9" * 60_000) == b"\xf0" + (60_000).to_bytes(2, "big") + b"9" * 60_000
