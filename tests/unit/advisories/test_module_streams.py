"""Advisories of rebuilds say in their titles for which module stream they are."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from zipfile import ZipFile

import pytest

from dogwatch.advisories import parse_advisory

MODULE = "1:16.20-1.module_el8.8.0+100+a"


def said(title: str, *fixes: tuple[str, str], ecosystem: str = "AlmaLinux:8", id: str = "ALSA-1") -> list[str]:
    """Return `name fix` of every statement of a record with this title."""
    affected = [
        {
            "package": {"ecosystem": ecosystem, "name": name},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}],
        }
        for name, fixed in fixes
    ]
    record = {"id": id, "modified": "2026-07-01T00:00:00Z", "summary": title, "affected": affected}
    advisory = parse_advisory(json.dumps(record).encode())
    return [
        f"{one.name} {' '.join(event.version for stated in one.ranges for event in stated.events[1:])}".strip()
        for one in advisory.affected
    ]


@pytest.mark.parametrize(
    ("title", "streams"),
    [
        ("Important: nodejs:16 security, bug fix, and enhancement update", ["nodejs:16"]),
        ("Moderate: virt:rhel and virt-devel:rhel security update", ["virt:rhel", "virt-devel:rhel"]),
        ("ALSA-2022:5468: php:8.0 security update (Important)", ["php:8.0"]),
        ("ELSA-2020-1360:  container-tools:ol8 security update (MODERATE)", ["container-tools:ol8"]),
    ],
)
def test_packages_of_a_module_are_those_of_the_streams_in_the_title(title: str, streams: list[str]) -> None:
    assert said(title, ("bash", "5.2-1.el8"), ("npm", MODULE)) == [
        "bash 5.2-1.el8",
        *(f"{stream}/npm {MODULE}" for stream in streams),
        "unnamed/npm",
    ]


def test_fixes_of_several_contexts_of_a_stream_are_one_statement() -> None:
    lower = "1:16.20-1.module_el8.8.0+099+f"
    assert said("nodejs:16 update", ("npm", MODULE), ("npm", lower)) == [f"nodejs:16/npm {lower}", "unnamed/npm"]


def test_a_title_without_a_stream_leaves_open_which_packages_of_modules_are_meant_and_nothing_else() -> None:
    bash = ("bash", "5.2-1.el8")
    assert said("Important: varnish security update", bash, ("varnish", MODULE)) == [
        "bash 5.2-1.el8",
        "unnamed/varnish",
    ]
    assert said("Important: bash security update", ("bash", "5.2-1.el8")) == ["bash 5.2-1.el8"]
    assert said("criu bug fix update", ("criu", MODULE), id="ALBA-1") == [f"criu {MODULE}"]
    assert said("bash update", ("bash", MODULE), ecosystem="Mageia:9") == [f"bash {MODULE}"]


def test_nearly_all_real_advisories_on_modules_tell_their_stream(real_data: Path) -> None:
    told: Counter[bool] = Counter()
    with ZipFile(real_data / "osv" / "AlmaLinux_8" / "all.zip") as archive:
        for name in archive.namelist():
            if b".module_el" in (content := archive.read(name)):
                advisory = parse_advisory(content)
                is_told = not advisory.unread
                told[is_told] += any("/" in one.name for one in advisory.affected)
    assert (told[True], told[False]) == (468, 7)
