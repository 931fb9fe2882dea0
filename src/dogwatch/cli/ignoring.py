"""Rules that keep findings out of a report: from `--ignore ID[=REASON]`, and from a file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from dogwatch.model.errors import ConfigError, InvalidRequestError
from dogwatch.model.judgements import IgnoreRule

_FILE_BYTES_MAX = 4 * 1024 * 1024  # some hundred bytes a rule; this is another file
_KEYS = frozenset({"id", "package", "reason", "until"})


def rules_of_options(texts: Sequence[str] | None) -> Iterator[IgnoreRule]:
    """Yield the rules that `--ignore` gives.

    Raises:
        InvalidRequestError: no id.
    """
    for text in texts or ():
        identifier, _, reason = text.partition("=")
        if not identifier.strip():
            raise InvalidRequestError("ignore", f"ID or ID=REASON is needed, not {text!r}")
        yield IgnoreRule(identifier.strip(), "", reason.strip(), None, "--ignore")


def rules_of_file(path: Path) -> Iterator[IgnoreRule]:
    """Yield the rules of a file: tables `[[ignore]]` with `id` or `package` or both, `reason`, and `until`, a day.

    Raises:
        ConfigError: it cannot be read, or says something that is no rule.
    """
    name = str(path)
    try:
        with path.expanduser().open("rb") as file:
            content = file.read(_FILE_BYTES_MAX + 1)
    except OSError as error:
        raise ConfigError(name, error.strerror or str(error)) from error
    if len(content) > _FILE_BYTES_MAX:
        raise ConfigError(name, f"longer than {_FILE_BYTES_MAX} bytes; not a file of rules")
    try:
        document = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(name, f"not TOML: {error}") from error
    tables = document.pop("ignore", [])
    if document or not isinstance(tables, list):
        raise ConfigError(name, f"only tables [[ignore]] are known{_named(document)}")
    for number, table in enumerate(tables, 1):
        yield _rule(table, f"{name}, rule {number}")


def _rule(table: object, where: str) -> IgnoreRule:
    if not isinstance(table, Mapping):
        raise ConfigError(where, "not a table")
    unknown = {key: value for key, value in table.items() if key not in _KEYS}
    if unknown:
        raise ConfigError(where, f"known are id, package, reason, until{_named(unknown)}")
    texts = {key: table.get(key, "") for key in ("id", "package", "reason")}
    for key, value in texts.items():
        if not isinstance(value, str):
            raise ConfigError(where, f"{key} is no text")
    if not (texts["id"].strip() or texts["package"].strip()):
        raise ConfigError(where, "id or package is needed")
    until = table.get("until")
    if isinstance(until, datetime):
        until = until.date()
    if isinstance(until, str):
        try:
            until = date.fromisoformat(until)
        except ValueError as error:
            raise ConfigError(where, f"until is no day such as 2027-01-31: {until!r}") from error
    if until is not None and not isinstance(until, date):
        raise ConfigError(where, "until is no day such as 2027-01-31")
    return IgnoreRule(texts["id"].strip(), texts["package"].strip(), texts["reason"].strip(), until, where)


def _named(document: Mapping[str, object]) -> str:
    return f"; not {', '.join(map(repr, document))}" if document else ""
