"""Good input for each parser, made by the builders: what is bent until something breaks."""

from __future__ import annotations

import base64
import gzip
import io
import json
import tarfile
import zipfile

from tests.builders.advisories import encode_record, osv_record
from tests.builders.archives import BASE, TOP, archive_of, saved
from tests.builders.facts import (
    CRITICAL,
    LOW,
    cpe,
    epss_file,
    kev_entry,
    kev_file,
    nvd_file,
    nvd_product_record,
    nvd_record,
)
from tests.builders.jars import build_jar, manifest, pom
from tests.builders.layers import (
    END,
    apk_entry,
    compress,
    device,
    directory,
    dpkg_status,
    file,
    hard_link,
    opaque,
    os_release,
    package_json,
    pax_header,
    pax_record,
    python_metadata,
    raw_entry,
    stanza,
    symlink,
    tar_of,
    whiteout,
)
from tests.builders.lock_files import LOCK_FILES
from tests.builders.oci import as_json, build_image, build_index
from tests.builders.programs import (
    build_elf,
    build_mach_o,
    build_pe,
    build_universal,
    go_build_info,
    old_go_data,
    rust_audit,
)
from tests.builders.rpm import berkeley_database, manifest_line, ndb_database, rpm_header, sqlite_database
from tests.builders.statements import csaf, openvex, statement
from tests.builders.vex import vex

Seeds = tuple[bytes, ...]

URLS = (
    "pkg:deb/debian/openssl@3.0.7-1?arch=amd64&distro=debian-12&upstream=openssl%403.0.7-1",
    "pkg:pypi/requests@2.30.0",
    "pkg:npm/%40angular/core@12.0.0#sub/path",
    "pkg:golang/github.com/x/y@v1.0.0",
)


def tars() -> Seeds:
    """Every kind of entry, in every format."""
    long = "deep/" * 40 + "node_modules/a/package.json"
    members = (
        file("var/lib/dpkg/status", dpkg_status(stanza("a"))), file(long, package_json("a", "1")), symlink("l", long),
        hard_link("h", "var/lib/dpkg/status"), directory("d"), device("dev/null"), whiteout("d/w"), opaque("d"),
    )  # fmt: skip
    sparse = pax_record(b"GNU.sparse.major", b"1") + pax_record(b"GNU.sparse.name", b"real")
    return (
        tar_of(*members, format=tarfile.GNU_FORMAT),
        tar_of(*members, format=tarfile.PAX_FORMAT),
        pax_header(path=b"other/name", size=b"3", linkpath=b"t") + raw_entry(b"short", b"abc") + END,
        raw_entry(b"x", sparse, kind=b"x") + raw_entry(b"GNUSparseFile.0/real", b"map") + END,
        raw_entry(b"g", pax_record(b"path", b"other"), kind=b"g") + raw_entry(b"a", size=b"\x80" + bytes(11)) + END,
        raw_entry(b"v7/", magic=bytes(8), kind=b"\0") + raw_entry(b"name", prefix=b"pre") + END,
    )


def blobs() -> Seeds:
    """A small layer in each compression, in one piece and in several, and padded."""
    content = tar_of(file("etc/os-release", os_release()))
    gzip, zstd = compress(content, "gzip"), compress(content, "zstd")
    skippable = b"\x50\x2a\x4d\x18\x04\0\0\0skip"
    return (content, gzip, zstd, gzip + gzip + bytes(9), skippable + zstd + skippable, zstd + bytes(9))


