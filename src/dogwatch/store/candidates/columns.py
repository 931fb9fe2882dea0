"""Which fields a question about findings may name, and how each is asked of which kind of row, as SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from psycopg import sql

from dogwatch.inventory.named_packages import read_ecosystem
from dogwatch.model.matches import Severity
from dogwatch.store.filter_conditions import Columns
from dogwatch.store.filters import (
    EVERYTHING,
    Constant,
    TextEntries,
    every,
    member_condition,
    text_condition,
)
from dogwatch.store.usage import in_use_count

Condition = Callable[[TextEntries], sql.Composable]

_TAGS = (
    "SELECT tag.name AS value FROM tag WHERE tag.digest = {row}.digest AND tag.repository_id = {row}.repository_id"
    " UNION ALL SELECT tag.name FROM index_image JOIN image_index ON image_index.id = index_image.index_id"
    " JOIN tag ON tag.digest = image_index.digest AND tag.repository_id = image_index.repository_id"
    " WHERE index_image.image_id = {row}.id"
)
_TAGGED = (
    "SELECT image.id FROM tag JOIN image ON image.digest = tag.digest AND image.repository_id = tag.repository_id"
    " WHERE {condition} UNION ALL SELECT index_image.image_id FROM tag"
    " JOIN image_index ON image_index.digest = tag.digest AND image_index.repository_id = tag.repository_id"
    " JOIN index_image ON index_image.index_id = image_index.id WHERE {condition}"
)
_FINDING_ID = "lpad(to_hex({row}.{image}), 16, '0') || lpad(to_hex({row}.vulnerability_id), 16, '0')"


def _column(field: str, text: str) -> Condition:
    return lambda entries: text_condition(field, sql.SQL(text), entries)


def _tags(row: str) -> Condition:
    """Tags probed for one image."""
    subquery = sql.SQL(_TAGS).format(row=sql.Identifier(row))
    return lambda entries: member_condition("tag", subquery, entries)


def _tagged(entries: TextEntries) -> sql.Composable:
    """The same, found from the tags; what a tag must not be is probed."""
    positive = [entry for entry in entries if entry[0] != "NOT_EQUALS"]
    negative = [entry for entry in entries if entry[0] == "NOT_EQUALS"]
    conditions = [_tags("image")(negative)] if negative else []
    if positive:
        found = sql.SQL(_TAGGED).format(condition=text_condition("tag", sql.SQL("tag.name"), positive))
        conditions.append(sql.SQL("image.id IN ({})").format(found))
    return every(conditions)


def _image(entries: TextEntries) -> sql.Composable:
    """By id, which an index finds where the text is plainly a number."""
    if all(comparison == "EQUALS" and _is_id(value) for comparison, value in entries):
        return sql.SQL("image.id = ANY({}::bigint[])").format(Constant([int(value) for _, value in entries]))
    return text_condition("image", sql.SQL("image.id::text"), entries)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18 and str(int(text)) == text


def _named(row: str) -> Condition:
    """By any name it is known by, so that a GHSA id finds the CVE."""
    subquery = sql.SQL(
        "SELECT name AS value FROM vulnerability_name WHERE vulnerability_name.vulnerability_id = {}.vulnerability_id"
    ).format(sql.Identifier(row))
    return lambda entries: member_condition("vulnerability", subquery, entries)


def _severity(column: str) -> Condition:
    def condition(entries: TextEntries) -> sql.Composable:
        numbers = [(comparison, _severity_number(value)) for comparison, value in entries]
        return text_condition("severity", sql.SQL(f"{column}::text"), numbers)

    return condition


def _severity_number(label: str) -> str:
    return str(int(Severity[label])) if label in Severity.__members__ else label


def _finding_id(row: str, image: str) -> Condition:
    text = sql.SQL(_FINDING_ID).format(row=sql.Identifier(row), image=sql.Identifier(image))
    return lambda entries: text_condition("finding", text, entries)


_EXPLOITED = "SELECT cve FROM cve_exploitation"
_WITH_EXPLOIT = f"{_EXPLOITED} UNION ALL SELECT cve FROM cve_scores WHERE has_exploit"


def _is_among(field: str, name: str, members: str) -> Condition:
    """Whether a vulnerability's name is among some, as YES or NO; plainly YES is written to be found from these."""
    among = f"{name} IN ({members})"

    def condition(entries: TextEntries) -> sql.Composable:
        if set(entries) == {("EQUALS", "YES")}:
            return sql.SQL(among)
        return text_condition(field, sql.SQL(f"CASE WHEN {among} THEN 'YES' ELSE 'NO' END"), entries)

    return condition


_ECOSYSTEMS = sql.SQL(
    "SELECT one AS value FROM unnest(ecosystems) AS one UNION ALL SELECT split_part(one, ':', 1)"
    " FROM unnest(ecosystems) AS one"
)
"""Each with its release and without, so that `Debian` is all releases."""


def _spelt(entries: TextEntries) -> TextEntries:
    """Return ecosystems as they are stored; a mistyped one is refused, for an empty list would read as clean."""
    whole = ("EQUALS", "NOT_EQUALS")
    return [(how, read_ecosystem(value) if how in whole else value) for how, value in entries]


def _ecosystem(entries: TextEntries) -> sql.Composable:
    columns = ("package.ecosystem", "split_part(package.ecosystem, ':', 1)")
    return _any_of("ecosystem", columns, _spelt(entries))


