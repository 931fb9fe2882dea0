"""Images of made-up accounts: their names, and the statement that makes all of them at once."""

from __future__ import annotations

import hashlib

from dogwatch.inventory.catalogue import FINGERPRINT

IMAGES_PER_REPOSITORY = 50


def repository_of_image(number: int) -> str:
    """Return the repository of an account's image, counted from 0."""
    return f"team/service-{number // IMAGES_PER_REPOSITORY}"


def digest_of_image(account: str, number: int) -> str:
    """Return the digest of an account's image, counted from 0."""
    return "sha256:" + hashlib.sha256(f"{account} {number}".encode()).hexdigest()


ADD_IMAGES = f"""
WITH registry_here AS (
    SELECT id, account_id FROM registry WHERE account_id = %(account)s LIMIT 1
), chain AS (
    INSERT INTO layer_chain (account_id, digest, layers, inventory_id, fingerprint, provenance)
    SELECT account_id, sha256(convert_to('chain ' || inventory_id, 'UTF8')),
           jsonb_build_array(jsonb_build_object('digest', 'sha256:' || repeat('1', 64)),
                             jsonb_build_object('digest', 'sha256:' || repeat('2', 64)),
                             jsonb_build_object('digest', 'sha256:' || repeat('3', 64))),
           inventory_id, '{FINGERPRINT}', provenance
    FROM registry_here, bench_inventory ORDER BY inventory_id
    RETURNING id, inventory_id
), place AS (
    INSERT INTO repository (account_id, registry_id, name)
    SELECT account_id, id, 'team/service-' || number
    FROM registry_here, generate_series(0, (%(images)s - 1) / {IMAGES_PER_REPOSITORY}) AS number
    RETURNING id
), numbered_chain AS (
    SELECT *, row_number() OVER (ORDER BY id) - 1 AS number FROM chain
), numbered_place AS (
    SELECT *, row_number() OVER (ORDER BY id) - 1 AS number FROM place
), made AS (
    INSERT INTO image (account_id, repository_id, digest, media_type, size_bytes, os, architecture, variant, author,
                       chain_id, state, indexed_at)
    SELECT %(account)s, numbered_place.id,
           'sha256:' || encode(sha256(convert_to(%(account)s || ' ' || one.number, 'UTF8')), 'hex'),
           'application/vnd.oci.image.manifest.v1+json', 100000000, 'linux', 'amd64', '', '', numbered_chain.id,
           'indexed', %(now)s
    FROM generate_series(0, %(images)s - 1) AS one (number)
    JOIN numbered_place ON numbered_place.number = one.number / {IMAGES_PER_REPOSITORY}
    JOIN numbered_chain ON numbered_chain.number = one.number %% (SELECT count(*) FROM chain)
    RETURNING id, repository_id, chain_id
), clock AS (
    INSERT INTO clocks (image_id, repository_id, pushed_at, pulled_at, watched_until, held_by, watched)
    SELECT made.id, made.repository_id, moment, moment, moment + interval '90 days', 'push', true
    FROM made CROSS JOIN LATERAL (SELECT %(now)s::timestamptz - made.id %% 80 * interval '1 day' - interval '1 hour')
        AS pushed (moment)
    RETURNING image_id, pushed_at
)
INSERT INTO monitoring (image_id, repository_id, inventory_id, from_at, begin_reason)
SELECT made.id, made.repository_id, chain.inventory_id, clock.pushed_at, 'pushed'
FROM made JOIN chain ON chain.id = made.chain_id JOIN clock ON clock.image_id = made.id
"""
"""All images of an account, 50 to a repository, each on one of the inventories, pushed within the last 80 days."""
