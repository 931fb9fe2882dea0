"""`dogwatch scan` of a real image as a whole process, side by side with `syft` for the inventory."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from bench.apart import MEGABYTE
from bench.bed import Bed
from bench.bills import Named, compare, read_packages
from bench.commands import Ran, run_command
from bench.debian_image import DebianImage, debian_image
from bench.figures import Figure, Section
from bench.syft import VERSION, syft_binary

_ROUNDS = 3
_INCOMPLETE = (0, 5)  # advisories for something that was found are missing: told, and no failure of a measurement
_OWNED = (
    "A Python or npm package that a Debian package brought is that Debian package for us, whose advisories speak for "
    "it; `syft` lists it a second time."
)
_EXAMPLES = 3  # packages named for each type that only one of both finds


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
        Figure("ratio of the two, pair by pair", "×", _ratios(bare, others)),
        *_figures("`dogwatch scan`, whole", whole),
        Figure("the same again, its layer known", "s", tuple(one.seconds for one in again)),
    )
    remarks = tuple(_remarks(read_packages(ours_bill), read_packages(others_bill)))
    return Section("Scan an image", _describe(bed, image), figures, remarks)


def _scan(bed: Bed, database: str, image: DebianImage, bill: Path | None = None) -> Ran:
    output = ["--output", f"cyclonedx={bill}" if bill else f"json={bed.folder / 'report.json'}"]
    command = [sys.executable, "-m", "dogwatch.cli", "scan", f"oci:{image.folder}:{image.tag}", "--no-update", *output]
    return run_command(command, bed.environment(database), bed.folder, _INCOMPLETE)


def _scan_by_syft(bed: Bed, syft: Path, image: DebianImage, bill: Path) -> Ran:
    command = [str(syft), "scan", f"oci-dir:{image.folder}", "--quiet", "--output", f"cyclonedx-json={bill}"]
    offline = {"SYFT_CHECK_FOR_APP_UPDATE": "false", "HOME": str(bed.folder)}
    return run_command(command, {**bed.environment(""), **offline}, bed.folder)


def _figures(what: str, ran: list[Ran]) -> tuple[Figure, Figure]:
    return (
        Figure(what, "s", tuple(one.seconds for one in ran)),
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


def _remarks(ours: Named, others: Named) -> list[str]:
    """Say which packages each finds; several places of one package count once."""
    said = [f"Packages found: {len(ours):,} by `dogwatch scan`, {len(others):,} by `syft`."]
    for kind, (both, only_ours, only_others) in _in_words(compare(ours, others)).items():
        parts = [f"{both:,} by both"]
        parts += [f"{only_ours:,} by us alone ({_examples(ours - others, kind)})"] if only_ours else []
        parts += [f"{only_others:,} by `syft` alone ({_examples(others - ours, kind)})"] if only_others else []
        said.append(f"{kind}: {', '.join(parts)}.")
    return [*said, _OWNED]


def _in_words(counts: Mapping[str, tuple[int, int, int]]) -> Mapping[str, tuple[int, int, int]]:
    return {f"`{kind}`": numbers for kind, numbers in counts.items()}


def _examples(found: Named, kind: str) -> str:
    names = sorted(f"{name} {version}" for one, name, version in found if f"`{one}`" == kind)
    return ", ".join(names[:_EXAMPLES]) + (" …" if len(names) > _EXAMPLES else "")
