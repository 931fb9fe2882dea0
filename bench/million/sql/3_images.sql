-- Accounts, repositories, images with clocks, tags and monitoring, and the inventories they share.
INSERT INTO account (id, activated_at) SELECT id, %(began_at)s FROM unnest(%(accounts)s::text[]) AS id;
INSERT INTO rescan_setting (account_id, push_window, activity_window, activity_mode, status, requested_at, applied_at)
SELECT id, 'DAYS_90', 'DAYS_90', 'LAST_PULL_DATE', 'SUCCESS', %(began_at)s, %(began_at)s FROM account;
INSERT INTO registry (account_id, alias, kind, region, url, username, password_file, password_variable, ca_file,
                      hook_secret_digest, added_at, polled_at)
SELECT id, 'made-up', 'distribution', 'eu-west-1', 'https://registry.example', '', '', '', '', sha256('made up'), %(began_at)s, %(now)s
FROM account ORDER BY id;

-- Repositories 1 to n: the first 70 of 100 are the first account's. Names share prefixes of 50 teams.
CREATE TEMP TABLE made_share AS
SELECT registry.id AS registry, account_id, first, upto - first AS repositories
FROM (VALUES (1, 0, ceil(0.7 * %(repositories)s)::int), (2, ceil(0.7 * %(repositories)s)::int, ceil(0.95 * %(repositories)s)::int),
             (3, ceil(0.95 * %(repositories)s)::int, %(repositories)s)) AS share (number, first, upto)
JOIN (SELECT *, row_number() OVER (ORDER BY id) AS number FROM registry) AS registry USING (number);
INSERT INTO repository (id, account_id, registry_id, name, scan_frequency) OVERRIDING SYSTEM VALUE
SELECT 1 + number, account_id, registry, 'team-' || lpad((mod(number, 50))::text, 2, '0') || '/service-' || number,
       CASE WHEN pg_temp.chance(number, 0, 40) < 0.02 THEN 'SCAN_ON_PUSH' ELSE 'CONTINUOUS_SCAN' END
FROM generate_series(0, %(repositories)s - 1) AS number
JOIN made_share ON number >= first AND number < first + repositories
ORDER BY 1;

-- Four images in five go to their application's own repository, the others to any of the same account. More of the
-- pushes are recent. What an image holds follows from its application and its time.
CREATE TEMP TABLE made_image AS
SELECT one.number, application.number AS application, share.account_id, age_days,
       1 + share.first + CASE WHEN pg_temp.chance(one.number, 0, 43) < 0.8 THEN home - share.first
                              ELSE floor(share.repositories * pg_temp.chance(one.number, 0, 44))::int END AS repository_id,
       application.release,
       1 + (application.release * 4 + base) * 20 + floor(floor(at * rebases) / rebases * 20)::int AS base_set,
       application.first_set + floor(at * locks)::int AS own_set,
       801 + application.tool * 5 + floor(at * 5)::int AS tool_set
FROM generate_series(1, %(images)s) AS one (number)
CROSS JOIN LATERAL (SELECT floor(%(applications)s * power(pg_temp.chance(one.number, 0, 41), 1.7))::int,
                           %(days)s * power(pg_temp.chance(one.number, 0, 42), 1.5)) AS drawn (chosen, age_days)
CROSS JOIN LATERAL (SELECT 1 - age_days / %(days)s) AS moment (at)
JOIN made_application AS application ON application.number = chosen
CROSS JOIN LATERAL (SELECT floor(%(repositories)s * pg_temp.chance(chosen, 0, 45))::int) AS placed (home)
JOIN made_share AS share ON home >= share.first AND home < share.first + share.repositories;
ANALYZE made_image;

CREATE TEMP TABLE made_inventory AS
SELECT row_number() OVER (ORDER BY application, base_set, own_set) AS id, application, release, base_set, own_set, tool_set,
       account_id, max(age_days) AS age_days, min(number) AS first_image
FROM made_image GROUP BY application, release, base_set, own_set, tool_set, account_id;
ANALYZE made_inventory;
INSERT INTO inventory (id, digest, distribution, release, pretty_name, ecosystem, recorded_at) OVERRIDING SYSTEM VALUE
SELECT id, sha256(int8send(id)), distribution, made_release.release, distribution || ' ' || made_release.release, ecosystem,
       %(now)s::timestamptz - age_days * interval '1 day'
