-- The tables of Dogwatch. Words as in docs/architecture.md; all times UTC; intervals are half-open [from, to).
-- An open interval ends at 9999-12-31 (to_at) or 2^31-1 (to_rev), never at NULL: one btree range serves open and closed.

-- --- tenants, registries, settings ---------------------------------------------------------------------------------

CREATE TABLE account (
    id            text PRIMARY KEY CHECK (id ~ '^[0-9]{12}$'),
    activated_at  timestamptz NOT NULL
);

CREATE TABLE registry (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id          text NOT NULL REFERENCES account,
    alias               text NOT NULL,
    kind                text NOT NULL,
    region              text NOT NULL,
    url                 text NOT NULL,
    username            text NOT NULL,
    password_file       text NOT NULL,          -- where the secret stands, never the secret
    password_variable   text NOT NULL,
    ca_file             text NOT NULL,
    hook_secret_digest  bytea NOT NULL,         -- sha256 of the webhook secret
    added_at            timestamptz NOT NULL,
    removed_at          timestamptz,
    polled_at           timestamptz,            -- the last poll that saw everything
    poll_problem        text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX registry_alias ON registry (account_id, alias) WHERE removed_at IS NULL;

-- Every change of windows, newest = highest id; the newest that is not SUPERSEDED or FAILED is in force once SUCCESS.
CREATE TABLE rescan_setting (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id       text NOT NULL REFERENCES account,
    push_window      text NOT NULL,
    activity_window  text NOT NULL,
    activity_mode    text NOT NULL,
    status           text NOT NULL CHECK (status IN ('PENDING', 'SUCCESS', 'FAILED', 'SUPERSEDED')),
    requested_at     timestamptz NOT NULL,
    applied_at       timestamptz,
    problem          text NOT NULL DEFAULT ''
);
CREATE INDEX rescan_setting_newest ON rescan_setting (account_id, id DESC);

-- One row: the product's clock, as an offset to the machine's. Only a demonstration ever moves it.
CREATE TABLE product_clock (
    only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    shift     interval NOT NULL DEFAULT '0'
);
INSERT INTO product_clock DEFAULT VALUES;

-- --- what registries say ---------------------------------------------------------------------------------------------

-- Webhook bodies as received, stored before anything is understood.
CREATE TABLE notice (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    registry_id   bigint NOT NULL REFERENCES registry,
    received_at   timestamptz NOT NULL,
    content_type  text NOT NULL,
    body          bytea NOT NULL,
    read_at       timestamptz,
    problem       text NOT NULL DEFAULT ''
);
CREATE INDEX notice_waiting ON notice (id) WHERE read_at IS NULL;

-- One push, pull or deletion, once, however often it was told.
CREATE TABLE registry_event (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    registry_id     bigint NOT NULL REFERENCES registry,
    origin          text NOT NULL CHECK (origin IN ('webhook', 'poll', 'manual')),
    external_id     text NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('pushed', 'pulled', 'deleted')),
    repository      text NOT NULL,
    digest          text NOT NULL,
    tag             text NOT NULL,
    media_type      text NOT NULL,
    occurred_at     timestamptz NOT NULL,       -- the registry's word, clamped to received_at
    received_at     timestamptz NOT NULL,
    actor           text NOT NULL,
    user_agent      text NOT NULL,
    client_address  text NOT NULL,
    own             boolean NOT NULL,
    applied_at      timestamptz,                -- when clocks and monitoring had taken it in
    UNIQUE (registry_id, origin, external_id)
);
CREATE INDEX registry_event_waiting ON registry_event (id) WHERE applied_at IS NULL;
CREATE INDEX registry_event_of_digest ON registry_event (digest, registry_id, occurred_at);

CREATE TABLE repository (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id      text NOT NULL REFERENCES account,
    registry_id     bigint NOT NULL REFERENCES registry,
    name            text COLLATE "C" NOT NULL,
    scan_frequency  text NOT NULL DEFAULT 'CONTINUOUS_SCAN'
                    CHECK (scan_frequency IN ('CONTINUOUS_SCAN', 'SCAN_ON_PUSH', 'MANUAL')),
    UNIQUE (registry_id, name)
);
CREATE INDEX repository_of_account ON repository (account_id, name, id);

-- --- images ----------------------------------------------------------------------------------------------------------

