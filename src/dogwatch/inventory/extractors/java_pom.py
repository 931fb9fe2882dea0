"""What Maven says of an archive that was unpacked: the pom.properties among its files."""

from __future__ import annotations

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.extractor import LiesAnywhere
from dogwatch.inventory.java.coordinates import POM_PROPERTIES, read_pom
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.naming import incomplete, is_keepable
from dogwatch.model.packages import Package


class JavaPomExtractor(LiesAnywhere):
    """Reads `META-INF/maven/GROUP/ARTIFACT/pom.properties` outside of archives: programs are also run unpacked.

    Source:
        Maven Archiver; Spring Boot's documentation of efficient container images (extracted layers).
    """

    name = "java-pom"
    version = 1
    endings = frozenset({"properties"})
    ecosystem = "Maven"
    needs_content = True

    def wants(self, path: str) -> bool:
        """Say whether it is Maven's file of an artifact."""
        return path.endswith("/pom.properties") and POM_PROPERTIES.fullmatch(path) is not None

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the artifact, or a gap."""
        found = read_pom(path, content[: limits.text_file_bytes])
        if is_keepable(found.name, limits) and is_keepable(found.version, limits):
            return Extraction(packages=(Package(self.ecosystem, found.name, found.version),))
        return Extraction(gaps=(incomplete(path, found.name, found.version),))


EXTRACTOR = JavaPomExtractor()
