"""os-release: which distribution and release the image is.

The release decides in which ecosystem the distribution's packages are judged; `build` reads it from the evidence.
"""

from __future__ import annotations

from dogwatch.inventory.evidence import Extraction, OsRelease
from dogwatch.inventory.limits import Limits
from dogwatch.model.errors import MalformedPackageDatabaseError

PATHS = ("etc/os-release", "usr/lib/os-release")  # the first visible one counts
_LARGEST_BYTES = 65_536  # real ones have less than one KiB
_DIRECTORIES = frozenset({"etc", "usr", "usr/lib"})


class OsReleaseExtractor:
    """Reads etc/os-release and usr/lib/os-release.

    Source:
        os-release(5), systemd 257: assignments as in a shell, comments with #, a later assignment wins.
    """

    name = "os-release"
    version = 5  # also raised where a release comes into `model.release_endings`, or a family into `JUDGED`
    endings = frozenset({"os-release"})
    ecosystem = ""
    needs_content = True

    def wants(self, path: str) -> bool:
        """Say whether it is one of the two places of os-release."""
        return path in PATHS

    def holds(self, directory: str) -> bool:
        """Say whether it is a directory above one of the two places."""
        return directory in _DIRECTORIES

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the release; a file without any assignment is malformed, one without ID has an empty one."""
        if len(content) > _LARGEST_BYTES:
            raise MalformedPackageDatabaseError(path, f"larger than {_LARGEST_BYTES} bytes")
        values: dict[str, str] = {}
        for line in content.decode("utf-8", "replace").splitlines():
            key, equals, value = line.strip().partition("=")
            if equals and key.isidentifier():
                values[key] = _unquote(value)[: limits.text_chars]
        if not values:
            raise MalformedPackageDatabaseError(path, "no assignment in it")
        return Extraction(
            release=OsRelease(
                id=values.get("ID", "").lower(),
                version_id=values.get("VERSION_ID", ""),
                name=values.get("NAME", ""),
                pretty_name=values.get("PRETTY_NAME", ""),
                version_codename=values.get("VERSION_CODENAME", ""),
            )
        )


def _unquote(value: str) -> str:
    value = value.strip()
    quote = value[:1]
    if quote in ("'", '"') and len(value) > 1 and value.endswith(quote):
        value = value[1:-1]
        if quote == '"':
            for character in '"$`\\':
                value = value.replace("\\" + character, character)
    return "".join(character for character in value if character.isprintable())


EXTRACTOR = OsReleaseExtractor()
