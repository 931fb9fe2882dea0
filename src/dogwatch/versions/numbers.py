"""The number code: digits of any length become bytes whose order is that of the numbers.

All schemes write numbers this way. Bytes below 20 are left for markers and FE for text, so a number stands above every
marker and below text.
"""

from __future__ import annotations

_ONE_BYTE = 0x20
_WITH_LENGTH = 0xE0
_DECIMAL = b"\xf0"

_ONE_BYTE_VALUES = 192
_BINARY_VALUES = 1 << 64
_BINARY_DIGITS = 20
"""2^64 has 20 digits. Longer texts are never given to int(): its time is quadratic, and it refuses beyond 4,300."""

_SHORT = {str(value): bytes((_ONE_BYTE + value,)) for value in range(_ONE_BYTE_VALUES)}

ZERO = _SHORT["0"]


def number_code(digits: str) -> bytes:
    """Return the order-preserving code of a decimal number.

    Args:
        digits: ASCII digits, at least one, at most 65,535 without leading zeros; leading zeros do not count.

    Returns:
        0 to 191: one byte, 20 + value. Up to 2^64 - 1: E0 + n and the value in n big-endian bytes. From 2^64:
        F0, two bytes with the count of digits, and the digits in ASCII.
    """
    short = _SHORT.get(digits)
    if short is not None:
        return short
    digits = digits.lstrip("0")
    if len(digits) <= _BINARY_DIGITS:
        value = int(digits or "0")
        if value < _ONE_BYTE_VALUES:
            return bytes((_ONE_BYTE + value,))
        if value < _BINARY_VALUES:
            length = (value.bit_length() + 7) // 8
            return bytes((_WITH_LENGTH + length,)) + value.to_bytes(length, "big")
    return _DECIMAL + len(digits).to_bytes(2, "big") + digits.encode("ascii")
