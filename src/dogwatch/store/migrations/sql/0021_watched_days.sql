-- How many images were watched, beside how many advisories concerned: what other windows would cost follows from both.
ALTER TABLE scan_day ADD COLUMN watched int;  -- at the day's end; NULL of days that were counted later
