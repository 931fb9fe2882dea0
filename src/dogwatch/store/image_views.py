"""Images for lists: status, clocks and why they are watched, what was seen of them and what was not."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from dogwatch.model.coverage import CoverageCount, CoverageGroups, CoverageProperty
from dogwatch.model.deeds import Hold
from dogwatch.model.errors import NotFoundError
from dogwatch.model.images import NO_BASE
from dogwatch.model.monitoring import Clocks, RescanSetting, ScanFrequency, StatusCode, StatusReason
from dogwatch.model.views import ImageQuery, ImageView, Page
from dogwatch.store.connection import Database, give_memory
from dogwatch.store.cursors import (
    decode_cursor,
    decode_id_cursor,
    encode_cursor,
    foreign_cursor,
    list_fingerprint,
    refuse_page_size,
)
from dogwatch.store.feed_gaps import load_feed_gaps
from dogwatch.store.feeds import ExpectedFeeds
from dogwatch.store.filters import EVERYTHING, every
from dogwatch.store.image_details import ImageDetails, load_details
from dogwatch.store.image_filters import image_conditions
from dogwatch.store.platforms import platform_name
from dogwatch.store.queries import load_queries
from dogwatch.store.scopes import load_repository_windows
from dogwatch.store.tagged import tagged_condition
from dogwatch.store.text import storable_identity
from dogwatch.store.unresolved import UNRESOLVED, UNRESOLVED_OF_ACCOUNT
from dogwatch.windows import explain

_SQL = load_queries("image_views")

_COUNTING_SHARE = 0.05
"""At most this part of the time goes to counting all images anew, however often somebody asks."""

_ONE_ACCOUNT = sql.SQL("image.account_id = %(account)s")

_PROPERTIES: Mapping[CoverageProperty, sql.Composable] = {
    CoverageProperty.STATUS_CODE: sql.SQL("image.status_code"),
    CoverageProperty.STATUS_REASON: sql.SQL("image.status_reason"),
    CoverageProperty.PLACE: sql.SQL("(image.alias || '/' || image.repository)"),
    CoverageProperty.REGION: sql.SQL("image.region"),
}


def _coverage(images: str, chosen: sql.Composable) -> sql.Composed:
    """Compose the chosen images, read one by one or counted alike, with their status."""
    return sql.SQL(_SQL["coverage"]).format(images=sql.SQL(_SQL[images]).format(account=chosen))


COVERAGE_OF_REPOSITORY = _coverage("one_by_one", sql.SQL("image.repository_id = %(repository)s"))
"""The images of a `repository` with their status, to be part of other queries."""


class ImageViews:
    """Reads images for lists. The images' part of `serve.ports.Views`."""

    def __init__(self, database: Database, expected_feeds: ExpectedFeeds) -> None:
        self._database = database
        self._expected_feeds = expected_feeds
        self._all_lock = threading.Lock()
        self._all: tuple[CoverageCount, ...] = ()
        self._all_until = 0.0

    def images(self, query: ImageQuery, now: datetime) -> Page[ImageView]:
        """Return a page of images as of now; severities are counted for the page's images only.

        Raises:
            InvalidRequestError: an unknown field, comparison or cursor, or a page size that is not offered.
        """
        refuse_page_size(query.limit)
        conditions = image_conditions(query, now)
        fingerprint = list_fingerprint(
            "images", query.account_id, query.texts, query.times, query.numbers, query.filter
        )
        values = {
            "account": query.account_id,
            "now": now,
            "limit": query.limit + 1,
            "after": decode_id_cursor(query.after, fingerprint)[1] if query.after else 0,
        }
        with self._database.transaction() as connection:
            statement = _composed("page", _ONE_ACCOUNT, every([conditions, tagged_condition(connection, query)]))
            with connection.cursor(row_factory=dict_row) as cursor:
                rows = cursor.execute(statement, values, prepare=False).fetchall()
            shown = rows[: query.limit]
            if not shown:
                return Page((), "")
            settings = load_repository_windows(connection, {row["repository_id"] for row in shown})
            feeds = load_feed_gaps(connection, self._expected_feeds, now)
            details = load_details(connection, shown, now, feeds, with_counts=query.with_counts)
        following = encode_cursor(fingerprint, now, [shown[-1]["image_id"]]) if len(rows) > len(shown) else ""
        return Page(tuple(_view(row, details, settings[row["repository_id"]], now) for row in shown), following)

    def count_coverage(self, query: ImageQuery, now: datetime) -> tuple[CoverageCount, ...]:
        """Count the images that `query` asks for by registry and status, and beside them what could not be resolved.

        `limit` and `after` mean nothing here.

        Raises:
            InvalidRequestError: an unknown field or comparison.
        """
        statement = _composed("counts", _ONE_ACCOUNT, image_conditions(query, now))
        return self._counts(statement, {"account": query.account_id}, now)

    def group_coverage(self, query: ImageQuery, by: CoverageProperty, now: datetime) -> CoverageGroups:
        """Count what `count_coverage` counts by one property: a page of its values, those of most images first.

        Raises:
            InvalidRequestError: an unknown field, comparison or cursor.
        """
        fingerprint = list_fingerprint(
            "groups", by, query.account_id, query.texts, query.times, query.numbers, query.filter
        )
        after = _after_group(query.after, fingerprint)
        statement = _composed("groups", _ONE_ACCOUNT, image_conditions(query, now), _PROPERTIES[by])
        with self._database.transaction() as connection:
            give_memory(connection)
            values = {"account": query.account_id, "now": now}
            groups = connection.execute(statement, values, prepare=False).fetchall()
        ordered = sorted((-members, value) for value, members in groups)
        left = [one for one in ordered if after is None or one > after]
        shown = left[: query.limit]
        following = encode_cursor(fingerprint, now, shown[-1]) if len(left) > len(shown) else ""
        rows = tuple((value, -members) for members, value in shown)
        return CoverageGroups(rows, sum(members for _, members in groups), following)

    def coverage_of_all(self, now: datetime) -> tuple[CoverageCount, ...]:
        """Count the images of every account by registry and status; where that takes long, the last count serves."""
        with self._all_lock:
            begun = time.monotonic()
            if begun >= self._all_until:
                self._all = self._counts(_composed("counts", EVERYTHING, EVERYTHING), {}, now)
                ended = time.monotonic()
                self._all_until = ended + (ended - begun) / _COUNTING_SHARE
            return self._all

    def undetermined(self, account_id: str, image_id: int) -> tuple[tuple[str, str, str, str, int], ...]:
        """Return (ecosystem, package, version, reason, advisories concerned) that could not be compared in an image.

        Raises:
            NotFoundError: the account has no such image.
        """
        values = {"account": account_id, "image": image_id}
        with self._database.transaction() as connection:
            if connection.execute(_SQL["is_image"], values).fetchone() is None:
                raise NotFoundError("image", str(image_id))
            return tuple(connection.execute(_SQL["undetermined"], values).fetchall())

    def shared_repositories(self, account_id: str) -> frozenset[str]:
        """Return the names that more than one of the account's registries has a repository of."""
        with self._database.transaction() as connection:
            rows = connection.execute(_SQL["shared_repositories"], {"account": account_id}).fetchall()
        return frozenset(row[0] for row in rows)

    def registries_with(self, account_id: str, repository: str) -> tuple[str, ...]:
        """Return the aliases of the account's watched registries that have a repository of that name, in order."""
        values = {"account": account_id, "repository": storable_identity(repository)}
        with self._database.transaction() as connection:
            return tuple(row[0] for row in connection.execute(_SQL["registries_with"], values).fetchall())

    def _counts(
        self, statement: sql.Composed, values: Mapping[str, object], now: datetime
    ) -> tuple[CoverageCount, ...]:
        with self._database.transaction() as connection:
            give_memory(connection)
            feeds = load_feed_gaps(connection, self._expected_feeds, now)
            rows = connection.execute(statement, {**values, "now": now, **feeds.columns}, prepare=False).fetchall()
        return tuple(
            CoverageCount(account, alias, StatusCode(code), StatusReason(reason), images, gaps, unresolved)
            for account, alias, code, reason, images, gaps, unresolved in rows
        )