-- A stack of layers as one account's registries serve it. Provenance hangs here: once per stack, not per image.
CREATE TABLE layer_chain (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id    text NOT NULL REFERENCES account,
    digest        bytea NOT NULL,               -- over digests, diff IDs and media types, oldest first
    layers        jsonb NOT NULL,               -- [{digest, diff_id, media_type, size_bytes, created_by}], oldest first
    inventory_id  bigint,
    fingerprint   text NOT NULL DEFAULT '',     -- of the extractors that made the inventory
    provenance    bytea,                        -- [(package id, layer ordinal, paths)], see store.provenance
    UNIQUE (account_id, digest)
);

CREATE TABLE image (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id     text NOT NULL REFERENCES account,
    repository_id  bigint NOT NULL REFERENCES repository,
    digest         text NOT NULL,
    media_type     text NOT NULL,
    size_bytes     bigint NOT NULL,             -- manifest, config and layers
    os             text NOT NULL,
    architecture   text NOT NULL,
    variant        text NOT NULL,
    author         text NOT NULL,
    created_at     timestamptz,                 -- as the config says; never a clock
    chain_id       bigint NOT NULL REFERENCES layer_chain,
    state          text NOT NULL CHECK (state IN ('pending', 'indexed', 'failed', 'deleted')),
    status_reason  text NOT NULL DEFAULT '',    -- for 'failed': one of model.monitoring.StatusReason
    problem        text NOT NULL DEFAULT '',
    indexed_at     timestamptz,
    UNIQUE (digest, repository_id)
);
CREATE INDEX image_of_repository ON image (repository_id, id);
CREATE INDEX image_of_chain ON image (chain_id);
CREATE INDEX image_not_indexed ON image (id) WHERE state IN ('pending', 'failed');

CREATE TABLE image_index (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id     text NOT NULL REFERENCES account,
    repository_id  bigint NOT NULL REFERENCES repository,
    digest         text NOT NULL,
    media_type     text NOT NULL,
    deleted_at     timestamptz,
    UNIQUE (digest, repository_id)
);
CREATE TABLE index_image (
    index_id  bigint NOT NULL REFERENCES image_index ON DELETE CASCADE,
    image_id  bigint NOT NULL REFERENCES image ON DELETE CASCADE,
    PRIMARY KEY (index_id, image_id)
);
CREATE INDEX index_image_of_image ON index_image (image_id, index_id);

-- Signatures, attestations, charts …: recorded so that nobody asks for them again, never counted as images.
CREATE TABLE other_artifact (
    repository_id   bigint NOT NULL REFERENCES repository,
    digest          text NOT NULL,
    media_type      text NOT NULL,
    artifact_type   text NOT NULL,
    subject_digest  text NOT NULL,
    seen_at         timestamptz NOT NULL,
    PRIMARY KEY (digest, repository_id)
);

-- Manifests that could not be resolved, so that they are shown and tried again rather than forgotten.
CREATE TABLE unresolved_manifest (
    repository_id  bigint NOT NULL REFERENCES repository,
    digest         text NOT NULL,
    status_reason  text NOT NULL,
    problem        text NOT NULL,
    attempts       int NOT NULL,
    tried_at       timestamptz NOT NULL,
    PRIMARY KEY (digest, repository_id)
);

CREATE TABLE tag (
    repository_id  bigint NOT NULL REFERENCES repository,
    name           text COLLATE "C" NOT NULL,
    digest         text NOT NULL,               -- of an image, an index or another artifact
    set_at         timestamptz NOT NULL,
    PRIMARY KEY (repository_id, name)
);
CREATE INDEX tag_of_digest ON tag (digest, repository_id);
CREATE INDEX tag_by_name ON tag (name, repository_id);

-- The narrow row per image that the windows work on.
CREATE TABLE clocks (
    image_id       bigint PRIMARY KEY REFERENCES image ON DELETE CASCADE,
    pushed_at      timestamptz,
    pulled_at      timestamptz,
    in_use_at      timestamptz,
    pulled_by      text NOT NULL DEFAULT '',
    watched_until  timestamptz,                 -- inside; 9999-12-31 under LIFETIME; NULL when no clock is known
    held_by        text,                        -- push, pull, in use
    watched        boolean NOT NULL             -- whether monitoring is open; the sweep reads the partial index
) WITH (fillfactor = 80);
CREATE INDEX clocks_due ON clocks (watched_until, image_id) WHERE watched;

