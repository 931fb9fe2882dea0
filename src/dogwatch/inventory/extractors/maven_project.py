"""Projects of Maven: the dependencies that they name with a version."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile
from dogwatch.inventory.naming import show
from dogwatch.inventory.xml_tags import Tag, cut, read_tags, read_xml
from dogwatch.model.gaps import Gap, GapKind

# Where dependencies stand that are not those of the program: managed ones, plug-ins', a profile's, what one leaves out.
_OTHERS: Final = ("dependencyManagement", "build", "reporting", "profiles", "exclusions")
_NOT_AT_RUN_TIME: Final = frozenset({"test", "provided", "system", "import"})
_PROPERTY: Final = re.compile(r"<([\w.-]{1,200})>([^<>]{0,500})</\1>")
_REFERENCE: Final = re.compile(r"\$\{([\w.-]{1,200})\}")
_OWN: Final = frozenset({"project.version", "revision", "version"})
_VERSION: Final = re.compile(r"\[?([0-9A-Za-z][0-9A-Za-z._+-]*)\]?")


class MavenProjectExtractor(NamedLockFile):
    """Reads `pom.xml` of projects; one that came along with an archive is not looked at.

    Only what stands in the file counts: a version of its own, or that of a property of the same file. Where a parent or
    another file has it, that is a gap. What those dependencies bring along is not told.

    Source:
        Maven documentation, POM Reference: dependencies, properties, scopes.
    """

    name = "maven-project"
    endings = frozenset({"xml"})
    file_names = frozenset({"pom.xml"})
    ecosystem = "Maven"

    def wants(self, path: str) -> bool:
        """Say whether it is the file of a project that is built here."""
        return path.endswith("pom.xml") and super().wants(path) and "META-INF/maven/" not in path

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the artifacts, and one gap for all whose version is not told."""
        text = read_xml(path, content)
        properties = {found[1]: found[2] for found in islice(_PROPERTY.finditer(text), limits.file_entries)}
        for name in _OTHERS:
            text = cut(text, f"<{name}>", f"</{name}>")
        listing = Listing(path, self.ecosystem, limits)
        untold: list[str] = []
        for tag in islice(read_tags(text, "dependency"), limits.file_entries + 1):
            if tag.child("scope") in _NOT_AT_RUN_TIME or _is_own(tag):
                continue
            artifact = f"{tag.child('groupId')}:{tag.child('artifactId')}"
            version = _resolve(tag.child("version"), properties)
            if version and "$" not in artifact:
                listing.add(artifact, version)
            else:
                untold.append(artifact)
        found = listing.extraction()
        if not untold:
            return found
        detail = f"{len(untold)} dependencies whose versions the file does not tell, as {show(untold[0])}"
        gap = Gap(GapKind.PACKAGE_INCOMPLETE, path, detail)
        return Extraction(found.packages, tuple(sorted({*found.gaps, gap})))


def _is_own(tag: Tag) -> bool:
    """Say whether a dependency is a part of the same project."""
    reference = _REFERENCE.fullmatch(tag.child("version"))
    return reference is not None and reference[1] in _OWN


def _resolve(version: str, properties: dict[str, str]) -> str:
    """Return the version, that of the property it names, or nothing."""
    reference = _REFERENCE.fullmatch(version)
    exact = _VERSION.fullmatch(properties.get(reference[1], "").strip() if reference is not None else version)
    return exact[1] if exact is not None else ""


EXTRACTOR = MavenProjectExtractor()
