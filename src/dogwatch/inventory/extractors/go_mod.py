"""Go's module files, beside the source of a program that is not built yet, or whose build tells nothing."""

from __future__ import annotations

from collections.abc import Iterator

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile, read_lines

_WORDS_MAX = 8  # of one line: `replace a v1 => b v2` has six
# Go's own source: what it requires is vendored into it under other names.
_OWN_MODULES = ("std", "cmd")


class GoModExtractor(NamedLockFile):
    """Reads `go.mod`: what is required, with its replacements.

    `go.sum` is not read: it also names all versions that were only looked at.

    Source:
        Go Modules Reference, Go 1.26, go.mod files (grammar; module, require, replace).
    """

    name = "go-mod"
    endings = frozenset({"mod"})
    file_names = frozenset({"go.mod"})
    ecosystem = "Go"

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the required modules; one that a folder replaces is part of the project."""
        required: list[tuple[str, str]] = []
        replaced: dict[tuple[str, str], tuple[str, str]] = {}
        listing = Listing(path, self.ecosystem, limits)
        for verb, words in _directives(read_lines(path, content)):
            if verb == "module" and words[:1] and words[0] in _OWN_MODULES:
                return Extraction()
            if verb == "require" and len(words) == 2:
                required.append((words[0], words[1]))
            elif verb == "replace" and "=>" in words[1:3]:
                at = words.index("=>")
                old, new = [*words[:at], ""], [*words[at + 1 :], "", ""]
                replaced[old[0], old[1]] = new[0], new[1]
            if len(required) + len(replaced) > limits.file_entries:
                break
        for name, version in required:
            found = replaced.get((name, version)) or replaced.get((name, "")) or (name, version)
            if not found[0].startswith((".", "/")):
                listing.add(*found)
        return listing.extraction()


def _directives(lines: Iterator[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield verb and words of each line, those in a block with the block's verb; remarks are cut off."""
    block = ""
    for line in lines:
        words = [word.strip('"`') for word in line.partition("//")[0].split(maxsplit=_WORDS_MAX)]
        if words == [")"]:
            block = ""
        elif block and words:
            yield block, words
        elif len(words) == 2 and words[1] == "(":
            block = words[0]
        elif words:
            yield words[0], words[1:]


EXTRACTOR = GoModExtractor()
