"""Access keys in a file that only its owner reads: `<data>/access-keys.toml`, one table per key.

    [AKIDEXAMPLE]
    secret = "…"
    account = "123456789012"
    role = "admin"        # or "reader"

Read again whenever the file changes. `create_access_key` adds one, `remove_access_key` takes one away; so
does deleting its table.
"""

from __future__ import annotations

import base64
import fcntl
import os
import re
import secrets
import stat
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dogwatch.model.errors import ConfigError, InvalidRequestError, NotFoundError
from dogwatch.serve.ports import AccessKey, Role

FILE_NAME = "access-keys.toml"

MAX_FILE_BYTES = 2**20
"""A key takes about 150 bytes; a larger file is something else."""

_ID = re.compile(r"[A-Za-z0-9]{16,128}")
_SECRET = re.compile(r"[\x21-\x7e]{16,512}")
_ACCOUNT = re.compile(r"[0-9]{12}")
_SECRET_BYTES = 30  # 40 characters, as long as AWS's own


class AccessKeyFile:
    """Implements `ports.Credentials` over a file; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, int, int], dict[str, AccessKey]] | None = None

    def find(self, access_key_id: str) -> AccessKey | None:
        """Return the key of that id, or None; a file that is not there holds no keys.

        Raises:
            ConfigError: others than its owner may read or write the file, or it cannot be understood.
        """
        return self.load().get(access_key_id)

    def load(self) -> dict[str, AccessKey]:
        """Return all keys by id.

        Raises:
            ConfigError: as for `find`.
        """
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ConfigError(FILE_NAME, f"{self._path}: {error.strerror}") from error
        try:
            return self._load_open(descriptor)
        finally:
            os.close(descriptor)

    def _load_open(self, descriptor: int) -> dict[str, AccessKey]:
        """Return all keys of the open file, from memory where it has not changed."""
        status = os.fstat(descriptor)
        _check_rights(self._path, status)
        mark = (status.st_ino, status.st_size, status.st_mtime_ns)
        known = self._read
        if known is not None and known[0] == mark:
            return known[1]
        with open(descriptor, "rb", closefd=False) as file:
            keys = _parse(self._path, file.read(MAX_FILE_BYTES + 1))
        self._read = (mark, keys)
        return keys


def create_access_key(path: Path, account_id: str, role: Role) -> AccessKey:
    """Make a new key, add it to the file (made with mode 0600 where it is missing), and return it.

    Raises:
        InvalidRequestError: the account is not twelve digits.
        ConfigError: the file is not private, cannot be understood, or cannot be written.
    """
    if not _ACCOUNT.fullmatch(account_id):
        raise InvalidRequestError("account", f"{account_id!r} is not twelve digits")
    key = AccessKey(
        id="DOGW" + base64.b32encode(secrets.token_bytes(10)).decode(),
        secret=secrets.token_urlsafe(_SECRET_BYTES),
        account_id=account_id,
        role=role,
    )
    table = f'[{key.id}]\nsecret = "{key.secret}"\naccount = "{account_id}"\nrole = "{role}"\n'
    try:
        with _held(path) as file:
            content = file.read(MAX_FILE_BYTES + 1)
            _parse(path, content)
            gap = "" if not content else "\n" if content.endswith(b"\n") else "\n\n"
            file.write((gap + table).encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ConfigError(FILE_NAME, f"{path}: {error.strerror}") from error
    return key


def remove_access_key(path: Path, account_id: str, access_key_id: str) -> None:
    """Take the table of a key out of the file; the rest stays as it is, comments included.

    Raises:
        NotFoundError: the account has no such key.
        ConfigError: the file is not private, cannot be understood, or cannot be written.
    """
    if not path.exists():
        raise NotFoundError("access key", access_key_id)
    try:
        with _held(path) as file:
            content = file.read(MAX_FILE_BYTES + 1)
            keys = _parse(path, content)
            if access_key_id not in keys or keys[access_key_id].account_id != account_id:
                raise NotFoundError("access key", access_key_id)
            left = _without(content.decode(), access_key_id).encode()
            if _parse(path, left).keys() != keys.keys() - {access_key_id}:
                raise ConfigError(
                    FILE_NAME, f"{path}: not written as one table per key; delete [{access_key_id}] by hand"
                )
            _replace(path, left, os.fstat(file.fileno()))
    except OSError as error:
        raise ConfigError(FILE_NAME, f"{path}: {error.strerror}") from error


@contextmanager
def _held(path: Path) -> Iterator[BinaryIO]:
    """Open the file alone (two at once would lose a key); again where it was replaced while we waited."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            status = os.fstat(descriptor)
            if not path.exists() or not os.path.samestat(status, path.lstat()):
                continue
            _check_rights(path, status)
            yield file
            return


def _without(text: str, access_key_id: str) -> str:
    """Return the text without one table: from its header to the next one."""
    header = re.compile(rf"\s*\[\s*[\"']?{re.escape(access_key_id)}[\"']?\s*\]")
    kept: list[str] = []
    is_gone = False
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith("["):
            is_gone = header.match(line) is not None
        if not is_gone:
            kept.append(line)
    return "".join(kept)


def _replace(path: Path, content: bytes, status: os.stat_result) -> None:
    """Put another content in the file's place at once; its owner stays."""
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchown(descriptor, status.st_uid, status.st_gid)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def _check_rights(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(FILE_NAME, f"{path}: not a file")
    if status.st_mode & 0o077:
        raise ConfigError(
            FILE_NAME, f"{path}: others may read it (mode {stat.S_IMODE(status.st_mode):04o}); chmod 0600"
        )
    if status.st_uid not in (os.geteuid(), 0):
        raise ConfigError(FILE_NAME, f"{path}: it belongs to another user")


def _parse(path: Path, content: bytes) -> dict[str, AccessKey]:
    if len(content) > MAX_FILE_BYTES:
        raise ConfigError(FILE_NAME, f"{path}: longer than {MAX_FILE_BYTES} bytes")
    try:
        tables = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        # The parser's words may quote a secret, so they are not passed on.
        raise ConfigError(FILE_NAME, f"{path}: not TOML") from error
    return {name: _key(path, name, table) for name, table in tables.items()}


def _key(path: Path, name: str, table: object) -> AccessKey:
    values = {**table} if isinstance(table, dict) else {}
    secret, account, role = values.pop("secret", None), values.pop("account", None), values.pop("role", None)
    valid = (
        _ID.fullmatch(name)
        and isinstance(secret, str)
        and _SECRET.fullmatch(secret)
        and isinstance(account, str)
        and _ACCOUNT.fullmatch(account)
        and role in list(Role)
        and not values
    )
    if not valid:
        raise ConfigError(FILE_NAME, f"{path}: [{name[:40]}] needs a secret, an account of twelve digits and a role")
    return AccessKey(name, str(secret), str(account), Role(str(role)))
