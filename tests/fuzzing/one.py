"""One target under atheris: `python -m tests.fuzzing.one TARGET CORPUS [libFuzzer options]`. Ends its process."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["dogwatch", "packageurl", "cvss"]):
    from tests.fuzzing.targets import TARGETS


def main() -> None:
    """Hand the rest of the command line to libFuzzer."""
    name = sys.argv.pop(1)
    target = next(each for each in TARGETS if each.name == name)
    atheris.Setup(sys.argv, lambda content: target.parse(content) and None)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
