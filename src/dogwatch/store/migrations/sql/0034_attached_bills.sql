-- Bills of materials that are attached to watched images in their registry: believed only where the registry's setting
-- says so. What only they name hangs on the image, beside what its layers hold.
ALTER TABLE registry ADD COLUMN believes_bills boolean NOT NULL DEFAULT false;

-- That of its layers together with what its bills add; NULL: nothing is added.
ALTER TABLE image ADD COLUMN own_inventory_id bigint REFERENCES inventory;

-- Images whose bills are looked at, once that was asked for.
CREATE TABLE image_bills (
    image_id   bigint PRIMARY KEY REFERENCES image ON DELETE CASCADE,
    due_at     timestamptz NOT NULL,        -- the next look; -infinity: before all that only come round again
    asked      int NOT NULL DEFAULT 1,      -- how often: a look that this overtakes is not the last
    looked_at  timestamptz,                 -- when a look last came to an end
    failures   int NOT NULL DEFAULT 0,      -- looks in a row that did not
    listed     bytea                        -- [(package id, 0, bills that name it)], see store.provenance
);
CREATE INDEX image_bills_by_turn ON image_bills (due_at, image_id);
