-- Where images were seen running: the latest workloads of each.

CREATE TABLE image_use (
    image_id       bigint NOT NULL REFERENCES image ON DELETE CASCADE,
    cluster        text NOT NULL,
    namespace      text NOT NULL,
    workload       text NOT NULL,
    count          int NOT NULL,          -- containers, when last seen
    first_seen_at  timestamptz NOT NULL,
    last_seen_at   timestamptz NOT NULL,
    reported_by    text NOT NULL,
    PRIMARY KEY (image_id, cluster, namespace, workload)
);
