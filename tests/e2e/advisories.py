"""Advisories for exactly what is in the end-to-end image: facts about real flaws, in our words.

The Debian one is made up, because what Debian 12 holds today changes with every point release: its fix is one step
ahead of whatever was installed.
"""

from __future__ import annotations

from tests.builders.advisories import Record, osv_record

ECOSYSTEMS = ("Debian", "PyPI", "npm")
DEBIAN_FLAW = "CVE-2099-0001"
PYTHON_FLAW = "CVE-2019-10906"
NPM_FLAW = "CVE-2019-10744"
LATER_FLAW = "CVE-2020-28493"


def debian_advisory(source: str, version: str) -> Record:
    """A flaw in whatever version of a source package is installed."""
    return osv_record(
        f"DEBIAN-{DEBIAN_FLAW}",
        ecosystem="Debian:12",
        name=source,
        modified="2026-08-01T00:00:01Z",
        fixed=next_version(version),
        upstream=[DEBIAN_FLAW],
        severity="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        summary="A made-up flaw",
    )


def next_version(version: str) -> str:
    """Return a Debian version just above another."""
    return f"{version}+1"


def python_advisory() -> Record:
    """Jinja's sandbox could be left by way of str.format_map until 2.10.1."""
    return osv_record(
        "GHSA-462w-v97r-4m45",
        ecosystem="PyPI",
        name="jinja2",
        modified="2026-08-01T00:00:02Z",
        fixed="2.10.1",
        aliases=[PYTHON_FLAW],
        severity="CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:N",
        summary="The sandbox of Jinja can be left",
    )


def npm_advisory() -> Record:
    """Prototype pollution in lodash's defaultsDeep until 4.17.12."""
    return osv_record(
        "GHSA-jf85-cpcp-j695",
        ecosystem="npm",
        name="lodash",
        modified="2026-08-01T00:00:03Z",
        range_type="SEMVER",
        fixed="4.17.12",
        aliases=[NPM_FLAW],
        severity="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H",
        summary="Prototypes can be polluted through lodash",
    )


def later_advisory() -> Record:
    """Jinja's urlize could be kept busy by a long text until 2.11.3; for the test, news."""
    return osv_record(
        "GHSA-g3rq-g295-4j3m",
        ecosystem="PyPI",
        name="jinja2",
        modified="2026-08-02T00:00:00Z",
        fixed="2.11.3",
        aliases=[LATER_FLAW],
        severity="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L",
        summary="Jinja's urlize can be kept busy",
    )