def _composed(
    name: str, account: sql.Composable, filters: sql.Composable, by: sql.Composable = EVERYTHING
) -> sql.Composed:
    """Compose a named query; where nothing tells images apart, they are counted before they are looked at."""
    images = "alike" if name != "page" and filters is EVERYTHING else "one_by_one"
    unresolved = UNRESOLVED if account is EVERYTHING else UNRESOLVED_OF_ACCOUNT
    parts = {"coverage": _coverage(images, account), "unresolved": unresolved, "filters": filters, "property": by}
    return sql.SQL(_SQL[name]).format(**parts)


def _after_group(cursor: str, fingerprint: str) -> tuple[int, str] | None:
    """Return what the page of groups begins behind: how many, counted down, and the value."""
    if not cursor:
        return None
    _, key = decode_cursor(cursor, fingerprint)
    match key:
        case (int(members), str(value)):
            return members, value
    raise foreign_cursor()


def _view(row: Mapping[str, Any], details: ImageDetails, setting: RescanSetting, now: datetime) -> ImageView:
    image_id, inventory_id = row["image_id"], row["inventory_id"]
    packages, undetermined = details.contents.get(inventory_id, (0, 0))
    hold = details.hands.holds.get(image_id) if row["hold_until"] is not None else None
    return ImageView(
        image_id=image_id,
        account_id=row["account_id"],
        registry_alias=row["alias"],
        registry_url=row["url"],
        region=row["region"],
        repository=row["repository"],
        digest=row["digest"],
        tags=tuple(details.own_tags.get(image_id, ())),
        tags_via_index=tuple(details.index_tags.get(image_id, ())),
        os=row["os"],
        architecture=row["architecture"],
        platform=platform_name(row["distribution"], row["release"]),
        size_bytes=row["size_bytes"],
        scan_frequency=row["scan_frequency"],
        status_code=StatusCode(row["status_code"]),
        status_reason=StatusReason(row["status_reason"]),
        problem=row["problem"],
        pushed_at=row["pushed_at"],
        pulled_at=row["pulled_at"],
        pulled_by=row["pulled_by"],
        in_use_at=row["in_use_at"],
        watched_until=row["watched_until"],
        held_by=row["held_by"] or "",
        why=_why(row, setting, now, hold, details.hands.forgotten[image_id]),
        indexed_at=row["indexed_at"],
        packages=packages,
        undetermined=undetermined,
        severity_counts=details.severities.get(image_id, {}),
        gaps=tuple(details.gaps.get(inventory_id, ())),
        proposal=details.proposals.get(image_id),
        hold=hold,
        in_use_count=details.in_use.get(image_id, 0),
        base=details.bases.get(image_id, NO_BASE),
    )


