-- Facts about CVE ids that come from elsewhere than the advisory that matched. A vulnerability that has a CVE id is named
-- by it (vulnerability.name), so facts are there before it is and need no foreign key.

-- What a catalogue gives: scores, weaknesses, exploits; kept for all CVE ids. What it once said of a score that counted
-- stands in the closed intervals of exposure.
CREATE TABLE cve_scores (
    cve          text COLLATE "C" NOT NULL,
    source       text NOT NULL,
    modified_at  timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    scores       text[] NOT NULL,               -- kind, vector and giver of each, one after the other
    cwes         text[] NOT NULL,
    has_exploit  boolean NOT NULL,
    PRIMARY KEY (cve, source)
);

-- CISA's catalogue of known exploited vulnerabilities, as it is now.
CREATE TABLE cve_exploitation (
    cve            text COLLATE "C" PRIMARY KEY,
    added_on       date NOT NULL,
    due_on         date,
    by_ransomware  boolean NOT NULL,
    action         text NOT NULL,
    recorded_at    timestamptz NOT NULL
);

-- EPSS, as it is now: replaced as a whole every day, without a history.
CREATE TABLE cve_probability (
    cve             text COLLATE "C" PRIMARY KEY,
    score_ppm       int NOT NULL,
    percentile_ppm  int NOT NULL
);
