-- name: may_commit
-- Whether a job is still its worker's, held so for the moment until the commit. A transaction that wrote nothing may
-- always end: it is not worth a write of its own.
SELECT pg_current_xact_id_if_assigned() IS NULL
    OR EXISTS (SELECT FROM procrastinate_jobs
               WHERE id = %(job)s AND worker_id = %(worker)s AND attempts = %(attempts)s AND status = 'doing'
               FOR SHARE)

-- name: counts
-- Jobs by task, and for how long the oldest of those that could begin has waited. Times are the job engine's, hence the
-- server's. Of each task only the oldest job is looked at closely: a queue may be long.
WITH counted AS (
    SELECT task_name,
           count(*) FILTER (WHERE status = 'todo' AND coalesce(scheduled_at <= now(), true)) AS waiting,
           count(*) FILTER (WHERE status = 'todo' AND scheduled_at > now()) AS later,
           count(*) FILTER (WHERE status = 'doing') AS running,
           count(*) FILTER (WHERE status = 'failed') AS failed,
           min(id) FILTER (WHERE status = 'todo' AND coalesce(scheduled_at <= now(), true)) AS oldest_id
    FROM procrastinate_jobs GROUP BY task_name
)
SELECT task_name, waiting, later, running, failed, extract(epoch FROM now() - oldest.since)::float8
FROM counted
LEFT JOIN LATERAL (
    SELECT greatest(job.scheduled_at, (SELECT max(at) FROM procrastinate_events WHERE job_id = job.id)) AS since
    FROM procrastinate_jobs job WHERE job.id = counted.oldest_id
) oldest ON true
ORDER BY task_name

-- name: to_reread
-- Watched images whose inventory was made by other extractors than these.
SELECT count(*)
FROM (SELECT id FROM layer_chain WHERE fingerprint < %(fingerprint)s AND inventory_id IS NOT NULL
      UNION ALL
      SELECT id FROM layer_chain WHERE fingerprint > %(fingerprint)s AND inventory_id IS NOT NULL) AS older
JOIN image ON image.chain_id = older.id AND image.state = 'indexed'
JOIN clocks ON clocks.image_id = image.id AND clocks.watched

-- name: processes
-- Processes that work, by host, with their last sign of life and what they do; those that died stay for a while.
SELECT process.host, process.pid, min(process.version),
       extract(epoch FROM now() - max(worker.last_heartbeat))::float8, coalesce(sum(job.running), 0)::int
FROM worker_process process
JOIN procrastinate_workers worker ON worker.id = process.worker_id
LEFT JOIN LATERAL (
    SELECT count(*) AS running FROM procrastinate_jobs
    WHERE worker_id = process.worker_id AND status = 'doing'
) job ON true
GROUP BY process.host, process.pid
ORDER BY process.host, process.pid
