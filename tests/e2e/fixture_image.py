"""The image of the end-to-end test: a real Debian 12 by mmdebstrap, with an old wheel and an old npm package on top.

What is slow to make is kept in a cache folder, keyed by the recipe: a second run needs neither network nor time.
Packages come from wherever this machine's apt, pip and npm are set up to get them.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builders.oci import BuiltManifest, build_image, layer_tar
from tests.requirements import requires_program

_UNREAD = ("doc", "info", "locale", "man", "zoneinfo")  # nothing here concerns packages
_DEBIAN = (
    "--variant=essential",
    "--include=libssl3",
    *(f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in _UNREAD),
    '--customize-hook=rm -rf "$1"/usr/share/perl "$1"/usr/lib/*/perl "$1"/usr/lib/*/gconv "$1"/var/cache/debconf/*-old',
    "--format=tar",
    "bookworm",
)
_WHEEL = "jinja2==2.10"
_NPM_PACKAGE = "lodash@4.17.4"

_ATTEMPTS = 3
_PAUSE_SECONDS = 5.0
_DEBIAN_SECONDS = 600.0
_PACKAGE_SECONDS = 120.0


@dataclass(frozen=True)
class FixtureImage:
    """The image, and what the test needs to know of it."""

    built: BuiltManifest
    debian: tuple[str, str, str]  # binary package, its source package, version
    base_layer: str
    top_layer: str


def make_fixture_image(cache: Path | None = None) -> FixtureImage:
    """Return the image; made anew only where the cache does not have its parts."""
    cache = cache or cache_folder()
    base = debian_tar(cache).read_bytes()
    top = layer_tar({**python_files(cache), **npm_files(cache)})
    built = build_image([base, top], steps=["mmdebstrap bookworm", "install jinja2 and lodash"], author="Fixture")
    layers = json.loads(built.content)["layers"]
    return FixtureImage(built, _openssl(base), layers[0]["digest"], layers[1]["digest"])


def cache_folder() -> Path:
    """Return the folder where downloads are kept between runs, outside the project's."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "dogwatch-tests"


def requirements() -> list[pytest.MarkDecorator]:
    """Return what must be installed to make the image; nothing where the cache has it."""
    if _place(cache_folder(), "debian.tar", _DEBIAN).exists():
        return []
    needed = [requires_program("mmdebstrap")]
    if os.geteuid() != 0:  # mmdebstrap then needs what lets a user have a range of user ids
        needed.append(requires_program("newuidmap", "uidmap"))
    return needed


def debian_tar(cache: Path) -> Path:
    """Return the plain tar of a small Debian 12, made by mmdebstrap."""
    return _kept(cache, "debian.tar", _DEBIAN, _make_debian)


def _make_debian(target: Path) -> None:
    _run(["mmdebstrap", *_DEBIAN, str(target)], _DEBIAN_SECONDS)


def _make_wheel(target: Path) -> None:
    folder = target.with_suffix(".d")
    options = ["--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--quiet"]
    _run([sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), _WHEEL], _PACKAGE_SECONDS)
    (wheel,) = folder.glob("*.whl")
    wheel.replace(target)
    folder.rmdir()


def _make_npm_package(target: Path) -> None:
    folder = target.with_suffix(".d")
    folder.mkdir(exist_ok=True)
    _run(["npm", "pack", "--silent", "--pack-destination", str(folder), _NPM_PACKAGE], _PACKAGE_SECONDS)
    (archive,) = folder.glob("*.tgz")
    archive.replace(target)
    folder.rmdir()


def python_files(cache: Path) -> Mapping[str, bytes]:
    """Return what pip lays down: the modules, and the dist-info folder."""
    wheel = _kept(cache, "wheel", (_WHEEL,), _make_wheel)
    with zipfile.ZipFile(wheel) as archive:
        return {
            f"usr/local/lib/python3.11/site-packages/{name}": archive.read(name)
            for name in sorted(archive.namelist())
            if not name.endswith("/")
        }


def npm_files(cache: Path) -> Mapping[str, bytes]:
    """Return what npm lays down; where there is no npm, the one file of it that says what is installed."""
    name, _, version = _NPM_PACKAGE.partition("@")
    place = f"srv/app/node_modules/{name}"
    if shutil.which("npm") is None:
        return {f"{place}/package.json": json.dumps({"name": name, "version": version, "main": f"{name}.js"}).encode()}
    archive = _kept(cache, "npm", (_NPM_PACKAGE,), _make_npm_package)
    with tarfile.open(archive) as tar:
        contents = {entry.name.removeprefix("package/"): tar.extractfile(entry) for entry in tar if entry.isfile()}
        return {f"{place}/{path}": file.read() for path, file in sorted(contents.items()) if file is not None}


def _openssl(base: bytes) -> tuple[str, str, str]:
    """Return libssl3 as this Debian's package database has it today."""
    with tarfile.open(fileobj=io.BytesIO(base)) as tar:
        status = tar.extractfile("./var/lib/dpkg/status")
        assert status is not None
        stanzas = status.read().decode().split("\n\n")
    (stanza,) = (one for one in stanzas if one.startswith("Package: libssl3\n"))
    fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line and not line.startswith(" "))
    return fields["Package"], fields["Source"], fields["Version"]


def _kept(cache: Path, name: str, recipe: tuple[str, ...], make: Callable[[Path], None]) -> Path:
    """Return a file of the cache, made by its recipe if it is not there; two runs at once do no harm."""
    path = _place(cache, name, recipe)
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}")
        try:
            make(partial)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    return path


def _place(cache: Path, name: str, recipe: tuple[str, ...]) -> Path:
    return cache / f"{hashlib.sha256(chr(0).join(recipe).encode()).hexdigest()[:16]}-{name}"


def _run(command: list[str], timeout_seconds: float) -> None:
    """Run a program that downloads; an archive that cannot be reached skips the test (under CI=true that fails)."""
    problem = ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE_SECONDS)
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_seconds, check=False)
        if done.returncode == 0:
            return
        problem = done.stderr[-2000:]
    pytest.skip(f"needs a network once: {command[0]} failed: {problem}")
