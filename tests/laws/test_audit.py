"""The law of audits: after any history nothing differs; whatever is tampered with is named, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dogwatch.model.audits import Audit, AuditedRow, Difference
from dogwatch.store.audit import AuditStore, load_last_audit
from dogwatch.store.connection import Database
from tests.flow.world import World, small_world, vulnerable_image
from tests.laws.test_join import (
    QUICK_TO_SHOW,
    START,
    Step,
    forget_everything,
    histories,
    play,
)


def _audit(database: Database) -> Audit:
    return AuditStore(database, lambda: START).audit()


@given(steps=histories)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], phases=QUICK_TO_SHOW)
def test_after_any_history_an_audit_finds_nothing(opened: Database, steps: list[Step]) -> None:
    forget_everything(opened)
    play(opened, steps)
    assert _audit(opened).differences == ()


_OPEN = {AuditedRow.MATCH: "to_rev = 2147483647", AuditedRow.EXPOSURE: "to_at = '9999-12-31Z'"}


@given(steps=histories, kind=st.sampled_from(list(_OPEN)), place=st.integers(0, 99))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], phases=QUICK_TO_SHOW)
def test_any_row_that_is_lost_is_the_one_that_is_named(
    opened: Database, steps: list[Step], kind: AuditedRow, place: int
) -> None:
    forget_everything(opened)
    play(opened, steps)
    with opened.transaction() as connection:
        rows = connection.execute(
            f"SELECT ctid::text, package_id FROM {kind} WHERE {_OPEN[kind]} ORDER BY 1"
        ).fetchall()
        assume(rows)
        lost, package_id = rows[place % len(rows)]
        connection.execute(f"DELETE FROM {kind} WHERE ctid = '{lost}'")
        named = connection.execute(
            "SELECT rtrim(concat_ws(' ', ecosystem, name, version, arch)) FROM package WHERE id = %s", [package_id]
        ).fetchall()
    audit = _audit(opened)
    assert [(one.kind, one.subject, one.stored) for one in audit.differences] == [(kind, named[0][0], "")]


# --- every kind of row, in a world that came by the whole path ------------------------------------------------


@pytest.fixture
def world(database: str, tmp_path: Path) -> Iterator[World]:
    with small_world(database, tmp_path) as opened:
        opened.push("team/app", vulnerable_image())
        opened.app.run_until_idle()
        yield opened


_SAID = "affected, fixed 3.0.9-1, untriaged, no score, by osv DEBIAN-CVE-2026-0001"
_SWOLLEN = _SAID.replace("untriaged", "critical")
_RANGE = "range 1 of osv DEBIAN-CVE-2026-0001"
_LODASH, _OPENSSL, _REQUESTS = "npm lodash 4.17.20", "Debian:12 openssl 3.0.7-1 amd64", "PyPI requests 2.30.0"
_TAMPERINGS = (
    "UPDATE exposure SET severity = 5 WHERE package_id = (SELECT id FROM package WHERE name = 'openssl')",
    "UPDATE match SET verdict = 'not affected' WHERE package_id = (SELECT id FROM package WHERE name = 'openssl')",
    "INSERT INTO undetermined SELECT id, 'odd', 3 FROM package WHERE name = 'requests'",
    "UPDATE package SET match_version = '4' WHERE name = 'lodash'",
    "UPDATE vulnerability_name SET name = 'CVE-1' WHERE name = 'PYSEC-2026-2'",
    "DELETE FROM set_exposure WHERE vulnerability_id = (SELECT id FROM vulnerability WHERE name = 'CVE-2026-0003')",
    "DELETE FROM set_family WHERE family = 'npm'",
    "UPDATE repository SET scan_frequency = 'SCAN_ON_PUSH', push_from = 1",
    "UPDATE clocks SET repository_id = 99, pushed_at = '2026-01-01Z', watched_until = '2020-01-01Z', held_by = 'pull'",
    "UPDATE monitoring SET to_at = from_at WHERE to_at = '9999-12-31Z'",
)


def test_every_row_that_was_tampered_with_is_named_with_what_stands_there_and_what_should(world: World) -> None:
    (digest,) = world.rows("SELECT digest FROM image")[0]
    image = f"local/team/app@{digest}"
    (before,) = world.rows("SELECT held_by FROM clocks")[0]
    assert (before, _audit(world.app.database).differences) == ("push", ())
    with world.app.database.transaction() as connection:
        for tampering in _TAMPERINGS:
            connection.execute(tampering.encode())
    audit = _audit(world.app.database)
    assert audit.differences == tuple(
        sorted(
            [
                Difference(AuditedRow.CLOCKS, image, "", *_DEADLINES),
                Difference(AuditedRow.CLOCKS, image, "", "repository 99", "repository 1"),
                Difference(AuditedRow.EXPOSURE, _OPENSSL, "CVE-2026-0001", _SWOLLEN, _SAID),
                Difference(AuditedRow.MATCH, _OPENSSL, _RANGE, "not affected", "affected"),
                Difference(AuditedRow.MONITORING, image, "", "not open", "open, inventory 1"),
                Difference(AuditedRow.NAME, "CVE-1", "CVE-2026-0002", "linked", ""),
                Difference(AuditedRow.NAME, "PYSEC-2026-2", "CVE-2026-0002", "", "linked"),
                Difference(
                    AuditedRow.PACKAGE,
                    _LODASH,
                    "",
                    "lodash 4, semver 1: 24313402",
                    "lodash 4.17.20, semver 1: 24313402",
                ),
                Difference(AuditedRow.REPOSITORY, "team/app", "", "SCAN_ON_PUSH", "CONTINUOUS_SCAN"),
                Difference(AuditedRow.REPOSITORY, "local/team/app", "", _CHANGE_1, _ACCOUNTS),
                Difference(AuditedRow.FAMILY, "package set 3", "", "", "npm"),
                Difference(AuditedRow.SET_EXPOSURE, "package set 3", "CVE-2026-0003", "", "exposure 3"),
                Difference(AuditedRow.UNDETERMINED, _REQUESTS, "", "odd: 3", ""),
            ]
        )
    )
    assert load_last_audit(world.app.database) == audit


_CHANGE_1, _ACCOUNTS = (
    "windows of change 1, the account, the account",
    "windows of the account, the account, the account",
)
_DEADLINES = ("2020-01-01 00:00:00+00, held by pull", "2026-04-01 00:00:00+00, held by push")


def test_the_command_and_the_job_see_the_same(world: World) -> None:
    assert world.app.audit().differing == 0
    world.app.queue.audit()
    world.app.run_until_idle()
    audit = world.app.views.last_audit()
    assert audit is not None
    assert (audit.differing, audit.packages, audit.images, audit.revision) == (0, 3, 1, 3)
    assert world.rows("SELECT count(*) FROM audit") == [(2,)]
