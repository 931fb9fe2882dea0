"""Commands without a running service: they share the data folder, start its database, and leave nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from dogwatch.model.times import parse_rfc3339
from tests.builders.advisories import osv_record
from tests.e2e import advisories
from tests.e2e.running import Dogwatch
from tests.folders import fast_root
from tests.ports import free_port
from tests.simulators.buckets import FeedBucket
from tests.waiting import PATIENCE_SECONDS, wait_until


@pytest.fixture
def dogwatch(tmp_path: Path) -> Iterator[Dogwatch]:
    """An installation whose service does not run, with a mirror of one advisory per ecosystem."""
    bucket = FeedBucket(tmp_path / "mirror")
    bucket.put("Debian", advisories.debian_advisory("openssl", "3.0.1-1"))
    bucket.put("PyPI", advisories.python_advisory())
    bucket.put("npm", advisories.npm_advisory())
    folder = Path(tempfile.mkdtemp(prefix="dogwatch-alone-", dir=fast_root()))
    folder.chmod(0o711)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOGWATCH_")}
    given = {"DOGWATCH_DATA": str(folder / "data"), "DOGWATCH_FEED_MIRROR": str(bucket.folder), "DOGWATCH_WORKERS": "1"}
    given["DOGWATCH_FACTS_OFF"] = "all"
    (folder / "log").touch()
    yield Dogwatch(kept | given, "", folder / "log")
    shutil.rmtree(folder, ignore_errors=True)


def test_what_one_command_changes_the_next_one_sees(dogwatch: Dogwatch) -> None:
    assert dogwatch.ask("registries", "list") == []
    added = dogwatch.ask("registries", "add", f"127.0.0.1:{free_port()}", "--plain-http", "--alias", "local")
    assert [one["alias"] for one in dogwatch.ask("registries", "list")] == ["local"]
    assert added["webhook_secret"] in added["configuration"]
    assert f"/hooks/000000000000/{added['alias']}" in added["webhook_url"]
    twin = dogwatch.run("registries", "add", added["url"].replace("http:", "https:"), "--alias", "twin")
    assert twin.told.splitlines()[:2] == [
        "twin is watched. Whether it can be reached: dogwatch registries test twin",
        "local is at the same address: its images are now watched twice, under both aliases.",
    ]
    dogwatch.run("registries", "remove", "twin")

    assert all(one["missing"] for one in dogwatch.ask("db", "status"))
    feeds = dogwatch.ask("db", "update")
    assert [(one["ecosystem"], one["records"], one["problem"]) for one in feeds] == [
        ("Debian", 1, ""),
        ("PyPI", 1, ""),
        ("npm", 1, ""),
    ]

    (changed,) = dogwatch.ask("rescan", "set", "--push", "30d", "--activity", "lifetime", "--mode", "either")
    assert (changed["push_window"]["days"], changed["activity_window"]["days"]) == (30, None)
    assert (changed["activity_mode"], changed["status"]) == ("EITHER", "SUCCESS")
    assert dogwatch.ask("rescan", "show") == [changed]

    assert dogwatch.run("registries", "remove", "local").exit_code == 0
    assert dogwatch.ask("registries", "list") == []


def test_what_is_known_is_carried_in_a_file_to_a_place_without_a_network(dogwatch: Dogwatch, tmp_path: Path) -> None:
    private, public, bundle = (str(tmp_path / name) for name in ("private.pem", "public.pem", "bundle"))
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
    dogwatch.ask("db", "update")
    exported = dogwatch.ask("db", "export", "--key", private, bundle)

    elsewhere = {"DOGWATCH_DATA": dogwatch.environment["DOGWATCH_DATA"] + "-elsewhere", "DOGWATCH_FEED_MIRROR": "none"}
    untrusted = dogwatch.run("db", "import", bundle, **elsewhere)
    assert (untrusted.exit_code, "DOGWATCH_BUNDLE_KEYS" in untrusted.told) == (2, True)
    taken = dogwatch.run("db", "import", "--bundle-keys", public, bundle, "-o", "json", **elsewhere)
    assert taken.exit_code == 0
    assert [(one["feed"]["ecosystem"], one["outcome"]) for one in json.loads(taken.output)] == [
        (one["ecosystem"], "taken over") for one in exported
    ]
    known = dogwatch.run("db", "status", "-o", "json", **elsewhere)
    assert [(one["source"], one["ecosystem"], one["records"]) for one in json.loads(known.output)] == [
        ("osv", "Debian", 1),
        ("debian-tracker", "Debian", 0),  # never imported: the bundle has nothing of it
        ("osv", "PyPI", 1),
        ("osv", "npm", 1),
    ]


def test_a_feed_that_lost_most_of_its_records_is_kept_until_it_is_confirmed(dogwatch: Dogwatch, tmp_path: Path) -> None:
    bucket = FeedBucket(tmp_path / "mirror")
    names = [f"FILLER-{number:03}" for number in range(30)]
    bucket.put("PyPI", *(osv_record(name, name="filler", modified="2099-01-01T00:00:00Z") for name in names))
    only = {"DOGWATCH_FEEDS": "PyPI"}
    assert dogwatch.run("db", "update", **only).exit_code == 0
    for name in names[:28]:
        bucket.remove("PyPI", name)

    refused = dogwatch.run("db", "update", **only)
    assert refused.exit_code == 5
    assert "LOST 28 records, kept until confirmed" in refused.output
    assert refused.told.splitlines()[-1] == "If the loss is real: dogwatch db update --confirm-shrink osv/PyPI"

    assert dogwatch.run("db", "update", "--confirm-shrink", "PyPI", **only).exit_code == 2
    confirmed = dogwatch.run("db", "update", "--confirm-shrink", "osv/PyPI", "-o", "json", **only)
    assert confirmed.exit_code == 0
    (after,) = json.loads(confirmed.output)
    assert (after["records"], after["unconfirmed_loss"], after["problem"]) == (3, 0, "")


def test_a_registry_that_does_not_answer_is_told_with_its_real_address_and_error(dogwatch: Dogwatch) -> None:
    port = free_port()
    dogwatch.ask("registries", "add", f"http://127.0.0.1:{port}", "--plain-http", "--alias", "gone")
    answer = dogwatch.run("registries", "test", "gone", "-o", "json")
    assert answer.exit_code == 5
    (check,) = json.loads(answer.output)
    assert (check["passed"], check["status"], check["url"]) == (False, None, f"http://127.0.0.1:{port}/v2/")
    assert "refused" in check["detail"]


def test_what_is_not_there_is_told_by_its_exit_code(dogwatch: Dogwatch) -> None:
    for arguments in (["registries", "test", "none"], ["registries", "remove", "none"], ["images", "shop/web:1"]):
        answer = dogwatch.run(*arguments)
        assert (answer.exit_code, answer.output) == (4, ""), arguments
        assert answer.told.startswith("dogwatch: no such "), arguments


def test_a_value_that_the_rooms_refuse_is_a_usage_error_in_one_line(dogwatch: Dogwatch) -> None:
    for arguments in (
        ["findings", "--sort", "colour"],
        ["rescan", "set", "--push", "0d"],
        ["rescan", "set", "--push", "none"],
        ["registries", "add", "ftp://registry.example"],
        ["registries", "add", "https://me:s3cret@registry.example"],
        ["registries", "add", "registry.example", "--alias", "no spaces"],
    ):
        answer = dogwatch.run(*arguments)
        assert (answer.exit_code, answer.output) == (2, ""), arguments
        assert answer.told.startswith("dogwatch: "), arguments
        assert answer.told.count("\n") == 1
        assert "s3cret" not in answer.told


def test_feeds_that_cannot_be_had_are_told_and_the_exit_code_says_so(dogwatch: Dogwatch) -> None:
    answer = dogwatch.run("db", "update", "--feed-mirror", "/nonexistent", "-o", "json")
    assert answer.exit_code == 5
    feeds = json.loads(answer.output)
    assert all("no such folder" in one["problem"] for one in feeds)
    untold = "".join(f"osv {one['ecosystem']}: {one['problem']}\n" for one in feeds)
    untold += "NOT JUDGED: packages of Debian, PyPI, npm, as no advisories on them were ever imported.\n"
    assert answer.told == untold
    answer = dogwatch.run("db", "update", "--feed-mirror", "none")
    source = "No feed is asked (DOGWATCH_FEED_MIRROR=none): what is new comes by dogwatch db import FILE\n"
    assert (answer.exit_code, answer.told) == (5, untold + source)


def test_commands_at_the_same_time_share_one_database(dogwatch: Dogwatch) -> None:
    aliases = [f"one-{number}" for number in range(4)]
    with ThreadPoolExecutor(len(aliases)) as threads:
        answers = threads.map(lambda alias: dogwatch.run_apart("registries", "add", f"{alias}.example"), aliases)
        assert [answer.exit_code for answer in answers] == [0] * len(aliases)
    assert sorted(one["alias"] for one in dogwatch.ask("registries", "list")) == [f"{one}.example" for one in aliases]


def test_the_clock_moves_only_in_a_demonstration(dogwatch: Dogwatch) -> None:
    before = parse_rfc3339(dogwatch.run("clock", "show").output.strip())
    refused = dogwatch.run("clock", "advance", "91d")
    assert (refused.exit_code, refused.output) == (4, "")
    assert refused.told == "dogwatch: not allowed to move the clock: only with DOGWATCH_DEMO=1\n"
    after = parse_rfc3339(dogwatch.run("clock", "show").output.strip())
    assert timedelta(0) < after - before < timedelta(days=1)
    moved = dogwatch.run("clock", "advance", "91d", DOGWATCH_DEMO="1")
    assert parse_rfc3339(moved.output.strip()) - before > timedelta(days=91)


def test_a_worker_does_what_is_waiting(dogwatch: Dogwatch) -> None:
    (asked,) = dogwatch.ask("rescan", "set", "--push", "14d", "--no-wait")
    assert asked["status"] == "PENDING"
    command = [sys.executable, "-m", "dogwatch.cli", "worker"]
    with dogwatch.log.open("ab") as log:
        worker = subprocess.Popen(command, env=dogwatch.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        dogwatch.wait_for(lambda: dogwatch.ask("rescan", "show")[0]["status"], lambda status: status == "SUCCESS")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE_SECONDS) == 0
    finally:
        if worker.poll() is None:
            worker.kill()
            worker.wait()


def test_after_the_last_command_no_database_server_is_left(dogwatch: Dogwatch) -> None:
    assert dogwatch.run_apart("registries", "list").exit_code == 0
    data = dogwatch.environment["DOGWATCH_DATA"]
    wait_until(lambda: not [line for line in _command_lines() if data in line], "no process of it is left")


def _command_lines() -> list[str]:
    lines = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(place.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue  # it ended meanwhile
    return lines
