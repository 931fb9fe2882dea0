from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dogwatch.cli import images
from dogwatch.cli.looked_at import (
    LookedAt,
    add_up,
    age,
    marked,
    missing_sentence,
    nothing_found,
    place_of,
    sentences,
    stale_sentences,
    unread_sentences,
)
from dogwatch.model.coverage import CoverageCount
from dogwatch.model.monitoring import StatusCode, StatusReason
from dogwatch.model.views import FeedView
from tests.serve.shown import make_image

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
FEED = FeedView("osv", "npm", 10, 0, NOW - timedelta(minutes=5), NOW, "", stale=False, missing=False)
STALE = FeedView("osv", "PyPI", 10, 0, NOW - timedelta(days=3), NOW, "", stale=True, missing=False)
MISSING = FeedView("osv", "Debian", 0, 0, None, None, "", stale=False, missing=True)


def _count(code: StatusCode, reason: StatusReason, images: int, gaps: int = 0, unresolved: int = 0) -> CoverageCount:
    return CoverageCount("000000000000", "local", code, reason, images, gaps, unresolved)


def test_images_are_added_up_by_how_far_looking_at_them_has_come() -> None:
    counts = [
        _count(StatusCode.ACTIVE, StatusReason.SUCCESSFUL, 3, gaps=2),
        _count(StatusCode.ACTIVE, StatusReason.PENDING_INITIAL_SCAN, 1, unresolved=10),
        _count(StatusCode.INACTIVE, StatusReason.INVALID_ARTIFACT, 2, gaps=7, unresolved=3),
        _count(StatusCode.INACTIVE, StatusReason.RESOURCE_TERMINATED, 0, unresolved=5),
        _count(StatusCode.INACTIVE, StatusReason.SCAN_ELIGIBILITY_EXPIRED, 4, gaps=1),
        _count(StatusCode.INACTIVE, StatusReason.IMAGE_ARCHIVED, 1),
        _count(StatusCode.INACTIVE, StatusReason.PENDING_DISABLE, 1),
        _count(StatusCode.INACTIVE, StatusReason.SCAN_FREQUENCY_MANUAL, 1),
    ]
    assert add_up(counts, (FEED,), NOW) == LookedAt(3, 1, 2, 7, 2, (FEED,), NOW, unresolved=13)


@pytest.mark.parametrize("code", StatusCode)
@pytest.mark.parametrize("reason", StatusReason)
def test_every_status_has_a_place_and_only_active_ones_count_as_watched(code: StatusCode, reason: StatusReason) -> None:
    place = place_of(code, reason)
    assert place in {"watched", "pending", "failed", "ended"}
    assert place != "watched" or code is StatusCode.ACTIVE


def test_the_sentences_name_what_was_not_looked_at() -> None:
    assert sentences(LookedAt(3, 1, 2, 4, 1, (FEED, STALE, MISSING), NOW)) == (
        "Looked at: 3 images watched, 1 pending (not looked at yet), 2 failed (could not be looked at), "
        "4 no longer watched; 1 gap in them.\n"
        "Feeds: npm asked 5 min ago; PyPI STALE, asked 3 d ago; Debian NEVER IMPORTED.\n"
        "STALE: answers about packages of PyPI rest on old advisories; newer ones are not known"
        " (osv PyPI last answered 2026-06-28 12:00)."
    )


def test_stale_feeds_are_told_by_what_rests_on_them_and_missing_ones_where_nobody_else_speaks() -> None:
    facts = replace(STALE, source="nvd", ecosystem="CVE", problem="status 503")
    also = replace(STALE, source="tracker", ecosystem="PyPI")
    assert stale_sentences((FEED, MISSING, STALE, also, facts)) == (
        "STALE: answers about packages of PyPI rest on old advisories; newer ones are not known"
        " (osv PyPI last answered 2026-06-28 12:00; tracker PyPI last answered 2026-06-28 12:00).",
        "STALE: answers about what nvd knows rest on old facts; newer ones are not known"
        " (nvd CVE last answered 2026-06-28 12:00: status 503).",
    )
    assert stale_sentences((FEED, MISSING)) == ()
    assert missing_sentence((FEED, MISSING)) == (
        "NOT JUDGED: packages of Debian, as no advisories on them were ever imported."
    )
    assert missing_sentence((MISSING, replace(FEED, ecosystem="Debian:12"), replace(MISSING, ecosystem="CVE"))) == ""


def test_a_feed_that_tells_fixes_alone_is_marked_as_its_silence_says_nothing() -> None:
    named = ("Rocky Linux", "Alpine:v3.22", "Debian", "SUSE")
    looked = LookedAt(1, 0, 0, 0, 0, tuple(replace(FEED, ecosystem=one) for one in named), NOW)
    assert sentences(looked).splitlines()[1] == (
        "Feeds: Rocky Linux asked 5 min ago (fixes only: what has none is not told); "
        "Alpine:v3.22 asked 5 min ago (fixes only: what has none is not told); "
        "Debian asked 5 min ago; SUSE asked 5 min ago."
    )


