"""Named limits of the registry room, each with its reason. Passed as a value, so that a test can make them small."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """What the client allows a registry to cost us.

    Units:
        `*_bytes` in bytes, `*_seconds` in seconds, the rest are counts.
    """

    # A registry that is up answers a connect within a second; ten leave room for a far one behind a slow resolver.
    connect_seconds: float = 10.0
    # Silence: object storage behind a registry may take a while to the first byte, but not longer than this.
    silence_seconds: float = 30.0
    # Once an answer has begun: fewer than stall_bytes in stall_seconds of waiting (about 4 KiB/s) is a stall. One byte
    # a second would otherwise hold a worker for as long as the other side likes.
    stall_seconds: float = 30.0
    stall_bytes: int = 128 * 1024
    # A small document (manifest, config, page of names, token) is refused after this long, however it trickles.
    document_seconds: float = 120.0

    # The distribution specification lets registries refuse manifests over 4 MiB, and all known ones do.
    manifest_bytes: int = 4 * 1024 * 1024
    # A config with a long history and many labels reaches some hundred KiB.
    config_bytes: int = 8 * 1024 * 1024
    # A page of 500 names of at most 255 bytes is 130 KiB; some registries ignore `n` and send everything at once.
    page_bytes: int = 16 * 1024 * 1024
    # Tokens are a few KiB of JWT; the largest seen with many scopes are under 64 KiB.
    token_bytes: int = 256 * 1024
    # Enough of an error's body to show the registry's own words.
    error_bytes: int = 8 * 1024

    # Tries per request, the first included: rides out a restart of a registry, and no longer; the job is retried later.
    attempts: int = 4
    first_pause_seconds: float = 0.5
    longest_pause_seconds: float = 8.0
    # A wait asked for by 429 or 503 up to this is waited for in place; a longer one is the job's business.
    short_wait_seconds: float = 10.0
    # Without a usable Retry-After, and the most we believe: a registry must not be able to put us off for a year.
    default_wait_seconds: float = 60.0
    longest_wait_seconds: float = 3600.0

    # Redirects in a row: registry, its storage, one region further; more is a loop.
    redirects: int = 5
    # Reopenings of one broken blob stream with Range.
    resumes: int = 5

    # Names per page asked for, pages and names believed: ends an endless catalogue at a size no real registry has.
    page_names: int = 500
    pages: int = 4000
    names: int = 1_000_000

    # Manifests fetched for one image index, nested ones included: the widest real ones hold about 60 platforms and
    # attestations.
    index_children: int = 256
    # Nested indexes below the first. Real ones have none; the image specification allows them.
    index_depth: int = 3
    # Bills of materials fetched of one image: a tool or two, in a format or two, each also as an attestation.
    attached_bills: int = 8
    # One of them: with all files listed, those of large images reach this.
    attached_bytes: int = 32 * 1024 * 1024
    # Attached manifests looked into for bills: signatures are attached as well.
    attached_manifests: int = 32
    # Repositories in a row that may fail for want of the registry before polling gives up.
    poll_failures: int = 3


LAYERS_MAX = 1000
"""Layers of one image. The overlay drivers stop at 127 or 500; a longer list only costs us work."""

HISTORY_MAX = 10_000
"""History entries of one config, empty layers included."""

INDEX_ENTRIES_MAX = 4000
"""Descriptors in one index, before any of them is fetched."""

ENVELOPE_BYTES_MAX = 8 * 1024 * 1024
"""One webhook body. Distribution sends one event per envelope (about 1 KiB), with references one manifest more."""

ENVELOPE_EVENTS_MAX = 10_000
"""Events in one envelope."""

TEXT_MAX = 4096
"""Characters kept of a free text (history line, user agent, author): nobody reads more, and it is stored per image."""

TOKEN_LIFE_SECONDS_MAX = 3600.0
"""The longest we keep a bearer token, whatever its `expires_in` says."""

TOKEN_LIFE_SECONDS_DEFAULT = 60.0
"""The life of a token without `expires_in` (token authentication specification)."""

TOKEN_LEEWAY_SECONDS = 10.0
"""A token is renewed this long before its end, so that it does not lapse on the way."""

TOKENS_KEPT_MAX = 1000
"""Tokens kept per registry, one per repository; at this many all are forgotten and asked for anew."""

PASSWORD_BYTES_MAX = 64 * 1024
"""A password file: the longest real ones are tokens and key documents of a few KiB."""
