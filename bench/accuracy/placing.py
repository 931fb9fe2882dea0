"""To which ecosystem a label's package belongs, as far as its name, its version and the labels beside it tell.

A label says neither. What is inferred here is inferred without looking at its vulnerability or its verdict, so that a
feed's silence counts as silence. Where two readings are open, the label is not joined, and the reason says why.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench.accuracy.labels import Label
from dogwatch.model.packages import Package
from dogwatch.versions import go_release_version, normalise_name

DISTRIBUTION_IMAGES = {
    "ubuntu@": "Ubuntu",
    "gitlab/gitlab-ce@": "Ubuntu",
    "debian@": "Debian",
    "node@": "Debian",
    "neo4j@": "Debian",
    "postgres@": "Debian",
    "postgres:": "Debian",
    "registry.access.redhat.com/ubi8@": "Red Hat",
    "oraclelinux@": "Oracle Linux",
    "mcr.microsoft.com/cbl-mariner/": "Azure Linux",
    "ghcr.io/chainguard-images/": "Wolfi",
}
"""What the beginning of an image's name says of its distribution; only its versions say which packages are of it."""

_UBUNTU = re.compile(r"ubuntu|build\d")
_DEBIAN = re.compile(r"[+~]deb\d+u|~bpo|pgdg")
_DPKG = re.compile(r"(\d+:)?\d[\w.+~]*-[\w.+~]+")  # a revision behind the last hyphen
_ENTERPRISE = re.compile(r"\.el\d|\.module\+el")
_AZURE = re.compile(r"\.(cm|azl)\d")
_APK = re.compile(r"-r\d+")
_GO_MODULE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+/\S+")
_DOTNET = ("System.", "Microsoft.")
_PLACEHOLDER = "0.0.0-DEVELOPMENT"


@dataclass(frozen=True, slots=True)
class Placed:
    """A label whose package is known well enough to ask for."""

    label: Label
    package: Package


@dataclass(frozen=True, slots=True)
class NotPlaced:
    """A label that cannot be joined; `family` where at least that much is told."""

    label: Label
    reason: str
    family: str = ""


Known = Mapping[str, frozenset[str]]
"""Feed → the names of packages, normalised, that its records are about."""


class Places:
    """Places labels; knows all of them, because one tells of another in the same image."""

    def __init__(self, labels: Iterable[Label], known: Known) -> None:
        self._known = known
        self._versions: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._names: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._dotnet: set[str] = set()
        for label in labels:
            self._versions[label.image, label.name].add(label.version)
            self._names[label.image, label.version].add(label.name)
            if label.name.startswith(_DOTNET):
                self._dotnet.add(label.image)

    def place(self, label: Label) -> Placed | NotPlaced:
        """Say which package a label is about."""
        version = label.version
        if _APK.search(version):
            return self._apk(label)
        if _ENTERPRISE.search(version):
            family = _distribution_of(label.image)
            reason = "an Enterprise Linux, and not told which" if not family else f"of {family}"
            return NotPlaced(label, reason, family or "Enterprise Linux")
        if _AZURE.search(version):
            return NotPlaced(label, "of Azure Linux", "Azure Linux")
        if family := _dpkg_family(label):
            return NotPlaced(label, f"of {family}", family)
        return self._language(label)

    def _apk(self, label: Label) -> Placed | NotPlaced:
        if _distribution_of(label.image) != "Wolfi":
            return NotPlaced(label, "of Alpine", "Alpine")
        # Advisories name the source package. A part has its version, and a label of it names it in the same image.
        beside = self._names[label.image, label.version] & self._known["Wolfi"]
        source = label.name if label.name in beside or len(beside) != 1 else next(iter(beside))
        return Placed(label, Package("Wolfi", label.name, label.version, "x86_64", source, label.version))

    def _language(self, label: Label) -> Placed | NotPlaced:
        name, version = label.name, label.version
        if name == "stdlib" and (release := go_release_version(version)):
            return Placed(label, Package("Go", name, release))
        if _GO_MODULE.fullmatch(name):
            return Placed(label, Package("Go", name, version))
        if _PLACEHOLDER in self._versions[label.image, name]:
            return NotPlaced(label, f"a name that the image has at {_PLACEHOLDER} too: a folder of an editor")
        if "." in name and label.image in self._dotnet:
            return NotPlaced(label, "of NuGet", "NuGet")
        feeds = sorted(feed for feed, names in self._known.items() if normalise_name(feed, name) in names)
        if not feeds:
            return NotPlaced(label, "a name that no feed of the folder knows")
        if len(feeds) > 1:
            return NotPlaced(label, "a name that several feeds know")
        if feeds[0] in ("Wolfi", "Go", "Debian", "Bitnami", "AlmaLinux"):
            return NotPlaced(label, f"a name that only {feeds[0]} knows, in a version that is none of its packages'")
        return Placed(label, Package(feeds[0], name, version))


def _distribution_of(image: str) -> str:
    return next((family for begin, family in DISTRIBUTION_IMAGES.items() if image.startswith(begin)), "")


def _dpkg_family(label: Label) -> str:
    if _UBUNTU.search(label.version):
        return "Ubuntu"
    if _DEBIAN.search(label.version):
        return "Debian"
    family = _distribution_of(label.image)
    is_dpkg = family in ("Debian", "Ubuntu") and _DPKG.fullmatch(label.version) and "/" not in label.name
    return family if is_dpkg and not label.version.startswith("0.0.0-") else ""