def _why(row: Mapping[str, Any], setting: RescanSetting, now: datetime, hold: Hold | None, forgotten: str) -> str:
    """Say why the image is watched or not: first what ends it whatever the windows are, then the windows."""
    if row["removed_at"] is not None:
        return f"not watched: its registry was removed on {row['removed_at'].date().isoformat()}"
    if row["state"] == "deleted":
        return "not watched: it was deleted from its registry"
    if row["scan_frequency"] == ScanFrequency.OFF:
        return "not watched: scanning is switched off for its account"
    if row["archived_at"] is not None:
        return f"not watched: it was archived on {row['archived_at'].date().isoformat()}; only restoring it wakes it"
    if row["scan_frequency"] == ScanFrequency.MANUAL:
        return "not watched: its repository is set to MANUAL"
    on_push = row["scan_frequency"] == ScanFrequency.ON_PUSH
    is_inside = row["watched_until"] is not None and row["watched_until"] >= now
    if on_push and is_inside and not row["watched"] and not forgotten:
        return "not watched: only a push wakes an image that is scanned on push"
    clocks = Clocks(row["pushed_at"], row["pulled_at"], row["in_use_at"])
    since = row["look_back_since"]
    if since is not None and not forgotten and clocks.pushed_at is not None and clocks.pushed_at < since:
        forgotten = f"it is from before {since.date().isoformat()}, further back than its registry was looked at"
    sentence = explain(
        clocks,
        setting,
        now,
        pulled_by=row["pulled_by"],
        is_open=row["watched"],
        hold=hold,
        forgotten=forgotten,
    )
    is_frozen = on_push and is_inside and row["watched"]
    return f"{sentence}; scanned on push: its findings stay as they were then" if is_frozen else sentence
