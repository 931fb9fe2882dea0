"""Sources of facts about CVE ids, from files in a folder: what they bring, and what they do not believe."""

from __future__ import annotations

import gzip
import shutil
import tarfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from dogwatch.advisories import FACT_SOURCES, FEED_LIMITS, FeedReader, choose_facts
from dogwatch.model.errors import (
    ConfigError,
    FeedRejectedError,
    FeedShrunkError,
    FeedUnavailableError,
    LimitExceededError,
    MalformedSnapshotError,
)
from dogwatch.model.facts import CveScores, Exploitation, Fact, Probability, RefusedFact, StatedScore
from tests.builders.facts import CRITICAL, LOW, epss_file, kev_entry, kev_file, nvd_file, nvd_record, put_facts
from tests.requirements import requires_shared, shared_data

NOW = datetime(2026, 8, 20, tzinfo=UTC)
Told = tuple[list[Fact | RefusedFact], dict[str, str]]


def _reader(folder: Path, **limits: int) -> FeedReader:
    return FeedReader(
        str(folder / "mirror"), folder / "spool", limits=replace(FEED_LIMITS, **limits), facts=FACT_SOURCES
    )


def _fetch(folder: Path, source: str, state: dict[str, str] | None = None, **limits: int) -> Told | None:
    with _reader(folder, **limits).fetch_facts(source, state or {}, NOW) as changes:
        told = None if changes is None else (list(changes.facts), dict(changes.state))
    assert not list((folder / "spool").iterdir())
    return told


def _fetched(folder: Path, source: str, state: dict[str, str] | None = None) -> Told:
    told = _fetch(folder, source, state)
    assert told is not None
    return told


def _scores(cve: str, vector: str, day: int = 1) -> CveScores:
    return CveScores(cve, datetime(2026, 7, day, tzinfo=UTC), (StatedScore("CVSS_V3", vector, "nvd"),))


def _record(cve: str, vector: str, day: int = 1) -> dict[str, object]:
    return nvd_record(cve, ("nvd@nist.gov", vector), modified=f"2026-07-{day:02}T00:00:00.000")


def test_nvd_is_read_by_years_at_first_and_by_its_changes_from_then_on(tmp_path: Path) -> None:
    years = {2021: nvd_file(_record("CVE-2021-0001", LOW)), 2026: nvd_file(_record("CVE-2026-0001", LOW))}
    put_facts(tmp_path / "mirror", years=years, modified=nvd_file(_record("CVE-2026-0001", CRITICAL, 14)))
    first, state = _fetched(tmp_path, "nvd")
    unchanged = _fetch(tmp_path, "nvd", state)
    put_facts(
        tmp_path / "mirror",
        years={2021: nvd_file(_record("CVE-2021-0001", CRITICAL, 19))},
        modified=nvd_file(_record("CVE-2021-0001", CRITICAL, 19), timestamp="2026-07-20T00:00:00.000"),
    )
    day, later = _fetched(tmp_path, "nvd", state)
    put_facts(tmp_path / "mirror", modified=nvd_file(timestamp="2026-08-15T00:00:00.000"))
    month, _ = _fetched(tmp_path, "nvd", later)

    assert first == [
        _scores("CVE-2021-0001", LOW),
        _scores("CVE-2026-0001", LOW),
        _scores("CVE-2026-0001", CRITICAL, 14),
    ]
    assert unchanged is None
    assert day == [_scores("CVE-2021-0001", CRITICAL, 19)]
    assert month == []  # the years again, as they may have changed meanwhile; here they are as empty as the changes


def test_a_record_of_nvd_tells_every_score_once_with_who_gives_it(tmp_path: Path) -> None:
    adp, own = "134c704f-9b21-4f2e-91b3-4a467353bcc0", "nvd@nist.gov"
    record = nvd_record("CVE-2026-0001", (own, LOW), (own, LOW), (adp, LOW), ("psirt@vendor.test", CRITICAL))
    record["cve"] |= {
        "weaknesses": [{"description": [{"value": "CWE-79"}, {"value": "NVD-CWE-Other"}, {"value": "CWE-79"}]}],
        "references": [{"url": "https://a.test", "tags": ["Exploit", "Patch"]}, {"url": "https://b.test"}],
        "configurations": [{"nodes": [{"cpeMatch": [{"criteria": '{"cve": {'}]}]}],
    }
    put_facts(tmp_path / "mirror", modified=nvd_file(record))

    givers = (("nvd", LOW), ("nvd:CISA-ADP", LOW), ("nvd:psirt@vendor.test", CRITICAL))
    assert _fetched(tmp_path, "nvd")[0] == [
        CveScores(
            "CVE-2026-0001",
            datetime(2026, 7, 1, tzinfo=UTC),
            tuple(StatedScore("CVSS_V3", vector, giver) for giver, vector in givers),
            ("CWE-79",),
            has_exploit=True,
        )
    ]


