"""What a question about findings demands, as SQL: exactly, of whole findings; and early, of what they are made of.

Early conditions are wider or equal: each finding that meets the question meets them too. They decide where candidates
are looked for (`candidates`); the exact ones decide what is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from dogwatch.model.filters import Compared, Filter, Not, OneOf, Order, conjuncts, fields_of
from dogwatch.model.matches import Severity
from dogwatch.model.views import FindingQuery, finding_parts
from dogwatch.store.filter_conditions import Columns
from dogwatch.store.filters import (
    EVERYTHING,
    Constant,
    TextEntries,
    bounds_condition,
    every,
    member_condition,
    refuse_unknown,
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
_FINDING = re.compile(r"[0-7][0-9a-f]{15}[0-7][0-9a-f]{15}")  # two positive bigints
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


def _is_yes(field: str, name: str, members: str) -> Condition:
    """Whether a vulnerability's name is among some, as YES or NO; plainly YES is written to be found from these."""
    among = f"{name} IN ({members})"

    def condition(entries: TextEntries) -> sql.Composable:
        if set(entries) == {("EQUALS", "YES")}:
            return sql.SQL(among)
        return text_condition(field, sql.SQL(f"CASE WHEN {among} THEN 'YES' ELSE 'NO' END"), entries)

    return condition


_FINDING_TEXTS: Mapping[str, Condition] = {
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
    "ecosystem": lambda entries: member_condition("ecosystem", sql.SQL("SELECT unnest(ecosystems) AS value"), entries),
    "exploited": _is_yes("exploited", "finding.vulnerability", _EXPLOITED),
    "exploit": _is_yes("exploit", "finding.vulnerability", _WITH_EXPLOIT),
}
_FINDING_TIMES = {
    "first_observed_at": sql.SQL("first_observed_at"),
    "last_observed_at": sql.SQL("updated_at"),
    "updated_at": sql.SQL("updated_at"),
    "pushed_at": sql.SQL("pushed_at"),
    "in_use_at": sql.SQL("(SELECT in_use_at FROM clocks WHERE clocks.image_id = finding.id)"),
}
_EPSS = "nullif({}epss_ppm, -1) / 1000000.0"
_FINDING_NUMBERS = {  # no number lies between no bounds
    "score": sql.SQL("nullif(score_tenths, -1) / 10.0"),
    "epss": sql.SQL(_EPSS.format("")),
}

