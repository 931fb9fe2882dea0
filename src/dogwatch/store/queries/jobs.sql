-- name: may_commit
-- Whether a job is still its worker's, held so for the moment until the commit. A transaction that wrote nothing may
-- always end: it is not worth a write of its own.
SELECT pg_current_xact_id_if_assigned() IS NULL
    OR EXISTS (SELECT FROM procrastinate_jobs
               WHERE id = %(job)s AND worker_id = %(worker)s AND attempts = %(attempts)s AND status = 'doing'
               FOR SHARE)
