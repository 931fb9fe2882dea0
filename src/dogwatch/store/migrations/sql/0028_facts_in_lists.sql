-- Lists by what is known of exploits: an order needs an index that leads from one value to the next vulnerability.

ALTER TABLE vulnerability ADD COLUMN epss_ppm int NOT NULL DEFAULT -1;  -- as in cve_probability; -1: none
UPDATE vulnerability SET epss_ppm = likely.score_ppm FROM cve_probability AS likely WHERE likely.cve = vulnerability.name;
CREATE INDEX vulnerability_by_epss ON vulnerability (epss_ppm, id);
CREATE INDEX cve_scores_with_exploit ON cve_scores (cve) WHERE has_exploit;
