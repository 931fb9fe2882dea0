import subprocess
import sys
from collections.abc import Iterator

import pytest

from dogwatch.cli.errors import EXIT_CODES, exit_code
from dogwatch.model.errors import ConfigError, DogwatchError, ForbiddenError, NotFoundError, StoreUnavailableError


def _tree(root: type[DogwatchError]) -> Iterator[type[DogwatchError]]:
    yield root
    for below in root.__subclasses__():
        yield from _tree(below)


def test_the_table_of_exit_codes_is_total_over_the_error_tree() -> None:
    tree = {one for one in _tree(DogwatchError) if one.__module__ == "dogwatch.model.errors"}
    assert set(EXIT_CODES) == tree


def test_exit_codes_are_those_that_are_documented() -> None:
    assert set(EXIT_CODES.values()) == {1, 2, 4, 5}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("listen", "wrong"), 2),
        (NotFoundError("registry", "x"), 4),
        (ForbiddenError("move the clock", "no"), 4),
        (StoreUnavailableError("gone"), 5),
        (DogwatchError("something"), 1),
    ],
)
def test_an_error_has_the_code_of_its_class(error: DogwatchError, code: int) -> None:
    assert exit_code(error) == code


def test_an_error_of_a_class_from_elsewhere_has_the_code_of_its_nearest_ancestor() -> None:
    class FartherError(NotFoundError):
        pass

    assert exit_code(FartherError("image", "x")) == 4


def test_an_error_of_the_tree_is_told_in_one_line_without_a_traceback() -> None:
    command = [sys.executable, "-m", "dogwatch.cli", "config", "--listen", "nowhere"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "dogwatch: DOGWATCH_LISTEN: host:port is needed, such as 127.0.0.1:8470 or [::1]:8470, not 'nowhere'"
        " (flag --listen)\n"
    )
