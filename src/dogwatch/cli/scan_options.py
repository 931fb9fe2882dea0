"""The options of `dogwatch scan` and what their texts mean.

Each has its environment variable, also those that leave findings out: a report always counts what was left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from dogwatch.cli.ignoring import rules_of_file, rules_of_options
from dogwatch.cli.options import option, path_of, switch
from dogwatch.cli.reports.writing import FORMAT_NAMES
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.images import Platform
from dogwatch.model.judgements import Choice
from dogwatch.model.matches import Severity
from dogwatch.model.targets import Target, TargetKind

_SEVERITIES = tuple(one.name for one in sorted(Severity, reverse=True))
_SEVERITY_WORDS = tuple(word.lower() for word in _SEVERITIES)


def _variable(name: str) -> str:
    return "DOGWATCH_" + name.removeprefix("--").replace("-", "_").upper()


def _option(
    name: str, text: str, metavar: str = "TEXT", *, short: str = "", offered: Sequence[str] = ()
) -> typer.models.OptionInfo:
    names = (name, short) if short else (name,)
    return option(text, *names, variable=_variable(name), metavar=metavar, offered=offered)


def _switch(name: str, text: str, short: str = "") -> typer.models.OptionInfo:
    names = (name, short) if short else (name,)
    return switch(text, *names, variable=_variable(name))


TargetName = Annotated[
    str,
    typer.Argument(
        metavar="TARGET",
        help="an image REF, registry:REF, docker:REF, podman:REF, oci:DIR[:TAG], docker-archive:FILE[:TAG], sbom:FILE "
        "or dir:PATH",
        show_default=False,
    ),
]
Outputs = Annotated[
    list[str] | None,
    _option(
        "--output",
        f"{', '.join(FORMAT_NAMES)}; may be given several times",
        "FORMAT[=FILE]",
        short="-o",
        offered=FORMAT_NAMES,
    ),
]
FailOn = Annotated[
    str | None,
    _option(
        "--fail-on",
        "exit with 3 when there is a finding of this severity or above",
        "SEVERITY",
        offered=_SEVERITY_WORDS,
    ),
]
ExitCode = Annotated[
    int | None,
    typer.Option(
        "--exit-code",
        help="exit with this in place of 3; without --fail-on when there is any finding",
        show_default=False,
        metavar="N",
        min=0,
        max=255,
        envvar="DOGWATCH_EXIT_CODE",
    ),
]
Severities = Annotated[
    list[str] | None,
    _option("--severity", "only findings of these severities", "SEVERITY,…", offered=_SEVERITY_WORDS),
]
OnlyFixed = Annotated[bool, _switch("--only-fixed", "only findings that an upgrade mends")]
Ignored = Annotated[list[str] | None, _option("--ignore", "a vulnerability that does not count", "ID[=REASON]")]
IgnoreFile = Annotated[Path | None, _option("--ignore-file", "rules for what does not count", "FILE")]
Vex = Annotated[
    list[Path] | None, _option("--vex", "OpenVEX or CSAF: what it says is not affected does not count", "FILE")
]
PlatformName = Annotated[
    str | None, _option("--platform", "of an image for several; this machine's by default", "OS/ARCH")
]
Username = Annotated[str, _option("--username", "to log in at the registry with")]
PasswordFile = Annotated[Path | None, _option("--password-file", "file that holds the password", "FILE")]
PasswordVariable = Annotated[str, _option("--password-variable", "environment variable that holds it", "NAME")]
CaFile = Annotated[Path | None, _option("--ca-file", "authorities to trust in place of the system's, PEM", "FILE")]
PlainHttp = Annotated[bool, _switch("--plain-http", "reach the registry over plain HTTP")]
Sboms = Annotated[
    bool, _switch("--sboms", "also believe the bills of materials that are attached to the image in its registry")
]
NoUpdate = Annotated[bool, _switch("--no-update", "import no advisories, not even where there are none yet")]
MaxDbAge = Annotated[
    str | None, _option("--max-db-age", "exit with 5 when a feed was asked longer ago (12h, 3d)", "TIME")
]
Strict = Annotated[bool, _switch("--strict", "exit with 5 when anything could not be seen or compared")]
Quiet = Annotated[bool, _switch("--quiet", "say nothing on standard error", "-q")]


def target_of(text: str) -> Target:
    """Read what to look at: a kind and a colon, if any, and a name.

    Raises:
        InvalidRequestError: no name.
    """
    prefix, colon, rest = text.partition(":")
    kind = next((one for one in TargetKind if colon and one.value and one.value == prefix), TargetKind.IMAGE)
    name = text if kind is TargetKind.IMAGE else rest
    if not name:
        raise InvalidRequestError("target", f"nothing behind {text!r}")
    return Target(kind, name)


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a registry that was not added, and what is asked of it, as typed."""

    username: str = ""
    password_file: Path | None = None
    password_variable: str = ""
    ca_file: Path | None = None
    plain_http: bool = False
    sboms: bool = False

    @property
    def is_unsaid(self) -> bool:
        """Whether nothing was typed."""
        return self == Access()


def target_with(text: str, platform: str | None, access: Access) -> Target:
    """Read what to look at, and how it is reached.

    Raises:
        InvalidRequestError: no name, or no platform.
    """
    return replace(
        target_of(text),
        platform=platform_of(platform),
        username=access.username,
        password_file=path_of(access.password_file),
        password_variable=access.password_variable,
        ca_file=path_of(access.ca_file),
        plain_http=access.plain_http,
        with_bills=access.sboms,
    )


def platform_of(text: str | None) -> Platform | None:
    """Read a platform, such as linux/arm64 or linux/arm/v7.

    Raises:
        InvalidRequestError: it is none.
    """
    if not text:
        return None
    parts = text.strip().split("/")
    if len(parts) not in (2, 3) or not all(parts):
        raise InvalidRequestError("platform", f"os/architecture is needed, such as linux/arm64, not {text!r}")
    return Platform(*parts)


def severity_of(field: str, text: str) -> Severity:
    """Read a severity.

    Raises:
        InvalidRequestError: it is none.
    """
    word = text.strip().upper()
    if word not in _SEVERITIES:
        raise InvalidRequestError(field, f"{text!r} is none of {', '.join(_SEVERITIES)}")
    return Severity[word]


def choice_of(
    severities: list[str] | None, only_fixed: bool, ignore: list[str] | None, ignore_file: Path | None
) -> Choice:
    """Return which findings count.

    Raises:
        InvalidRequestError, ConfigError: an option or the file says something that it cannot.
    """
    words = [word for text in severities or () for word in text.split(",") if word.strip()]
    chosen = frozenset(severity_of("severity", word) for word in words) or frozenset(Severity)
    rules = [*rules_of_options(ignore), *(rules_of_file(ignore_file) if ignore_file else ())]
    return Choice(chosen, only_fixed, tuple(rules))
