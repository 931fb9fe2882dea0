"""Measuring in a process of its own, so that its memory is that of one thing only.

`run_apart` starts `python -m bench.apart module function arguments`; the function's result comes back as JSON, with the
peak memory of the whole process.
"""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEGABYTE = 1_000_000
_LIMIT_SECONDS = 300.0
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


@dataclass(frozen=True, slots=True)
class Apart:
    """What a function returned, and the most memory its process had resident, program files included.

    Units:
        Megabytes (10^6 bytes).
    """

    result: Any
    peak_megabytes: float


def run_apart(module: str, function: str, *arguments: str) -> Apart:
    """Run a function in a fresh process and wait for it.

    Args:
        module: where the function stands; the process imports nothing else.
        function: its name; takes texts, returns what JSON can hold.
        arguments: the texts.

    Raises:
        RuntimeError: the process failed; with the end of what it said.
    """
    command = [sys.executable, "-m", "bench.apart", module, function, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_SECONDS, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{module}.{function} failed: {done.stderr[-2000:]}")
    answer = json.loads(done.stdout)
    return Apart(answer["result"], answer["peak_megabytes"])


def resident_peak_megabytes() -> float:
    """Return the most memory that this process had resident so far."""
    found = _PEAK.search(Path("/proc/self/status").read_text())
    assert found is not None  # Linux always writes it
    return int(found[1]) * 1024 / MEGABYTE


def _main() -> None:
    module, function, *arguments = sys.argv[1:]
    result = getattr(importlib.import_module(module), function)(*arguments)
    print(json.dumps({"result": result, "peak_megabytes": resident_peak_megabytes()}))


if __name__ == "__main__":
    _main()
