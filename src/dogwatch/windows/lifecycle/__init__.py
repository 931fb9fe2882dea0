"""Lifecycle rules, ECR's language whole: a policy's text → rules, and rules × images → what would go, and why.

Pure, like all of `windows`. Nothing here, and nobody who calls it, deletes anything.
"""

from __future__ import annotations

from dogwatch.windows.lifecycle.document import parse_policy
from dogwatch.windows.lifecycle.evaluation import evaluate
from dogwatch.windows.lifecycle.presets import PRESETS, preset_policy
from dogwatch.windows.lifecycle.protection import in_use_since
from dogwatch.windows.lifecycle.words import describe, tell

__all__ = ["PRESETS", "describe", "evaluate", "in_use_since", "parse_policy", "preset_policy", "tell"]