def bills() -> Seeds:
    """CycloneDX and SPDX."""
    components = [{"type": "library", "name": "a", "version": "1", "purl": url} for url in URLS]
    system = {"type": "operating-system", "name": "debian", "version": "12"}
    cyclonedx = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": {"component": {"type": "container", "name": "shop", "version": "1"}},
        "components": [*components, system, {"type": "application", "components": components}],
    }
    references = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": URLS[0]}]
    spdx = {
        "spdxVersion": "SPDX-2.3",
        "name": "shop",
        "documentDescribes": ["SPDXRef-1"],
        "packages": [{"SPDXID": "SPDXRef-1", "name": "a", "versionInfo": "1", "externalRefs": references}],
        "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES"}],
    }
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://spdx.dev/Document",
        "predicate": spdx,
    }
    payload = base64.b64encode(as_json(statement)).decode()
    envelope = {"payloadType": "application/vnd.in-toto+json", "payload": payload, "signatures": [{"sig": "x"}]}
    return as_json(cyclonedx), as_json(spdx), as_json(statement), as_json(envelope)


def records() -> Seeds:
    """OSV records."""
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    return (
        encode_record(osv_record("GHSA-1", fixed="1.2", aliases=["CVE-2026-1"], severity=vector, versions=["1.0"])),
        encode_record(osv_record("DSA-1", ecosystem="Debian:12", last_affected="1-1", upstream=["CVE-2026-2"])),
        encode_record(osv_record("PYSEC-1", withdrawn="2026-07-02T00:00:00Z", range_type="SEMVER", urgency="low")),
    )


def nvd_files() -> Seeds:
    """Files of NVD's feeds, unpacked."""
    record = nvd_record("CVE-2026-0001", ("nvd@nist.gov", CRITICAL), ("someone", LOW))
    record["cve"] |= {"references": [{"tags": ["Exploit"]}], "weaknesses": [{"description": [{"value": "CWE-79"}]}]}
    return gzip.decompress(nvd_file()), gzip.decompress(nvd_file(record, nvd_record("CVE-2026-0002")))


def nvd_product_files() -> Seeds:
    """Files of NVD's feeds with configurations of known products, unpacked."""
    openssl, system = cpe("openssl:openssl", versionEndExcluding="1.0.2k"), cpe("a:b", vulnerable=False)
    named = [[cpe("haxx:curl", "8.1", "beta1"), cpe("perl:perl", "-")]]
    record = nvd_product_record("CVE-2026-0001", [[openssl], [system]], named)
    return (gzip.decompress(nvd_file(record, nvd_record("CVE-2026-0002"))),)


def csaf_documents() -> Seeds:
    """Documents of the VEX profile."""
    module = "pkg:rpm/redhat/redis@6.2-1.module%2Bel8.10.0%2B22680%2B748527fd?arch=src&epoch=1&rpmmod=redis:6:81:48"
    statements = [("AppStream-8", module, "fixed"), ("RHEL-8", "pkg:rpm/redhat/bash", "known_affected")]
    suse = [("SUSE Linux Enterprise Server 15 SP6", name, "known_affected") for name in ("bash", "openssl-3")]
    products = {"SUSE Linux Enterprise Server 15 SP6": "cpe:/o:suse:sles:15:sp6"}
    return (
        vex(),
        vex(statements=statements, remedies={"pkg:rpm/redhat/bash": "Fix deferred"}),
        vex(statements=suse, products=products),
    )


def kev_files() -> Seeds:
    """CISA's catalogue."""
    return kev_file(), kev_file(kev_entry("CVE-2026-0001"), kev_entry("CVE-2026-0002", dueDate=""))


def epss_files() -> Seeds:
    """The scores of a day, unpacked."""
    return gzip.decompress(epss_file()), gzip.decompress(epss_file("CVE-2026-0001,0.01151,0.78086", "CVE-2026-2,1,0"))


def archives() -> Seeds:
    """A feed's archive, stored and deflated."""
    made = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as archive:
            for number, record in enumerate(records()):
                archive.writestr(zipfile.ZipInfo(f"A-{number}.json"), record, method)
        made.append(buffer.getvalue())
    return tuple(made)


def listings() -> Seeds:
    """A feed's list."""
    return (b"2026-07-02T00:00:00Z,GHSA-1\n2026-07-01T00:00:00.123456789Z,PYSEC-2026-1\n",)