FROM made_inventory JOIN made_release ON made_release.number = made_inventory.release ORDER BY id;
INSERT INTO inventory_set (inventory_id, set_id)
SELECT id, set_id FROM made_inventory CROSS JOIN LATERAL unnest(ARRAY[base_set, own_set, tool_set]) AS set_id
WHERE set_id IS NOT NULL ORDER BY 1, 2;
INSERT INTO gap (inventory_id, ordinal, kind, path, detail)
SELECT id, 0, 'link-not-followed', 'usr/lib/made-up', 'leads outside the image' FROM made_inventory
WHERE pg_temp.chance(id, 0, 46) < 0.05;
-- Three layers of the base, one of the application, one of tools; provenance comes later.
INSERT INTO layer_chain (id, account_id, digest, layers, inventory_id, fingerprint) OVERRIDING SYSTEM VALUE
SELECT id, account_id, sha256(int8send(-id)), layers, id, %(fingerprint)s
FROM made_inventory
CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('digest', 'sha256:' || encode(sha256(convert_to(key, 'UTF8')), 'hex'),
                                        'diff_id', 'sha256:' || encode(sha256(convert_to('plain ' || key, 'UTF8')), 'hex'),
                                        'media_type', 'application/vnd.oci.image.layer.v1.tar+gzip', 'size_bytes', 30000000,
                                        'created_by', 'RUN made-up --step ' || key) ORDER BY place) AS layers
    FROM unnest(ARRAY['base ' || base_set / 20, 'base ' || base_set, 'run ' || base_set, 'own ' || own_set, 'tool ' || tool_set])
         WITH ORDINALITY AS one (key, place) WHERE key IS NOT NULL) AS built
ORDER BY id;

INSERT INTO image (id, account_id, repository_id, digest, media_type, size_bytes, os, architecture, variant, author, created_at,
                   chain_id, state, indexed_at) OVERRIDING SYSTEM VALUE
SELECT number, made_image.account_id, repository_id, 'sha256:' || encode(sha256(int8send(number)), 'hex'),
       'application/vnd.oci.image.manifest.v1+json', 150000000, 'linux',
       CASE WHEN pg_temp.chance(number, 0, 47) < 0.85 THEN 'amd64' ELSE 'arm64' END, '', '', pushed_at - interval '5 minutes',
       made_inventory.id, CASE WHEN pg_temp.chance(number, 0, 48) < 0.005 THEN 'deleted' ELSE 'indexed' END,
       pushed_at + interval '30 seconds'
FROM made_image
JOIN made_inventory ON made_inventory.application = made_image.application AND made_inventory.base_set = made_image.base_set
                   AND made_inventory.own_set = made_image.own_set
                   AND made_inventory.tool_set IS NOT DISTINCT FROM made_image.tool_set
CROSS JOIN LATERAL (SELECT %(now)s::timestamptz - made_image.age_days * interval '1 day') AS clock (pushed_at)
ORDER BY number;

-- Every second image that is older than the windows was pulled within them; one pull in seven is of the last two days.
CREATE TEMP TABLE made_clock AS
SELECT number AS image_id, pushed_at, pulled_at
FROM made_image
CROSS JOIN LATERAL (SELECT pg_temp.chance(number, 0, 50) AS whether, pg_temp.chance(number, 0, 51) AS drawn) AS by_chance
CROSS JOIN LATERAL (
    SELECT %(now)s::timestamptz - age_days * interval '1 day',
           CASE WHEN age_days <= 90 AND whether < 0.7 THEN %(now)s::timestamptz - age_days * (1 - drawn) * interval '1 day'
                WHEN age_days <= 90 THEN NULL
                WHEN whether < 0.47 THEN %(now)s::timestamptz - 90 * drawn * drawn * interval '1 day'
                WHEN whether < 0.75 THEN %(now)s::timestamptz - (91 + (age_days - 90) * drawn) * interval '1 day' END) AS clock (pushed_at, pulled_at);
