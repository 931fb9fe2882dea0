"""The law of judging without storing: what is judged of packages is what would be stored if they arrived."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dogwatch.matching.explaining import DECIDES
from dogwatch.model.judgements import Judgement
from dogwatch.model.packages import Package
from dogwatch.model.verdicts import Verdict
from dogwatch.store.connection import Database
from dogwatch.store.explanations import Explainer
from dogwatch.store.inventories import admit_packages
from dogwatch.store.judgement import Judge
from tests.laws.test_join import (
    QUICK_TO_SHOW,
    START,
    Step,
    forget_everything,
    histories,
    packages,
    play,
    stored_exposures,
    stored_undetermined,
)

_TABLES = ("package", "match", "exposure", "undetermined", "package_set", "inventory", "image", "monitoring")


def judged_exposures(judgement: Judgement) -> dict[tuple[Package, str], tuple[object, ...]]:
    """A judgement in the terms of `stored_exposures`."""
    return {
        (one.package, one.vulnerability): (
            str(one.assessment.verdict),
            str(one.assessment.fix_state),
            one.assessment.fixed_version,
            int(one.assessment.severity),
            None if one.assessment.score is None else one.assessment.score.tenths,
            "" if one.assessment.score is None else one.assessment.score.source,
            one.assessment.advisory,
        )
        for one in judgement.judged
    }


def judged_undetermined(judgement: Judgement) -> dict[tuple[Package, str], int]:
    """A judgement in the terms of `stored_undetermined`."""
    return {(one.package, one.reason): one.advisories for one in judgement.not_compared}


def rows_stored(database: Database) -> dict[str, int]:
    """How many rows the tables of images and packages hold."""
    with database.transaction() as connection:
        counts = {}
        for table in _TABLES:
            row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert row is not None
            counts[table] = int(row[0])
        return counts


@given(steps=histories, asked=st.lists(packages, min_size=1, max_size=8).map(tuple))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], phases=QUICK_TO_SHOW)
def test_what_is_judged_is_what_admission_would_store_and_leaves_no_trace(
    opened: Database, steps: Sequence[Step], asked: tuple[Package, ...]
) -> None:
    forget_everything(opened)
    play(opened, steps)
    before = rows_stored(opened)
    judgement = Judge(opened).judge(asked)
    assert rows_stored(opened) == before
    with opened.transaction() as connection:
        admit_packages(connection, sorted(set(asked)), START + timedelta(days=1))
        exposures, undetermined = stored_exposures(connection), stored_undetermined(connection)
    wanted = set(asked)
    assert judged_exposures(judgement) == {key: value for key, value in exposures.items() if key[0] in wanted}
    assert judged_undetermined(judgement) == {key: value for key, value in undetermined.items() if key[0] in wanted}


def expect_nothing(_found: Collection[str]) -> tuple[tuple[str, str, timedelta], ...]:
    """Expect no feed at all, whatever was found."""
    return ()


@given(steps=histories, package=packages)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], phases=QUICK_TO_SHOW)
def test_what_is_explained_is_what_is_judged(opened: Database, steps: Sequence[Step], package: Package) -> None:
    forget_everything(opened)
    play(opened, steps)
    package = Package(package.ecosystem, package.name, package.version)  # as somebody types it
    judgement = Judge(opened).judge([package])
    explainer, now = Explainer(opened, expect_nothing), START + timedelta(days=1)
    typed = (f"{package.name}@{package.version}", package.ecosystem)
    for one in judgement.judged:
        (why,) = explainer.explain("000000000000", *typed, one.vulnerability, now)
        deciding = {(each.source, each.advisory) for each in why.ranges if each.weight == DECIDES}
        assert (why.package, why.verdict) == (package, one.assessment.verdict)
        assert deciding == {(one.assessment.source, one.assessment.advisory)}
    (lost,) = explainer.explain("000000000000", *typed, "", now)
    assert (lost.verdict == Verdict.UNDETERMINED) is bool(judgement.not_compared)
    advisories = len({(each.source, each.advisory) for each in lost.ranges})
    counts = [one.advisories for one in judgement.not_compared]
    assert max(counts, default=0) <= advisories <= sum(counts)
