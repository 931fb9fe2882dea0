-- A stretch of watching no longer has its references checked: three row locks for each, more than half of what waking
-- hundreds of thousands of images took. Images, repositories and inventories are never deleted, and whatever begins a
-- stretch reads all three from their tables in the statement that writes it.
ALTER TABLE monitoring DROP CONSTRAINT monitoring_image_id_fkey;
ALTER TABLE monitoring DROP CONSTRAINT monitoring_repository_id_fkey;
ALTER TABLE monitoring DROP CONSTRAINT monitoring_inventory_id_fkey;
