"""Updates of yum and dnf repositories: how the file is found, what is read of it, and what is refused."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dogwatch.advisories import amazon, oracle
from dogwatch.advisories.folder_mirror import FolderMirror
from dogwatch.advisories.limits import FEED_LIMITS
from dogwatch.advisories.source import Changes, FeedState, FetchRequest, Unchanged
from dogwatch.advisories.updateinfo import UpdateinfoSource
from dogwatch.model.advisories import AffectedPackage, RangeEvent, RangeEventKind, SeverityFact, StatedRange
from dogwatch.model.errors import FeedRejectedError, LimitExceededError, MalformedSnapshotError
from dogwatch.model.feeds import ParsedRecord
from tests.builders.advisories import repomd, update, updateinfo

NOW = datetime(2026, 8, 1, tzinfo=UTC)
BASEOS = "OL9/baseos/latest/x86_64/repodata"
APPSTREAM = "OL9/appstream/x86_64/repodata"
BASH = update("ELSA-1", "bash 0 5.2 1.el9 x86_64", cves=["CVE-2026-1000"])


def put(folder: Path, path: str, content: bytes) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(content)


def put_repository(folder: Path, place: str, updates: bytes, name: str = "updateinfo.xml") -> None:
    put(folder, f"{place}/{name}", updates)
    put(folder, f"{place}/repomd.xml", repomd(f"repodata/{name}", updates))


def fetch(
    folder: Path, source: UpdateinfoSource = oracle.SOURCE, state: FeedState | None = None
) -> tuple[list[ParsedRecord], FeedState] | None:
    """Return the records and the state; None when nothing changed."""
    (folder / "spool").mkdir(exist_ok=True)
    release = "2023" if source.family == "Amazon Linux" else "9"
    result = source.fetch(
        FetchRequest(
            f"{source.family}:{release}",
            state,
            (),
            mirror=FolderMirror(folder, source.name),
            spool=folder / "spool",
            now=NOW,
        )
    )
    if isinstance(result, Unchanged):
        return None
    assert isinstance(result, Changes)
    records = list(source.parse(result))
    result.discard()
    return records, result.state


def records(folder: Path, source: UpdateinfoSource = oracle.SOURCE) -> list[ParsedRecord]:
    fetched = fetch(folder, source)
    assert fetched is not None
    return fetched[0]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_an_update_is_read_whole_however_its_file_is_packed(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    put_repository(tmp_path, APPSTREAM, pack(updateinfo()))
    put_repository(
        tmp_path,
        BASEOS,
        pack(updateinfo(update("ELSA-1", "bash 1 5.2 1.el9 x86_64", "bash 1 5.2 1.el9 src", cves=["CVE-2026-1000"]))),
    )
    (record,) = records(tmp_path)
    advisory = record.advisory
    assert advisory is not None
    assert (advisory.id, advisory.upstream, advisory.summary) == ("ELSA-1", ("CVE-2026-1000",), "ELSA-1 & more")
    assert advisory.published_at == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert advisory.modified_at == datetime(2026, 7, 2, 11, 30, tzinfo=UTC)
    assert advisory.severity == (SeverityFact("TEXT", "Important"),)
    events = (RangeEvent(RangeEventKind.INTRODUCED, "0"), RangeEvent(RangeEventKind.FIXED, "1:5.2-1.el9"))
    assert advisory.affected == (AffectedPackage("Oracle Linux:9", "bash", (StatedRange("ECOSYSTEM", events),)),)


@pytest.mark.parametrize("encoding", ["hex", "shift_jis", "nonsense"])
def test_a_file_is_read_as_utf_8_whatever_encoding_it_names(tmp_path: Path, encoding: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding}"?>'.encode()
    updates = declared + updateinfo(BASH).partition(b"?>")[2]
    put(tmp_path, f"{APPSTREAM}/updateinfo.xml", updates)
    put(tmp_path, f"{APPSTREAM}/repomd.xml", declared + repomd("repodata/updateinfo.xml", updates).partition(b"?>")[2])
    put_repository(tmp_path, BASEOS, updateinfo())
    assert [record.id for record in records(tmp_path)] == ["ELSA-1"]


def test_an_update_of_two_repositories_is_one_with_the_packages_of_both(tmp_path: Path) -> None:
    put_repository(tmp_path, BASEOS, updateinfo(BASH))
    put_repository(
        tmp_path, APPSTREAM, updateinfo(update("ELSA-1", "bash-doc 0 5.2 1.el9 noarch", cves=["CVE-2026-2000"]))
    )
    (record,) = records(tmp_path)
    assert record.advisory is not None
    assert record.advisory.upstream == ("CVE-2026-1000", "CVE-2026-2000")
    assert [one.name for one in record.advisory.affected] == ["bash", "bash-doc"]


def test_an_update_that_mends_no_vulnerability_is_kept_and_affects_nothing(tmp_path: Path) -> None:
    put_repository(
        tmp_path, BASEOS, updateinfo(update("ELBA-1", "bash 0 5.2 1.el9 x86_64", kind="bugfix", severity="None"))
    )
    put_repository(tmp_path, APPSTREAM, updateinfo())
    (record,) = records(tmp_path)
    assert record.advisory is not None
    assert (record.advisory.affected, record.advisory.severity) == ((), ())


def test_fixes_of_variants_say_nothing_of_the_plain_package(tmp_path: Path) -> None:
    openssl = ("openssl 2 1.1.1k 5.ksplice1.el8_5 x86_64", "openssl 10 1.1.1k 9.el8_7_fips x86_64")
    put_repository(tmp_path, BASEOS, updateinfo(update("ELSA-1", *openssl, "openssl 1 1.1.1k 6.el8_5 x86_64")))
    put_repository(tmp_path, APPSTREAM, updateinfo())
    (record,) = records(tmp_path)
    assert record.advisory is not None
    assert [one.ranges[0].events[-1].version for one in record.advisory.affected] == ["1:1.1.1k-6.el8_5"]


def test_a_new_list_of_the_same_updates_is_no_news(tmp_path: Path) -> None:
    put_repository(tmp_path, BASEOS, updateinfo(BASH))
    put_repository(tmp_path, APPSTREAM, updateinfo())
    fetched = fetch(tmp_path)
    assert fetched is not None
    state = fetched[1]
    assert fetch(tmp_path, state=state) is None
    listed = tmp_path / BASEOS / "repomd.xml"
    listed.write_bytes(listed.read_bytes() + b"\n")
    assert fetch(tmp_path, state=state) is None
    put_repository(tmp_path, BASEOS, updateinfo(BASH, update("ELSA-2", "bash 0 5.2 2.el9 x86_64")))
    again = fetch(tmp_path, state=state)
    assert again is not None
    assert [record.id for record in again[0]] == ["ELSA-1", "ELSA-2"]


def test_a_list_of_mirrors_leads_to_the_repository(tmp_path: Path) -> None:
    mirrors = b"https://cdn.amazonlinux.com/al2023/core/guids/1a/x86_64/\nhttps://other.example/\n"
    put(tmp_path, "al2023/core/mirrors/latest/x86_64/mirror.list", mirrors)
    put_repository(tmp_path, "al2023/core/guids/1a/x86_64/repodata", updateinfo(BASH))
    assert [record.id for record in records(tmp_path, amazon.AMAZON_LINUX_2023)] == ["ELSA-1"]


def test_a_file_that_is_not_the_one_its_list_names_is_refused(tmp_path: Path) -> None:
    put_repository(tmp_path, APPSTREAM, updateinfo())
    put_repository(tmp_path, BASEOS, updateinfo(BASH))
    (tmp_path / BASEOS / "updateinfo.xml").write_bytes(updateinfo(BASH) + b" ")
    with pytest.raises(FeedRejectedError, match="not the file that its list names"):
        fetch(tmp_path)
    (tmp_path / BASEOS / "updateinfo.xml").unlink()
    with pytest.raises(FeedRejectedError, match="there is no such file"):
        fetch(tmp_path)
    assert list((tmp_path / "spool").iterdir()) == []


BOMB = b'<?xml version="1.0"?><!DOCTYPE u [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><updates>&b;</updates>'


@pytest.mark.parametrize(
    "content",
    [
        BOMB,
        b"",
        b"<updates>",
        b"<other/>",
        gzip.compress(updateinfo(BASH), mtime=0)[:60],
        lzma.compress(updateinfo(BASH))[:60],
        b"\x1f\x8b\xff\xff",
        gzip.compress(b"", mtime=0)[:10] + bytes([255] * 20),
        b"<updates>\xff</updates>",
    ],
    ids=["bomb", "empty", "cut off", "another root", "cut gzip", "cut xz", "broken gzip", "damaged gzip", "not text"],
)
def test_what_is_no_file_of_updates_is_refused(tmp_path: Path, content: bytes) -> None:
    put_repository(tmp_path, APPSTREAM, updateinfo(BASH))
    put_repository(tmp_path, BASEOS, content)
    with pytest.raises(MalformedSnapshotError):
        fetch(tmp_path)
    assert list((tmp_path / "spool").iterdir()) == []


@pytest.mark.parametrize(
    "listed", [b"", b"<repomd/>", BOMB, repomd("../../etc/passwd", b""), repomd("/etc/passwd", b"")]
)
def test_what_is_no_list_of_files_is_refused(tmp_path: Path, listed: bytes) -> None:
    put_repository(tmp_path, APPSTREAM, updateinfo(BASH))
    put(tmp_path, f"{BASEOS}/repomd.xml", listed)
    with pytest.raises(MalformedSnapshotError):
        fetch(tmp_path)


def test_lists_that_name_lists_are_followed_so_far_and_no_further(tmp_path: Path) -> None:
    put_repository(tmp_path, APPSTREAM, updateinfo(BASH))
    inner = repomd("repodata/repomd.xml", b"")
    put(tmp_path, f"{BASEOS}/repomd.xml", inner.replace(b'sha256">e3b0', b'sha256">zzzz'))
    with pytest.raises(MalformedSnapshotError, match="names files that name files"):
        fetch(tmp_path)


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    put_repository(tmp_path, APPSTREAM, updateinfo())
    put_repository(tmp_path, BASEOS, gzip.compress(updateinfo(*[BASH] * 2_000)))
    source = replace(oracle.SOURCE, limits=replace(FEED_LIMITS, max_inflated_bytes=100_000))
    with pytest.raises(LimitExceededError, match="max_inflated_bytes"):
        fetch(tmp_path, source)


def test_a_date_that_is_none_is_that_of_the_fetch(tmp_path: Path) -> None:
    put_repository(tmp_path, APPSTREAM, updateinfo())
    odd = BASH.replace("2026-07-02 11:30:00", "yesterday").replace("2026-07-01 10:00", "2026-13-99 10:00")
    put_repository(tmp_path, BASEOS, updateinfo(odd))
    (record,) = records(tmp_path)
    assert record.advisory is not None
    assert (record.advisory.modified_at, record.advisory.published_at) == (NOW, None)


def test_a_package_without_a_version_is_undetermined_and_one_without_a_name_is_told(tmp_path: Path) -> None:
    put_repository(tmp_path, APPSTREAM, updateinfo())
    good = 'name="zsh" epoch="0" version="5" release="1"'
    odd = [good.replace('release="1"', 'release=""').replace("zsh", "ksh"), good.replace("zsh", "")]
    packages = "".join(f"<package {one}/>" for one in (good, *odd))
    put_repository(tmp_path, BASEOS, updateinfo(BASH.replace("<pkglist>", f"<pkglist>{packages}")))
    (record,) = records(tmp_path)
    assert record.advisory is not None
    assert [(one.name, bool(one.ranges), one.problem) for one in record.advisory.affected] == [
        ("bash", True, ""),
        ("ksh", False, "no version, or no release, of the fix"),
        ("zsh", True, ""),
    ]
    assert record.advisory.unread == ("packages without a name",)


def test_an_update_without_an_id_counts_as_refused(tmp_path: Path) -> None:
    put_repository(tmp_path, APPSTREAM, updateinfo())
    put_repository(tmp_path, BASEOS, updateinfo(BASH, re.sub("<id>.*</id>", "", BASH)))
    assert [(one.id, one.problem) for one in records(tmp_path) if one.advisory is None] == [
        ("update 1 without an id", "oracle-linux: an update without an id")
    ]
