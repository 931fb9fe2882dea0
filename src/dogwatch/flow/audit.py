"""The audit at work: once a day, and whenever somebody asks. It says what differs and corrects nothing."""

from __future__ import annotations

import logging

from dogwatch.flow.ports import Isolation, Outside
from dogwatch.flow.steps import Step
from dogwatch.model.audits import Audit

_log = logging.getLogger("dogwatch.flow")


def audit_step(isolation: Isolation) -> Step:
    """Plan an audit; it comes again by the clock."""
    return Step("audit", "all", lambda: _tell(isolation.audit()), is_repeated=True)


def audit(outside: Outside) -> Audit:
    """Compute everything that follows from what is stored anew, and keep what differs. Runs whole in a child process.

    Raises:
        StoreUnavailableError: the database cannot be reached.
    """
    return outside.audit_store.audit()


def _tell(found: Audit) -> None:
    seconds = round((found.ended_at - found.began_at).total_seconds(), 1)
    if found.differing:
        counts = {str(kind): count for kind, count in found.counts}
        _log.error(
            "the audit found rows that differ",
            extra={"fields": {"see": "dogwatch db audit", "seconds": seconds, **counts}},
        )
    else:
        fields = {"packages": found.packages, "images": found.images, "seconds": seconds}
        _log.info("the audit found no differences", extra={"fields": fields})
