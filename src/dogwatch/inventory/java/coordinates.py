"""What a Java archive is called in Maven: by its pom.properties, or else by manifest and file name. Text only.

Advisories name `group:artifact`. An archive that was not built by Maven does not say its group outright; where nothing
tells it surely enough, the answer is None, and a guess is not made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dogwatch.inventory.java.groups import group_of, read_tomcat
from dogwatch.inventory.naming import decode_text

POM_PROPERTIES: Final = re.compile(r"(?:.*/)?META-INF/maven/([^/]+)/([^/]+)/pom\.properties")
MANIFEST: Final = "META-INF/MANIFEST.MF"

_FILE_NAME: Final = re.compile(r"(?P<artifact>[A-Za-z0-9_.-]*?[A-Za-z0-9_])-(?P<version>v?\d[A-Za-z0-9_.+-]*)")
_FILE_NAME_CHARS_MAX: Final = 255  # no file system takes longer ones; an archive in an archive may have 65,535
_GROUP: Final = re.compile(r"[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)+", re.IGNORECASE)
# Of many that do not have it in their group's name; taken for a group it would be nobody's.
_NO_GROUPS: Final = frozenset({"com.sun", "org.apache"})
# A classifier says what else was made from the same sources (tests, sources) or for which system.
_CLASSIFIERS: Final = re.compile(
    r"-(?:sources|javadoc|tests?|linux-[a-z0-9_]+|osx-[a-z0-9_]+|windows-[a-z0-9_]+|all|shaded)$"
)


@dataclass(frozen=True, slots=True)
class Coordinates:
    """What is known of an archive's name in Maven; `group` is empty where it is not known."""

    group: str
    artifact: str
    version: str

    @property
    def name(self) -> str:
        """The name under which advisories know it."""
        return f"{self.group}:{self.artifact}"


def read_properties(content: bytes) -> dict[str, str]:
    """Return the keys and values of a properties file: `key=value` or `key: value` in each line, `#` for remarks."""
    found: dict[str, str] = {}
    for line in (decode_text(content) or content.decode("latin-1")).splitlines():
        key, equals, value = line.partition("=" if "=" in line else ":")
        if equals and not line.lstrip().startswith(("#", "!")):
            found.setdefault(key.strip(), value.strip())
    return found


def read_pom(path: str, content: bytes) -> Coordinates:
    """Return what a pom.properties says; group and artifact stand in its path as well.

    Source:
        Maven Archiver, format of pom.properties: groupId, artifactId, version.
    """
    found = read_properties(content)
    in_path = POM_PROPERTIES.fullmatch(path)
    group, artifact = in_path.groups() if in_path else ("", "")
    return Coordinates(found.get("groupId") or group, found.get("artifactId") or artifact, found.get("version", ""))


def read_manifest(content: bytes) -> dict[str, str]:
    """Return the main section of a manifest: `Name: value`, a value goes on in lines that begin with a space.

    Source:
        JAR File Specification, Java 21, section on the manifest.
    """
    text = (decode_text(content) or content.decode("latin-1")).replace("\r\n", "\n").replace("\r", "\n")
    main = text.lstrip("\n").partition("\n\n")[0].replace("\n ", "")
    lines = (line.partition(":") for line in main.split("\n"))
    return {name.strip(): value.strip() for name, colon, value in lines if colon}


def guess_coordinates(file_name: str, manifest: Mapping[str, str]) -> Coordinates | None:
    """Return what an archive without pom.properties is called.

    Artifact and version are those of the file's name, which repositories give it, or else the manifest's. None: no
    artifact or no version is told at all, or it is no library. An empty group: whose it is, is not told.

    Args:
        file_name: without folders.
        manifest: its main section.
    """
    if len(file_name) > _FILE_NAME_CHARS_MAX:
        return None
    stem = _CLASSIFIERS.sub("", file_name.rpartition(".")[0])
    named = _FILE_NAME.fullmatch(stem)
    symbolic = manifest.get("Bundle-SymbolicName", "").partition(";")[0].strip()
    artifact = named["artifact"] if named else stem
    versions = (manifest.get(f"{kind}-Version", "") for kind in ("Implementation", "Bundle", "Specification"))
    version = named["version"] if named else next((text for text in versions if text), "")
    if not artifact or not version:
        return None
    if tomcat := read_tomcat(symbolic):
        return Coordinates(*tomcat, version)
    group = group_of(artifact, version) or _group_in_symbolic_name(symbolic, artifact)
    for field in ("Implementation-Vendor-Id", "Group-Id"):  # the latter of Jenkins' plug-ins
        if not group and _is_group(manifest.get(field, "")):
            group = manifest[field]
    if not group and (not file_name.endswith(".jar") or "Spring-Boot-Version" in manifest):
        return None  # a program that somebody deploys, not a library of a repository
    return Coordinates(group, artifact, version)


def _group_in_symbolic_name(symbolic: str, artifact: str) -> str:
    """Return the part before the artifact: `com.fasterxml.jackson.core.jackson-core` ends in `jackson-core`."""
    for name in (artifact, artifact.replace("-", ".")):
        group = symbolic.removesuffix(f".{name}")
        if group != symbolic and _is_group(group):
            return group
    return ""


def _is_group(text: str) -> bool:
    return _GROUP.fullmatch(text) is not None and text not in _NO_GROUPS
