"""What a caller may take of us: bytes, seconds, values. Every limit has a name and a reason."""

from __future__ import annotations

MAX_NOTICE_BYTES = 4 * 2**20
"""One webhook body. Distribution sends about 1 KiB for each event and packs up to some hundred into one body."""

MAX_REQUEST_BYTES = 2**20
"""Any other body: the largest sensible filter has a few KiB, the largest that AWS's model allows about 700."""

MAX_HEAD_BYTES = 64 * 2**10
"""Request line and headers: signatures and cookies make some KiB, AWS's own front end stops at 16."""

HEAD_SECONDS = 10.0
"""How long a connection may take to its first request, and to finish the headers of each: as for bodies."""

BODY_SECONDS = 10.0
"""How long a whole body may take to arrive: senders are programs on good lines, and a slow one holds a connection."""

REQUEST_SECONDS = 60.0
"""How long an answer may take: longer than any query of ours, and what AWS clients wait by default."""

PROBE_SECONDS = 3.0
"""How long a probe waits for the database: orchestrators give up on a probe after a few seconds and restart us."""

MAX_VALUES = 50
"""Values of one filter of the JSON API: more is a mistake, and each is compared with every row."""

MAX_VALUE_CHARACTERS = 1024
"""Characters of one filter value; AWS's model has the same bound."""

MAX_PAGE = 1_000
"""Rows of one page of the JSON API."""

MAX_CONNECTIONS = 512
"""Open connections: with a full body each that is within what a small machine has; beyond it clients get a 503."""

MAX_METRIC_REGISTRIES = 200
"""Registries with series of their own in /metrics; what is left out is counted there."""

METRICS_FRESH_SECONDS = 5.0
"""How long a reading for /metrics is used again: several scrapers cost as much as one."""

PROBE_FRESH_SECONDS = 1.0
"""How long an answer of /readyz is used again: whoever asks more often learns nothing more."""

SECRET_FRESH_SECONDS = 5.0
"""How long a webhook secret that was right is not asked for again."""

MAX_KNOWN_SECRETS = 1_000
"""Webhook secrets held in memory (as digests): more than anybody has registries."""

RETRY_AFTER_SECONDS = 5
"""When to come back while the database is away; it restarts in a few seconds."""

CLOCK_SKEW_SECONDS = 15 * 60
"""How far a signature's time may lie from the machine's clock: AWS's rule, and clients correct themselves by it."""
