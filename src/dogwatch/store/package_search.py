"""What the stored advisories say of a package that somebody types: judged as `dogwatch scan` judges, and not stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from dogwatch.inventory.named_packages import read_package
from dogwatch.inventory.package_urls import write_package_url
from dogwatch.matching import key_package
from dogwatch.model.explanations import PackageJudgement
from dogwatch.model.judgements import AdvisoryText, Judged
from dogwatch.store.connection import Database, see_one_moment
from dogwatch.store.cursors import decode_id_cursor, encode_cursor, list_fingerprint, refuse_page_size
from dogwatch.store.feeds import ExpectedFeeds
from dogwatch.store.judgement import Judge
from dogwatch.store.typed_packages import find_typed, judged_name, load_feeds_of

_ANY_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)  # a cursor names one; the revision in its fingerprint says more


class PackageSearch:
    """Reads the stored advisories; writes nothing."""

    def __init__(self, database: Database, expected_feeds: ExpectedFeeds) -> None:
        self._database = database
        self._expected_feeds = expected_feeds
        self._judge = Judge(database)

    def judge(
        self, account_id: str, text: str, ecosystem: str, limit: int, after: str, now: datetime
    ) -> PackageJudgement:
        """Judge a package, by its source package where an image of the account tells that.

        Args:
            account_id: who asks.
            text: a package URL, or name@version.
            ecosystem: as `read_package` takes it.
            limit: rows of this page.
            after: the cursor of the page before, or empty; it ends with its revision.
            now: the product's present.

        Raises:
            InvalidRequestError: it is no package; a page size that is not offered; a foreign cursor, or an old one.
        """
        refuse_page_size(limit)
        typed = read_package(text, ecosystem)
        with self._database.transaction() as connection:
            see_one_moment(connection)
            one = find_typed(connection, account_id, typed)[0]
            feeds, feed_gaps = load_feeds_of(connection, self._expected_feeds, typed.ecosystem, now)
        judgement = self._judge.judge([one.package])
        fingerprint = list_fingerprint("judgement", account_id, one.package, judgement.revision)
        start = decode_id_cursor(after, fingerprint)[1] if after else 0
        ordered = sorted(judgement.judged, key=_worst_first)
        shown, left = ordered[start : start + limit], len(ordered) - start - limit
        judged_by = judged_name(key_package(one.package))
        conclusion = _conclude(f"{judged_by.name} {judged_by.version}", ordered, judgement.not_compared != ())
        return PackageJudgement(
            package=one.package,
            package_url=write_package_url(one.package),
            judged_by=judged_by,
            revision=judgement.revision,
            conclusion=conclusion + ("" if ordered else one.doubt),
            judged=self._told(shown),
            total=len(ordered),
            next=encode_cursor(fingerprint, _ANY_MOMENT, [start + limit]) if left > 0 else "",
            not_compared=judgement.not_compared,
            feeds=feeds,
            feed_gaps=feed_gaps,
        )

    def _told(self, shown: Sequence[Judged]) -> tuple[Judged, ...]:
        """Add texts; what catalogues give stands in the assessment, where it counts."""
        texts = self._judge.load_texts({one.assessment.document for one in shown})
        return tuple(
            replace(one, text=texts.get(one.assessment.document, AdvisoryText()), facts=replace(one.facts, scores=()))
            for one in shown
        )


def _worst_first(one: Judged) -> tuple[bool, int, int]:
    score = one.assessment.score
    return not one.is_affected, -one.assessment.severity, 0 if score is None else -score.tenths


def _conclude(subject: str, judged: Sequence[Judged], is_in_doubt: bool) -> str:
    """Say in one sentence what comes out of it."""
    affecting = sum(one.is_affected for one in judged)
    others = len(judged) - affecting
    said = f"No advisory that was imported says that {subject} is affected"
    if affecting:
        said = f"{subject} is affected by {affecting:,} {'vulnerability' if affecting == 1 else 'vulnerabilities'}"
    said += f"; of {others:,} it is said outright that it is not" if others else ""
    return said + ("; others cannot be compared with it." if is_in_doubt else ".")
