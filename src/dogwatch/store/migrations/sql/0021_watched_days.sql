-- How many images advisories could concern, beside how many they did: what other windows would cost follows from both.
ALTER TABLE scan_day ADD COLUMN watched int;  -- under continuous scanning, at the day's end; NULL of days counted later
