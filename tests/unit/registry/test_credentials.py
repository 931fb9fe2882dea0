from __future__ import annotations

import base64
import traceback
from pathlib import Path

import pytest

from dogwatch.model.errors import ConfigError
from dogwatch.model.registries import RegistryAccess
from dogwatch.registry.credentials import Credentials, read_credentials

URL = "https://registry.example"


def test_without_a_user_access_is_anonymous() -> None:
    assert read_credentials(RegistryAccess(URL), {"P": "x"}) is None


@pytest.mark.parametrize(
    ("content", "password"),
    [
        (b"s3cret", "s3cret"),
        (b"s3cret\n", "s3cret"),
        (b"s3cret\r\n", "s3cret"),
        (b" pa ss ", " pa ss "),
        ("pä".encode(), "pä"),
    ],
)
def test_a_password_file_is_read_without_its_last_line_break(tmp_path: Path, content: bytes, password: str) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)

    found = read_credentials(RegistryAccess(URL, "watcher", password_file=str(file)), {})

    assert found == Credentials("watcher", password)


def test_a_file_wins_over_a_variable(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from file")
    access = RegistryAccess(URL, "watcher", str(file), "P")

    assert read_credentials(access, {"P": "from variable"}) == Credentials("watcher", "from file")
    assert read_credentials(RegistryAccess(URL, "watcher", "", "P"), {"P": "x"}) == Credentials("watcher", "x")


def test_a_password_stays_out_of_representations_and_in_the_header() -> None:
    credentials = Credentials("watcher", "pä:ss")

    assert repr(credentials) == "Credentials(username='watcher')"
    assert base64.b64decode(credentials.basic.removeprefix("Basic ")) == "watcher:pä:ss".encode()


@pytest.mark.parametrize(
    ("access", "environment", "words"),
    [
        (RegistryAccess(URL, "watcher"), {}, "neither a password file nor a variable"),
        (RegistryAccess(URL, "", password_variable="P"), {"P": "s3cret"}, "username: missing"),
        (RegistryAccess(URL, "wat:cher", password_variable="P"), {"P": "s3cret"}, "colon"),
        (RegistryAccess(URL, "watcher", password_variable="P"), {}, "P: no password in it"),
        (RegistryAccess(URL, "watcher", password_variable="P"), {"P": ""}, "P: no password in it"),
        (RegistryAccess(URL, "watcher", password_variable="P"), {"P": "s3cret\nx"}, "P: more than one line"),
        (RegistryAccess(URL, "watcher", password_variable="P"), {"P": "s3cret\udcff"}, "P: not UTF-8"),
        (RegistryAccess(URL, "watcher", password_file="/nonexistent/p"), {}, "/nonexistent/p: cannot read"),
        (RegistryAccess(URL, "watcher", password_file="/"), {}, "/: cannot read"),
    ],
)
def test_unusable_credentials_are_named_and_never_shown(
    access: RegistryAccess, environment: dict[str, str], words: str
) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        read_credentials(access, environment)
    assert "s3cret" not in "".join(traceback.format_exception_only(caught.value))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no password"),
        (b"\n", "no password"),
        (b"s3\xffcret", "not UTF-8"),
        (b"s3cret" * 20_000, "longer than 65536 bytes"),
        (b"s3cret\n\n", "more than one line"),
    ],
)
def test_an_unusable_password_file_is_named_and_never_shown(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)

    with pytest.raises(ConfigError, match=words) as caught:
        read_credentials(RegistryAccess(URL, "watcher", password_file=str(file)), {})
    shown = "".join(traceback.format_exception_only(caught.value)) + repr(caught.value.fields)
    assert caught.value.fields["setting"] == str(file)
    assert (caught.value.__cause__, "s3" in shown) == (None, False)
