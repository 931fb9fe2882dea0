"""Settings: where a value comes from, what is refused, and that secrets stay out of sight."""

from __future__ import annotations

import os
import pickle
from decimal import Decimal
from pathlib import Path

import pytest

from dogwatch.model.errors import ConfigError
from dogwatch.settings import SETTINGS, Demo, Settings, effective, load_settings, mask_secrets


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file of the machine takes part: an empty working folder, and nobody is root."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


def _load(tmp_path: Path, toml: str = "", flags: dict[str, object] | None = None, **environment: str) -> Settings:
    home = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_DATA_HOME": str(tmp_path / "data")}
    if toml:
        (tmp_path / "dogwatch.toml").write_text(toml, encoding="utf-8")
    return load_settings(flags, {**home, **environment})


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    assert _load(tmp_path) == Settings(
        data=tmp_path / "data" / "dogwatch",
        listen_host="127.0.0.1",
        listen_port=8470,
        database_url="",
        feed_mirror="",
        feeds=("Debian", "PyPI", "npm", "found"),
        facts_off=(),
        demo=Demo.OFFER,
        open_loopback=True,
        account="000000000000",
        region="us-east-1",
        workers=len(os.sched_getaffinity(0)),
        poll_minutes=15,
        sweep_minutes=1,
        feed_minutes=15,
        history_days=730,
        origins=tuple((one.name, "default") for one in SETTINGS),
    )


def test_root_keeps_its_data_under_var_lib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert _load(tmp_path).data == Path("/var/lib/dogwatch")


def test_a_flag_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    toml = 'listen = "127.0.0.1:1"\nworkers = 1\npoll_minutes = 1\n'
    flags: dict[str, object] = {"listen": "127.0.0.1:3", "workers": None}
    settings = _load(tmp_path, toml, flags, DOGWATCH_LISTEN="127.0.0.1:2", DOGWATCH_WORKERS="2")
    assert (settings.listen_port, settings.workers, settings.poll_minutes) == (3, 2, 1)
    origins = dict(settings.origins)
    assert (origins["listen"], origins["workers"], origins["poll_minutes"], origins["feeds"]) == (
        "flag --listen",
        "environment DOGWATCH_WORKERS",
        "dogwatch.toml",
        "default",
    )


def test_an_empty_variable_counts_as_not_given(tmp_path: Path) -> None:
    assert _load(tmp_path, "workers = 3", DOGWATCH_WORKERS="").workers == 3


def test_the_file_of_the_working_folder_comes_before_that_of_the_user(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "dogwatch"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("workers = 7\nsweep_minutes = 9\n", encoding="utf-8")
    assert _load(tmp_path).workers == 7
    local = _load(tmp_path, "workers = 5")
    assert (local.workers, local.sweep_minutes) == (5, 1)


def test_a_named_file_is_the_only_one_read(tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text('feeds = ["npm", "PyPI", "npm"]\ndemo = true\n', encoding="utf-8")
    settings = _load(tmp_path, "workers = 5", DOGWATCH_CONFIG=str(other))
    assert (settings.feeds, settings.demo) == (("npm", "PyPI"), Demo.ON)
    assert load_settings({}, {"XDG_DATA_HOME": "/x"}, other).feeds == ("npm", "PyPI")


def test_prices_are_exact_wherever_they_come_from(tmp_path: Path) -> None:
    settings = _load(tmp_path, "price_rescan = 0.07\n", DOGWATCH_PRICE_INITIAL_SCAN="0.110")
    assert (settings.price_initial_scan, settings.price_rescan) == (Decimal("0.11"), Decimal("0.07"))
    shown = {name: value for name, value, _ in effective(settings) if name.startswith("price_")}
    assert shown == {"price_initial_scan": "0.110", "price_rescan": "0.07"}


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"DOGWATCH_CONFIG: .*absent\.toml: no such file"):
        _load(tmp_path, DOGWATCH_CONFIG=str(tmp_path / "absent.toml"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"workers = ", "not TOML"),
        (b"\xff\xfe", "not TOML"),
        (b"# " + b"x" * (1024 * 1024), "longer than 1048576 bytes"),
        (b"listn = 'x'", "did you mean 'listen'"),
        (b"qqq = 1", "known are data, listen"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "dogwatch.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        _load(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("listen", "8470", "host:port is needed"),
        ("listen", "127.0.0.1:70000", "host:port is needed"),
        ("listen", "::1:8470", "host:port is needed"),
        ("workers", "0", "from 1 to 64"),
        ("workers", "-1", "from 1 to 64"),
        ("workers", "many", "from 1 to 64"),
        ("poll_minutes", "1441", "from 1 to 1440"),
        ("account", "12345", "12 digits"),
        ("account", "٠٠٠٠٠٠٠٠٠٠٠٠", "12 digits"),
        ("region", "Nowhere!", "region name"),
        ("demo", "perhaps", "offer, 1 or 0 is needed"),
        ("database_url", "mysql://host/db", "postgresql:// address"),
        ("data", "a\0b", "NUL character"),
        ("feeds", " , ", "at least one ecosystem"),
        ("price_rescan", "-0.01", "dollars from 0 to 9999"),
        ("price_rescan", "1e-2", "dollars from 0 to 9999"),
        ("price_initial_scan", "NaN", "dollars from 0 to 9999"),
    ],
)
def test_a_wrong_value_names_the_setting_its_origin_and_the_reason(
    tmp_path: Path, name: str, text: str, words: str
) -> None:
    variable = f"DOGWATCH_{name.upper()}"
    with pytest.raises(ConfigError) as refused:
        _load(tmp_path, "", None, **{variable: text})
    assert refused.value.fields["setting"] == variable
    reason = str(refused.value.fields["reason"])
    assert words in reason
    assert f"(environment {variable})" in reason


def test_a_value_of_the_wrong_type_in_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"workers: .*not True \(dogwatch\.toml\)"):
        _load(tmp_path, "workers = true")
    with pytest.raises(ConfigError, match=r"data: a text is needed, not 5"):
        _load(tmp_path, "data = 5")


