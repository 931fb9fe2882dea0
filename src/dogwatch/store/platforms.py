"""Distributions as the original names them."""

from __future__ import annotations

import re

_NOT_PART_OF_A_NAME = re.compile(r"[^A-Z0-9]+")


def platform_name(distribution: str | None, release: str | None) -> str:
    """Name a distribution: DEBIAN_12, UBUNTU_24_04; empty where it is not known."""
    parts = "_".join(part for part in (distribution, release) if part)
    return _NOT_PART_OF_A_NAME.sub("_", parts.upper()).strip("_")
