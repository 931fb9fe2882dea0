"""All extractors and program readers, and the fingerprint under which evidence is kept.

A test checks the tuples against the folders.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dogwatch.inventory.extractor import Extractor, LiesAnywhere, SpooledExtractor
from dogwatch.inventory.extractors import (
    apk_installed,
    bun_lock,
    cargo_lock,
    composer_installed,
    composer_lock,
    conda_meta,
    dotnet_dependencies,
    dpkg_ownership,
    dpkg_status,
    gem_specification,
    gemfile_lock,
    go_mod,
    go_toolchain,
    gradle_lock,
    java_archive,
    java_pom,
    java_release,
    known_applications,
    maven_project,
    mix_lock,
    npm_lock,
    npm_package,
    nuget_config,
    nuget_lock,
    nuget_project,
    os_release,
    pipfile_lock,
    pnpm_lock,
    pub_lock,
    python_egg,
    python_lock,
    python_metadata,
    python_requirements,
    rpm_database,
    rpm_manifest,
    swift_resolved,
    unread_database,
    yarn_lock,
)
from dogwatch.inventory.programs import go_build, known_programs, packed, rust_audit
from dogwatch.inventory.programs.reader import ProgramReader

AnyExtractor = Extractor | SpooledExtractor

EXTRACTORS: Final[tuple[AnyExtractor, ...]] = (
    os_release.EXTRACTOR,
    dpkg_status.EXTRACTOR,
    dpkg_ownership.EXTRACTOR,
    apk_installed.EXTRACTOR,
    rpm_database.EXTRACTOR,
    rpm_manifest.EXTRACTOR,
    python_metadata.EXTRACTOR,
    python_egg.EXTRACTOR,
    npm_package.EXTRACTOR,
    npm_lock.EXTRACTOR,
    yarn_lock.EXTRACTOR,
    pnpm_lock.EXTRACTOR,
    bun_lock.EXTRACTOR,
    python_lock.EXTRACTOR,
    pipfile_lock.EXTRACTOR,
    python_requirements.EXTRACTOR,
    gem_specification.EXTRACTOR,
    gemfile_lock.EXTRACTOR,
    composer_installed.EXTRACTOR,
    composer_lock.EXTRACTOR,
    conda_meta.EXTRACTOR,
    dotnet_dependencies.EXTRACTOR,
    nuget_lock.EXTRACTOR,
    nuget_config.EXTRACTOR,
    nuget_project.EXTRACTOR,
    cargo_lock.EXTRACTOR,
    go_mod.EXTRACTOR,
    go_toolchain.EXTRACTOR,
    pub_lock.EXTRACTOR,
    mix_lock.EXTRACTOR,
    swift_resolved.EXTRACTOR,
    gradle_lock.EXTRACTOR,
    maven_project.EXTRACTOR,
    java_archive.EXTRACTOR,
    java_pom.EXTRACTOR,
    java_release.EXTRACTOR,
    known_applications.EXTRACTOR,
    unread_database.EXTRACTOR,
)

# They look into programs, whatever their path.
PROGRAM_READERS: Final[tuple[ProgramReader, ...]] = (
    go_build.READER,
    rust_audit.READER,
    known_programs.READER,
    packed.READER,
)

# Raised when the same layer gives other evidence although no extractor changed: paths, links, limits, the encoding.
READER_VERSION: Final = 4

# Evidence is stored under (layer digest, this text): a better extractor makes old evidence count as not there.
FINGERPRINT: Final = ",".join(
    [
        f"reader={READER_VERSION}",
        *sorted(f"{each.name}={each.version}" for each in (*EXTRACTORS, *PROGRAM_READERS)),
    ]
)


# Looked up once: the next two functions run for every entry of every layer.
_Wants = tuple[tuple[Callable[[str], bool], AnyExtractor], ...]


def _asked_for(ending: str) -> _Wants:
    return tuple((each.wants, each) for each in EXTRACTORS if not each.endings or ending in each.endings)


_WANTS_ANY: Final = _asked_for("")
_WANTS: Final = {ending: _asked_for(ending) for each in EXTRACTORS for ending in each.endings}
_HOLDS: Final = tuple(extractor.holds for extractor in EXTRACTORS if not isinstance(extractor, LiesAnywhere))


def find_extractor(path: str) -> AnyExtractor | None:
    """Return the extractor that wants a file at this path, or None."""
    ending = path[max(path.rfind("."), path.rfind("/")) + 1 :]
    for wants, extractor in _WANTS.get(ending, _WANTS_ANY):
        if wants(path):
            return extractor
    return None


def may_hold_wanted_files(directory: str) -> bool:
    """Say whether any extractor wants files because they lie in this directory."""
    for holds in _HOLDS:  # noqa: SIM110 - a generator costs twice as much here
        if holds(directory):
            return True
    return False
