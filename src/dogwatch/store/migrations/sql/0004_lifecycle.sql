-- Lifecycle rules: what a repository's owner no longer wants to keep. Proposals only: nothing is deleted in a registry.

CREATE TABLE lifecycle_policy (
    repository_id  bigint PRIMARY KEY REFERENCES repository,
    text           text NOT NULL,               -- as it was given
    set_at         timestamptz NOT NULL
);

-- What a policy came to for a repository at one moment: of the stored policy once a day, of a previewed text when asked.
-- A newer one of the same kind takes the place of the one before.
CREATE TABLE lifecycle_evaluation (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repository_id  bigint NOT NULL REFERENCES repository,
    kind           text NOT NULL CHECK (kind IN ('daily', 'preview')),
    text           text NOT NULL,
    evaluated_at   timestamptz NOT NULL,
    problem        text NOT NULL DEFAULT '',    -- why the policy could not be evaluated
    UNIQUE (repository_id, kind)
);

-- Images that would go, and those that are spared; what simply stays has no row.
CREATE TABLE lifecycle_outcome (
    evaluation_id  bigint NOT NULL REFERENCES lifecycle_evaluation ON DELETE CASCADE,
    ordinal        int NOT NULL,                -- oldest first: the order in which they would go
    digest         text NOT NULL,               -- of an image, an index or another artifact
    tags           text[] NOT NULL,
    pushed_at      timestamptz,
    storage_class  text NOT NULL,
    verdict        text NOT NULL,               -- one of model.lifecycle.LifecycleVerdict
    rule_priority  int,
    action         text,                        -- one of model.lifecycle.LifecycleAction
    due_at         timestamptz,
    why            text NOT NULL,
    PRIMARY KEY (evaluation_id, ordinal)
);
CREATE INDEX lifecycle_outcome_of_digest ON lifecycle_outcome (evaluation_id, digest);