def _any_of(field: str, columns: Sequence[str], entries: TextEntries) -> sql.Composable:
    asked = (text_condition(field, sql.SQL(column), entries) for column in columns)
    return sql.SQL("({})").format(sql.SQL(" OR ").join(asked))


FINDING_TEXTS: Mapping[str, Condition] = {
    "repository": _column("repository", "repository"),
    "registry": _column("registry", "alias"),
    "place": _column("place", "(alias || '/' || repository)"),
    "digest": _column("digest", "digest"),
    "architecture": _column("architecture", "architecture"),
    "image": _column("image", "id::text"),
    "tag": _tags("finding"),
    "vulnerability": _named("finding"),
    "finding": _finding_id("finding", "id"),
    "severity": _severity("severity"),
    "status": _column("status", "status"),
    "fix": _column("fix", "fix"),
    "fix_state": lambda entries: member_condition("fix_state", sql.SQL("SELECT unnest(fix_states) AS value"), entries),
    "title": _column("title", "title"),
    "source": _column("source", "source"),
    "package": lambda entries: member_condition(
        "package", sql.SQL("SELECT unnest(package_names || match_names) AS value"), entries
    ),  # as the image spells it, or as advisories do: the normalised name, a distribution's source package
    "ecosystem": lambda entries: member_condition("ecosystem", _ECOSYSTEMS, _spelt(entries)),
    "exploited": _is_among("exploited", "finding.vulnerability", _EXPLOITED),
    "exploit": _is_among("exploit", "finding.vulnerability", _WITH_EXPLOIT),
}
FINDING_TIMES = {
    "first_observed_at": sql.SQL("first_observed_at"),
    "last_observed_at": sql.SQL("updated_at"),
    "updated_at": sql.SQL("updated_at"),
    "pushed_at": sql.SQL("pushed_at"),
    "in_use_at": sql.SQL("(SELECT in_use_at FROM clocks WHERE clocks.image_id = finding.id)"),
}
_EPSS = "nullif({}epss_ppm, -1) / 1000000.0"

REPOSITORIES = Columns(
    {
        "repository": _column("repository", "repository.name"),
        "registry": _column("registry", "registry.alias"),
        "place": _column("place", "(registry.alias || '/' || repository.name)"),
    },
    {},
)
_IMAGE_TEXTS: Mapping[str, Condition] = {
    "digest": _column("digest", "image.digest"),
    "architecture": _column("architecture", "image.architecture"),
    "image": _image,
    "tag": _tags("image"),
}
_CLOCKS = ("pushed_at", "in_use_at")
_CLOCK_OF_IMAGE = "(SELECT {} FROM clocks WHERE clocks.image_id = image.id)"
_IMAGE_CLOCKS = {name: sql.SQL(_CLOCK_OF_IMAGE).format(sql.Identifier(name)) for name in _CLOCKS}
_SOUGHT_CLOCKS = {name: sql.Identifier("clocks", name) for name in _CLOCKS}
WORST = Columns(
    {"severity": _severity("exposure.severity"), "source": _column("source", "exposure.source")},
    {"severity": sql.SQL("exposure.severity"), "score": sql.SQL("exposure.score_tenths / 10.0")},
)
FLAWS = Columns(
    {
        "exploited": _is_among("exploited", "vulnerability.name", _EXPLOITED),
        "exploit": _is_among("exploit", "vulnerability.name", _WITH_EXPLOIT),
    },
    {"epss": sql.SQL(_EPSS.format("vulnerability."))},
)
NAMES = Columns({"vulnerability": _column("vulnerability", "named.name")}, {})


def _package(entries: TextEntries) -> sql.Composable:
    return _any_of("package", ("package.name", "package.match_name"), entries)


def _fix(entries: TextEntries) -> sql.Composable:
    """A finding has a fix, or none, when all its exposures do; with PARTIAL, the worst may be either."""
    wanted = {value for _, value in entries}
    if len(wanted) != 1 or not wanted <= {"YES", "NO"}:
        return EVERYTHING
    return sql.SQL("exposure.fixed_version <> ''" if wanted == {"YES"} else "exposure.fixed_version = ''")


FIXES = Columns({"fix": _fix}, {})
PACKAGES = Columns({"package": _package}, {})
ECOSYSTEMS = Columns({"ecosystem": _ecosystem}, {})


def finding_numbers(now: datetime) -> Mapping[str, sql.Composable]:
    """Return the numbers of a finding; those of containers are as of now."""
    return {
        "score": sql.SQL("nullif(score_tenths, -1) / 10.0"),  # no number lies between no bounds
        "epss": sql.SQL(_EPSS.format("")),
        "in_use_count": in_use_count("finding.id", now),
    }


def image_columns(now: datetime) -> Columns:
    """Return what is probed for one image."""
    return Columns(_IMAGE_TEXTS, {**_IMAGE_CLOCKS, "in_use_count": in_use_count("image.id", now)})


def sought_image_columns(now: datetime) -> Columns:
    """Return the same, written so that indexes find the images."""
    ordered = {**_SOUGHT_CLOCKS, "in_use_count": in_use_count("image.id", now)}
    return Columns({**_IMAGE_TEXTS, "tag": _tagged}, ordered)
