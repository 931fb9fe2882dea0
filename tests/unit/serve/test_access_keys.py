"""Access keys in a file: private, re-read when it changes, and never half understood."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from dogwatch.model.errors import ConfigError, InvalidRequestError
from dogwatch.serve.access_keys import MAX_FILE_BYTES, AccessKeyFile, create_access_key
from dogwatch.serve.ports import AccessKey, Role

ACCOUNT = "123456789012"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "access-keys.toml"


def write(path: Path, text: str | bytes, mode: int = 0o600) -> None:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)


def test_no_file_holds_no_keys(path: Path) -> None:
    assert AccessKeyFile(path).find("DOGWADMIN0000000") is None


def test_a_new_key_is_found_and_others_stay(path: Path) -> None:
    keys = AccessKeyFile(path)
    first = create_access_key(path, ACCOUNT, Role.ADMIN)
    assert keys.find(first.id) == first
    second = create_access_key(path, ACCOUNT, Role.READER)
    assert keys.load() == {first.id: first, second.id: second}
    assert (first.role, second.role) == (Role.ADMIN, Role.READER)
    assert os.stat(path).st_mode & 0o777 == 0o600


def test_new_keys_look_like_those_that_aws_clients_know(path: Path) -> None:
    key = create_access_key(path, ACCOUNT, Role.ADMIN)
    assert re.fullmatch(r"[A-Z0-9]{20}", key.id)
    assert len(key.secret) == 40
    assert key.secret not in repr(key)


def test_a_key_that_was_taken_away_is_gone_at_once(path: Path) -> None:
    keys = AccessKeyFile(path)
    key = create_access_key(path, ACCOUNT, Role.ADMIN)
    assert keys.find(key.id)
    write(path, "")
    assert keys.find(key.id) is None


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o660, 0o666, 0o601])
def test_a_file_that_others_may_use_is_refused(path: Path, mode: int) -> None:
    key = create_access_key(path, ACCOUNT, Role.ADMIN)
    path.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 0600"):
        AccessKeyFile(path).find(key.id)
    with pytest.raises(ConfigError, match="chmod 0600"):
        create_access_key(path, ACCOUNT, Role.ADMIN)


def test_a_file_that_lost_its_privacy_is_refused_though_it_was_read(path: Path) -> None:
    keys = AccessKeyFile(path)
    key = create_access_key(path, ACCOUNT, Role.ADMIN)
    assert keys.find(key.id) == key
    path.chmod(0o644)
    with pytest.raises(ConfigError):
        keys.find(key.id)


@pytest.mark.parametrize(
    "content",
    [
        "not toml",
        b"\xff\xfe",
        "[SHORT]\nsecret='0123456789abcdef'\naccount='123456789012'\nrole='admin'",
        "[DOGWADMIN0000000]\naccount='123456789012'\nrole='admin'",
        "[DOGWADMIN0000000]\nsecret='short'\naccount='123456789012'\nrole='admin'",
        "[DOGWADMIN0000000]\nsecret='0123456789abcdef'\naccount='12345'\nrole='admin'",
        "[DOGWADMIN0000000]\nsecret='0123456789abcdef'\naccount=123456789012\nrole='admin'",
        "[DOGWADMIN0000000]\nsecret='0123456789abcdef'\naccount='123456789012'\nrole='root'",
        "[DOGWADMIN0000000]\nsecret='0123456789abcdef'\naccount='123456789012'\nrole=['admin']",
        "[DOGWADMIN0000000]\nsecret='0123456789abcdef'\naccount='123456789012'\nrole='admin'\nrolle='x'",
        "DOGWADMIN0000000 = 'secret-that-nobody-may-see'",
        "x = " + "[" * 100_000,
        b"#" * (MAX_FILE_BYTES + 1),
    ],
)
def test_a_file_that_is_not_understood_is_refused_whole_and_not_quoted(path: Path, content: str | bytes) -> None:
    write(path, content)
    with pytest.raises(ConfigError) as caught:
        AccessKeyFile(path).find("DOGWADMIN0000000")
    assert "0123456789abcdef" not in str(caught.value)
    assert "nobody-may-see" not in str(caught.value)
    with pytest.raises(ConfigError):
        create_access_key(path, ACCOUNT, Role.ADMIN)
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)


def test_a_folder_and_a_pipe_are_no_key_files(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir(mode=0o700)
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in ("folder", "pipe"):
        with pytest.raises(ConfigError):
            AccessKeyFile(tmp_path / name).find("DOGWADMIN0000000")


def test_a_new_key_does_not_follow_a_link(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.touch(mode=0o600)
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(ConfigError):
        create_access_key(tmp_path / "link", ACCOUNT, Role.ADMIN)
    assert target.read_bytes() == b""


@pytest.mark.parametrize("account", ["", "12345678901", "1234567890123", "12345678901a", '123456789012"\n[x]'])
def test_an_account_has_twelve_digits(path: Path, account: str) -> None:
    with pytest.raises(InvalidRequestError):
        create_access_key(path, account, Role.ADMIN)
    assert not path.exists()


def test_a_file_without_a_last_newline_keeps_its_keys(path: Path) -> None:
    write(path, "[DOGWADMIN0000000]\nsecret='0123456789abcdef'\naccount='123456789012'\nrole='reader'")
    create_access_key(path, ACCOUNT, Role.ADMIN)
    found = AccessKeyFile(path).find("DOGWADMIN0000000")
    assert found == AccessKey("DOGWADMIN0000000", "0123456789abcdef", ACCOUNT, Role.READER)