_REPOSITORIES = Columns(
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
_WORST = Columns(
    {"severity": _severity("exposure.severity"), "source": _column("source", "exposure.source")},
    {"severity": sql.SQL("exposure.severity"), "score": sql.SQL("exposure.score_tenths / 10.0")},
)
_FLAWS = Columns(
    {
        "exploited": _is_yes("exploited", "vulnerability.name", _EXPLOITED),
        "exploit": _is_yes("exploit", "vulnerability.name", _WITH_EXPLOIT),
    },
    {"epss": sql.SQL(_EPSS.format("vulnerability."))},
)
_NAMES = Columns({"vulnerability": _column("vulnerability", "named.name")}, {})


def _package(entries: TextEntries) -> sql.Composable:
    spelt = (text_condition("package", sql.SQL(f"package.{name}"), entries) for name in ("name", "match_name"))
    return sql.SQL("({})").format(sql.SQL(" OR ").join(spelt))


def _fix(entries: TextEntries) -> sql.Composable:
    """A finding has a fix, or none, when all its exposures do; with PARTIAL, the worst may be either."""
    wanted = {value for _, value in entries}
    if len(wanted) != 1 or not wanted <= {"YES", "NO"}:
        return EVERYTHING
    return sql.SQL("exposure.fixed_version <> ''" if wanted == {"YES"} else "exposure.fixed_version = ''")


_FIXES = Columns({"fix": _fix}, {})
_PACKAGES = Columns({"package": _package}, {})
_ECOSYSTEMS = Columns({"ecosystem": _column("ecosystem", "package.ecosystem")}, {})


Span = tuple[datetime | None, datetime | None]
Pair = tuple[int, int]  # (image id, vulnerability id)


@dataclass(frozen=True, slots=True)
class Demands:
    """The parts of a question that can be told of one kind of row each.

    `finding` is exact and whole. The others are early: `repositories`, `images` (probed for one image), `sought_images`
    (the same, written to be found by indexes), `worst` of the finding's worst exposure, `packages` and `ecosystems` of
    some package in it, `names` of its vulnerability, `flaws` of what is known of that. Each list holds conditions that
    must all hold. `statuses` can be meant; `moments` are bounds, inside, of the columns that hold times; `pairs` are
    the findings asked for by id.
    """

    finding: tuple[sql.Composable, ...]
    repositories: tuple[sql.Composable, ...]
    images: tuple[sql.Composable, ...]
    sought_images: tuple[sql.Composable, ...]
    worst: tuple[sql.Composable, ...]
    packages: tuple[sql.Composable, ...]
    ecosystems: tuple[sql.Composable, ...]
    names: tuple[sql.Composable, ...]
    flaws: tuple[sql.Composable, ...]
    statuses: frozenset[str]
    moments: Mapping[str, Span]
    pairs: tuple[Pair, ...] | None


STATUSES = frozenset({"ACTIVE", "CLOSED"})


def read_demands(query: FindingQuery, now: datetime) -> Demands:
    """Split a question; `now` is when containers are in use.

    Raises:
        InvalidRequestError: a field or comparison that findings do not have.
    """
    refuse_unknown(query.texts, _FINDING_TEXTS)
    refuse_unknown(query.times, _FINDING_TIMES)
    numbers = {**_FINDING_NUMBERS, "in_use_count": in_use_count("finding.id", now)}
    refuse_unknown(query.numbers, numbers)
    parts = conjuncts(query.filter)
    findings = Columns(_FINDING_TEXTS, {**_FINDING_TIMES, **numbers, "severity": sql.SQL("severity")})
    in_use = {"in_use_count": in_use_count("image.id", now)}
    images = Columns(_IMAGE_TEXTS, {**_IMAGE_CLOCKS, **in_use})
    sought = Columns({**_IMAGE_TEXTS, "tag": _tagged}, {**_SOUGHT_CLOCKS, **in_use})
    exact = [_FINDING_TEXTS[field](entries) for field, entries in query.texts.items()]
    exact += _bounds(query, findings)
    exact += [findings.condition(part) for part in parts]
    return Demands(
        finding=tuple(exact),
        repositories=_early(query, _REPOSITORIES, parts),
        images=_early(query, images, parts),
        sought_images=_early(query, sought, parts),
        worst=(*_early(query, _WORST, parts), *_early_of_some(query, _FIXES, parts)),
        packages=_early_of_some(query, _PACKAGES, parts),
        ecosystems=_early_of_some(query, _ECOSYSTEMS, parts),
        names=_early_of_some(query, _NAMES, parts),
        flaws=_early(query, _FLAWS, parts),
        statuses=_statuses(query, parts),
        moments=_moments(query, parts),
        pairs=_pairs(query.texts.get("finding", ())),
    )


def _early(query: FindingQuery, columns: Columns, parts: Sequence[Filter]) -> tuple[sql.Composable, ...]:
    """Return what is demanded of a row that a finding has just one of."""
    return (
        *(columns.texts[field](entries) for field, entries in query.texts.items() if field in columns.texts),
        *_bounds(query, columns),
        *(columns.condition(part) for part in parts if _told_by(columns, part)),
    )


def _bounds(query: FindingQuery, columns: Columns) -> Sequence[sql.Composable]:
    """Return the spans that a row's times and numbers must lie in."""
    ordered = columns.ordered
    times = [bounds_condition(ordered[field], spans) for field, spans in query.times.items() if field in ordered]
    return times + [
        bounds_condition(ordered[field], spans) for field, spans in query.numbers.items() if field in ordered
    ]


def _early_of_some(query: FindingQuery, columns: Columns, parts: Sequence[Filter]) -> tuple[sql.Composable, ...]:
    """Return what is demanded of a row that a finding has several of: that some meets it can be told early."""
    asked = [
        columns.texts[field]([entry for entry in entries if entry[0] != "NOT_EQUALS"])
        for field, entries in query.texts.items()
        if field in columns.texts and any(entry[0] != "NOT_EQUALS" for entry in entries)
    ]
    return (*asked, *(columns.condition(part) for part in parts if _told_by(columns, part) and _is_plain(part)))


def _told_by(columns: Columns, part: Filter) -> bool:
    return all(name in columns.texts or name in columns.ordered for name in fields_of(part))


def _is_plain(part: Filter) -> bool:
    """Whether a part is one comparison: of several, each may hold for another row."""
    return not isinstance(part, Not) and len(list(fields_of(part))) == 1


def _statuses(query: FindingQuery, parts: Sequence[Filter]) -> frozenset[str]:
    """Return the statuses that can be meant."""
    found = STATUSES
    equal = {value for comparison, value in query.texts.get("status", ()) if comparison == "EQUALS"}
    if equal and all(comparison == "EQUALS" for comparison, _ in query.texts["status"]):
        found = found & equal
    for part in parts:
        if isinstance(part, OneOf) and part.field == "status":
            found = found & {str(value) for value in part.values}
    return found


def _moments(query: FindingQuery, parts: Sequence[Filter]) -> Mapping[str, Span]:
    """Return between which moments a finding's times must lie, as far as that is plain."""
    asked: list[tuple[str, Span]] = [(field, spans[0]) for field, spans in query.times.items() if len(spans) == 1]
    for part in parts:
        if isinstance(part, Compared) and isinstance(part.value, datetime):
            is_low = part.order in (Order.ABOVE, Order.AT_LEAST)
            asked.append((part.field, (part.value, None) if is_low else (None, part.value)))
    found: dict[str, Span] = {}
    for field, (low, high) in asked:
        column = "updated_at" if field == "last_observed_at" else field
        lowest, highest = found.get(column, (None, None))
        found[column] = (
            low if lowest is None else lowest if low is None else max(low, lowest),
            high if highest is None else highest if high is None else min(high, highest),
        )
    return found


def _pairs(entries: TextEntries) -> tuple[Pair, ...] | None:
    if not entries or any(comparison != "EQUALS" for comparison, _ in entries):
        return None
    ids = [value for _, value in entries if _FINDING.fullmatch(value)]  # others are no finding's
    return tuple(map(finding_parts, ids))