def manifests() -> Seeds:
    """An image and an index."""
    image = build_image([BASE, TOP])
    return image.content, build_image([BASE], docker=True).content, build_index([image]).content


def configs() -> Seeds:
    """An image's config."""
    return (build_image([BASE, TOP]).blobs[0].content,)


def notices() -> Seeds:
    """A webhook body of CNCF Distribution."""
    image = build_image([BASE])
    event = {
        "id": "320678d8",
        "timestamp": "2026-03-09T14:44:26.402973972-08:00",
        "action": "push",
        "target": {"mediaType": image.media_type, "digest": image.digest, "repository": "team/app", "tag": "1.0"},
        "request": {"addr": "192.0.2.1:1", "method": "PUT", "useragent": "docker/27"},
        "actor": {"name": "dev"},
    }
    return (json.dumps({"events": [event, event | {"action": "pull"}, event | {"action": "delete"}]}).encode(),)


def filters() -> Seeds:
    """Filters with every sign."""
    return (
        b'severity in (critical, "high") and fix = yes or not (package ~ "openssl*" and epss >= 0.5)',
        b"repository != a/b AND observed < 2026-01-01 or first_observed >= 2026-01-01T00:00:00Z",
        b"status not in (closed, suppressed)",
    )


def versions() -> Seeds:
    """Versions of every scheme."""
    texts = (
        "1:2.30-1~deb12u1",
        "3.0.7-1+b1",
        "1.0rc1.post2.dev3+local.1",
        "1!2.0",
        "v1.2.3-beta.1+build",
        "1.x",
        "0~~",
    )
    return tuple(text.encode() for text in texts)


def docker_archives() -> Seeds:
    """Archives of `docker save`, plain and packed."""
    plain = archive_of(saved())
    linked = archive_of(saved("3/layer.tar"), {"3/layer.tar": "../2/layer.tar"})
    return plain, compress(plain, "gzip"), linked


def dpkg_files() -> Seeds:
    """A dpkg status file."""
    return (dpkg_status(stanza("openssl", "3.0.7-1"), stanza("b")).encode(), b"Package: a\nStatus: install ok x\n")


def apk_files() -> Seeds:
    """Apk's database."""
    return ((apk_entry("a", "1-r0", "usr/bin/a", "x/a.jar", origin="b") + apk_entry(".v")).encode(), b"P:a\nV:1")


def rpm_databases() -> Seeds:
    """Rpm's database in each format."""
    headers = (
        rpm_header("a", "1", "2", "usr/bin/a", "usr/b.jar", epoch=3, source="b-1-2.src.rpm", module="m:1"),
        rpm_header("b", padding=9_000),
    )
    return (
        *(build(*headers) for build in (sqlite_database, ndb_database, berkeley_database)),
        berkeley_database(*headers, order=">"),
        sqlite_database(*(rpm_header(f"a{number}", padding=600) for number in range(40))),
    )


def rpm_manifests() -> Seeds:
    """What images of Azure Linux list instead."""
    return ("\n".join((manifest_line("glibc", "2.38-11.azl3"), manifest_line("x", "1-2", epoch="3"))).encode(),)


def os_releases() -> Seeds:
    """An os-release file."""
    return (os_release(pretty_name="Debian 12").encode(), b'ID=\'x\'\nVERSION_ID="1\\"2"\n# comment\n')


def python_files() -> Seeds:
    """Metadata of a distribution."""
    return (python_metadata("requests", "2.30.0").encode(), b"\xef\xbb\xbfName: a\n  b\nVersion:1\n\nName: c")


def eggs() -> Seeds:
    """Eggs that are left packed."""
    metadata = python_metadata("requests", "2.30.0").encode()
    return (
        build_jar({"EGG-INFO/PKG-INFO": metadata, "a.py": b""}),
        build_jar({"EGG-INFO/PKG-INFO": b""}, before=b"#!x"),
    )


