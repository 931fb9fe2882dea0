-- What watching would cost, were it billed as the original bills it.

-- Scans by registry and UTC day; kept for ever, as a day is one narrow row. They follow from monitoring and the journal:
-- a day is counted whole, as often as it takes until it is over, and replaces what was counted before.
CREATE TABLE scan_day (
    registry_id              bigint NOT NULL REFERENCES registry,
    day                      date NOT NULL,
    initial                  int NOT NULL,      -- images whose first inventory was seen
    woken                    int NOT NULL,      -- images known before whose watch began again
    advised                  int NOT NULL,      -- images that an advisory of the day concerned while they were watched
    woken_without_windows    int NOT NULL,      -- the same had no window ever ended
    advised_without_windows  int NOT NULL,
    PRIMARY KEY (registry_id, day)
);

-- Up to when everything is counted; NULL before the first count.
CREATE TABLE scan_count (
    only_row       boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    counted_until  timestamptz
);
INSERT INTO scan_count DEFAULT VALUES;
