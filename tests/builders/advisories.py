"""OSV records from small arguments, as dictionaries that are valid JSON documents; and files of other feeds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

Record = dict[str, Any]


def osv_record(
    record_id: str,
    *,
    ecosystem: str = "PyPI",
    name: str = "example",
    modified: str = "2026-07-01T00:00:00Z",
    introduced: str = "0",
    fixed: str = "",
    last_affected: str = "",
    range_type: str = "ECOSYSTEM",
    versions: Sequence[str] = (),
    aliases: Sequence[str] = (),
    upstream: Sequence[str] = (),
    severity: str = "",
    withdrawn: str = "",
    summary: str = "",
    urgency: str = "",
) -> Record:
    """Return a record with one affected package and one range.

    Args:
        record_id: also the name it is listed under.
        ecosystem: with release (`Debian:12`).
        name: of the package.
        modified: RFC 3339, as published and withdrawn times are.
        introduced: version of the opening event.
        fixed: version of the closing event; empty for none.
        last_affected: version of the other closing event; empty for none.
        range_type: ECOSYSTEM, SEMVER or GIT.
        versions: listed versions.
        aliases: other ids of the same flaw.
        upstream: ids of the flaw at its origin, as distributions give them.
        severity: a CVSS v3 vector; empty for none.
        withdrawn: a time; empty for none.
        summary: one line; a made-up one by default.
        urgency: Debian's word; empty for none.
    """
    events = [{"introduced": introduced}]
    events += [{"fixed": fixed}] if fixed else []
    events += [{"last_affected": last_affected}] if last_affected else []
    affected: Record = {
        "package": {"ecosystem": ecosystem, "name": name},
        "ranges": [{"type": range_type, "events": events}],
    }
    affected |= {"versions": list(versions)} if versions else {}
    affected |= {"ecosystem_specific": {"urgency": urgency}} if urgency else {}
    optional: Record = {
        "aliases": list(aliases),
        "upstream": list(upstream),
        "severity": [{"type": "CVSS_V3", "score": severity}] if severity else [],
        "withdrawn": withdrawn,
    }
    return {
        "schema_version": "1.7.3",
        "id": record_id,
        "modified": modified,
        "published": "2026-01-01T00:00:00Z",
        "summary": summary or f"Flaw in {name}",
        "details": f"Details of {record_id}.",
        "affected": [affected],
    } | {field: value for field, value in optional.items() if value}


def encode_record(record: Record) -> bytes:
    """Return the record as the feed writes it: compact JSON."""
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()


def secdb(packages: Mapping[str, Mapping[str, Sequence[str]]]) -> bytes:
    """Return a file as Alpine and its relatives publish: package → fixed version → ids."""
    entries = [{"pkg": {"name": name, "secfixes": fixes}} for name, fixes in packages.items()]
    return json.dumps({"reponame": "main", "packages": entries}).encode()


def tracker(packages: Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]]) -> bytes:
    """Return a file as Debian's tracker publishes: package → vulnerability → release → what is said of it."""
    told = {
        package: {name: {"releases": releases} for name, releases in issues.items()}
        for package, issues in packages.items()
    }
    return json.dumps(told).encode()


def update(
    update_id: str, *packages: str, cves: Sequence[str] = (), kind: str = "security", severity: str = "Important"
) -> str:
    """Return one update; packages as `name epoch version release arch`."""
    references = "".join(f'<reference id="{cve}" type="cve" title="" href="https://example.org"/>' for cve in cves)
    rows = (package.split() for package in packages)
    listed = "".join(
        f'<package name="{name}" epoch="{epoch}" version="{version}" release="{release}" arch="{arch}"/>'
        for name, epoch, version, release, arch in rows
    )
    return (
        f'<update type="{kind}" status="final"><id>{update_id}</id><title>{update_id} &amp; more</title>'
        f'<issued date="2026-07-01 10:00"/><updated date="2026-07-02 11:30:00"/><severity>{severity}</severity>'
        f"<description>what it mends</description><references>{references}</references>"
        f'<pkglist><collection short="c"><name>c</name>{listed}</collection></pkglist></update>'
    )


def updateinfo(*updates: str) -> bytes:
    """Return a file of updates, not packed."""
    return f'<?xml version="1.0" encoding="UTF-8"?><updates>{"".join(updates)}</updates>'.encode()


def repomd(href: str, content: bytes) -> bytes:
    """Return a repository's list of files that names one of updates, with its digest."""
    digest = hashlib.sha256(content).hexdigest()
    return (
        '<?xml version="1.0" encoding="UTF-8"?><repomd xmlns="http://linux.duke.edu/metadata/repo">'
        '<data type="primary"><checksum type="sha256">00</checksum><location href="repodata/primary.xml.gz"/></data>'
        f'<data type="updateinfo"><checksum type="sha256">{digest}</checksum><open-checksum type="sha256">11'
        f'</open-checksum><location href="{href}"/></data></repomd>'
    ).encode()


def photon(*statements: tuple[str, str, str, str]) -> bytes:
    """Return a file of Photon OS: id, package, status and fixed version of each statement."""
    keys = ("cve_id", "pkg", "status", "res_ver")
    more = {"cve_score": 7.5, "aff_ver": "NA"}
    return json.dumps([dict(zip(keys, one, strict=True)) | more for one in statements]).encode()
