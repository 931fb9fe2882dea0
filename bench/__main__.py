"""The program: `python -m bench [--images N] [NAME…]`, from the project's folder. `./dev bench` calls it.

Without names all subjects are measured and the page is written; with names their parts are printed and the page stays:
all that stands on it comes from one run.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import traceback
from datetime import timedelta
from pathlib import Path

from bench.bed import IMAGES, Bed, find_shared, open_bed
from bench.catalogue import SUBJECTS, Subject
from bench.figures import Section
from bench.machine import busy_processors, describe_machine, load_average
from bench.page import Measured, Run, render_page, render_section
from dogwatch.store.clock import machine_now

HOME = Path(__file__).resolve().parent.parent
PAGE = HOME / "docs" / "benchmarks.md"


def main() -> None:
    """Measure what was asked for."""
    names = [subject.name for subject in SUBJECTS]
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measure, and write docs/benchmarks.md.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"measure only these, and print: {', '.join(names)}")
    parser.add_argument("--images", type=int, default=IMAGES, metavar="N", help="of the large databases (%(default)s)")
    given = parser.parse_args()
    asked = given.names
    if unknown := set(asked) - set(names):
        parser.error(f"no such subject: {', '.join(sorted(unknown))}")
    chosen = [subject for subject in SUBJECTS if not asked or subject.name in asked]
    run = _measure_all(chosen, given.images)
    if asked:
        print("\n".join(render_section(each) for each in run.measured))
    else:
        PAGE.write_text(render_page(run), encoding="utf-8")
        _say(f"{PAGE.relative_to(HOME)} is written")
    if failed := [each.name for each in run.measured if not each.section.figures]:
        sys.exit(f"bench: not measured: {', '.join(failed)}")


def _measure_all(subjects: list[Subject], images: int) -> Run:
    load_before, begun = load_average(), time.monotonic()
    with open_bed(find_shared(), images) as bed:
        machine = describe_machine(bed.server)
        measured = tuple(_measure(bed, subject) for subject in subjects)
    took = time.monotonic() - begun
    return Run(
        machine_now() - timedelta(seconds=took), took, _revision(), machine, load_before, load_average(), measured
    )


def _measure(bed: Bed, subject: Subject) -> Measured:
    _say(f"{subject.name} …")
    others, begun = busy_processors(), time.monotonic()
    try:
        section = subject.measure(bed)
    except Exception as error:  # one subject of many: the others are measured, and the page says that this one is not
        traceback.print_exc()
        section = Section(subject.name, f"Not measured in this run: {type(error).__name__}.", ())
    return Measured(subject.name, section, others, time.monotonic() - begun)


def _revision() -> str:
    """Name the code that was measured, as far as version control can."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
