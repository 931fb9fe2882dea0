"""Start a guardian and wait for its word. Called by `server`, which holds the start lock."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from dogwatch.model.errors import ConfigError, DogwatchError, StoreUnavailableError
from dogwatch.store.embedded.layout import Layout

_GUARDIAN = "dogwatch.store.embedded.guardian"
_WORD_BYTES = 65536  # one line of JSON, with a few quoted lines of a log


def launch_guardian(layout: Layout, guardian_lock: int) -> None:
    """Start the guardian, hand it its lock, and wait until the server is ready, however long its recovery takes.

    Args:
        layout: where.
        guardian_lock: descriptor of the held guardian lock; the guardian inherits it, the caller closes its own.

    Raises:
        ConfigError: the operator has to act.
        StoreUnavailableError: the server cannot be started; with its own words.
    """
    # -P and absolute paths only: root must not import from a folder that the server user may write to.
    paths = os.pathsep.join(path for path in sys.path if os.path.isabs(path))
    command = [sys.executable, "-P", "-m", _GUARDIAN, str(layout.folder), str(guardian_lock)]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": paths, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            cwd="/",
            pass_fds=(guardian_lock,),
            start_new_session=True,  # Ctrl-C at the user's terminal is not for the server
        )
    except OSError as error:
        raise StoreUnavailableError(f"cannot start {sys.executable}: {error}") from error
    with process:
        assert process.stdout is not None
        line = process.stdout.readline(_WORD_BYTES)
    if (failure := _parse_failure(line)) is not None:
        raise failure


def _parse_failure(line: bytes) -> DogwatchError | None:
    try:
        words = json.loads(line)
    except ValueError:
        return StoreUnavailableError("the guardian of the embedded server ended without a word")
    match words:
        case {"ready": int()}:
            return None
        case {"error": "ConfigError", "setting": str(setting), "reason": str(reason)}:
            return ConfigError(setting, reason)
        case _:
            return StoreUnavailableError(str(words.get("reason", words)))
