-- A change of windows that also wakes images: those of its scope that are then inside and not watched.
ALTER TABLE rescan_setting ADD COLUMN wakes boolean NOT NULL DEFAULT false;
