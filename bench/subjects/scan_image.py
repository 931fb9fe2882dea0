"""`dogwatch scan` of a real image as a whole process, side by side with `syft` for the inventory."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.apart import MEGABYTE
from bench.bed import Bed
from bench.bills import Named, compare, read_packages, why_alone
from bench.commands import Ran, run_command
from bench.debian_image import DebianImage, debian_image, owned_paths
from bench.figures import Figure, Section
from bench.syft import VERSION, syft_binary

_ROUNDS = 3
_INCOMPLETE = (0, 5)  # advisories for something that was found are missing: told, and no failure of a measurement
_EXAMPLES = 3  # packages named for each kind of difference


def measure(bed: Bed) -> Section:
    """Scan in turns: ours without advisories, syft, ours with advisories on a fresh database, ours again."""
    image, syft = debian_image(), syft_binary()
    for blob in Path(image.folder, "blobs", "sha256").iterdir():
        blob.read_bytes()  # from here on the files are in the system's cache
    bare, others, whole, again = [], [], [], []
    ours_bill, others_bill = bed.folder / "ours.cdx.json", bed.folder / "syft.cdx.json"
    for _ in range(_ROUNDS):
        bare.append(_scan(bed, bed.copy(bed.empty, "scan"), image, ours_bill))
        others.append(_scan_by_syft(bed, syft, image, others_bill))
        database = bed.copy(bed.imported, "scan")
        whole.append(_scan(bed, database, image))
        again.append(_scan(bed, database, image))
    figures = (
        *_figures("`dogwatch scan`, inventory alone", bare),
        *_figures(f"`syft` {VERSION}", others),
        Figure("ratio of the two, pair by pair", "×", _ratios(bare, others), "≤ 0.125"),
        Figure(
            "the same, in processor time",
            "×",
            tuple(one.processor_seconds / other.processor_seconds for one, other in zip(bare, others, strict=True)),
            "≤ 0.125",
        ),
        *_figures("`dogwatch scan`, whole", whole),
        Figure("the same again, its layer known", "s", tuple(one.seconds for one in again)),
    )
    remarks = tuple(_remarks(image, ours_bill, others_bill))
    return Section("Scan an image", _describe(bed, image), figures, remarks)


def _scan(bed: Bed, database: str, image: DebianImage, bill: Path | None = None) -> Ran:
    output = ["--output", f"cyclonedx={bill}" if bill else f"json={bed.folder / 'report.json'}"]
    command = [sys.executable, "-m", "dogwatch.cli", "scan", f"oci:{image.folder}:{image.tag}", "--no-update", *output]
    return run_command(command, bed.environment(database), bed.folder, _INCOMPLETE)


def _scan_by_syft(bed: Bed, syft: Path, image: DebianImage, bill: Path) -> Ran:
    command = [str(syft), "scan", f"oci-dir:{image.folder}", "--quiet", "--output", f"cyclonedx-json={bill}"]
    offline = {"SYFT_CHECK_FOR_APP_UPDATE": "false", "HOME": str(bed.folder)}
    return run_command(command, {**bed.environment(""), **offline}, bed.folder)


def _figures(what: str, ran: list[Ran]) -> tuple[Figure, ...]:
    return (
        Figure(what, "s", tuple(one.seconds for one in ran)),
        Figure(f"{what}: processor time", "s", tuple(one.processor_seconds for one in ran)),
        Figure(f"{what}: peak memory", "MB", tuple(one.peak_megabytes for one in ran)),
    )


def _ratios(ours: list[Ran], others: list[Ran]) -> tuple[float, ...]:
    return tuple(one.seconds / other.seconds for one, other in zip(ours, others, strict=True))


def _describe(bed: Bed, image: DebianImage) -> str:
    return (
        f"A Debian 12 with Node and a Java runtime (`bench/debian_image.py`) as an OCI layout: one layer, "
        f"{image.compressed_bytes / MEGABYTE:.0f} MB compressed, {image.unpacked_bytes / MEGABYTE:.0f} MB unpacked, in "
        "the system's cache. Each is a process from its start to its end, writing one file; memory is that of the "
        "process and its children together. Inventory alone means a database without advisories; whole, "
        f"{bed.feeds_in_words}. The database server runs already; every round begins with a database that knows no "
        "layer, unless it says so."
    )


def _remarks(image: DebianImage, ours: Path, others: Path) -> list[str]:
    """Say which packages each finds, and why the other does not; several places of one package count once."""
    our_places, other_places = read_packages(ours), read_packages(others)
    said = [f"Packages found: {len(our_places):,} by `dogwatch scan`, {len(other_places):,} by `syft`."]
    owned = owned_paths(image)
    for kind, (both, only_ours, only_others) in compare(frozenset(our_places), frozenset(other_places)).items():
        parts = [f"{both:,} by both"]
        parts += [f"{len(only_ours):,} by us alone ({_examples(only_ours)})"] if only_ours else []
        reasons = why_alone(only_others, other_places, owned)
        parts += [f"{len(names):,} by `syft` alone: {reason} ({_examples(names)})" for reason, names in reasons.items()]
        said.append(f"`{kind}`: {'; '.join(parts)}.")
    return said


def _examples(found: Named) -> str:
    names = sorted(f"{name} {version}".strip() for _, name, version in found)
    return ", ".join(names[:_EXAMPLES]) + (" …" if len(names) > _EXAMPLES else "")
