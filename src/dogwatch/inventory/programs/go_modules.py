"""The module text of a Go program → packages: main module, dependencies, replacements, and the toolchain itself.

Text only; `go_build` finds it in a program.
"""

from __future__ import annotations

import re
from typing import Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.naming import is_keepable, show, too_many_entries
from dogwatch.inventory.programs.go_linker import find_main_version
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Package
from dogwatch.versions import go_release_version

ECOSYSTEM: Final = "Go"
STANDARD_LIBRARY: Final = "stdlib"
# Built from a folder, not from a release that Go fetched; the last where it holds no tag of a release.
_NOT_RELEASED: Final = re.compile(r"|\(devel\)|v0\.0\.0-.*")
# The package that a program was built from; Go's own programs (`cmd/go`) have no host in front.
_PACKAGE: Final = re.compile(r"^path\t([^\t\n/]{1,256}\.[^\t\n/]{1,256}/[^\t\n]{1,512})$", re.MULTILINE)
_LINKER_FLAGS: Final = "\nbuild\t-ldflags="


def read_modules(path: str, toolchain: str, text: str, limits: Limits) -> Extraction:
    """Return the packages that a program says it was built from.

    What is no release of Go (`devel …`) stays as it is, and cannot be compared. A module that another one replaced is
    listed as the other one. Where a folder replaced it, nobody knows which version that is: a gap. A main module that
    Go knows no version of has the one that its build gave to the linker, if it did. Of a program that was built without
    modules only the toolchain is told: a gap.

    Args:
        path: of the program.
        toolchain: as the program says it (`go1.22.3`).
        text: lines of fields with tabs between: `mod`, `dep` and `=>` with path, version, sum; `build` with a setting.
        limits: caps on names and versions, and on entries.

    Source:
        Go 1.26, package runtime/debug, BuildInfo.
    """
    modules: list[tuple[str, str]] = [(STANDARD_LIBRARY, go_release_version(toolchain) or toolchain)]
    replaced: list[str] = []
    for line in text.split("\n"):
        kind, *fields = line.split("\t")
        if kind not in ("mod", "dep", "=>") or not fields:
            continue
        name, version = fields[0], fields[1] if len(fields) > 1 else ""
        if kind == "mod" and _NOT_RELEASED.fullmatch(version):
            version = find_main_version(name, text.partition(_LINKER_FLAGS)[2].partition("\n")[0]) or version
        if kind == "=>" and len(modules) > 1:
            original = modules.pop()
            if name.startswith((".", "/")) or not version:
                replaced.append(original[0])
                continue
        modules.append((name, version))
        if len(modules) + len(replaced) > limits.file_entries:
            return Extraction(gaps=(too_many_entries(path, limits),))
    packages = {Package(ECOSYSTEM, *one) for one in modules if all(is_keepable(text, limits) for text in one)}
    gaps = []
    if unusable := len({*modules}) - len(packages):
        gaps.append(Gap(GapKind.PACKAGE_INCOMPLETE, path, f"{unusable} Go modules without a usable name and version"))
    if len(modules) == 1 and not replaced and (package := _PACKAGE.search(text)) is not None:
        detail = f"built without modules: neither {show(package[1])} nor what it uses tells a version"
        gaps.append(Gap(GapKind.PACKAGE_INCOMPLETE, path, detail))
    if replaced:
        detail = f"{len(replaced)} Go modules replaced by folders, of no version that is told: {show(replaced[0])}"
        gaps.append(Gap(GapKind.PACKAGE_INCOMPLETE, path, detail if len(replaced) == 1 else f"{detail} and others"))
    return Extraction(packages=tuple(sorted(packages)), gaps=tuple(sorted(gaps)))
