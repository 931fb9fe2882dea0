-- Images that were set aside: not watched until they are restored.

ALTER TABLE image
    ADD COLUMN archived_at timestamptz,     -- NULL: not archived
    ADD COLUMN restored_at timestamptz;     -- the last time that it was taken out; its push clock counts from then
CREATE INDEX image_archived ON image (id) WHERE archived_at IS NOT NULL;    -- few beside all

ALTER TABLE image_deed DROP CONSTRAINT image_deed_deed_check;
ALTER TABLE image_deed ADD CONSTRAINT image_deed_deed_check
    CHECK (deed IN ('scan', 'wake', 'forget', 'hold', 'release', 'touch', 'archive', 'restore'));
