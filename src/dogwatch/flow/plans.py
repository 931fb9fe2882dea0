"""Which step belongs to which task: the one list that `queue.TASKS` and the worker meet in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dogwatch.flow.audit import audit_step
from dogwatch.flow.bills import read_bills_step
from dogwatch.flow.costs import count_scans_step
from dogwatch.flow.feeds import update_feed_step
from dogwatch.flow.forgotten import pick_up_forgotten_step
from dogwatch.flow.index import index_step
from dogwatch.flow.lifecycle import evaluate_policies_step
from dogwatch.flow.notices import read_notices_step
from dogwatch.flow.poll import poll_step
from dogwatch.flow.ports import Defer, Isolation, Outside
from dogwatch.flow.rekeying import rekey_step
from dogwatch.flow.reread import reread_step
from dogwatch.flow.rescan import apply_setting_step
from dogwatch.flow.resolve import resolve_step
from dogwatch.flow.retention import delete_old_step
from dogwatch.flow.scanning import apply_scanning_step
from dogwatch.flow.steps import Step
from dogwatch.flow.sweep import sweep_step
from dogwatch.model.registries import ManifestToResolve


def plan_steps(outside: Outside, isolation: Isolation, defer: Defer) -> Mapping[str, Callable[..., Step]]:
    """Return task → function from the job's arguments to its step."""

    def resolve(registry_id: int, repository: str, digest: str) -> Step:
        return resolve_step(outside, defer, ManifestToResolve(registry_id, repository, digest))

    return {
        "read_notices": lambda: read_notices_step(isolation),
        "pick_up_forgotten": lambda: pick_up_forgotten_step(outside, defer),
        "sweep": lambda: sweep_step(outside),
        "delete_old": lambda: delete_old_step(outside),
        "evaluate_policies": lambda: evaluate_policies_step(outside),
        "count_scans": lambda: count_scans_step(outside),
        "audit": lambda: audit_step(isolation),
        "reread": lambda: reread_step(outside, isolation),
        "read_bills": lambda: read_bills_step(outside, isolation),
        "rekey": lambda: rekey_step(isolation),
        "apply_setting": lambda setting_id: apply_setting_step(outside, setting_id),
        "apply_scanning": lambda account_id: apply_scanning_step(outside, account_id),
        "resolve": resolve,
        "poll": lambda registry_id: poll_step(outside, defer, registry_id),
        "index": lambda image_id: index_step(outside, isolation, image_id),
        "update_feed": lambda source, ecosystem: update_feed_step(outside, isolation, source, ecosystem),
    }
