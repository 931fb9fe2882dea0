"""Files of facts about CVE ids, as NVD, CISA and FIRST publish them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
LOW = "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:L"


def nvd_record(cve: str, *vectors: tuple[str, str], modified: str = "2026-07-01T00:00:00.000") -> dict[str, Any]:
    """Return a record of NVD with (who gives it, CVSS 3.1 vector) of each score."""
    metrics = [{"source": giver, "cvssData": {"vectorString": vector}} for giver, vector in vectors]
    return {"cve": {"id": cve, "lastModified": modified, "metrics": {"cvssMetricV31": metrics}}}


def cpe(
    product: str, version: str = "*", update: str = "*", *, vulnerable: bool = True, **bounds: str
) -> dict[str, Any]:
    """Return a criterion of NVD; bounds are `versionStartIncluding` and the like."""
    return {"criteria": f"cpe:2.3:a:{product}:{version}:{update}:*:*:*:*:*:*", "vulnerable": vulnerable} | bounds


def nvd_product_record(
    cve: str, *configurations: Sequence[Sequence[Mapping[str, Any]]], modified: str = "2026-07-01T00:00:00.000"
) -> dict[str, Any]:
    """Return a record of NVD with configurations: criteria by node, several nodes joined by AND."""
    record = nvd_record(cve, ("nvd@nist.gov", CRITICAL), modified=modified)
    record["cve"] |= {
        "published": "2026-06-01T10:00:00.000",
        "descriptions": [{"lang": "es", "value": "Un error"}, {"lang": "en", "value": "A flaw"}],
        "weaknesses": [{"description": [{"lang": "en", "value": "CWE-787"}]}],
        "references": [{"url": "https://maker.test/a", "tags": ["Exploit"]}, {"url": "ftp://maker.test"}],
        "configurations": [
            {"nodes": [{"operator": "OR", "cpeMatch": node} for node in nodes]}
            | ({"operator": "AND"} if len(nodes) > 1 else {})
            for nodes in configurations
        ],
    }
    return record


def nvd_file(
    *records: Mapping[str, Any], timestamp: str = "2026-07-15T00:00:00.000", total: int | None = None
) -> bytes:
    """Return a file of NVD's feeds, packed."""
    envelope = {"format": "NVD_CVE", "version": "2.0", "timestamp": timestamp}
    count = len(records) if total is None else total
    return gzip.compress(json.dumps({**envelope, "totalResults": count, "vulnerabilities": records}).encode())


def kev_file(
    *entries: Mapping[str, Any], released: str = "2026-07-14T19:00:56.1389Z", count: int | None = None
) -> bytes:
    """Return CISA's catalogue."""
    found = len(entries) if count is None else count
    return json.dumps({"dateReleased": released, "count": found, "vulnerabilities": entries}).encode()


def kev_entry(cve: str, **more: str) -> dict[str, str]:
    """Return an entry of CISA's catalogue."""
    return {"cveID": cve, "dateAdded": "2026-07-14", "dueDate": "2026-07-28", "requiredAction": "Update."} | more


def epss_file(*lines: str, date: str = "2026-01-30T12:55:00Z") -> bytes:
    """Return the scores of a day, packed."""
    head = [f"#model_version:v2025.03.14,score_date:{date}", "cve,epss,percentile"]
    return gzip.compress("\n".join([*head, *lines, ""]).encode())


def put_facts(
    mirror: Path,
    *,
    years: Mapping[int, bytes] | None = None,
    modified: bytes = b"",
    kev: bytes = b"",
    epss: bytes = b"",
    until: int = 0,
) -> None:
    """Lay files of facts into a mirror; years of NVD that are not given are empty ones, up to this one."""
    until = until or datetime.now(UTC).year
    given: Sequence[tuple[str, bytes]] = (
        ("nvd/nvdcve-2.0-modified.json.gz", modified),
        ("kev/known_exploited_vulnerabilities.json", kev),
        ("epss/epss_scores-current.csv.gz", epss),
        *(
            (f"nvd/nvdcve-2.0-{year}.json.gz", (years or {}).get(year, nvd_file()) if modified else b"")
            for year in range(2002, until + 1)
        ),
    )
    for name, content in given:
        if content:
            (mirror / name).parent.mkdir(parents=True, exist_ok=True)
            (mirror / name).write_bytes(content)
