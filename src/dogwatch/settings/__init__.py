"""What the operator decides, read once at the start: flag, then environment, then TOML file, then default.

The one place that reads the process's environment. Called by `app` and `cli`; no other room imports it, values are
handed on.
"""

from dogwatch.settings.loading import AFAR, load_settings, process_environment
from dogwatch.settings.secrets import mask_secrets
from dogwatch.settings.table import SETTINGS, Setting, effective
from dogwatch.settings.values import NO_MIRROR, Demo, Settings

__all__ = [
    "AFAR",
    "NO_MIRROR",
    "SETTINGS",
    "Demo",
    "Setting",
    "Settings",
    "effective",
    "load_settings",
    "mask_secrets",
    "process_environment",
]