def test_a_year_that_is_missing_is_an_error_unless_it_has_just_begun(tmp_path: Path) -> None:
    put_facts(tmp_path / "mirror", modified=nvd_file(), until=2025)
    assert _fetched(tmp_path, "nvd")[0] == []
    (tmp_path / "mirror" / "nvd" / "nvdcve-2.0-2019.json.gz").unlink()
    with pytest.raises(FeedRejectedError, match=r"nvdcve-2\.0-2019"):
        _fetch(tmp_path, "nvd")


@pytest.mark.parametrize(
    "damaged",
    [
        nvd_file(_record("CVE-2026-0001", LOW))[:-9],
        gzip.compress(gzip.decompress(nvd_file(_record("CVE-2026-0001", LOW)))[:-30]),
        nvd_file(_record("CVE-2026-0001", LOW), total=2),
        nvd_file().replace(b"\x1f\x8b", b"PK"),
        gzip.compress(b'{"format": "NVD_CVE"'),
        gzip.compress(b'{"format":"NVD_CVE","version":"1.1","timestamp":"","totalResults":0,"vulnerabilities":[]}'),
        gzip.compress(b'{"format":"NVD_CVE","version":"2.0","timestamp":"now","totalResults":0,"vulnerabilities":[]}'),
        gzip.compress(b"[" * 100_000),
        gzip.compress(gzip.decompress(nvd_file(_record("CVE-2026-0001", LOW))).replace(b"]}", b"] , 1}")),
        b"",
    ],
    ids=["cut off", "JSON cut off", "fewer", "no gzip", "half", "version", "time", "deep", "end", "empty"],
)
def test_a_damaged_file_of_nvd_is_refused(tmp_path: Path, damaged: bytes) -> None:
    put_facts(tmp_path / "mirror", modified=nvd_file())
    (tmp_path / "mirror" / "nvd" / "nvdcve-2.0-modified.json.gz").write_bytes(damaged)
    with pytest.raises(MalformedSnapshotError):
        _fetch(tmp_path, "nvd")


def test_records_of_other_shapes_are_refused_one_by_one(tmp_path: Path) -> None:
    odd: list[dict[str, object]] = [
        {"cve": {"id": "CVE-2026-0002", "lastModified": "yesterday"}},
        {"cve": {"id": "DROP TABLE", "lastModified": "2026-07-01T00:00:00.000"}},
        {"cve": {"id": "CVE-2026-0003", "lastModified": "2026-07-01T00:00:00.000", "metrics": 9.8}},
        {"cve": {"id": 5}},
    ]
    put_facts(tmp_path / "mirror", modified=nvd_file(*odd, _record("CVE-2026-0001", LOW)))
    told, _ = _fetched(tmp_path, "nvd")

    assert [type(one).__name__ for one in told] == ["RefusedFact"] * 4 + ["CveScores"]


def test_a_bomb_and_a_record_without_end_are_refused(tmp_path: Path) -> None:
    put_facts(tmp_path / "mirror", modified=nvd_file({"cve": {"id": "CVE-2026-0001", "x": "0" * 3_000_000}}))
    with pytest.raises(LimitExceededError, match="max_inflated_bytes"):
        _fetch(tmp_path, "nvd", max_inflated_bytes=1_000_000)
    with pytest.raises(LimitExceededError, match="max_fact_record_bytes"):
        _fetch(tmp_path, "nvd", max_fact_record_bytes=1_000_000)


def test_cisa_tells_what_is_exploited(tmp_path: Path) -> None:
    ransom = kev_entry("CVE-2026-0002", knownRansomwareCampaignUse="Known", dueDate="")
    odd = kev_entry("CVE-2026-0003", dateAdded="yesterday")
    put_facts(tmp_path / "mirror", kev=kev_file(kev_entry("CVE-2026-0001"), ransom, odd))
    told, state = _fetched(tmp_path, "kev")

    assert told == [
        Exploitation("CVE-2026-0001", date(2026, 7, 14), date(2026, 7, 28), False, "Update."),
        Exploitation("CVE-2026-0002", date(2026, 7, 14), None, True, "Update."),
        RefusedFact("CVE-2026-0003", "Invalid isoformat string: 'yesterday'"),
    ]
    assert state["as_of"] == "2026-07-14T19:00:56.138900+00:00"
    assert _fetch(tmp_path, "kev", state) is None


def test_first_tells_how_likely_it_is(tmp_path: Path) -> None:
    odd = ("CVE-2026-0002,1.5,0.1", "CVE-2026-0003,nan,0.1", "CVE-2026-0005,1e999999,0", "CVE-2026-0004", "x,0.1,0.1")
    put_facts(tmp_path / "mirror", epss=epss_file("CVE-2026-0001,0.01151,0.78086", *odd))
    told, state = _fetched(tmp_path, "epss")

    assert told[0] == Probability("CVE-2026-0001", 11_510, 780_860)
    assert [type(one).__name__ for one in told[1:]] == ["RefusedFact"] * 5
    assert _fetch(tmp_path, "epss", state) is None


