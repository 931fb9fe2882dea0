-- Who works: the job engine knows its workers by number only. A process has one for each queue.
CREATE TABLE worker_process (
    worker_id  bigint PRIMARY KEY REFERENCES procrastinate_workers ON DELETE CASCADE,
    host       text NOT NULL,
    pid        int NOT NULL,
    version    text NOT NULL                -- of Dogwatch
);
COMMENT ON TABLE worker_process IS 'On which machine, in which process, each worker of the job engine runs.';
