"""Commands that ask a running service, with an access key and without its data folder."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dogwatch.cli.errors import NOT_FOUND
from tests.command_line import Answer
from tests.e2e.running import Dogwatch, running_dogwatch


@dataclass(frozen=True)
class Afar:
    """A service with samples in it, and the files of two access keys."""

    dogwatch: Dogwatch
    folder: Path

    def run(self, *words: str, key: str = "admin", **variables: str) -> Answer:
        """Run a command that knows the service's address and a key, and has no data folder of its own."""
        elsewhere = {"DOGWATCH_DATA": "/nonexistent/data", "DOGWATCH_SERVER": self.dogwatch.url}
        return self.dogwatch.run(*words, DOGWATCH_TOKEN_FILE=str(self.folder / key), **elsewhere, **variables)


@pytest.fixture(scope="module")
def afar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Afar]:
    folder = tmp_path_factory.mktemp("keys")
    with running_dogwatch(feed_mirror="/nonexistent/no-network", open_loopback="0") as dogwatch:
        assert dogwatch.run("demo", "push").exit_code == 0
        dogwatch.feeds_looked_at()  # else their problems may come between two questions
        for role in ("reader", "admin"):
            (folder / role).write_text(dogwatch.run("keys", "add", "--role", role).output, encoding="utf-8")
        (folder / "stranger").write_text("DOGWSTRANGER0000:" + "s" * 40, encoding="utf-8")
        (folder / "liar").write_text((folder / "reader").read_text(encoding="utf-8").rstrip() + "x", encoding="utf-8")
        yield Afar(dogwatch, folder)


@pytest.mark.parametrize(
    "words",
    [
        "images --all --sort=-repository",
        "images shop/web:1.4 --filter 'repository ~ \"*web*\"'",
        "findings --all --status all --severity '!LOW' --package 'lib*' --sort score --ascending",
        "findings --as-of 2020-01-01 --query [].vulnerability",
        "coverage",
        "coverage --unresolved",
        "rescan show",
        "rescan what-if --push 3d --query [].[windows.push_window,watched,leaving,wakeable,closing,grid]",
        "rescan what-if --push 3d --scope demonstration --leaving --all",
        "registries list",
        "vulns search CVE --severity HIGH --limit 3",
        "explain minimist@0.0.8 CVE-2021-44906 --ecosystem npm",
        "db search minimist 0.0.8 --ecosystem npm",
        "db diff 0 --kind added --limit 3",
    ],
)
def test_the_answer_is_the_same_from_afar(afar: Afar, words: str) -> None:
    command = [*shlex.split(words), "-o", "json"]
    near, far = afar.dogwatch.run(*command), afar.run(*command, key="reader")
    assert far.exit_code == near.exit_code
    assert json.loads(_still(far.output)) == json.loads(_still(near.output))


def _still(output: str) -> str:
    """The output without the moment of each feed's last check, which the service moves between two commands."""
    return re.sub(r'("checked_at": )"[^"]+"', r"\1null", output) or "null"


def test_several_outputs_are_one_question(afar: Afar, tmp_path: Path) -> None:
    files = {form: tmp_path / form for form in ("csv", "ndjson", "table")}
    answer = afar.run("findings", "--all", "-o", "tsv", *(f"--output={form}={file}" for form, file in files.items()))
    assert answer.exit_code == 0
    rows = list(csv.reader(io.StringIO(files["csv"].read_text(encoding="utf-8"), newline="")))
    assert len(rows) - 1 == len(answer.output.splitlines()) > 50
    findings = [json.loads(line) for line in files["ndjson"].read_text(encoding="utf-8").splitlines()]
    assert sum(len(one["packages"]) for one in findings) == len(rows) - 1
    assert files["table"].read_text(encoding="utf-8").splitlines()[-3].startswith("Looked at: 3 images watched")
    assert "Looked at: 3 images watched" in answer.told


@pytest.mark.parametrize(
    ("key", "words"), [("stranger", "no such access key"), ("liar", "wrong secret"), ("none", "no such file")]
)
def test_whoever_is_not_known_is_told_how_to_get_a_key(afar: Afar, key: str, words: str) -> None:
    answer = afar.run("findings", key=key)
    assert (answer.exit_code, answer.output) == (NOT_FOUND if key != "none" else 2, "")
    assert words in answer.told.lower()


def test_a_reader_changes_nothing_and_an_admin_does(afar: Afar) -> None:
    refused = afar.run("rescan", "set", "--push", "30d", key="reader")
    assert (refused.exit_code, refused.output) == (NOT_FOUND, "")
    assert "the access key's role is reader, admin is needed" in refused.told
    changed = afar.run("rescan", "set", "--push", "30d", "-o", "json")
    assert json.loads(changed.output)[0]["push_window"] == {"days": 30, "off": False}
    assert afar.dogwatch.ask("rescan", "show")[0]["status"] == "SUCCESS"


def test_refusals_are_those_of_the_data_folder(afar: Afar) -> None:
    for command in (
        ["images", "nothing:1"],
        ["registries", "remove", "nothing"],
        ["registries", "set", "nothing", "--sboms"],
        ["findings", "--sort", "nothing"],
    ):
        near, far = afar.dogwatch.run(*command), afar.run(*command)
        assert (far.exit_code, far.output, far.told) == (near.exit_code, near.output, near.told)


def test_feeds_are_looked_at_and_registries_tried_by_the_service(afar: Afar) -> None:
    assert "dogwatch db status" in afar.run("db", "update").told
    answer = afar.run("registries", "test", "demonstration", "-o", "json")
    assert answer.exit_code == 0, answer
    assert [one["passed"] for one in json.loads(answer.output)] == [True, True, True]
    assert "no longer count" in afar.run("registries", "set", "demonstration", "--no-sboms").told


@pytest.mark.parametrize("form", ["cyclonedx", "spdx"])
def test_a_bill_of_materials_is_the_same_from_afar_and_one_that_was_not_looked_at_is_told(
    afar: Afar, form: str
) -> None:
    near, far = (run("sbom", "shop/web:1.4", "-o", form) for run in (afar.dogwatch.run, afar.run))
    moment = re.compile(r"2\d{3}-\d\d-\d\dT[0-9:.]+Z")
    assert (near.exit_code, far.exit_code, near.told) == (0, 0, far.told)
    assert moment.sub("", far.output) == moment.sub("", near.output)
    assert {"libssl3", "openssl"} & set(re.findall(r'"name": "([^"]+)"', far.output))
    assert afar.run("sbom", "nothing:1").exit_code == NOT_FOUND
    assert "leave out --server" in afar.run("sbom", "dir:/srv").told
