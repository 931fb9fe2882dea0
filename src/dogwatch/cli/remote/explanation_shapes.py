"""Explanations as /api/v1 tells of them: the values themselves."""

from __future__ import annotations

from datetime import datetime

import msgspec

from dogwatch.model.explanations import Explanation


class Explanations(msgspec.Struct):
    """What was asked to be explained."""

    at: datetime
    explanations: tuple[Explanation, ...]
