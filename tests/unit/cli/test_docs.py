"""docs/cli.md says what the commands say."""

from __future__ import annotations

from pathlib import Path

from scripts.cli_docs import write_commands

PAGE = Path(__file__).parents[3] / "docs" / "cli.md"


def test_the_page_of_commands_is_made_from_their_help_texts() -> None:
    assert PAGE.read_text(encoding="utf-8") == write_commands(), "python scripts/cli_docs.py > docs/cli.md"
