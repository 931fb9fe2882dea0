"""What the demonstration remembers, in a folder of its own below the data folder; the folder is there once it began.

Two files, each with one writer: the service writes what its registry holds, the commands write what news arrived.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

ALIAS = "demonstration"
"""Under which alias the demonstration's registry is watched; nobody else's may have it."""

_REGISTRY = "registry.json"
_NEWS = "news.json"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where notifications go, and the secret that lets them in."""

    url: str
    secret: str = field(repr=False)


Tags = Mapping[str, Mapping[str, str]]
"""Repository → tag → digest."""


@dataclass(frozen=True, slots=True)
class News:
    """When the made-up advisory arrived, and when it was withdrawn; None: not yet."""

    arrived_at: datetime | None = None
    withdrawn_at: datetime | None = None


class DemonstrationFolder:
    """Reads and writes the folder. Files are replaced whole, and readable by their owner only."""

    def __init__(self, data: Path) -> None:
        self.path = data / "demonstration"

    @property
    def is_there(self) -> bool:
        """Whether the demonstration began here and was not taken away."""
        return self.path.is_dir()

    @property
    def is_begun(self) -> bool:
        """Whether it goes on: its registry was pushed to."""
        return (self.path / _REGISTRY).is_file()

    def load_registry(self) -> tuple[Webhook | None, Tags]:
        """Return where to notify, and what is tagged; None before the demonstration began."""
        stored = self._load(_REGISTRY)
        if not stored:
            return None, {}
        return Webhook(str(stored["url"]), str(stored["secret"])), stored["tags"]

    def save_registry(self, webhook: Webhook, tags: Tags) -> None:
        """Remember where to notify, and what is tagged."""
        self._save(_REGISTRY, {"url": webhook.url, "secret": webhook.secret, "tags": tags})

    def load_news(self) -> News:
        """Return what news there are."""
        stored = self._load(_NEWS)
        moments = {name: datetime.fromisoformat(text) for name, text in stored.items()}
        return News(moments.get("arrived_at"), moments.get("withdrawn_at"))

    def save_news(self, news: News) -> None:
        """Remember what news there are."""
        moments = {"arrived_at": news.arrived_at, "withdrawn_at": news.withdrawn_at}
        self._save(_NEWS, {name: moment.isoformat() for name, moment in moments.items() if moment is not None})

    def end(self) -> None:
        """Forget the registry: from now on the sample is empty, until the folder is taken away."""
        (self.path / _REGISTRY).unlink(missing_ok=True)
        (self.path / _NEWS).unlink(missing_ok=True)

    def remove(self) -> None:
        """Take the folder away."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _load(self, name: str) -> Mapping[str, Any]:
        try:
            stored = json.loads((self.path / name).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return {}
        return stored if isinstance(stored, dict) else {}

    def _save(self, name: str, content: object) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self.path, prefix=f".{name}-")  # readable by the owner only
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file)
        os.replace(temporary, self.path / name)
