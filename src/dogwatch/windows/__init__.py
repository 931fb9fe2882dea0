"""Windows: whether an image is watched, until when, and why; what an event does to its monitoring.

Pure: clocks, settings and the present are arguments. The store does the same in SQL for many images at once; a law ties
the two together.
"""

from __future__ import annotations

from dogwatch.windows.explanation import explain
from dogwatch.windows.grid import Tally, WindowSteps, watched_grid
from dogwatch.windows.inheritance import changed_override, inherit, refuse_inherited
from dogwatch.windows.patterns import is_named, specificity
from dogwatch.windows.settings import changed_setting, default_setting
from dogwatch.windows.steps import NEVER_ARCHIVED, Archive, Ending, Happening, Standing, Step, merge_clocks, plan_step
from dogwatch.windows.watching import end_of_window, last_activity, watch
from dogwatch.windows.what_if import WindowKind, WindowPlan, earliest_inside

__all__ = [
    "NEVER_ARCHIVED",
    "Archive",
    "Ending",
    "Happening",
    "Standing",
    "Step",
    "Tally",
    "WindowKind",
    "WindowPlan",
    "WindowSteps",
    "changed_override",
    "changed_setting",
    "default_setting",
    "earliest_inside",
    "end_of_window",
    "explain",
    "inherit",
    "is_named",
    "last_activity",
    "merge_clocks",
    "plan_step",
    "refuse_inherited",
    "specificity",
    "watch",
    "watched_grid",
]