def test_a_loss_that_waits_for_a_confirmation_is_told_with_the_feed() -> None:
    shrunk = replace(FEED, unconfirmed_loss=1900)
    assert sentences(LookedAt(1, 0, 0, 0, 0, (shrunk,), NOW)) == (
        "Looked at: 1 image watched; no gaps.\nFeeds: npm asked 5 min ago, LOST 1,900 records, kept until confirmed."
    )


def test_what_could_not_be_read_of_records_is_told_of_the_first() -> None:
    partial = replace(FEED, partial=3, unread=("A-1: affected[1]: odd", "A-2: bash of Debian:12: odd"))
    assert list(unread_sentences((FEED, partial))) == [
        "osv npm: 3 records not read whole:",
        "  A-1: affected[1]: odd",
        "  A-2: bash of Debian:12: odd",
        "  and 1 other",
    ]


def test_manifests_that_may_be_images_are_named_with_the_way_to_them() -> None:
    assert sentences(LookedAt(1, 0, 0, 0, 0, (FEED,), NOW, unresolved=1)) == (
        "Looked at: 1 image watched; no gaps.\n"
        "Not looked at: 1 manifest that may be an image (dogwatch coverage --unresolved).\n"
        "Feeds: npm asked 5 min ago."
    )


def test_a_complete_look_is_said_shortly() -> None:
    looked = LookedAt(1, 0, 0, 0, 0, (FEED,), NOW)
    assert sentences(looked) == "Looked at: 1 image watched; no gaps.\nFeeds: npm asked 5 min ago."
    assert nothing_found(looked) == "No findings."


def test_scores_that_were_never_imported_are_told_and_leave_a_look_complete() -> None:
    facts = replace(MISSING, source="epss", ecosystem="CVE")
    looked = LookedAt(1, 0, 0, 0, 0, (FEED, facts), NOW)
    assert sentences(looked) == (
        "Looked at: 1 image watched; no gaps.\nFeeds: npm asked 5 min ago; epss NEVER IMPORTED.\n"
        "epss never imported: findings may lack scores and facts, but none is missing"
        " (a filter by such a fact may pass over some)."
    )
    assert nothing_found(looked) == "No findings."


@pytest.mark.parametrize(
    "looked",
    [
        LookedAt(1, 1, 0, 0, 0, (FEED,), NOW),
        LookedAt(1, 0, 1, 0, 0, (FEED,), NOW),
        LookedAt(1, 0, 0, 0, 1, (FEED,), NOW),
        LookedAt(1, 0, 0, 0, 0, (FEED, STALE), NOW),
        LookedAt(1, 0, 0, 0, 0, (MISSING,), NOW),
        LookedAt(1, 0, 0, 0, 0, (), NOW),
        LookedAt(1, 0, 0, 0, 0, (FEED,), NOW, unresolved=1),
    ],
)
def test_an_empty_list_after_an_incomplete_look_never_reads_as_clean(looked: LookedAt) -> None:
    assert nothing_found(looked) == "No findings in what was looked at; not everything was."


def test_an_empty_list_without_any_image_says_so() -> None:
    assert nothing_found(LookedAt(0, 2, 0, 0, 0, (FEED,), NOW)) == "No findings, because no image was looked at."


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(days=2, hours=5), "2 d ago"),
        (timedelta(hours=1), "1 h ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(seconds=3), "just now"),
        (timedelta(seconds=-5), "just now"),
    ],
)
def test_ages_are_told_in_their_largest_unit(passed: timedelta, words: str) -> None:
    assert age(NOW - passed, NOW) == words


def test_a_sample_of_advisories_is_called_one() -> None:
    sample = FeedView("sample", "Debian", 28, 0, NOW, NOW, "", stale=False, missing=False)
    looked = LookedAt(1, 0, 0, 0, 0, (MISSING, sample), NOW)
    assert sentences(looked) == (
        "Looked at: 1 image watched; no gaps.\n"
        "Feeds: osv Debian NEVER IMPORTED; sample Debian asked just now.\n"
        "28 advisories of a SAMPLE in use: a demonstration."
    )
    assert nothing_found(looked) == "No findings in what was looked at; not everything was."
    assert (marked("CVE-2026-0001", "sample"), marked("CVE-2026-0001", "osv")) == (
        "CVE-2026-0001 (sample)",
        "CVE-2026-0001",
    )


def test_an_image_that_nobody_looked_at_has_no_number_of_gaps() -> None:
    (gaps,) = (one.brief for one in images.COLUMNS if one.name == "gaps")
    assert gaps is not None
    assert (gaps(make_image(gaps=())), gaps(make_image(gaps=(), indexed_at=None))) == ("0", "")
