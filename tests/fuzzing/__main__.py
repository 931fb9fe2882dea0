"""`./dev fuzz [TARGET…] [SECONDS]`: bend good input until a parser breaks; each target for so many seconds.

What was found interesting stays in `.fuzz/TARGET/` and is where the next run begins; input that broke something is
kept there as `crash-…`, `timeout-…` or `oom-…`. Such a file becomes a test.
"""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from tests.fuzzing.targets import TARGETS, Target

FOLDER = Path(".fuzz")
USUAL_SECONDS = 60
# Ten seconds for some KiB is a hang on any machine; parsers of small input that need a GiB would be killed in service.
LIMITS = ("-timeout=10", "-rss_limit_mb=1024", "-max_len=65536")


def main(arguments: list[str]) -> int:
    """Fuzz the targets of these names, or all; the exit code says whether something broke."""
    seconds = int(arguments.pop()) if arguments and arguments[-1].isdigit() else USUAL_SECONDS
    known = {target.name: target for target in TARGETS}
    if unknown := [name for name in arguments if name not in known]:
        print(f"no target is called {unknown[0]}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    broken = [name for name in arguments or known if not _fuzz(known[name], seconds)]
    print(f"broken: {', '.join(broken)}" if broken else "nothing broke")
    return 1 if broken else 0


def _fuzz(target: Target, seconds: int) -> bool:
    folder = FOLDER / target.name
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        (corpus / sha256(seed).hexdigest()[:16]).write_bytes(seed)
    command = [sys.executable, "-m", "tests.fuzzing.one", target.name, str(corpus), f"-max_total_time={seconds}"]
    with open(folder / "log", "wb") as log:
        done = subprocess.run([*command, f"-artifact_prefix={folder}/", *LIMITS], stdout=log, stderr=log, check=False)
    lines = (folder / "log").read_text(errors="replace").splitlines()
    last = next((line for line in reversed(lines) if line.startswith(("Done ", "#"))), "")
    print(f"{target.name:16} {'ok    ' if done.returncode == 0 else 'BROKEN'} {last}", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
