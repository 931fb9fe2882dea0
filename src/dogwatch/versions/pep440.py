"""The order of Python package versions, as PEP 440 defines it.

Here: epoch, release, pre-release, post-release, development release and local version to a key, each self-delimiting.
"""

from __future__ import annotations

import re
from typing import Final

from dogwatch.versions.numbers import ZERO, number_code
from dogwatch.versions.scheme import refusal, trimmed

_GRAMMAR = re.compile(
    r"""v?
    (?:([0-9]+)!)?                                                      # 1 epoch
    ([0-9]+(?:\.[0-9]+)*)                                               # 2 release
    (?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?([0-9]*))?          # 3, 4 pre-release and its number
    (?:-([0-9]+)|[-_.]?(post|rev|r)[-_.]?([0-9]*))?                     # 5 implicit post; 6, 7 post and its number
    (?:[-_.]?(dev)[-_.]?([0-9]*))?                                      # 8, 9 development release and its number
    (?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?                               # 10 local version
    """,
    re.VERBOSE,
)
_PLAIN_RELEASE = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_LOCAL_SEPARATOR = re.compile(r"[-_.]")

_RELEASE_END = b"\x01"
_DEV_ONLY = b"\x02"
_PRE = {"a": b"\x03", "alpha": b"\x03", "b": b"\x04", "beta": b"\x04"}
_CANDIDATE = b"\x05"
_NO_PRE = b"\x06"
_NO_POST = b"\x02"
_POST = b"\x03"
_DEV = b"\x02"
_NO_DEV = b"\x03"
_NO_LOCAL = b"\x01"
_LOCAL = b"\x02"
_LOCAL_TEXT = b"\x03"
_LOCAL_END = b"\x01"

_NO_SUFFIX = _RELEASE_END + _NO_PRE + _NO_POST + _NO_DEV + _NO_LOCAL


def _release(text: str) -> bytes:
    """Code the release numbers; zeros at its end do not count."""
    codes = [number_code(digits) for digits in text.split(".")]
    while codes and codes[-1] == ZERO:
        codes.pop()
    return b"".join(codes)


def _local(text: str) -> bytes:
    """Code the parts of a local version: text below number, fewer parts first."""
    parts = [
        number_code(part) if part.isdigit() else _LOCAL_TEXT + part.encode("ascii") + b"\x01"
        for part in _LOCAL_SEPARATOR.split(text)
    ]
    return _LOCAL + b"".join(parts) + _LOCAL_END


class Pep440Scheme:
    """PyPI.

    Source:
        PEP 440 and the version specifiers specification of the Python Packaging User Guide; packaging 26.
    """

    name: Final = "pep440"
    number: Final = 1

    def sort_key(self, text: str) -> bytes | None:
        """Return the key of a Python version in any spelling PEP 440 normalises; None for what it does not know."""
        text = trimmed(text)
        if refusal(text) is not None or not text.isascii():
            return None
        if _PLAIN_RELEASE.fullmatch(text):
            return ZERO + _release(text) + _NO_SUFFIX
        parsed = _GRAMMAR.fullmatch(text.lower())
        if parsed is None:
            return None
        epoch, release, pre, pre_number, implicit_post, post, post_number, dev, dev_number, local = parsed.groups()
        is_post = implicit_post is not None or post is not None
        key = number_code(epoch or "0") + _release(release) + _RELEASE_END
        if pre is not None:
            key += _PRE.get(pre, _CANDIDATE) + number_code(pre_number or "0")
        else:
            key += _DEV_ONLY if dev is not None and not is_post else _NO_PRE
        key += _POST + number_code(implicit_post or post_number or "0") if is_post else _NO_POST
        key += _DEV + number_code(dev_number or "0") if dev is not None else _NO_DEV
        return key + (_local(local) if local is not None else _NO_LOCAL)
