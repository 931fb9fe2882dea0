"""Which version schemes exist, and how to ask one by its name.

A scheme counts when it is in `SCHEMES`; importing a module registers nothing. Called by everything that stores keys.
"""

from __future__ import annotations

from dogwatch.versions.apk import ApkScheme
from dogwatch.versions.composer import ComposerScheme
from dogwatch.versions.dpkg import DpkgScheme
from dogwatch.versions.gem import GemScheme
from dogwatch.versions.gotoolchain import GotoolchainScheme
from dogwatch.versions.maven import MavenScheme
from dogwatch.versions.nuget import NugetScheme
from dogwatch.versions.pep440 import Pep440Scheme
from dogwatch.versions.pub import PubScheme
from dogwatch.versions.rpm import RpmScheme
from dogwatch.versions.scheme import NotComparable, VersionScheme, refusal, trimmed
from dogwatch.versions.semver import SemverScheme

SCHEMES: tuple[VersionScheme, ...] = (
    DpkgScheme(),
    RpmScheme(),
    ApkScheme(),
    Pep440Scheme(),
    SemverScheme(),
    PubScheme(),
    MavenScheme(),
    GemScheme(),
    NugetScheme(),
    ComposerScheme(),
    GotoolchainScheme(),
)
"""Every scheme that exists, once."""

_BY_NAME = {scheme.name: scheme for scheme in SCHEMES}


def scheme_named(name: str) -> VersionScheme:
    """Return the scheme of this name.

    Raises:
        KeyError: there is no such scheme. Names come from code and from our own tables, so this is a mistake.
    """
    return _BY_NAME[name]


def sort_key(scheme_name: str, text: str) -> bytes | None:
    """Return the key of a version text in the named scheme.

    Args:
        scheme_name: name of a scheme in `SCHEMES`.
        text: any text at all.

    Returns:
        The order-preserving key, or None for "not comparable": never a guess, and never an exception over the text.

    Raises:
        KeyError: there is no such scheme; a programming mistake, never a property of the text.
    """
    return _BY_NAME[scheme_name].sort_key(text)


def why_not_comparable(scheme_name: str, text: str) -> NotComparable | None:
    """Say why a text has no key in the named scheme, or None where it has one.

    Raises:
        KeyError: there is no such scheme.
    """
    if sort_key(scheme_name, text) is not None:
        return None
    return refusal(trimmed(text)) or NotComparable.GRAMMAR