CREATE TABLE monitoring (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    image_id         bigint NOT NULL REFERENCES image ON DELETE CASCADE,
    repository_id    bigint NOT NULL REFERENCES repository,
    inventory_id     bigint,                    -- NULL until the image is indexed
    from_at          timestamptz NOT NULL,
    to_at            timestamptz NOT NULL DEFAULT '9999-12-31Z',
    begin_reason     text NOT NULL,             -- a sentence: what began it
    end_reason       text NOT NULL DEFAULT '',  -- one of model.monitoring.MonitoringEnd once ended
    frozen_revision  int                        -- scan-on-push: findings stay as of this revision
);
CREATE UNIQUE INDEX monitoring_open ON monitoring (image_id) WHERE to_at = '9999-12-31Z';
CREATE INDEX monitoring_of_inventory ON monitoring (inventory_id, to_at, image_id) INCLUDE (repository_id, from_at);
CREATE INDEX monitoring_of_image ON monitoring (image_id, from_at);

-- --- inventories -------------------------------------------------------------------------------------------------------

-- What one reading of one layer gave, kept under content and code version. Not shared across accounts: otherwise a
-- hostile registry could learn what is in a layer by naming its digest.
CREATE TABLE layer_evidence (
    account_id   text NOT NULL REFERENCES account,
    digest       text NOT NULL,
    diff_id      text NOT NULL,
    fingerprint  text NOT NULL,
    evidence     bytea NOT NULL,
    read_at      timestamptz NOT NULL,
    PRIMARY KEY (account_id, digest, diff_id, fingerprint)
);

CREATE TABLE package (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ecosystem       text COLLATE "C" NOT NULL,
    name            text COLLATE "C" NOT NULL,
    version         text COLLATE "C" NOT NULL,
    arch            text COLLATE "C" NOT NULL,
    source_name     text COLLATE "C" NOT NULL,
    source_version  text COLLATE "C" NOT NULL,
    match_name      text COLLATE "C" NOT NULL,
    match_version   text COLLATE "C" NOT NULL,
    scheme          text NOT NULL,
    scheme_number   int NOT NULL,
    key             bytea,
    not_comparable  text NOT NULL,
    recorded_at     timestamptz NOT NULL,
    digest          bytea NOT NULL UNIQUE       -- over the identity; versions may be longer than an index entry
);
CREATE INDEX package_to_match ON package (ecosystem, match_name, key);
CREATE INDEX package_by_name ON package (name, id);

CREATE TABLE package_set (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest  bytea NOT NULL UNIQUE,
    source  text NOT NULL
);
CREATE TABLE set_package (
    set_id      bigint NOT NULL REFERENCES package_set,
    package_id  bigint NOT NULL REFERENCES package,
    PRIMARY KEY (set_id, package_id)
);
CREATE INDEX set_package_of_package ON set_package (package_id, set_id);

CREATE TABLE inventory (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest              bytea NOT NULL UNIQUE,
    distribution        text NOT NULL,          -- os-release ID, empty where there is none
    release             text NOT NULL,          -- VERSION_ID
    pretty_name         text NOT NULL,
    ecosystem           text NOT NULL,          -- OSV ecosystem of the distribution's packages
    recorded_at         timestamptz NOT NULL
);
CREATE TABLE inventory_set (
    inventory_id  bigint NOT NULL REFERENCES inventory,
    set_id        bigint NOT NULL REFERENCES package_set,
    PRIMARY KEY (inventory_id, set_id)
);
CREATE INDEX inventory_set_of_set ON inventory_set (set_id, inventory_id);
CREATE TABLE gap (
    inventory_id  bigint NOT NULL REFERENCES inventory,
    ordinal       int NOT NULL,
    kind          text NOT NULL,
    path          text NOT NULL,
    detail        text NOT NULL,
    PRIMARY KEY (inventory_id, ordinal)
);
ALTER TABLE layer_chain ADD FOREIGN KEY (inventory_id) REFERENCES inventory;
ALTER TABLE monitoring ADD FOREIGN KEY (inventory_id) REFERENCES inventory;

-- --- advisories --------------------------------------------------------------------------------------------------------

-- One row per feed (source and ecosystem): how far it was read, and what went wrong last.
CREATE TABLE feed (
    source         text NOT NULL,
    ecosystem      text NOT NULL,
    state          jsonb NOT NULL DEFAULT '{}', -- the source's own memory, see advisories.source.FeedState
    checked_at     timestamptz,                 -- last time that the feed answered, changed or not
    changed_at     timestamptz,
    records        int NOT NULL DEFAULT 0,
    refused        int NOT NULL DEFAULT 0,      -- records that did not parse; their earlier state stays in force
    problem        text NOT NULL DEFAULT '',
    problem_at     timestamptz,
    PRIMARY KEY (source, ecosystem)
);

