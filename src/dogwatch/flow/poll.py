"""The safety net under webhooks: ask a registry what it holds. HEAD requests only, so that no clock moves."""

from __future__ import annotations

from dogwatch.flow.ports import Defer, Outside
from dogwatch.flow.steps import Step
from dogwatch.model.errors import NotFoundError
from dogwatch.model.monitoring import StatusReason

FAILURES_SHOWN = 5
"""Repositories whose failure is told in full; the rest are counted."""


def poll_step(outside: Outside, defer: Defer, registry_id: int) -> Step:
    """Plan a poll. A failure is noted with the registry and not retried: the next poll comes by the clock."""

    def give_up(_mark: StatusReason, problem: str) -> None:
        outside.registry_store.record_poll(registry_id, outside.clock.now(), problem)

    return Step(
        "poll",
        str(registry_id),
        lambda: poll_registry(outside, defer, registry_id),
        {"registry_id": registry_id},
        give_up=give_up,
        is_repeated=True,
    )


def poll_registry(outside: Outside, defer: Defer, registry_id: int) -> None:
    """Take in what a registry holds now, repository by repository, and queue the manifests that are not known.

    Raises:
        RegistryError, ContentError: nothing could be listed.
    """
    try:
        registry = outside.registry_store.load(registry_id)
    except NotFoundError:
        return  # removed while the poll waited
    seen_at = outside.clock.now()  # before asking: what is pushed meanwhile is seen next time
    outcome = outside.registries.poll(registry)
    for listing in outcome.listings:
        for manifest in outside.event_store.save_listing(registry_id, listing, seen_at):
            defer.resolve(manifest)
    outside.registry_store.record_poll(registry_id, outside.clock.now(), _problem(outcome.failures))


def _problem(failures: tuple[tuple[str, str], ...]) -> str:
    told = "; ".join(f"{repository}: {reason}" for repository, reason in failures[:FAILURES_SHOWN])
    rest = len(failures) - FAILURES_SHOWN
    return f"{told}; and {rest} more" if rest > 0 else told
