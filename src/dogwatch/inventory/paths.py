"""Paths inside an image: cleaning what a tar entry says, and following symbolic links within the root.

Strings only. A clean path is relative, slash-separated, without empty, dot and dot-dot parts; the root is the empty
path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dogwatch.inventory.limits import LONGEST_PATH_CHARS, RESOLVED_CHARS, RESOLVING_CHARS, STEP_CHARS


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


class Places:
    """A set of paths that is asked again and again what lies beneath one of them; each directory is looked at once."""

    def __init__(self, places: set[str]) -> None:
        self._is_within = dict.fromkeys(places, True) | {"": "" in places}

    def hold(self, path: str) -> bool:
        """Say whether one of the places is an ancestor of the path; the root is an ancestor of all."""
        unknown: list[str] = []
        directory = parent_of(path)
        while (is_within := self._is_within.get(directory)) is None:
            unknown.append(directory)
            directory = parent_of(directory)
        self._is_within.update(dict.fromkeys(unknown, is_within))
        return is_within


class Effort:
    """What may still be spent on following links, in characters; each step costs `STEP_CHARS` more."""

    def __init__(self, chars: int = RESOLVING_CHARS) -> None:
        self._left = chars

    @property
    def is_spent(self) -> bool:
        """Whether there is nothing left: from then on nothing is followed."""
        return self._left < 0

    def spend_step(self, path: str) -> bool:
        """Account for one step that led to a path; False from when it was one too many."""
        self._left -= STEP_CHARS + len(path)
        return self._left >= 0


@dataclass(slots=True)
class _Walk:
    """A path being followed: the link it is the target of (empty: it was asked for), what is done, what is left."""

    link: str
    done: str
    todo: list[str]


class Resolver:
    """Follows symbolic links of one state of the tree, inside the root, as the kernel would.

    Each link is followed once, however many paths lead through it, so that the time is linear in the length of all
    links and paths. Unlike the kernel it does not give up after forty links, only in a circle, beyond the longest path,
    when its answers together take more memory than `RESOLVED_CHARS`, or when the effort is spent.

    `links` maps a path to the target as written; it must not change while the resolver is in use. `effort` may be
    shared by several resolvers.
    """

    def __init__(self, links: Mapping[str, str], effort: Effort | None = None) -> None:
        self._links = links
        self._effort = effort if effort is not None else Effort()
        self._real: dict[str, str | None] = {"": ""}  # of directories asked for
        self._behind: dict[str, str | None] = {}  # of links followed
        self._spent_chars = 0

    def locate(self, path: str) -> str | None:
        """Return the path with links in its directories followed, the last part left as it is.

        None: it gave up.
        """
        if not self._links:
            return path
        directory, _, name = path.rpartition("/")
        real = self.resolve(directory)
        if real is None or not self._spend(real):
            return None
        return f"{real}/{name}" if real else name

    def resolve(self, path: str) -> str | None:
        """Return the path with all links followed, the last part included; None as for `locate`."""
        if path not in self._real:
            real = self._follow(path)
            self._real[path] = real if real is not None and self._spend(real) else None
        return self._real[path]

    def _spend(self, real: str) -> bool:
        self._spent_chars += len(real)
        return self._spent_chars <= RESOLVED_CHARS

    def _follow(self, path: str) -> str | None:
        walks = [_Walk("", "", path.split("/")[::-1])]
        under_way: set[str] = set()
        while True:
            walk = walks[-1]
            if not walk.todo:
                walks.pop()
                if not walks:
                    return walk.done
                is_kept = self._spend(walk.done)
                self._behind[walk.link] = walk.done if is_kept else None
                walks[-1].done = walk.done
                under_way.discard(walk.link)
                continue
            here = _step(walk.done, walk.todo.pop())
            if not self._effort.spend_step(here):
                is_lost = True
            elif here in self._behind:
                behind = self._behind[here]
                is_lost = behind is None
                walk.done = behind or ""
            elif here in self._links:
                is_lost = here in under_way
                under_way.add(here)
                target = self._links[here]
                walks.append(_Walk(here, "" if target.startswith("/") else parent_of(here), target.split("/")[::-1]))
            else:
                is_lost = len(here) > LONGEST_PATH_CHARS
                walk.done = here
            if is_lost:  # and with it everything that leads here
                self._behind.update(dict.fromkeys(under_way))
                return None


def _step(directory: str, part: str) -> str:
    if part in ("", "."):
        return directory
    if part == "..":
        return parent_of(directory)
    return f"{directory}/{part}" if directory else part
