"""docs/cli.md and docs/cli/ say what the commands say."""

from __future__ import annotations

from scripts.cli_docs import existing_pages, make_pages


def test_the_pages_of_commands_are_made_from_their_help_texts() -> None:
    assert existing_pages() == make_pages(), "run: .venv/bin/python scripts/cli_docs.py"
