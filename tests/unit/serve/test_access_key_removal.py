"""Taking an access key away: that one, in its account, and nothing else of the file."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from dogwatch.model.errors import ConfigError, NotFoundError
from dogwatch.serve.access_keys import AccessKeyFile, create_access_key, remove_access_key
from dogwatch.serve.ports import Role

ACCOUNT = "123456789012"
OTHER = "210987654321"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "access-keys.toml"


def test_a_removed_key_is_gone_and_the_rest_of_the_file_stays(path: Path) -> None:
    first, second, third = (create_access_key(path, ACCOUNT, Role.READER) for _ in range(3))
    path.write_text(f"# whose: nobody's\n{path.read_text()}")
    remove_access_key(path, ACCOUNT, second.id)
    assert AccessKeyFile(path).load() == {first.id: first, third.id: third}
    assert path.read_text().startswith("# whose: nobody's\n")
    assert os.stat(path).st_mode & 0o777 == 0o600


def test_a_reader_sees_the_removal_at_once(path: Path) -> None:
    keys = AccessKeyFile(path)
    key = create_access_key(path, ACCOUNT, Role.ADMIN)
    assert keys.find(key.id) == key
    remove_access_key(path, ACCOUNT, key.id)
    assert keys.find(key.id) is None


@pytest.mark.parametrize("account", [ACCOUNT, OTHER])
def test_an_unknown_key_and_another_accounts_are_not_found(path: Path, account: str) -> None:
    key = create_access_key(path, ACCOUNT, Role.ADMIN)
    asked = key.id if account == OTHER else "DOGWUNKNOWN000000000"
    with pytest.raises(NotFoundError, match="no such access key"):
        remove_access_key(path, account, asked)
    assert AccessKeyFile(path).find(key.id) == key


def test_without_a_file_there_is_no_key_to_remove_and_none_is_made(path: Path) -> None:
    with pytest.raises(NotFoundError):
        remove_access_key(path, ACCOUNT, "DOGWUNKNOWN000000000")
    assert not path.exists()


def test_a_file_that_others_may_read_is_not_edited(path: Path) -> None:
    key = create_access_key(path, ACCOUNT, Role.ADMIN)
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="others may read it"):
        remove_access_key(path, ACCOUNT, key.id)
    assert key.id in path.read_text()


def test_a_file_in_another_layout_is_left_as_it_is(path: Path) -> None:
    key = 'AKIDEXAMPLE000000 = { secret = "0123456789abcdef", account = "123456789012", role = "admin" }\n'
    path.write_text(key)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="by hand"):
        remove_access_key(path, ACCOUNT, "AKIDEXAMPLE000000")
    assert path.read_text() == key


def test_keys_added_while_others_are_removed_are_not_lost(path: Path) -> None:
    doomed = [create_access_key(path, ACCOUNT, Role.READER) for _ in range(20)]
    added: list[str] = []

    def add() -> None:
        for _ in range(20):
            added.append(create_access_key(path, ACCOUNT, Role.READER).id)

    thread = threading.Thread(target=add)
    thread.start()
    for key in doomed:
        remove_access_key(path, ACCOUNT, key.id)
    thread.join()
    assert set(AccessKeyFile(path).load()) == set(added)