def npm_files() -> Seeds:
    """A package.json."""
    return (package_json("@scope/a", "1.0.0").encode(), b'{"name":"a","version":1,"more":[{}]}')


def programs() -> Seeds:
    """Programs of every format, with what Go and Rust leave in them."""
    info = go_build_info("go1.22.3", "mod\ta\tv1\t", "dep\tb\tv1", "=>\tc\tv2\th1:x")
    audit = rust_audit({"name": "a", "version": "1", "source": "crates.io"})
    return (
        build_elf([(".text", b"x"), (".go.buildinfo", info), (".dep-v0", audit)]),
        build_elf([], old_go_data("go1.17", "mod\ta\tv1\t", bits=32), bits=32),
        build_pe(".data", info),
        build_mach_o("__go_buildinfo", info),
        build_universal(build_mach_o("__go_buildinfo", info), build_mach_o(".dep-v0", audit)),
        build_mach_o(".dep-v0", audit),
    )


def known_programs() -> Seeds:
    """Programs that name one version of themselves, and several."""
    texts = (b"\0nginx/1.22.1\0", b"\0nginx/1.22.1\0nginx/1.22.2\0", b"\0nginx/" + bytes(300_000) + b"\0nginx/1.2.3\0")
    return tuple(build_elf([(".rodata", text)]) for text in texts)


def poms() -> Seeds:
    """What Maven says of an artifact."""
    return (next(iter(pom("g.h", "a", "1").values())).encode(), b"version: 1\n!x\n")


def jars() -> Seeds:
    """Archives in archives, packed and stored, named by Maven and by their manifest."""
    inner = build_jar(pom("g.h", "a", "1") | manifest(Bundle_SymbolicName="g.h.b", Bundle_Version="2"))
    return (
        build_jar({"lib/b-1.0.jar": inner, "lib/c.jar": build_jar(manifest(Implementation_Vendor_Id="g.h"))}),
        build_jar({"lib/b-1.0.jar": inner, "META-INF/MANIFEST.MF": b"Bundle-Version: 1"}, stored=True, before=b"#!x"),
    )


def lock_files(name: str) -> Seeds:
    """Lock files of one kind."""
    return LOCK_FILES[name]


def ownership_files() -> Seeds:
    """A list of files of a dpkg package."""
    return (
        b"/.\n/usr/lib/python3/dist-packages/a-1.dist-info/METADATA\n",
        b"d41d8cd98f00b204e9800998ecf8427e  usr/a\n",
    )


def operator_documents() -> Seeds:
    """Documents of every format that an operator may supply."""
    products = ("pkg:deb/debian/a@1?arch=amd64&distro=debian-12", "pkg:npm/a@1", "pkg:oci/app?tag=1")
    flags = [{"label": "component_not_present", "product_ids": ["p0", "p2"]}]
    documents = (
        openvex(statement("CVE-2026-1001", "not_affected", *products), statement("GHSA-1", "fixed", products[1])),
        csaf({"known_not_affected": ["p0", "p2"], "fixed": ["p1"]}, *products, flags=flags),
        osv_record("ACME-1", ecosystem="npm", fixed="2", aliases=("CVE-2026-1001",)),
    )
    return tuple(json.dumps(one).encode() for one in documents)


def package_urls() -> Seeds:
    """Package URLs."""
    return tuple(url.encode() for url in URLS)


def headers() -> Seeds:
    """What a registry's WWW-Authenticate says."""
    return (
        b'Bearer realm="https://a.example/token",service="a",scope="repository:a/b:pull"',
        b'Basic realm="x", Digest',
    )


def vectors() -> Seeds:
    """CVSS vectors of each version."""
    return (
        b"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        b"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
        b"AV:N/AC:L/Au:N/C:P/I:P/A:P",
    )
