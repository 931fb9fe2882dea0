"""The rule that a skipped test fails under CI=true, tried on small test sessions of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

SKIPPED_TEST = """
    import pytest

    @pytest.mark.skip(reason="apt-get install -y skopeo")
    def test_with_a_program(): ...
"""
SKIPPED_MODULE = """
    import pytest

    pytest.skip("apt-get install -y skopeo", allow_module_level=True)
"""


@pytest.fixture
def session(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project of its own whose conftest installs the same hooks as ours, under CI=true."""
    monkeypatch.setenv("CI", "true")
    pytester.makeini("[pytest]\n")
    pytester.makeconftest("from tests.skipping import pytest_make_collect_report, pytest_runtest_makereport")
    return pytester


def allow(session: pytest.Pytester, *lines: str) -> None:
    (session.path / "tests").mkdir()
    Path(session.path / "tests" / "allowed-skips.txt").write_text("\n".join(lines), encoding="utf-8")


def outcomes(session: pytest.Pytester) -> dict[str, int]:
    return session.runpytest_inprocess("-p", "no:randomly").parseoutcomes()


def test_a_skip_with_an_unlisted_reason_fails_and_says_how_to_enable_it(session: pytest.Pytester) -> None:
    session.makepyfile(SKIPPED_TEST)
    result = session.runpytest_inprocess("-p", "no:randomly")
    assert result.parseoutcomes() == {"errors": 1}
    result.stdout.fnmatch_lines(["*skipped under CI=true: 'apt-get install -y skopeo'*"])


def test_a_skip_inside_the_test_fails(session: pytest.Pytester) -> None:
    session.makepyfile("""
        import pytest

        def test_that_gives_up():
            pytest.skip("not today")
    """)
    assert outcomes(session) == {"failed": 1}


def test_a_skip_inside_a_fixture_is_an_error(session: pytest.Pytester) -> None:
    session.makepyfile("""
        import pytest

        @pytest.fixture
        def server():
            pytest.skip("no server")

        def test_with_a_server(server): ...
    """)
    assert outcomes(session) == {"errors": 1}


def test_a_module_that_skips_itself_is_an_error(session: pytest.Pytester) -> None:
    session.makepyfile(SKIPPED_MODULE)
    assert outcomes(session) == {"errors": 1}


def test_a_listed_reason_may_skip(session: pytest.Pytester) -> None:
    allow(session, "# comments and empty lines are no reasons", "", "apt-get install -y *")
    session.makepyfile(test_one=SKIPPED_TEST, test_two=SKIPPED_MODULE)
    assert outcomes(session) == {"skipped": 2}


def test_a_line_must_match_the_whole_reason(session: pytest.Pytester) -> None:
    allow(session, "skopeo", "# apt-get install -y skopeo")
    session.makepyfile(SKIPPED_TEST)
    assert outcomes(session) == {"errors": 1}


def test_an_expected_failure_is_no_skip(session: pytest.Pytester) -> None:
    session.makepyfile("""
        import pytest

        @pytest.mark.xfail(reason="known wrong")
        def test_known_wrong():
            assert 1 == 2
    """)
    assert outcomes(session) == {"xfailed": 1}


def test_outside_ci_a_skip_is_a_skip(session: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI")
    session.makepyfile(test_one=SKIPPED_TEST, test_two=SKIPPED_MODULE)
    assert outcomes(session) == {"skipped": 2}