def test_an_unknown_flag_is_refused() -> None:
    with pytest.raises(ConfigError, match="no such setting"):
        load_settings({"lisen": "x"}, {})


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("[::1]:8470", "::1", 8470), (":80", "0.0.0.0", 80), ("localhost:0", "localhost", 0)],
)
def test_addresses_to_listen_on(tmp_path: Path, text: str, host: str, port: int) -> None:
    settings = _load(tmp_path, DOGWATCH_LISTEN=text)
    assert (settings.listen_host, settings.listen_port) == (host, port)


def test_folders_are_made_absolute(tmp_path: Path) -> None:
    settings = _load(tmp_path, DOGWATCH_DATA="here/../data", DOGWATCH_FEED_MIRROR="feeds")
    assert (settings.data, settings.feed_mirror) == (tmp_path / "data", str(tmp_path / "feeds"))
    assert _load(tmp_path, DOGWATCH_FEED_MIRROR="https://mirror.test/osv").feed_mirror == "https://mirror.test/osv"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:secret@host:5432/db?sslmode=require", "postgresql://me:***@host:5432/db?sslmode=require"),
        ("postgresql://me@host/db?password=secret&x=1", "postgresql://me@host/db?password=***&x=1"),
        ("host=h password=secret dbname=d", "host=h password=*** dbname=d"),
        ("host=h password='sec ret\\' x' dbname=d", "host=h password=*** dbname=d"),
        ("https://me:secret@mirror.test/osv", "https://me:***@mirror.test/osv"),
        ("/folder", "/folder"),
    ],
)
def test_secrets_are_masked(text: str, shown: str) -> None:
    assert mask_secrets(text) == shown


def test_effective_settings_show_values_and_origins_without_secrets(tmp_path: Path) -> None:
    settings = _load(tmp_path, DOGWATCH_DATABASE_URL="postgresql://me:secret@host/db", DOGWATCH_DEMO="1")
    shown = {name: (value, origin) for name, value, origin in effective(settings)}
    assert shown["database_url"] == ("postgresql://me:***@host/db", "environment DOGWATCH_DATABASE_URL")
    assert shown["demo"] == ("1", "environment DOGWATCH_DEMO")
    assert shown["listen"] == ("127.0.0.1:8470", "default")
    assert "secret" not in repr(settings) + repr(shown)
    assert (settings.is_embedded, _load(tmp_path).is_embedded) == (False, True)


def test_settings_travel_between_processes(tmp_path: Path) -> None:
    settings = _load(tmp_path, DOGWATCH_DATABASE_URL="postgresql://me:secret@host/db")
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_a_service_is_not_taken_from_a_file_that_lies_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dogwatch.toml").write_text('server = "https://dogwatch.example"', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"server: not from the dogwatch.toml of a working folder"):
        load_settings({}, {})
    for named in (
        load_settings({}, {}, config_file=Path("dogwatch.toml")),
        load_settings({}, {"DOGWATCH_CONFIG": "dogwatch.toml"}),
    ):
        assert named.server == "https://dogwatch.example"
