"""Explanations as people read them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dogwatch.cli.explain import KEYED, LISTING
from dogwatch.cli.lists import lay_out
from tests.serve.explained import make_explanation

PROSE = """\
pkg:deb/debian/libssl3@3.0.9-1?arch=amd64&distro=debian-12&upstream=openssl and CVE-2024-6119
  also DSA-5764-1
openssl 3.0.9-1 is affected.
Judged as openssl 3.0.9-1 of Debian:12, by the order of dpkg.
Ranges:
  inside: 3.0.9-1 < 3.1 [decides]
      osv DEBIAN-CVE-2024-6119, changed 2026-06-09; in force since revision 7 of 2026-07-06 12:00; \
openssl of Debian:12: introduced 0, fixed 3.0.14-1~deb12u1
  and 2 ranges further away
In images of the account:
  since 2026-07-06 12:00 (advisory added): affected HIGH 7.5 (osv), fixed in 3.0.14-1~deb12u1, by DEBIAN-CVE-2024-6119
Shown as a finding of this image:
  since 2026-07-06 12:00 (first inventory) until 2026-07-09 12:00 (advisory withdrawn); findings as of revision 8
The image has 1 other package that it concerns, not explained here.
"""


def test_an_explanation_is_told_in_lines_with_keys_only_where_they_are_wanted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lay_out(LISTING, ["table"]).write([make_explanation()])
    plain = capsys.readouterr().out
    lay_out(KEYED, ["table"]).write([make_explanation()])
    keyed = capsys.readouterr().out
    assert plain.rstrip("\n") == PROSE.rstrip("\n")
    added = [line.strip() for line in keyed.splitlines() if line not in plain.splitlines()]
    assert added == ["Its key: 0102", "keys from the lowest to below 0103"]


def test_programs_get_a_line_for_each_range_and_one_where_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    one = make_explanation()
    silent = replace(one, verdict="", conclusion="Nothing holds.", ranges=())
    columns = "vulnerability,verdict,conclusion,standing,words,weight"
    lay_out(LISTING, ["tsv"], columns).write([one, silent])
    assert capsys.readouterr().out.splitlines() == [
        "CVE-2024-6119\taffected\topenssl 3.0.9-1 is affected.\tinside\t3.0.9-1 < 3.1\tdecides",
        "CVE-2024-6119\t\tNothing holds.\t\t\t",
    ]
