"""The demonstration as a newcomer sees it: nothing configured, no network, one service, the commands that it names."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dogwatch.demonstration import NEWS_ID, build_samples
from tests.command_line import Answer
from tests.e2e.running import Dogwatch, running_dogwatch
from tests.ports import free_port

BASE, WEB, BASKET = build_samples()
NOWHERE = "/nonexistent/no-network"


@pytest.fixture
def dogwatch() -> Iterator[Dogwatch]:
    with running_dogwatch(feed_mirror=NOWHERE) as running:
        yield running


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that outlives its service; not pytest's, see `running_dogwatch`."""
    folder = Path(tempfile.mkdtemp(prefix="dogwatch-e2e-"))
    folder.chmod(0o711)
    yield folder / "data"
    shutil.rmtree(folder)


def demo(dogwatch: Dogwatch, *words: str) -> str:
    """Run a step that has to succeed; returns what it printed."""
    answer = dogwatch.run("demo", *words, COLUMNS="200")
    assert answer.exit_code == 0, (words, answer, dogwatch.log_end())
    return answer.output


def statuses(dogwatch: Dogwatch) -> dict[str, str]:
    return {one["repository"]: one["status_code"] for one in dogwatch.ask("images")}


def findings(dogwatch: Dogwatch, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = dogwatch.ask("findings", "--limit", "1000", *options)
    return found


def is_refused(answer: Answer, *words: str) -> bool:
    return answer.exit_code == 4 and answer.output == "" and all(word in answer.told for word in words)


def test_the_whole_story_without_a_network(dogwatch: Dogwatch) -> None:
    _the_service_says_what_to_type(dogwatch)
    _nothing_is_there_before_it_is_asked_for(dogwatch)
    _a_push_is_inventoried_and_matched(dogwatch)
    _everything_says_that_it_is_a_sample(dogwatch)
    _a_pull_moves_the_clock_of_one_image(dogwatch)
    _the_watch_ends_after_91_days(dogwatch)
    _a_pull_wakes_one_image_without_reading_it(dogwatch)
    _a_new_advisory_finds_the_watched_image_and_is_withdrawn(dogwatch)
    _a_real_registry_is_kept_out_of_a_moved_clock(dogwatch)
    _the_end_takes_the_sample_away(dogwatch)


def _the_service_says_what_to_type(dogwatch: Dogwatch) -> None:
    log = dogwatch.log.read_text(encoding="utf-8")
    assert "No registry is watched yet." in log
    assert "dogwatch demo run" in log
    assert "dogwatch registries add URL" in log
    assert "DEMONSTRATION" in log


def _nothing_is_there_before_it_is_asked_for(dogwatch: Dogwatch) -> None:
    assert dogwatch.ask("registries", "list") == []
    assert {one["source"] for one in dogwatch.ask("db", "status")} == {"osv"}
    assert is_refused(dogwatch.run("demo", "advance", "1d"), "dogwatch demo push")
    assert is_refused(dogwatch.run("demo", "advisory"), "dogwatch demo push")
    assert "begin with: dogwatch demo push" in demo(dogwatch)


def _a_push_is_inventoried_and_matched(dogwatch: Dogwatch) -> None:
    shown = demo(dogwatch, "push")
    assert "THE PUBLIC FEEDS WERE NOT IMPORTED YET (Debian, PyPI, npm)" in shown
    assert "no finding does not mean clean" in shown
    assert "Next: dogwatch demo pull" in shown

    assert statuses(dogwatch) == {"base/debian": "ACTIVE", "shop/web": "ACTIVE", "shop/basket": "ACTIVE"}
    assert {one["digest"] for one in dogwatch.ask("images")} == {BASE.digest, WEB.digest, BASKET.digest}
    concerned = {(one["repository"], one["vulnerability"]) for one in findings(dogwatch)}
    assert {
        ("base/debian", "CVE-2023-38545"),
        ("shop/web", "CVE-2023-38545"),
        ("shop/basket", "CVE-2023-38545"),
        ("shop/web", "CVE-2019-10906"),
        ("shop/basket", "CVE-2019-10744"),
    } <= concerned
    assert ("base/debian", "CVE-2019-10906") not in concerned
    (curl,) = {one["packages"][0]["layer_digest"] for one in findings(dogwatch, "--vulnerability", "CVE-2023-38545")}
    assert curl == BASE.layers[0]  # the layer that all three share


def _everything_says_that_it_is_a_sample(dogwatch: Dogwatch) -> None:
    assert {one["source"] for one in findings(dogwatch)} == {"sample"}
    assert all("sample of advisories" in one["description"] for one in findings(dogwatch))
    feeds = {(one["source"], one["ecosystem"]): one for one in dogwatch.feeds_looked_at()}
    assert {source for source, _ in feeds} == {"osv", "sample"}
    assert all(feeds["osv", ecosystem]["missing"] for ecosystem in ("Debian", "PyPI", "npm"))
    assert all(NOWHERE in feeds["osv", ecosystem]["problem"] for ecosystem in ("Debian", "PyPI", "npm"))
    told = dogwatch.run("findings").told
    assert "55 advisories of a SAMPLE in use: a demonstration." in told
    assert "osv Debian NEVER IMPORTED" in told
    clean = dogwatch.run("findings", "--vulnerability", "CVE-1999-0001").told
    assert "No findings in what was looked at; not everything was." in clean
    assert all(any(gap["kind"] == "feed-missing" for gap in one["gaps"]) for one in dogwatch.ask("images"))
    looked = json.loads(dogwatch.get("/api/v1/findings")[1])["looked_at"]
    assert not looked["complete"]
    assert looked["sample_advisories"] == 55
    assert "(sample)" in dogwatch.run("findings", "-o", "table", COLUMNS="200").output
    assert [one["alias"] for one in dogwatch.ask("registries", "list")] == ["demonstration"]


def _a_pull_moves_the_clock_of_one_image(dogwatch: Dogwatch) -> None:
    assert "because it was pulled" in demo(dogwatch, "pull")
    pulled = {one["repository"]: one["pulled_at"] for one in dogwatch.ask("images")}
    assert pulled["shop/web"] is not None
    assert (pulled["base/debian"], pulled["shop/basket"]) == (None, None)
    assert dogwatch.run("demo", "pull", "shop/elsewhere").exit_code == 4


def _the_watch_ends_after_91_days(dogwatch: Dogwatch) -> None:
    shown = demo(dogwatch, "advance", "91d")
    assert "SCAN_ELIGIBILITY_EXPIRED" in shown
    assert "No findings, because no image was looked at." in shown
    assert "monitoring ended: both windows are over" in shown
    assert set(statuses(dogwatch).values()) == {"INACTIVE"}


def _a_pull_wakes_one_image_without_reading_it(dogwatch: Dogwatch) -> None:
    (before,) = [one for one in dogwatch.ask("images") if one["repository"] == "shop/web"]
    assert "it is watched again" in demo(dogwatch, "pull", "shop/web")
    (after,) = [one for one in dogwatch.ask("images") if one["repository"] == "shop/web"]
    assert after["indexed_at"] == before["indexed_at"]
    assert statuses(dogwatch) == {"base/debian": "INACTIVE", "shop/web": "ACTIVE", "shop/basket": "INACTIVE"}
    assert {one["repository"] for one in findings(dogwatch)} == {"shop/web"}


def _a_new_advisory_finds_the_watched_image_and_is_withdrawn(dogwatch: Dogwatch) -> None:
    assert is_refused(dogwatch.run("demo", "withdraw"), "dogwatch demo advisory")
    assert NEWS_ID in demo(dogwatch, "advisory")
    (found,) = findings(dogwatch, "--vulnerability", NEWS_ID)
    assert (found["repository"], found["severity"], found["source"]) == ("shop/web", "CRITICAL", "sample")
    assert "Made up for the demonstration" in found["description"]

    demo(dogwatch, "withdraw")
    assert findings(dogwatch, "--vulnerability", NEWS_ID) == []
    (closed,) = findings(dogwatch, "--vulnerability", NEWS_ID, "--status", "CLOSED")
    assert closed["closed_reason"] == "advisory withdrawn"


def _a_real_registry_is_kept_out_of_a_moved_clock(dogwatch: Dogwatch) -> None:
    real = ("registries", "add", f"http://127.0.0.1:{free_port()}", "--plain-http", "--alias")
    assert is_refused(dogwatch.run(*real, "prod"), "91 days ahead", "empty data folder")
    taken = dogwatch.run(*real, "demonstration")
    assert (taken.exit_code, taken.output) == (2, "")


def _the_end_takes_the_sample_away(dogwatch: Dogwatch) -> None:
    demo(dogwatch, "end")
    assert dogwatch.ask("registries", "list") == []
    assert {one["source"] for one in dogwatch.ask("db", "status")} == {"osv"}
    assert findings(dogwatch) == []
    assert is_refused(dogwatch.run("demo", "end"), "begun")


def test_the_clock_is_refused_as_soon_as_a_real_registry_is_watched(dogwatch: Dogwatch) -> None:
    demo(dogwatch, "push")
    place = f"http://127.0.0.1:{free_port()}"
    dogwatch.ask("registries", "add", place, "--plain-http", "--alias", "prod")

    for free in ("offer", "1"):
        refused = dogwatch.run("demo", "advance", "91d", DOGWATCH_DEMO=free)
        assert is_refused(refused, "a real registry is watched here: prod")
    assert is_refused(dogwatch.run("clock", "advance", "91d"), "DOGWATCH_DEMO=1")
    assert set(statuses(dogwatch).values()) == {"ACTIVE"}


def test_real_advisories_take_the_sample_s_place(tmp_path: Path) -> None:
    from dogwatch.demonstration.advisories import write_feed

    mirror = tmp_path / "mirror"
    mirror.mkdir()
    document = {
        "id": "GHSA-jf85-cpcp-j695",
        "modified": "2026-01-01T00:00:00Z",
        "aliases": ["CVE-2019-10744"],
        "affected": [
            {
                "package": {"ecosystem": "npm", "name": "lodash"},
                "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "4.17.12"}]}],
            }
        ],
    }
    with running_dogwatch(feed_mirror=str(mirror), feeds="npm") as dogwatch:
        demo(dogwatch, "push")
        assert {one["source"] for one in findings(dogwatch)} == {"sample"}

        write_feed(mirror, "npm", [document])
        dogwatch.ask("db", "update")
        dogwatch.ask("db", "update")  # the sample looks whether the real feed is there, and comes last

        assert {(one["vulnerability"], one["source"]) for one in findings(dogwatch)} == {("CVE-2019-10744", "osv")}
        told = dogwatch.run("findings").told
        assert "osv npm asked" in told
        assert "SAMPLE" not in told


def test_it_goes_on_when_the_service_starts_at_another_address(data: Path) -> None:
    with running_dogwatch(feed_mirror=NOWHERE, data=str(data)) as first:
        demo(first, "push")
    with running_dogwatch(feed_mirror=NOWHERE, data=str(data)) as second:
        assert second.url != first.url
        assert [one["access"]["url"] for one in second.ask("registries", "list")] == [second.url]
        assert "because it was pulled" in demo(second, "pull")
        # Also a shell that knows the old address only finds it.
        assert "because it was pulled" in demo(Dogwatch(first.environment, first.url, first.log), "pull")
        assert set(statuses(second).values()) == {"ACTIVE"}


def test_no_demonstration_is_offered_where_none_is_wanted() -> None:
    with running_dogwatch(feed_mirror=NOWHERE, demo="0") as dogwatch:
        assert "dogwatch demo" not in dogwatch.log.read_text(encoding="utf-8")
        assert "not offered" in demo(dogwatch, "status")
        assert dogwatch.get("/v2/")[0] == 404
        refused = dogwatch.run("demo", "push")
        assert (refused.exit_code, "no demonstration is offered there" in refused.told) == (5, True)
