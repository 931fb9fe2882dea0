"""The adapter for CNCF Distribution (Docker Registry 2.x, 3.x), and for whoever speaks its notifications.

Source:
    Distribution documentation, "Work with notifications" and "Configuring a registry"; behaviour of version 2.8.2,
    observed (tests/unit/registry/test_real_notifications.py holds what was seen).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping

from dogwatch.model.images import is_digest
from dogwatch.model.registries import EventKind, RegistryEvent, TagListing
from dogwatch.registry.adapter import (
    OWN_PRODUCT,
    ClockPrecision,
    ClockQuality,
    FailedListing,
    ParsedEvents,
    RefusedEvent,
)
from dogwatch.registry.client import RegistryClient
from dogwatch.registry.documents import decode_object, exact_text, member, moment, text
from dogwatch.registry.limits import ENVELOPE_BYTES_MAX, ENVELOPE_EVENTS_MAX
from dogwatch.registry.listing import list_tags
from dogwatch.registry.media_types import ALL_MANIFESTS, bare
from dogwatch.registry.names import is_repository, is_tag

_CONTENT_TYPES = frozenset(
    {
        "application/vnd.docker.distribution.events.v1+json",
        "application/vnd.docker.distribution.events.v2+json",
        "application/json",
    }
)
_KINDS = {"push": EventKind.PUSHED, "pull": EventKind.PULLED, "delete": EventKind.DELETED}
_PASSED_OVER_ACTIONS = frozenset({"mount"})
_ID_LENGTH_MAX = 128


class DistributionAdapter:
    """CNCF Distribution: pushes, pulls and deletions as events, each with its time."""

    kind = "distribution"
    clock_quality = ClockQuality(
        ClockPrecision.EXACT,
        ClockPrecision.EXACT,
        "Push and pull times are exact while notifications arrive. The registry keeps them in memory and loses those "
        "waiting when it restarts; polling finds lost pushes and deletions later, lost pulls are lost.",
    )

    def parse_events(self, content_type: str, body: bytes, own_username: str) -> ParsedEvents:
        """Read an event envelope. See `RegistryAdapter.parse_events`."""
        if bare(content_type) not in _CONTENT_TYPES:
            return _all_refused(f"unknown content type {content_type[:200]!r}")
        if len(body) > ENVELOPE_BYTES_MAX:
            return _all_refused(f"longer than {ENVELOPE_BYTES_MAX} bytes")
        try:
            entries = decode_object(body).get("events")
        except ValueError as error:
            return _all_refused(str(error))
        if not isinstance(entries, list):
            return _all_refused("no list of events in it")
        if len(entries) > ENVELOPE_EVENTS_MAX:
            return _all_refused(f"more than {ENVELOPE_EVENTS_MAX} events")
        events: list[RegistryEvent] = []
        refused: list[RefusedEvent] = []
        for position, entry in enumerate(entries):
            try:
                event = _parse_event(entry, own_username)
            except ValueError as error:
                refused.append(RefusedEvent(f"event {position}", str(error)))
                continue
            if event is not None:
                events.append(event)
        return ParsedEvents(tuple(events), tuple(refused), len(entries) - len(events) - len(refused))

    def list_tags(self, client: RegistryClient) -> Iterator[TagListing | FailedListing]:
        """Catalogue, tags, HEAD per tag. See `RegistryAdapter.list_tags`."""
        return list_tags(client)

    def notification_snippet(self, webhook_url: str, headers: Mapping[str, str]) -> str:
        """Return a `notifications` section for the registry's config.yml. Quotes as JSON does, which is YAML too."""
        lines = [
            "notifications:",
            "  endpoints:",
            "    - name: dogwatch",
            f"      url: {json.dumps(webhook_url)}",
            "      timeout: 2s",
            "      threshold: 5",
            "      backoff: 5s",
            "      ignore:",
            "        mediatypes: [application/octet-stream]",
            "        actions: [mount]",
        ]
        if headers:
            lines.append("      headers:")
            lines += [f"        {json.dumps(name)}: [{json.dumps(value)}]" for name, value in headers.items()]
        return "\n".join(lines) + "\n"


def _all_refused(reason: str) -> ParsedEvents:
    return ParsedEvents((), (RefusedEvent("body", reason),))


def _parse_event(entry: object, own_username: str) -> RegistryEvent | None:
    """Return the event, or None for one that does not concern a manifest.

    A blob's deletion looks like a manifest's (no media type), so it is passed on; it names nothing that we know.

    Raises:
        ValueError: it may concern a manifest, but cannot be understood.
    """
    if not isinstance(entry, dict):
        raise ValueError("not an object")
    action = exact_text(entry, "action")
    if action in _PASSED_OVER_ACTIONS:
        return None
    kind = _KINDS.get(action)
    if kind is None:
        raise ValueError(f"unknown action {action[:100]!r}")
    target, request = member(entry, "target"), member(entry, "request")
    media_type = bare(exact_text(target, "mediaType"))
    if media_type not in ALL_MANIFESTS and kind is not EventKind.DELETED:
        if not media_type:
            raise ValueError("no media type")
        return None
    if kind is EventKind.PULLED and exact_text(request, "method") == "HEAD":
        return None  # clients ask with HEAD whether they have the newest; nothing was fetched
    repository, digest, tag = (exact_text(target, name) for name in ("repository", "digest", "tag"))
    _check_names(kind, repository, digest, tag)
    occurred_at = moment(entry, "timestamp")
    if occurred_at is None:
        raise ValueError(f"not a time: {exact_text(entry, 'timestamp')[:100]!r}")
    actor, user_agent = text(member(entry, "actor"), "name"), text(request, "useragent")
    return RegistryEvent(
        kind=kind,
        repository=repository,
        digest=digest,
        tag=tag,
        occurred_at=occurred_at,
        external_id=_external_id(entry, target),
        media_type=media_type,
        actor=actor,
        user_agent=user_agent,
        client_address=text(request, "addr"),
        own=kind is EventKind.PULLED and _is_own(actor, user_agent, own_username),
    )


def _check_names(kind: EventKind, repository: str, digest: str, tag: str) -> None:
    if not is_repository(repository):
        raise ValueError(f"not a repository name: {repository[:300]!r}")
    if digest and not is_digest(digest):
        raise ValueError(f"not a sha256 or sha512 digest: {digest[:200]!r}")
    if tag and not is_tag(tag):
        raise ValueError(f"not a tag: {tag[:200]!r}")
    if not digest and not (kind is EventKind.DELETED and tag):
        raise ValueError("names no digest")


def _is_own(actor: str, user_agent: str, own_username: str) -> bool:
    """Say whether a pull is our own: by its product token, or by our name where there is no User-Agent to judge by.

    The name alone does not decide: an operator may lend us an account that people pull with, whose pulls must count.
    """
    if user_agent:
        return user_agent == OWN_PRODUCT or user_agent.startswith(f"{OWN_PRODUCT}/")
    return bool(own_username) and actor == own_username


def _external_id(entry: Mapping[str, object], target: Mapping[str, object]) -> str:
    """Make the event's id unique: the registry repeats it with each retry; digest and tag tell parts of one act apart.

    An event without an id, or with an oversized one, is known by the digest of what it says.
    """
    own_id = text(entry, "id", longest=_ID_LENGTH_MAX + 1)
    if not own_id or len(own_id) > _ID_LENGTH_MAX:
        words = json.dumps(entry, sort_keys=True).encode("utf-8", "replace")
        own_id = hashlib.sha256(words).hexdigest()
    return f"{own_id}:{exact_text(target, 'tag')}@{exact_text(target, 'digest')}"
