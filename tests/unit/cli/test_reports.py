"""Every format says everything: what was found, what is ignored, and what could not be seen."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dogwatch.cli.ignoring import rules_of_file, rules_of_options
from dogwatch.cli.reports.catalogue import FORMATS
from dogwatch.cli.reports.table import _write
from dogwatch.cli.reports.words import feeds_in_words
from dogwatch.cli.reports.writing import FORMAT_NAMES
from dogwatch.cli.scan import Policy, exit_code_of
from dogwatch.flow.reporting import deciding_documents, make_report, with_texts
from dogwatch.model.advisories import FixState
from dogwatch.model.errors import ConfigError, InvalidRequestError
from dogwatch.model.facts import Exploitation, KnownFacts, Probability
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.images import BaseImage
from dogwatch.model.judgements import (
    AdvisoryText,
    Choice,
    Examined,
    IgnoreRule,
    Judged,
    Judgement,
    NotCompared,
    Place,
    PlacedPackage,
    Subject,
    SubjectKind,
)
from dogwatch.model.matches import Assessment, Score, Severity
from dogwatch.model.packages import Package
from dogwatch.model.verdicts import Verdict
from dogwatch.model.views import FeedView

NOW = datetime(2026, 7, 20, 12, tzinfo=UTC)
A = Package("npm", "a", "1.0.0")
B = Package("Debian:12", "b", "2.0-1", "amd64", "src-b", "2.0-1")
BASE = BaseImage("debian:12", "sha256:" + "b" * 64, 1)
PLACES = (
    Place("sha256:" + "1" * 64, ("app/node_modules/a/package.json",), "COPY . /app", from_base=False),
    Place("sha256:" + "0" * 64, ("old/node_modules/a/package.json",), "RUN npm ci", from_base=True),
)
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
HIGH = Assessment(
    Verdict.AFFECTED, FixState.FIXED, "1.0.1", Severity.CRITICAL, Score(98, VECTOR, "3.1", "osv"), "GHSA-1", "osv"
)
LOW = Assessment(Verdict.AFFECTED, FixState.NOT_FIXED, "", Severity.LOW, None, "DEBIAN-CVE-2", "osv")
CLEAR = replace(HIGH, verdict=Verdict.NOT_AFFECTED)
TEXT = AdvisoryText("a flaw", "a long story", ("https://example.org/1",), NOW - timedelta(days=3), NOW)
FACTS = KnownFacts(
    cwes=("CWE-79",),
    exploitation=Exploitation("CVE-2026-1", date(2026, 7, 1), date(2026, 7, 22), False, "Update."),
    probability=Probability("CVE-2026-1", 11_510, 780_860),
    probability_on=date(2026, 7, 19),
)
JUDGED = (
    Judged(A, "CVE-2026-1", ("GHSA-1",), HIGH, facts=FACTS),
    Judged(B, "CVE-2026-2", (), LOW),
    Judged(B, "CVE-2026-3", (), CLEAR),
)
NOT_COMPARED = (NotCompared(A, "version is not one", 2),)
GAPS = (Gap(GapKind.FILE_UNREADABLE, "x/package.json", "npm: damaged"),)
FEEDS = (
    FeedView("osv", "npm", 5, 0, NOW - timedelta(hours=5), NOW, "", stale=False, missing=False),
    FeedView("osv", "PyPI", 5, 0, NOW, NOW, "", stale=False, missing=False),
)
EXAMINED = Examined(
    Subject(SubjectKind.IMAGE, "shop/app:1", "sha256:" + "a" * 64, "linux/amd64", "Debian GNU/Linux 12"),
    (PlacedPackage(B, "pkg:deb/debian/b@2.0-1"), PlacedPackage(A, "pkg:npm/a@1.0.0", PLACES)),
    GAPS,
    base=BASE,
)
IGNORE_B = IgnoreRule("cve-2026-2", "src-b", "not reachable", date(2026, 7, 20), "--ignore")


def report_of(choice: Choice) -> Any:
    report = make_report(EXAMINED, Judgement(3, JUDGED, NOT_COMPARED), choice, FEEDS, (), NOW)
    return with_texts(report, {HIGH.document: TEXT})


REPORT = report_of(Choice(rules=(IGNORE_B,)))


def written(form: str) -> Any:
    text = FORMATS[form](REPORT, "1.2.3")
    assert text == FORMATS[form](REPORT, "1.2.3")
    return json.loads(text)


def test_only_documents_of_what_is_shown_are_asked_for_their_texts() -> None:
    assert deciding_documents(REPORT) == {HIGH.document, LOW.document}  # one of them is shown as ignored
    assert deciding_documents(report_of(Choice(severities=frozenset({Severity.LOW})))) == {LOW.document}


def test_a_report_groups_chooses_and_sets_apart() -> None:
    assert [one.vulnerability for one in REPORT.findings] == ["CVE-2026-1"]
    assert [(one.finding.vulnerability, one.rule) for one in REPORT.ignored] == [("CVE-2026-2", IGNORE_B)]
    assert (REPORT.gaps, REPORT.not_compared, REPORT.feeds, REPORT.hidden) == (GAPS, NOT_COMPARED, FEEDS[:1], 0)
    assert report_of(Choice(frozenset({Severity.LOW}))).hidden == 1
    assert [one.vulnerability for one in report_of(Choice(only_fixed=True)).findings] == ["CVE-2026-1"]
    lapsed = replace(IGNORE_B, until=date(2026, 7, 19))
    late = report_of(Choice(rules=(lapsed,)))
    assert (len(late.findings), late.ignored, late.lapsed) == (2, (), (lapsed,))


def test_exit_codes_put_the_policy_first() -> None:
    assert exit_code_of(REPORT, Policy(Severity.HIGH, strict=True)) == 3
    assert exit_code_of(REPORT, Policy(strict=True)) == 5
    assert exit_code_of(REPORT, Policy(oldest=timedelta(hours=4))) == 5
    assert exit_code_of(REPORT, Policy(oldest=timedelta(hours=6))) == 0
    missing = replace(REPORT, gaps=(Gap(GapKind.FEED_MISSING, "", "osv npm"),))
    assert exit_code_of(missing, Policy()) == 5


def test_another_exit_code_takes_the_place_of_3_and_none_does_not_hide_what_is_missing() -> None:
    assert exit_code_of(REPORT, Policy(Severity.HIGH, code=1)) == 1
    assert exit_code_of(REPORT, Policy(Severity.HIGH, code=0)) == 0
    assert exit_code_of(REPORT, Policy(Severity.HIGH, code=0, strict=True)) == 5


def test_the_command_offers_every_format() -> None:
    assert list(FORMAT_NAMES) == list(FORMATS)


def test_json_has_it_all() -> None:
    document = written("json")
    assert {**document, "findings": 0, "ignored": 0, "feeds": 0} == {
        "report_version": 1,
        "dogwatch_version": "1.2.3",
        "reported_at": "2026-07-20T12:00:00Z",
        "revision": 3,
        "subject": {
            "kind": "image",
            "name": "shop/app:1",
            "digest": "sha256:" + "a" * 64,
            "platform": "linux/amd64",
            "distribution": "Debian GNU/Linux 12",
            "base": {
                "reference": "debian:12",
                "digest": "sha256:" + "b" * 64,
                "layers": 1,
                "told": {"name": "", "digest": ""},
            },
        },
        "is_complete": False,
        "packages": 2,
        "findings": 0,
        "ignored": 0,
        "hidden": 0,
        "undetermined": document["undetermined"],
        "gaps": [
            {
                "kind": "file-unreadable",
                "path": "x/package.json",
                "detail": "npm: damaged",
                "consequence": GAPS[0].consequence,
            }
        ],
        "feeds": 0,
        "lapsed_rules": [],
    }
    assert [(one["vulnerability"], one["score"]) for one in document["findings"]] == [("CVE-2026-1", 9.8)]
    assert document["findings"][0]["packages"][0]["places"] == [
        {
            "layer_digest": place.layer_digest,
            "build_step": place.build_step,
            "from_base": place.from_base,
            "paths": list(place.paths),
        }
        for place in PLACES
    ]
    assert document["ignored"][0]["ignored_by"]["reason"] == "not reachable"
    assert document["undetermined"][0]["reason"] == "version is not one"


def test_csv_marks_each_row() -> None:
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"](REPORT, "1.2.3"))))
    assert (rows[0]["build_steps"], rows[0]["from_base"]) == ("COPY . /app; RUN npm ci", "true")
    assert {row["from_base"] for row in rows[1:]} == {""}
    assert [(row["status"], row["vulnerability"], row["package"], row["fixed_version"]) for row in rows] == [
        ("FOUND", "CVE-2026-1", "a", "1.0.1"),
        ("IGNORED", "CVE-2026-2", "b", ""),
        ("UNDETERMINED", "", "a", ""),
        ("GAP", "", "", ""),
        ("FEED", "", "", ""),
    ]
    assert len(FORMATS["tsv"](REPORT, "1.2.3").splitlines()) == len(rows)


def test_the_table_tells_everything_and_moves_no_cursor() -> None:
    hostile = replace(REPORT, gaps=(Gap(GapKind.FILE_UNREADABLE, "x\x1b[2J", "[red]markup"),))
    text = FORMATS["table"](hostile, "1.2.3")
    assert "\x1b" not in text
    assert "Built on debian:12, seen in a registry; findings that come from it: 1." in text
    for part in ("CVE-2026-1", "1.0.1", "not reachable", "NOT COMPARED", "NOT SEEN", "[red]markup", "asked 5 h ago"):
        assert part in text
    (feed,) = REPORT.feeds
    several = FORMATS["table"](replace(REPORT, feeds=(feed, replace(feed, source="other"))), "1.2.3")
    assert f"Feeds: {feed.source} {feed.ecosystem} asked 5 h ago; other {feed.ecosystem} asked 5 h ago." in several


def test_no_findings_on_a_release_that_has_ended_do_not_look_clean_whatever_was_left_out() -> None:
    release = PlacedPackage(Package("Distribution releases", "distribution release", "AlmaLinux:8"), "pkg:generic/r")
    ended = replace(release, package=replace(release.package, version="Debian:10"))
    feed = replace(FEEDS[0], ecosystem="AlmaLinux")
    everything = replace(EXAMINED, packages=(*EXAMINED.packages, release, ended))
    report = replace(REPORT, examined=everything, findings=(), feeds=(feed,))
    assert [
        line for line in FORMATS["table"](report, "1.2.3").splitlines() if line.startswith(("Debian", "Feeds"))
    ] == [
        "Debian:10 is past its end of life (2024-06-30): its distribution publishes no fixes for it any more.",
        "Feeds: AlmaLinux asked 5 h ago (fixes only: what has none is not told).",
    ]
    assert dict(feeds_in_words(report)) == {"osv AlmaLinux": "asked 2026-07-20T07:00:00Z, fixes only"}
    assert json.loads(FORMATS["json"](report, "1.2.3"))["feeds"][0]["fixes_only"] is True


def test_sarif_has_what_code_scanning_needs() -> None:
    document = written("sarif")
    run = document["runs"][0]
    assert document["version"] == "2.1.0"
    rules = run["tool"]["driver"]["rules"]
    assert [(rule["id"], rule["properties"]["security-severity"]) for rule in rules] == [
        ("CVE-2026-1", "9.8"),
        ("CVE-2026-2", "2.0"),
    ]
    found, ignored = run["results"]
    assert found["ruleId"] == rules[found["ruleIndex"]]["id"]
    assert (found["level"], ignored["level"]) == ("error", "note")
    assert "suppressions" not in found
    assert [one["kind"] for one in ignored["suppressions"]] == ["external"]
    for result in (found, ignored):
        place = result["locations"][0]["physicalLocation"]
        assert place["region"] == {"startLine": 1}
        assert place["artifactLocation"]["uri"]
        assert not place["artifactLocation"]["uri"].startswith("/")
        assert len(result["partialFingerprints"]["primaryLocationLineHash"]) == 32
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert [note["descriptor"]["id"] for note in notes] == ["file-unreadable", "undetermined"]


def test_sarif_fingerprints_outlive_versions_and_tags() -> None:
    def fingerprint(version: str, name: str) -> str:
        package = replace(A, version=version)
        examined = Examined(Subject(SubjectKind.IMAGE, name), (PlacedPackage(package, "pkg:npm/a", PLACES),))
        judgement = Judgement(3, (Judged(package, "CVE-2026-1", (), HIGH),), ())
        report = make_report(examined, judgement, Choice(), (), (), NOW)
        result = json.loads(FORMATS["sarif"](report, "1"))["runs"][0]["results"][0]
        return str(result["partialFingerprints"]["primaryLocationLineHash"])

    assert fingerprint("1.0.0", "app:1") == fingerprint("1.0.2", "app:2")


def test_cyclonedx_names_components_and_refers_to_them() -> None:
    document = written("cyclonedx")
    assert (document["bomFormat"], document["specVersion"], document["version"]) == ("CycloneDX", "1.6", 1)
    references = {one["bom-ref"]: one["purl"] for one in document["components"]}
    assert sorted(references.values()) == ["pkg:deb/debian/b@2.0-1", "pkg:npm/a@1.0.0"]
    found, ignored = document["vulnerabilities"]
    assert [references[one["ref"]] for one in found["affects"]] == ["pkg:npm/a@1.0.0"]
    assert found["ratings"] == [
        {"source": {"name": "osv"}, "severity": "critical", "score": 9.8, "method": "CVSSv31", "vector": VECTOR},
        {"source": {"name": "EPSS"}, "score": 0.01151, "method": "other"},
    ]
    assert found["cwes"] == [79]
    assert "not reachable" in ignored["analysis"]["detail"]
    assert document["compositions"] == [{"aggregate": "incomplete", "assemblies": ["subject"]}]
    unseen = [one["name"] for one in document["metadata"]["properties"] if "unseen" in one["name"]]
    assert unseen == ["dogwatch:unseen:file-unreadable", "dogwatch:unseen:undetermined"]


def test_no_bill_promises_that_it_is_complete() -> None:
    report = make_report(replace(EXAMINED, gaps=()), Judgement(3, JUDGED, NOT_COMPARED), Choice(), FEEDS, (), NOW)
    document = json.loads(FORMATS["cyclonedx"](report, "1.2.3"))
    assert document["compositions"] == [{"aggregate": "unknown", "assemblies": ["subject"]}]


def test_spdx_describes_the_subject_and_its_packages() -> None:
    document = written("spdx")
    assert (document["spdxVersion"], document["dataLicense"]) == ("SPDX-2.3", "CC0-1.0")
    assert document["creationInfo"] == {"created": "2026-07-20T12:00:00Z", "creators": ["Tool: dogwatch-1.2.3"]}
    ids = [one["SPDXID"] for one in document["packages"]]
    assert len(set(ids)) == len(ids) == 3
    assert [(one["relationshipType"], one["relatedSpdxElement"]) for one in document["relationships"]] == [
        ("DESCRIBES", ids[0]),
        ("CONTAINS", ids[1]),
        ("CONTAINS", ids[2]),
    ]
    categories = [[ref["referenceCategory"] for ref in one["externalRefs"]] for one in document["packages"][1:]]
    assert categories == [["PACKAGE-MANAGER", "SECURITY"]] * 2
    assert [one["comment"].split(":")[0] for one in document["annotations"]][2:] == ["file-unreadable", "undetermined"]


def test_rules_are_read_and_others_refused(tmp_path: Path) -> None:
    assert list(rules_of_options(["CVE-1=why = not", "CVE-2"])) == [
        IgnoreRule("CVE-1", "", "why = not", None, "--ignore"),
        IgnoreRule("CVE-2", "", "", None, "--ignore"),
    ]
    with pytest.raises(InvalidRequestError):
        list(rules_of_options(["=why"]))
    path = tmp_path / "ignore.toml"
    path.write_text('[[ignore]]\nid = "CVE-1"\npackage = "a"\nreason = "r"\nuntil = 2027-01-31\n')
    assert list(rules_of_file(path)) == [IgnoreRule("CVE-1", "a", "r", date(2027, 1, 31), f"{path}, rule 1")]
    for text in ("[[ignore]]\nreason = 'r'", "[[ignore]]\nid = 5", "x = 1", "[[ignore]]\nid = 'a'\nwhy = 'b'",
                 "[[ignore]]\nid = 'a'\nuntil = 'soon'", "ignore = 3", "[["):  # fmt: skip
        path.write_text(text)
        with pytest.raises(ConfigError):
            list(rules_of_file(path))


@pytest.mark.parametrize("width", [20, 40, 71, 72, 100, 109, 110, 200])
def test_a_table_of_any_width_names_every_finding_whole(width: int) -> None:
    text = io.StringIO()
    _write(REPORT, text, width)
    lines = text.getvalue().splitlines()
    (line,) = (one for one in lines if "CVE-2026-1" in one)
    assert line.split()[0] == "CRITICAL"
    assert ("TITLE" in text.getvalue()) == (width >= 110)
    below = next(number for number, one in enumerate(lines) if one.startswith("1 finding"))
    assert max(map(len, lines[:below])) <= max(width, len("CRITICAL 9.8 CVE-2026-1"))


def test_facts_about_a_vulnerability_stand_beside_it() -> None:
    report = report_of(Choice())
    plain = json.loads(FORMATS["json"](report, "1.2.3"))["findings"][0]

    assert plain["severity_reason"] == "CVSS 3.1 by the advisory"
    assert (plain["facts"]["exploitation"]["due_on"], plain["facts"]["probability_on"]) == ("2026-07-22", "2026-07-19")
