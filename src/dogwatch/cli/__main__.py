"""Lets `python -m dogwatch.cli` stand for `dogwatch`, where the program is not on the path."""

from dogwatch.cli.main import main

main()