-- Revisions get their number under the exclusive advisory lock of what they publish, so they are gapless in effect.
CREATE TABLE revision (
    id            int PRIMARY KEY,
    source        text NOT NULL,
    ecosystem     text NOT NULL,
    published_at  timestamptz NOT NULL,
    added         int NOT NULL,
    changed       int NOT NULL,
    ended         int NOT NULL
);

CREATE TABLE advisory (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source        text NOT NULL,
    name          text COLLATE "C" NOT NULL,    -- the document's id at its source
    modified_at   timestamptz NOT NULL,
    published_at  timestamptz,
    withdrawn_at  timestamptz,
    removed_at    timestamptz,                  -- no feed lists it any more
    summary       text NOT NULL,
    UNIQUE (source, name)
);
-- Which feeds list the document: a record may stand in several ecosystems' feeds.
CREATE TABLE feed_record (
    source       text NOT NULL,
    ecosystem    text NOT NULL,
    name         text COLLATE "C" NOT NULL,
    modified_at  timestamptz NOT NULL,
    withdrawn_at timestamptz,                   -- may lie in the future; then it ends the ranges when its time comes
    PRIMARY KEY (source, ecosystem, name)
);
CREATE INDEX feed_record_of_name ON feed_record (source, name);

-- The journal: one row per change of a document. Storage grows with what changes.
CREATE TABLE advisory_change (
    advisory_id  bigint NOT NULL REFERENCES advisory,
    revision_id  int NOT NULL REFERENCES revision,
    kind         text NOT NULL CHECK (kind IN ('added', 'changed', 'text changed', 'withdrawn', 'removed', 'restored')),
    document     bytea,                         -- zstd of the JSON from this revision on; NULL where it did not change
    PRIMARY KEY (advisory_id, revision_id)
);
CREATE INDEX advisory_change_of_revision ON advisory_change (revision_id);

CREATE TABLE vulnerability (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name           text COLLATE "C" NOT NULL,   -- the leading id: the CVE where there is one
    redirected_to  bigint REFERENCES vulnerability
);
CREATE INDEX vulnerability_by_name ON vulnerability (name);
-- Every id by which a vulnerability is known. An id that bridges two CVEs belongs to both.
CREATE TABLE vulnerability_name (
    name              text COLLATE "C" NOT NULL,
    vulnerability_id  bigint NOT NULL REFERENCES vulnerability,
    PRIMARY KEY (name, vulnerability_id)
);
CREATE INDEX vulnerability_name_of ON vulnerability_name (vulnerability_id);
-- What each document names: its own id, aliases, and the ids it was made from. Grouping is computed from these.
CREATE TABLE advisory_name (
    advisory_id  bigint NOT NULL REFERENCES advisory,
    name         text COLLATE "C" NOT NULL,
    is_cve       boolean NOT NULL,
    PRIMARY KEY (advisory_id, name)
);
CREATE INDEX advisory_name_by_name ON advisory_name (name, advisory_id);
CREATE TABLE advisory_vulnerability (
    advisory_id       bigint NOT NULL REFERENCES advisory,
    vulnerability_id  bigint NOT NULL REFERENCES vulnerability,
    PRIMARY KEY (advisory_id, vulnerability_id)
);
CREATE INDEX advisory_vulnerability_of ON advisory_vulnerability (vulnerability_id, advisory_id);

CREATE TABLE affected_range (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    advisory_id     bigint NOT NULL REFERENCES advisory,
    feed            text NOT NULL,              -- ecosystem of the feed that published it; a record may stand in several
    ecosystem       text COLLATE "C" NOT NULL,
    name            text COLLATE "C" NOT NULL,  -- normalised
    scheme          text NOT NULL,
    scheme_number   int NOT NULL,
    low             bytea,
    high            bytea,
    exact_version   text COLLATE "C" NOT NULL,
    not_comparable  text NOT NULL,
    introduced      text NOT NULL,
    fixed           text NOT NULL,
    last_affected   text NOT NULL,
    fixed_key       bytea,
    fix_state       text NOT NULL,
    stated_verdict  text NOT NULL CHECK (stated_verdict IN ('affected', 'not affected')),
    severity        jsonb NOT NULL,             -- [[kind, value]], this package's own or the advisory's
    content         bytea NOT NULL,             -- sha256 over all of the above: unchanged ranges are left alone
    from_rev        int NOT NULL REFERENCES revision,
    to_rev          int NOT NULL DEFAULT 2147483647
);
CREATE INDEX affected_range_to_match ON affected_range (ecosystem, name, high) INCLUDE (low) WHERE to_rev = 2147483647;
CREATE INDEX affected_range_of_advisory ON affected_range (advisory_id) WHERE to_rev = 2147483647;
CREATE INDEX affected_range_begun ON affected_range (from_rev);