@pytest.mark.parametrize(
    ("source", "today", "yesterday"),
    [
        ("kev", {"kev": kev_file()}, {"kev": kev_file(released="2026-07-13T00:00:00Z")}),
        ("epss", {"epss": epss_file()}, {"epss": epss_file(date="2026-01-29T00:00:00+0000")}),
        ("nvd", {"modified": nvd_file()}, {"modified": nvd_file(timestamp="2026-07-14T00:00:00.000")}),
    ],
)
def test_yesterday_after_today_is_not_taken_over_unless_confirmed(
    tmp_path: Path, source: str, today: dict[str, bytes], yesterday: dict[str, bytes]
) -> None:
    put_facts(tmp_path / "mirror", **today)  # type: ignore[arg-type]
    _, state = _fetched(tmp_path, source)
    put_facts(tmp_path / "mirror", **yesterday)  # type: ignore[arg-type]
    with pytest.raises(FeedUnavailableError, match="an older state"):
        _fetch(tmp_path, source, state)
    with _reader(tmp_path).fetch_facts(source, state, NOW, confirmed=True) as changes:
        assert changes is not None


def test_lists_that_shrank_have_to_be_confirmed(tmp_path: Path) -> None:
    cves = [f"CVE-2026-{number}" for number in range(1000, 1030)]
    put_facts(
        tmp_path / "mirror",
        kev=kev_file(*map(kev_entry, cves)),
        epss=epss_file(*(f"{cve},0.1,0.2" for cve in cves)),
    )
    states = {source: _fetched(tmp_path, source)[1] for source in ("kev", "epss")}
    put_facts(tmp_path / "mirror", kev=kev_file(*map(kev_entry, cves[:9])), epss=epss_file(f"{cves[0]},0.1,0.2"))
    for source, lost in (("kev", 21), ("epss", 29)):
        with pytest.raises(FeedShrunkError) as shrunk:
            _fetch(tmp_path, source, states[source])
        assert shrunk.value.lost == lost


@pytest.mark.parametrize(
    ("source", "given"),
    [
        ("kev", {"kev": b"<html>"}),
        ("kev", {"kev": kev_file(kev_entry("CVE-2026-0001"), count=2)}),
        ("kev", {"kev": b'{"dateReleased":"soon","count":0,"vulnerabilities":[]}'}),
        ("epss", {"epss": gzip.compress(b"cve,epss,percentile\n")}),
        ("epss", {"epss": epss_file("CVE-2026-0001,0.1,0.1")[:-9]}),
        ("epss", {"epss": epss_file(date="2026-99-99")}),
        ("epss", {"epss": b"\x1f\x8b"}),
    ],
)
def test_damaged_lists_are_refused(tmp_path: Path, source: str, given: dict[str, bytes]) -> None:
    put_facts(tmp_path / "mirror", **given)  # type: ignore[arg-type]
    with pytest.raises(MalformedSnapshotError):
        _fetch(tmp_path, source)


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    put_facts(tmp_path / "mirror", epss=epss_file("x" * 1_000_000))
    with pytest.raises(LimitExceededError):
        _fetch(tmp_path, "epss")


def test_sources_are_switched_off_by_name() -> None:
    assert [one.name for one in choose_facts(())] == ["nvd", "kev", "epss"]
    assert [one.name for one in choose_facts(("nvd",))] == ["kev", "epss"]
    assert choose_facts(("all",)) == ()
    with pytest.raises(ConfigError, match="DOGWATCH_FACTS_OFF"):
        choose_facts(("nvidia",))


def test_sources_are_documented() -> None:
    document = (Path(__file__).parents[3] / "docs" / "feeds.md").read_text(encoding="utf-8")
    assert all(f"| `{source.name}` CVE |" in document for source in FACT_SOURCES)
    assert all(source.public_location in document for source in FACT_SOURCES)


@requires_shared()
def test_real_files_are_read_to_their_end_and_day_by_day(tmp_path: Path) -> None:
    shared = shared_data()
    assert shared is not None
    mirror = tmp_path / "mirror"
    put_facts(mirror, modified=nvd_file(), kev=b" ", epss=b" ")
    for name, place in (("sample", "2002"), ("derived", "2026")):
        shutil.copy(shared / "nvd" / f"nvdcve-2.0-{name}.json.gz", mirror / "nvd" / f"nvdcve-2.0-{place}.json.gz")
    shutil.copy(shared / "epss" / "epss_scores-2026-01-30.csv.gz", mirror / "epss" / "epss_scores-current.csv.gz")
    catalogue = mirror / "kev" / "known_exploited_vulnerabilities.json"
    days = [(shared / "kev" / catalogue.name).read_bytes()]
    with tarfile.open(shared / "kev" / "kev-daily-2026-07-16_22.tar.xz") as archive:
        days += [file.read() for name in sorted(archive.getnames()) if (file := archive.extractfile(name))]

    listed: list[int] = []
    state: dict[str, str] = {}
    for day in days:
        catalogue.write_bytes(day)
        told, state = _fetched(tmp_path, "kev", state)
        listed.append(len(told))
    counts = {source: len(_fetched(tmp_path, source)[0]) for source in ("nvd", "epss")}

    assert listed == [1642, 1644, 1647, 1651]
    assert counts == {"nvd": 177 + 9186, "epss": 313_089}
