"""When what could not be read is read again by itself, without any event."""

from __future__ import annotations

from datetime import timedelta

from dogwatch.model.monitoring import StatusReason

RETRIED_REASONS = tuple(sorted(str(one) for one in (StatusReason.ACCESS_DENIED, StatusReason.INTERNAL_ERROR)))
"""What may pass without a push: somebody mends the credentials, the registry or Dogwatch. Content behind a digest never
changes, so what is wrong with it waits for other extractors, or for a push, which may say that somebody repaired it."""

INDEX_PAUSES = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
"""After the first failure, the second, and every later one. An attempt may cost a download and a child process, so the
first pause is long enough to mend credentials, and what stays broken costs one attempt a day."""

FIRST_MANIFEST_PAUSE, LONGEST_MANIFEST_PAUSE = timedelta(minutes=5), timedelta(hours=24)
"""Between attempts to resolve a manifest; the pause doubles. One costs two small requests, hence sooner than above."""
