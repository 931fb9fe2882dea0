"""npm packages: the package.json that stands at the top of each installed package."""

from __future__ import annotations

import msgspec

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.naming import incomplete, is_keepable
from dogwatch.model.errors import MalformedPackageDatabaseError
from dogwatch.model.packages import Package

_FILE = "/package.json"


class _Manifest(msgspec.Struct):
    # Undecoded: in a hostile file they may be anything, megabytes of lists included.
    name: msgspec.Raw = msgspec.Raw(b"")
    version: msgspec.Raw = msgspec.Raw(b"")


_DECODER = msgspec.json.Decoder(_Manifest)


class NpmPackageExtractor:
    """Reads `node_modules/NAME/package.json` and `node_modules/@SCOPE/NAME/package.json`, however deep.

    A package.json inside a package's own folders (`node_modules/NAME/esm/package.json`) is not a package.

    Source:
        npm documentation, folders and package.json pages (name, version), npm 11.
    """

    name = "npm-package"
    version = 1
    endings = frozenset({"json"})
    ecosystem = "npm"
    needs_content = True

    def wants(self, path: str) -> bool:
        """Say whether it is the package.json of a package itself."""
        return path.endswith(_FILE) and _is_package_directory(path[: -len(_FILE)])

    def holds(self, directory: str) -> bool:
        """Say whether it is the folder of a package, of a scope, or node_modules itself."""
        if "node_modules" not in directory:
            return False
        above, _, name = directory.rpartition("/")
        if name == "node_modules":
            return True
        return _is_package_directory(directory) or (name.startswith("@") and _is_node_modules(above))

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the one package that the file describes, or a gap."""
        try:
            manifest = _DECODER.decode(content.removeprefix(b"\xef\xbb\xbf"))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise MalformedPackageDatabaseError(path, f"not a package.json: {error}") from error
        raw_name, raw_version = bytes(manifest.name), bytes(manifest.version)
        name, version = _decode_text(raw_name), _decode_text(raw_version)
        if is_keepable(name, limits) and is_keepable(version, limits):
            return Extraction(packages=(Package(self.ecosystem, str(name), str(version)),))
        return Extraction(gaps=(incomplete(path, name or raw_name, version or raw_version),))


def _decode_text(raw: bytes) -> str | None:
    """Return the text of a JSON string; None for any other value, and for what is no text at all."""
    if not raw.startswith(b'"'):
        return None
    try:
        return msgspec.json.decode(raw, type=str)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _is_node_modules(directory: str) -> bool:
    return directory == "node_modules" or directory.endswith("/node_modules")


def _is_package_directory(directory: str) -> bool:
    above, _, name = directory.rpartition("/")
    if name[:1] in ("", ".", "@"):  # .bin, .pnpm, .cache: no package; @scope: holds packages
        return False
    scope = above.rpartition("/")
    if scope[2].startswith("@"):
        return _is_node_modules(scope[0])
    return _is_node_modules(above)


EXTRACTOR = NpmPackageExtractor()
