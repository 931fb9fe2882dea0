"""Paths inside an image: cleaning what a tar entry says, and following symbolic links within the root.

Strings only. A clean path is relative, slash-separated, without empty, dot and dot-dot parts; the root is the empty
path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dogwatch.inventory.limits import SYMLINK_HOPS


def clean_path(raw: bytes) -> str | None:
    """Return the clean path of an entry's name, or None if it is not text or climbs with dot-dot.

    Control characters count as "not text": no file that we want has them, and not every store can hold them.
    """
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            return None
    if not text.isprintable() and any(character < " " or character == "\x7f" for character in text):
        return None
    if text.startswith("./"):
        text = text[2:]
    if text.endswith("/"):
        text = text[:-1]
    # The fast way for what nearly all entries look like; anything with an odd part takes the slow one.
    if "/." not in text and "//" not in text and text[:1] not in ("/", ".") and text[-1:] != "/":
        return text
    parts = [part for part in text.split("/") if part not in ("", ".")]
    return None if ".." in parts else "/".join(parts)


def presumed_path(raw: bytes) -> str:
    """Return the path that an unsafe name most likely means; only to judge whether it matters, and to show it."""
    text = raw.decode("utf-8", "backslashreplace")
    text = "".join(character if character >= " " else f"\\x{ord(character):02x}" for character in text)
    return join_within_root("", text)


def join_within_root(directory: str, target: str) -> str:
    """Return the path that a link target means when it stands in a directory; dot-dot stops at the root."""
    parts = [] if target.startswith("/") else directory.split("/")
    for part in target.split("/"):
        if part == "..":
            if parts:
                parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(part for part in parts if part)


def parent_of(path: str) -> str:
    """Return the directory that holds the path; the empty path for entries of the root."""
    return path.rpartition("/")[0]


def ancestors_of(path: str) -> Iterator[str]:
    """Yield all directories above the path, nearest first, without the root."""
    end = path.rfind("/")
    while end > 0:
        path = path[:end]
        yield path
        end = path.rfind("/")


def is_beneath(path: str, places: set[str]) -> bool:
    """Say whether one of the places is an ancestor of the path; the root is an ancestor of all."""
    return bool(places) and ("" in places or any(above in places for above in ancestors_of(path)))


class Resolver:
    """Follows symbolic links of one state of the tree, inside the root, as the kernel would.

    `links` maps a path to the target as written; it must not change while the resolver is in use.
    """

    def __init__(self, links: Mapping[str, str]) -> None:
        self._links = links
        self._real: dict[str, str | None] = {"": ""}

    def locate(self, path: str) -> str | None:
        """Return the path with links in its directories followed, the last part left as it is; None in a loop."""
        if not self._links:
            return path
        directory, _, name = path.rpartition("/")
        real = self.resolve(directory)
        if real is None:
            return None
        return f"{real}/{name}" if real else name

    def resolve(self, path: str) -> str | None:
        """Return the path with all links followed, the last part included; None in a loop."""
        if path not in self._real:
            self._real[path] = self._walk(path)
        return self._real[path]

    def _walk(self, path: str) -> str | None:
        hops = 0
        done = ""
        todo = path.split("/")[::-1]
        while todo:
            part = todo.pop()
            if part in ("", "."):
                continue
            if part == "..":
                done = parent_of(done)
                continue
            here = f"{done}/{part}" if done else part
            target = self._links.get(here)
            if target is None:
                done = here
                continue
            hops += 1
            if hops > SYMLINK_HOPS:
                return None
            if target.startswith("/"):
                done = ""
            todo.extend(target.split("/")[::-1])
        return done
