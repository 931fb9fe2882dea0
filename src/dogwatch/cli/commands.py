"""All commands by name, each with the module that holds it; a module is imported when its command is wanted.

Help and version import none of them, so that they are quick however many commands there are. A test holds the purposes
to the commands' own.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from dogwatch.cli.command_line import new_group


@dataclass(frozen=True, slots=True)
class Entry:
    """One command, or one group of them: `module` is below `dogwatch.cli` and has an `add_to`."""

    name: str
    module: str
    purpose: str


COMMANDS = (
    Entry("serve", "service", "Run the service: webhooks, the API, and the work itself."),
    Entry(
        "worker", "service", "Run more workers beside the service, here or on other machines with the same database."
    ),
    Entry("demo", "demo", "The demonstration: sample images, sample advisories, and a clock to move."),
    Entry("scan", "scan", "Look at an image, a folder or a bill of materials once."),
    Entry(
        "sbom",
        "sbom",
        "Write what an image contains as a bill of materials, CycloneDX 1.6 or SPDX 2.3, with what could not be seen.",
    ),
    Entry("registries", "registries", "Which registries are watched."),
    Entry("findings", "findings", "List findings, the most severe first."),
    Entry(
        "explain",
        "explain",
        "Explain why a package is affected by a vulnerability, or is not: every range, who decided, since when.",
    ),
    Entry("vulns", "vulns", "What is known of vulnerabilities."),
    Entry(
        "images",
        "images",
        "Images: what is watched, until when, and why; the history of one, and deeds on it. `list` may be left out.",
    ),
    Entry("coverage", "coverage", "Say what was looked at: images by registry and status, with the gaps in them."),
    Entry(
        "exclusions",
        "exclusions",
        "Whose pushes and pulls move no clock: scanners, mirrors, whoever reads without anybody caring.",
    ),
    Entry(
        "costs",
        "costs",
        "Say what scans would cost, by registry and month, were they billed as Amazon Inspector bills them.",
    ),
    Entry("rescan", "rescan", "How long images are watched."),
    Entry("accounts", "accounts", "Whether the account's images are scanned at all."),
    Entry("scanning", "scanning", "Which repositories are scanned, and how often."),
    Entry(
        "lifecycle",
        "lifecycle",
        "Lifecycle rules: which images nobody wants to keep. Proposals only, nothing is deleted.",
    ),
    Entry("advisories", "advisories", "Advisories and VEX documents of your own."),
    Entry("db", "db", "The advisories that are known, and what follows from them."),
    Entry("jobs", "jobs", "Say what waits to be done and for how long, by task; or who does it."),
    Entry("keys", "keys", "Access keys for whoever asks from elsewhere: AWS clients, scripts, dogwatch --server."),
    Entry("clock", "clock", "The product's clock; a demonstration may move it ahead."),
    Entry(
        "config",
        "config",
        "Show every setting, its value, and where it comes from: flag, environment, file, default. Secrets are masked.",
    ),
)


class Commands(TyperGroup):
    """The program's commands, imported one by one."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Imported()

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names."""
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write names and purposes into a help text."""
        with formatter.section("Commands"):
            formatter.write_dl([(one.name, one.purpose) for one in COMMANDS])


class _Imported(MutableMapping[str, Any]):
    """Commands by name, each imported when it is asked for."""

    def __init__(self) -> None:
        self._modules = {one.name: one.module for one in COMMANDS}
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            group = new_group()
            import_module(f"dogwatch.cli.{self._modules[name]}").add_to(group)
            self._known[name] = typer.main.get_group(group).commands[name]
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)

    def __setitem__(self, name: str, command: Any) -> None:
        self._known[name] = command

    def __delitem__(self, name: str) -> None:
        del self._modules[name]