-- --- matches, exposures --------------------------------------------------------------------------------------------------

CREATE TABLE match (
    package_id  bigint NOT NULL REFERENCES package,
    range_id    bigint NOT NULL REFERENCES affected_range,
    verdict     text NOT NULL CHECK (verdict IN ('affected', 'not affected')),
    from_rev    int NOT NULL,
    to_rev      int NOT NULL DEFAULT 2147483647,
    PRIMARY KEY (package_id, range_id)
);
CREATE INDEX match_of_range ON match (range_id, package_id);

-- Both sides are known and cannot be compared: one row per package and reason, listed beside the findings.
CREATE TABLE undetermined (
    package_id  bigint NOT NULL REFERENCES package,
    reason      text NOT NULL,
    advisories  int NOT NULL,
    PRIMARY KEY (package_id, reason)
);

CREATE TABLE exposure (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    package_id        bigint NOT NULL REFERENCES package,
    vulnerability_id  bigint NOT NULL REFERENCES vulnerability,
    verdict           text NOT NULL CHECK (verdict IN ('affected', 'not affected')),
    fix_state         text NOT NULL,
    fixed_version     text NOT NULL,
    severity          smallint NOT NULL,        -- model.matches.Severity
    score_tenths      smallint,
    score_vector      text NOT NULL,
    score_version     text NOT NULL,
    score_source      text NOT NULL,
    advisory          text NOT NULL,            -- the deciding document
    source            text NOT NULL,
    from_rev          int NOT NULL,
    from_at           timestamptz NOT NULL,
    to_rev            int NOT NULL DEFAULT 2147483647,
    to_at             timestamptz NOT NULL DEFAULT '9999-12-31Z',
    begin_reason      text NOT NULL,            -- model.matches.ExposureReason
    end_reason        text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX exposure_open ON exposure (package_id, vulnerability_id) WHERE to_at = '9999-12-31Z';
CREATE INDEX exposure_of_package ON exposure (package_id, vulnerability_id, from_at);
CREATE INDEX exposure_of_vulnerability ON exposure (vulnerability_id, package_id);

-- --- the view ----------------------------------------------------------------------------------------------------------------

-- The definition: image i, package p, vulnerability v, while i is monitored, its inventory holds p, and p is exposed to v.
-- A sweep that comes late shows no dead image as watched: an open interval ends where the windows end.
-- A frozen image (scan on push) sees exposures as they stood at its revision.
CREATE VIEW finding_span AS
SELECT span.*
FROM (
    SELECT monitoring.image_id, monitoring.repository_id, monitoring.inventory_id, exposure.package_id,
           exposure.vulnerability_id, exposure.id AS exposure_id,
           greatest(monitoring.from_at, known.from_at) AS from_at,
           least(watch.to_at, known.to_at) AS to_at,
           CASE WHEN known.to_at < watch.to_at THEN exposure.end_reason ELSE watch.end_reason END AS end_reason
    FROM monitoring
    JOIN clocks ON clocks.image_id = monitoring.image_id
    JOIN inventory_set ON inventory_set.inventory_id = monitoring.inventory_id
    JOIN set_package ON set_package.set_id = inventory_set.set_id
    JOIN exposure ON exposure.package_id = set_package.package_id AND exposure.verdict = 'affected'
    CROSS JOIN LATERAL (
        SELECT CASE WHEN monitoring.to_at < '9999-12-31Z' THEN monitoring.to_at
                    WHEN clocks.watched_until < '9999-12-31Z' THEN clocks.watched_until + interval '1 microsecond'
                    ELSE '9999-12-31Z' END AS to_at,
               CASE WHEN monitoring.to_at < '9999-12-31Z' THEN monitoring.end_reason
                    ELSE 'monitoring ended: both windows are over' END AS end_reason) AS watch
    CROSS JOIN LATERAL (
        SELECT CASE WHEN monitoring.frozen_revision IS NULL THEN exposure.from_at ELSE monitoring.from_at END AS from_at,
               CASE WHEN monitoring.frozen_revision IS NULL THEN exposure.to_at ELSE '9999-12-31Z' END AS to_at) AS known
    WHERE monitoring.frozen_revision IS NULL
       OR (exposure.from_rev <= monitoring.frozen_revision AND exposure.to_rev > monitoring.frozen_revision)
) AS span
WHERE span.from_at < span.to_at;
