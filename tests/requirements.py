"""What a test needs beyond Python, as marks whose skip reason is the line that would enable the test.

Use them on a test (`@requires_program("skopeo")`) or a module (`pytestmark = requires_shared()`). Under CI=true a
skip is a failure (tests/skipping.py), so .ci/run installs every program that tests name.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

NO_SHARED_DATA = "real data: set DOGWATCH_SHARED to the folder that holds data/MANIFEST.md"


def requires_program(program: str, package: str | None = None) -> pytest.MarkDecorator:
    """Skips where a program is not on the PATH.

    Args:
        program: what is executed.
        package: the Debian package that brings it, where its name differs.
    """
    missing = shutil.which(program) is None
    return pytest.mark.skipif(missing, reason=f"apt-get install -y {package or program}")


def requires_shared() -> pytest.MarkDecorator:
    """Skips where no real data is at hand."""
    return pytest.mark.skipif(shared_data() is None, reason=NO_SHARED_DATA)


def shared_data() -> Path | None:
    """Returns the folder of real feeds and databases, or None where DOGWATCH_SHARED does not lead to one."""
    folder = os.environ.get("DOGWATCH_SHARED")
    if not folder:
        return None
    data = Path(folder) / "data"
    return data if (data / "MANIFEST.md").is_file() else None