UPDATE made_clock SET pulled_at = pushed_at WHERE pulled_at < pushed_at;
INSERT INTO clocks (image_id, repository_id, pushed_at, pulled_at, pulled_by, watched_until, held_by, watched)
SELECT image_id, image.repository_id, pushed_at, pulled_at, CASE WHEN pulled_at IS NULL THEN '' ELSE 'cluster' END, found.watched_until, found.held_by,
       image.state <> 'deleted' AND found.watched_until >= %(now)s
FROM made_clock JOIN image ON image.id = image_id
CROSS JOIN LATERAL watch(pushed_at, pulled_at, NULL, 'DAYS_90', 'DAYS_90', 'LAST_PULL_DATE') AS found
ORDER BY image_id;

-- The first image of an inventory was watched before it was read. One in ten expired once and was woken by a pull.
CREATE TEMP TABLE made_watch AS
SELECT image.id AS image_id, image.repository_id, image.chain_id AS inventory_id, pushed_at, watched_until, watched, state,
       made_inventory.first_image = image.id AS is_first,
       CASE WHEN watched AND pulled_at > pushed_at + interval '101 days' AND pg_temp.chance(image.id, 0, 52) < 0.33
            THEN pushed_at + interval '100 days'
                 + pg_temp.chance(image.id, 0, 53) * (pulled_at - pushed_at - interval '100 days') END AS woken_at,
       CASE scan_frequency WHEN 'SCAN_ON_PUSH' THEN greatest(1, 24 * %(days)s - floor(extract(epoch FROM %(now)s - pushed_at) / 3600))::int END AS frozen
FROM image
JOIN clocks ON clocks.image_id = image.id
JOIN made_inventory ON made_inventory.id = image.chain_id
JOIN repository ON repository.id = image.repository_id;
INSERT INTO monitoring (image_id, repository_id, inventory_id, from_at, to_at, begin_reason, end_reason, frozen_revision)
SELECT * FROM (
    SELECT image_id, repository_id, NULL::bigint, pushed_at, pushed_at + interval '30 seconds' AS to_at, 'pushed', 'inventory replaced', NULL::int
    FROM made_watch WHERE is_first
    UNION ALL
    SELECT image_id, repository_id, inventory_id, pushed_at + CASE WHEN is_first THEN 30 ELSE 0 END * interval '1 second',
           CASE WHEN woken_at IS NOT NULL THEN pushed_at + interval '90 days'
                WHEN watched THEN '9999-12-31Z' ELSE watched_until END
           + CASE WHEN watched AND woken_at IS NULL THEN interval '0' ELSE interval '1 microsecond' END,
           CASE WHEN is_first THEN 'first inventory' ELSE 'pushed' END,
           CASE WHEN watched AND woken_at IS NULL THEN ''
                WHEN state = 'deleted' THEN 'monitoring ended: the image was deleted'
                ELSE 'monitoring ended: both windows are over' END, frozen
    FROM made_watch
    UNION ALL
    SELECT image_id, repository_id, inventory_id, woken_at, '9999-12-31Z', 'pulled', '', frozen FROM made_watch WHERE woken_at IS NOT NULL
) AS span ORDER BY image_id, to_at;

-- Four images in five have a version tag, which other repositories have as well; each repository has latest and stable.
CREATE TEMP TABLE made_tag AS
SELECT image.id, image.repository_id, digest, pushed_at,
       row_number() OVER (PARTITION BY image.repository_id ORDER BY pushed_at) AS number,
       row_number() OVER (PARTITION BY image.repository_id ORDER BY pushed_at DESC) AS newest
FROM image JOIN clocks ON clocks.image_id = image.id WHERE state <> 'deleted';
INSERT INTO tag (repository_id, name, digest, set_at)
SELECT repository_id, name, digest, pushed_at
FROM made_tag
CROSS JOIN LATERAL (SELECT 'v' || number / 10 || '.' || mod(number, 10) WHERE pg_temp.chance(id, 0, 54) < 0.8
                    UNION ALL SELECT 'latest' WHERE newest = 1 UNION ALL SELECT 'stable' WHERE newest = 2) AS given (name)
ORDER BY repository_id, name;
