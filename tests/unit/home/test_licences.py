"""What scripts/licences.py lets pass: permissive licences, and those few others that NOTICE names."""

from __future__ import annotations

from email.message import Message
from importlib.metadata import Distribution
from os import PathLike
from pathlib import Path

import pytest

from scripts.licences import PERMISSIVE, is_allowed, licence_of, refusals


class Installed(Distribution):
    """A distribution known by its metadata alone."""

    def __init__(self, *fields: tuple[str, str], name: str = "some_package") -> None:
        message = Message()
        for key, value in (("Metadata-Version", "2.4"), ("Name", name), ("Version", "1.0"), *fields):
            message[key] = value
        self._text = message.as_string()

    def read_text(self, filename: str) -> str | None:
        return self._text if filename == "METADATA" else None

    def locate_file(self, path: str | PathLike[str]) -> Path:
        return Path(path)


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ([("License-Expression", "MIT OR Apache-2.0"), ("License", "something else")], "MIT OR Apache-2.0"),
        ([("Classifier", "License :: OSI Approved :: MIT License"), ("License", "see file")], "MIT"),
        (
            [
                ("Classifier", "License :: OSI Approved :: BSD License"),
                ("Classifier", "License :: OSI Approved :: Apache Software License"),
            ],
            "BSD-3-Clause OR Apache-2.0",
        ),
        ([("License", "MIT License")], "MIT"),
        ([("License", "Ask our lawyers")], "Ask our lawyers"),
        ([], ""),
    ],
)
def test_the_newest_kind_of_statement_counts(fields: list[tuple[str, str]], licence: str) -> None:
    assert licence_of(Installed(*fields)) == licence


@pytest.mark.parametrize("expression", ["MIT", "GPL-3.0-only OR MIT", "MIT AND BSD-3-Clause", "X AND Y OR MIT"])
def test_an_expression_passes_when_one_of_its_choices_does(expression: str) -> None:
    assert is_allowed(expression, PERMISSIVE)


@pytest.mark.parametrize("expression", ["", "GPL-3.0-only", "MIT AND AGPL-3.0-only", "(MIT)", "mit", "Proprietary"])
def test_an_expression_that_is_not_met_or_not_read_is_refused(expression: str) -> None:
    assert not is_allowed(expression, PERMISSIVE)


def test_weak_copyleft_passes_only_when_notice_names_it() -> None:
    driver = Installed(("License-Expression", "LGPL-3.0-only"))
    assert refusals([driver], notice="    some-package   the driver") == []
    assert refusals([driver], notice="    some-package-pool") == [
        "some-package 1.0: LGPL-3.0-only: allowed, but NOTICE does not name it"
    ]


def test_naming_it_in_notice_does_not_help_any_other_licence() -> None:
    refused = [Installed(("License-Expression", "AGPL-3.0-only"), name="a"), Installed(name="b")]
    assert refusals(refused, notice="a b") == [
        "a 1.0: AGPL-3.0-only: not on the list",
        "b 1.0: states no licence: not on the list",
    ]
