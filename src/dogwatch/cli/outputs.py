"""Where data goes: `-o FORMAT[=FILE]`, which may be given several times in one run. Lists and reports share it."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from dogwatch.model.errors import ConfigError, InvalidRequestError


@dataclass(frozen=True, slots=True)
class Output:
    """One form of the data and the file it goes to; None: standard output."""

    form: str
    file: Path | None = None


def read_outputs(
    texts: Sequence[str] | None, offered: Sequence[str], stream: TextIO | None = None
) -> tuple[Output, ...]:
    """Read what was asked for; otherwise a table on a terminal and tab-separated text elsewhere.

    Args:
        texts: as typed.
        offered: the formats there are.
        stream: standard output, unless a test has another.

    Raises:
        InvalidRequestError: another format, no file behind `=`, or two formats for one place.
    """
    outputs = tuple(_read_output(text, offered) for text in texts or ())
    for one in outputs:
        if sum(one.file == other.file for other in outputs) > 1:
            place = "standard output" if one.file is None else str(one.file)
            raise InvalidRequestError("output", f"only one format can go to {place}; give the others a file")
    return outputs or (Output("table" if (stream or sys.stdout).isatty() else "tsv"),)


@contextmanager
def opened_file(path: Path) -> Iterator[TextIO]:
    """Yield a text file that was emptied; a run that breaks off leaves no half of it.

    Raises:
        ConfigError: it cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            try:
                yield file
            except BaseException:
                if path.is_file():  # not a device, not a pipe
                    path.unlink(missing_ok=True)
                raise
    except OSError as error:
        if error.errno == errno.EPIPE:  # whoever reads has enough; typer ends the run quietly
            raise
        raise ConfigError("output", f"{path}: {error.strerror or error}") from error


def _read_output(text: str, offered: Sequence[str]) -> Output:
    form, equals, file = text.partition("=")
    form = form.strip().lower()
    if form not in offered:
        raise InvalidRequestError("output", f"{form!r} is none of {', '.join(offered)}")
    if equals and not file:
        raise InvalidRequestError("output", f"no file behind {text!r}")
    return Output(form, Path(file).expanduser() if file else None)
