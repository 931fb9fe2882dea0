"""Where a feed is read from: a URL or a folder, laid out as its publisher does.

The contract and the choice between the two; `web_mirror` and `folder_mirror` do the work; sources call it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from dogwatch.model.progress import Progress, Tell, Unit

_TOLD_BYTES = 1024 * 1024  # smaller files are there in a moment


def told_bytes(tell: Tell, path: str, total_bytes: int) -> Callable[[int], None]:
    """Return what takes how many bytes of a file have come, and tells it; nothing is told of small files.

    Args:
        tell: hears it.
        path: the file, as mirrors name it.
        total_bytes: its size; 0 where nobody says.
    """

    def take(done_bytes: int) -> None:
        if not 0 < total_bytes < _TOLD_BYTES:
            tell(Progress(f"downloading {path}", done_bytes, total_bytes, Unit.BYTES))

    return take


@dataclass(frozen=True, slots=True)
class Downloaded:
    """The file is in the sink, whole. `fingerprint` asks next time whether it has changed; empty if it cannot tell.

    `modified_at` is when it was made, as the mirror dates it; None where it does not.
    """

    fingerprint: str
    size_bytes: int
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NotModified:
    """The file is still the one that the fingerprint names."""


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no such file."""


DownloadResult = Downloaded | NotModified | Missing


class FeedMirror(Protocol):
    """A place with feed files."""

    @property
    def is_local(self) -> bool:
        """Whether reading a large file costs no network."""
        ...

    def describe(self, path: str) -> str:
        """Return the address of a file, for messages."""
        ...

    def download(
        self, path: str, sink: BinaryIO, *, max_bytes: int, timeout_seconds: float, fingerprint: str = ""
    ) -> DownloadResult:
        """Copy one file into the sink, from the sink's start; what the sink held before is cut off.

        Args:
            path: relative and slash-separated, not yet quoted (`PyPI/all.zip`).
            sink: seekable, and readable where the file is large; after an error or NotModified its content means
                nothing.
            max_bytes: more than this is an error.
            timeout_seconds: for the whole transfer, however steadily it drips.
            fingerprint: of the copy taken over before.

        Raises:
            FeedUnavailableError: cannot be reached, broke off or was too slow, also when tried again.
            FeedRejectedError: refused, or answered with something we do not follow.
            LimitExceededError: more than `max_bytes`.
        """
        ...

    def close(self) -> None:
        """Close connections."""
        ...
