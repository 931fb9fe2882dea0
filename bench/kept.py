"""What is slow to make is kept among temporary files, outside the repository, for the next run."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def kept_folder(name: str, kind: int | str) -> Path:
    """Return a folder of our own that outlives the run.

    Args:
        name: of the thing.
        kind: differs when the thing is made otherwise: one that was kept is then made anew.

    Raises:
        PermissionError: somebody else made a folder of that name.
    """
    folder = Path(tempfile.gettempdir()) / f"dogwatch-bench-{name}-{os.getuid()}-{kind}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    return folder
