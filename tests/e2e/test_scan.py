"""`dogwatch scan` as people run it: a guarded registry, variables, exit codes, narrow terminals, hostile inputs."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.builders.advisories import osv_record
from tests.builders.archives import archive_of, saved
from tests.builders.facts import cpe, nvd_file, nvd_product_record, put_facts
from tests.builders.layers import dpkg_status, file, os_release, package_json, stanza, tar_of
from tests.builders.oci import build_image, write_layout
from tests.builders.programs import LARGE_ENOUGH, build_elf
from tests.command_line import Answer
from tests.docker_registry import (
    DockerRegistry,
    Guard,
    requires_docker_registry,
    requires_skopeo,
    running_docker_registry,
)
from tests.e2e import advisories
from tests.e2e.running import Dogwatch
from tests.simulators.buckets import FeedBucket
from tests.terminals import show

BASE = tar_of(
    file("etc/os-release", os_release()), file("var/lib/dpkg/status", dpkg_status(stanza("openssl", "3.0.1-1")))
)
TOP = tar_of(file("app/node_modules/lodash/package.json", package_json("lodash", "4.17.11")))
IMAGE = build_image([BASE, TOP])
FLAWS = {advisories.DEBIAN_FLAW, advisories.NPM_FLAW}

_PASSWORD = "s3cret"
_PASSWORD_LINE = "robot:$2b$05$Gmc95ESq1CWrTfkdmWHuxepLKZ6HeDtOhE9XYhot106pqBPchG4Em\n"  # bcrypt of it


@pytest.fixture
def dogwatch(database: str, tmp_path: Path) -> Dogwatch:
    """An installation whose mirror has one advisory per ecosystem."""
    bucket = FeedBucket(tmp_path / "mirror")
    bucket.put("Debian", advisories.debian_advisory("openssl", "3.0.1-1"))
    bucket.put("PyPI", advisories.python_advisory())
    bucket.put("npm", advisories.npm_advisory())
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DOGWATCH_", "NO_COLOR"))}
    given = {
        "DOGWATCH_DATA": str(tmp_path / "data"),
        "DOGWATCH_DATABASE_URL": database,
        "DOGWATCH_FEED_MIRROR": str(bucket.folder),
        "DOGWATCH_FACTS_OFF": "all",
        "DOGWATCH_DEMO": "0",
    }
    (tmp_path / "data").mkdir()
    return Dogwatch(kept | given, "", tmp_path / "log")


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[DockerRegistry]:
    """A registry behind a certificate of an authority of its own, and a password; `shop/app:1` is in it."""
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    folder = tmp_path / "guard"
    folder.mkdir()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    (folder / "htpasswd").write_text(_PASSWORD_LINE, encoding="ascii")
    (folder / "password").write_text(f"{_PASSWORD}\n", encoding="ascii")
    (folder / "wrong").write_text("nonsense", encoding="ascii")
    guard = Guard(folder / "cert.pem", folder / "key.pem", folder / "htpasswd", "robot", _PASSWORD)
    with running_docker_registry(tmp_path / "registry", guard=guard) as registry:
        registry.push(IMAGE, "shop/app", "1", tmp_path / "layout")
        yield registry


def flaws_of(answer: Answer) -> set[str]:
    return {one["vulnerability"] for one in json.loads(answer.output)["findings"]}


@requires_docker_registry
@requires_skopeo
def test_a_guarded_registry_is_read_with_its_password_and_authority_and_not_without(
    dogwatch: Dogwatch, guarded: DockerRegistry, tmp_path: Path
) -> None:
    reference, folder = f"{guarded.hostport}/shop/app:1", tmp_path / "guard"
    known = ["--ca-file", str(folder / "ca.pem"), "--username", "robot"]
    let_in = dogwatch.run("scan", reference, *known, "--password-file", str(folder / "password"), "-o", "json")
    assert (let_in.exit_code, flaws_of(let_in)) == (0, FLAWS), let_in.told
    assert json.loads(let_in.output)["subject"]["name"] == reference

    by_variables = dogwatch.run(
        "scan", reference, DOGWATCH_CA_FILE=str(folder / "ca.pem"), DOGWATCH_USERNAME="robot",
        DOGWATCH_PASSWORD_VARIABLE="REGISTRY_PASSWORD", REGISTRY_PASSWORD=_PASSWORD, DOGWATCH_OUTPUT="json",
        DOGWATCH_FAIL_ON="critical", DOGWATCH_QUIET="1",
    )  # fmt: skip
    assert (by_variables.exit_code, flaws_of(by_variables), by_variables.told) == (3, FLAWS, "")

    wrong = dogwatch.run("scan", reference, *known, "--password-file", str(folder / "wrong"))
    assert (wrong.exit_code, wrong.output) == (4, "")
    assert wrong.told.startswith(f"dogwatch: registry refused access (401): {guarded.url}/v2/")
    assert "nonsense" not in wrong.told
    nobody = dogwatch.run("scan", reference, "--ca-file", str(folder / "ca.pem"))
    assert (nobody.exit_code, nobody.output) == (4, "")
    stranger = dogwatch.run("scan", reference, "--username", "robot", "--password-file", str(folder / "password"))
    assert (stranger.exit_code, stranger.output) == (5, "")
    assert "certificate" in stranger.told.lower()


def test_policies_choices_and_outputs_work_together(dogwatch: Dogwatch, tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(archive_of(_archived()))
    target = f"docker-archive:{path}"
    files = {form: tmp_path / f"report.{form}" for form in ("json", "csv", "sarif", "cyclonedx", "spdx")}
    outputs = [f"--output={form}={file}" for form, file in files.items()]
    failed = dogwatch.run("scan", target, "--exit-code", "9", *outputs, "-o", "tsv")
    assert failed.exit_code == 9
    assert {line.split("\t")[3] for line in failed.output.splitlines() if line.startswith("FOUND")} == FLAWS
    assert all(one.stat().st_size > 500 for one in files.values())
    assert dogwatch.run("scan", target, "--severity", "low", DOGWATCH_EXIT_CODE="9").exit_code == 0
    ignored = dogwatch.run("scan", target, DOGWATCH_IGNORE=" ".join(FLAWS), DOGWATCH_FAIL_ON="low")
    assert (ignored.exit_code, "2 ignored" in ignored.told) == (0, True)
    assert dogwatch.run("scan", target, "--fail-on", "nonsense").exit_code == 2


def test_programs_without_a_package_are_judged_by_bitnami_and_nvd(dogwatch: Dogwatch, tmp_path: Path) -> None:
    programs = {"opt/nginx/sbin/nginx": b"nginx/1.22.0", "opt/lib/libcrypto.so.3": b"OpenSSL 3.0.1 14 Dec 2021"}
    layer = tar_of(
        file("opt/jre/release", 'JAVA_VERSION="17.0.9"\n'),
        *(
            file(path, build_elf([(".rodata", b"\0" + text + b"\0")], behind=LARGE_ENOUGH))
            for path, text in programs.items()
        ),
    )
    mirror = tmp_path / "mirror"
    records = [
        osv_record(f"BIT-{name}-1", ecosystem="Bitnami", name=name, range_type="SEMVER", fixed=fixed, aliases=[cve])
        for name, fixed, cve in (("nginx", "1.23.2", "CVE-2022-41741"), ("java", "17.0.10", "CVE-2024-20918"))
    ]
    FeedBucket(mirror).put("Bitnami", *records)
    flaw = nvd_product_record("CVE-2022-0778", [[cpe("openssl:openssl", versionEndExcluding="3.0.2")]])
    put_facts(mirror, modified=nvd_file(flaw))
    layout = write_layout(tmp_path / "layout", build_image([BASE, layer]))

    answer = dogwatch.run("scan", f"oci:{layout}", "-o", "json")
    assert answer.exit_code == 0, answer.told
    found = {
        (one["vulnerability"], each["name"], each["fixed_version"])
        for one in json.loads(answer.output)["findings"]
        for each in one["packages"]
    }
    assert found >= {
        ("CVE-2022-41741", "nginx", "1.23.2"),
        ("CVE-2024-20918", "java", "17.0.10"),
        ("CVE-2022-0778", "openssl:openssl", "3.0.2"),
    }


def _archived() -> dict[str, bytes]:
    return saved() | {"1/layer.tar": BASE, "2/layer.tar": TOP, "c.json": IMAGE.blobs[0].content}


def test_a_terminal_gets_a_table_that_fits_and_no_colours_with_no_color(dogwatch: Dogwatch, tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(archive_of(_archived()))
    coloured = on_terminal(dogwatch, 100, f"docker-archive:{path}")
    plain = on_terminal(dogwatch, 40, f"docker-archive:{path}", NO_COLOR="1")
    assert re.search(r"\x1b\[[0-9;]*31m", coloured)
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", plain)
    for columns, written in ((100, coloured), (40, plain)):
        shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written)
        assert {flaw for flaw in FLAWS if flaw in shown} == FLAWS
        assert max(len(line) for line in re.split(r"[\r\n]+", shown)) <= columns


def on_terminal(dogwatch: Dogwatch, columns: int, target: str, **variables: str) -> str:
    """Run a scan whose standard output is a terminal of so many columns, and return what it showed."""
    command = [sys.executable, "-m", "dogwatch.cli", "scan", target]
    environment = {**dogwatch.environment, "TERM": "xterm", **variables}
    shown, told = show(command, columns, environment, is_told_apart=True)
    assert told == ""
    return shown
