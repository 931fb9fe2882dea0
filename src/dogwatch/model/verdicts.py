"""The verdict: what one range, one advisory or all sources together say of one package version."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """The outcome for one package and one range, or for one package and one vulnerability."""

    AFFECTED = "affected"
    NOT_AFFECTED = "not affected"
    UNDETERMINED = "undetermined"
