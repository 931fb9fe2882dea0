"""What is visible in a database, without numbers and times: two histories with the same end have the same state."""

from __future__ import annotations

import psycopg

State = dict[str, list[tuple[object, ...]]]

_QUERIES = {
    "images": """
        SELECT repository.name, image.digest, image.state, image.status_reason, image.problem, clocks.watched,
               clocks.held_by, encode(inventory.digest, 'hex')
        FROM image JOIN repository ON repository.id = image.repository_id
        JOIN clocks ON clocks.image_id = image.id
        JOIN layer_chain ON layer_chain.id = image.chain_id
        LEFT JOIN inventory ON inventory.id = layer_chain.inventory_id""",
    "tags": """
        SELECT repository.name, tag.name, tag.digest FROM tag JOIN repository ON repository.id = tag.repository_id""",
    "monitoring": """
        SELECT image.digest, monitoring.inventory_id IS NULL, monitoring.to_at = '9999-12-31Z', begin_reason, end_reason
        FROM monitoring JOIN image ON image.id = monitoring.image_id""",
    "findings": """
        SELECT image.digest, package.name, package.version, vulnerability.name
        FROM finding_span
        JOIN image ON image.id = finding_span.image_id
        JOIN package ON package.id = finding_span.package_id
        JOIN vulnerability ON vulnerability.id = finding_span.vulnerability_id""",
    "exposures": """
        SELECT package.name, package.version, vulnerability.name, verdict, fixed_version, exposure.to_at, begin_reason
        FROM exposure JOIN package ON package.id = exposure.package_id
        JOIN vulnerability ON vulnerability.id = exposure.vulnerability_id""",
    "events": "SELECT origin, kind, repository, digest, tag, own FROM registry_event",
    "waiting": "SELECT count(*) FROM waiting_event",
    "layers": "SELECT digest, diff_id FROM layer_evidence",
    "not resolved": "SELECT digest, status_reason, problem FROM unresolved_manifest",
    "failed": "SELECT image_id FROM index_failure",
    "revisions": "SELECT source, ecosystem, added, changed, ended FROM revision",
    "feeds": "SELECT source, ecosystem, name FROM feed_record",
    "feed problems": "SELECT source, ecosystem, problem FROM feed",
    "poll problems": "SELECT alias, poll_problem FROM registry",
    "failed jobs": "SELECT task_name FROM procrastinate_jobs WHERE status = 'failed'",
}


def read_state(connection: psycopg.Connection) -> State:
    """Read everything, sorted."""
    return {name: sorted(connection.execute(query.encode()).fetchall(), key=repr) for name, query in _QUERIES.items()}
