"""Every parser of foreign bytes as one function: any bytes are a value, a gap or an error of the tree.

For the laws (a few changes of good input) and for `./dev fuzz` (as many as the time allows).
"""

from __future__ import annotations

import gzip
import io
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path

from dogwatch.advisories import alpine, debian_tracker, nvd_products, oracle, photon, redhat_vex, suse_vex
from dogwatch.advisories.archive import Archive
from dogwatch.advisories.epss import EpssSource
from dogwatch.advisories.fact_source import FactFiles, FactSource, FactState
from dogwatch.advisories.folder_mirror import FolderMirror
from dogwatch.advisories.kev import KevSource
from dogwatch.advisories.limits import FEED_LIMITS
from dogwatch.advisories.listing import parse_listing
from dogwatch.advisories.nvd_file import read_file
from dogwatch.advisories.nvd_product_record import make_advisory
from dogwatch.advisories.operator_documents import parse_document, reread_documents
from dogwatch.advisories.osv_document import parse_advisory
from dogwatch.inventory.bills.reading import read_bill
from dogwatch.inventory.catalogue import PROGRAM_READERS, find_extractor
from dogwatch.inventory.collector import EvidenceCollector
from dogwatch.inventory.compression import CompressionError, unpack
from dogwatch.inventory.extractor import SpooledExtractor
from dogwatch.inventory.limits import KIB, MIB, Limits
from dogwatch.inventory.overlay import overlay
from dogwatch.inventory.package_urls import parse_package_url
from dogwatch.inventory.programs.reading import read_open_program
from dogwatch.inventory.tar import TarFormatError, TarReader
from dogwatch.matching import Statements, key_affected_ranges, score_of
from dogwatch.model.advisories import SeverityFact
from dogwatch.model.errors import ContentError, FeedRejectedError, InvalidRequestError, NotFoundError
from dogwatch.model.facts import CveScores
from dogwatch.model.feeds import VEX_SOURCE, StoredDocument
from dogwatch.model.filter_grammar import parse_filter
from dogwatch.model.filters import FINDING_FIELDS, IMAGE_FIELDS, filter_text
from dogwatch.model.images import digest_of
from dogwatch.registry.challenges import parse_challenges, reading_scope
from dogwatch.registry.configs import parse_config
from dogwatch.registry.distribution import DistributionAdapter
from dogwatch.registry.docker_archive import open_archive
from dogwatch.registry.manifests import parse_manifest
from dogwatch.versions import SCHEMES, sort_key, why_not_comparable
from tests.fuzzing import seeds, snapshots

# Small, so that a bomb of some bytes shows as a refusal and not as time.
LIMITS = Limits(unpacked_bytes=8 * MIB, ratio_free_bytes=256 * KIB, entries=20_000, members=2_000, kept_bytes=MIB)
NOW = datetime(2026, 7, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Target:
    """A parser: `parse` returns whatever it likes, and raises only what is a mistake of ours."""

    name: str
    parse: Callable[[bytes], object]
    seeds: Callable[[], seeds.Seeds]


def _unpack(content: bytes) -> int:
    size = 0
    try:
        for chunk in unpack(iter([content]), "", "it", LIMITS):
            size += len(chunk)
            if size > LIMITS.unpacked_bytes:
                break
    except (CompressionError, ContentError):
        pass
    return size


def _read_tar(content: bytes) -> object:
    """Walk it, and lay what was collected over itself."""
    reader = TarReader(iter([content]), LIMITS, "it")
    collector = EvidenceCollector(LIMITS)
    try:
        for entry in reader:
            collector.visit(entry, reader)
    except (TarFormatError, ContentError):
        pass
    evidence = collector.evidence()
    return overlay([evidence, evidence])


def _extract_at(path: str) -> Callable[[bytes], object]:
    extractor = find_extractor(path)
    assert extractor is not None

    def extract(content: bytes) -> object:
        try:
            if isinstance(extractor, SpooledExtractor):
                return extractor.extract_from(path, io.BytesIO(content), len(content), LIMITS)
            return extractor.extract(path, content, LIMITS)
        except ContentError:
            return None

    return extract


def _read_program(content: bytes) -> object:
    return read_open_program("a", PROGRAM_READERS, io.BytesIO(content), LIMITS)


def _read_known_program(content: bytes) -> object:
    return read_open_program("nginx", PROGRAM_READERS, io.BytesIO(content), LIMITS)


def _refusable(parse: Callable[[bytes], object]) -> Callable[[bytes], object]:
    def run(content: bytes) -> object:
        try:
            return parse(content)
        except ContentError:
            return None

    return run


def _read_archive(content: bytes) -> object:
    archive = Archive(io.BytesIO(content), "it", replace(FEED_LIMITS, max_record_bytes=MIB))
    found = list(archive.entries())
    return [archive.inflate(entry) for entry in found if archive.is_within_limits(entry)]


def _read_advisory(content: bytes) -> object:
    """Read it, and make of it what is matched and shown."""
    advisory = parse_advisory(content)
    facts = chain(advisory.severity, *(entry.severity for entry in advisory.affected))
    return key_affected_ranges(advisory), [score_of(fact, "it") for fact in facts]


def _read_document(content: bytes) -> object:
    """Read a document of the operator's, what is journalled of it, and what it is about."""
    with suppress(InvalidRequestError):
        document = parse_document(content, "it")
        if document.source == VEX_SOURCE:
            Statements.of([document])
        stored = [StoredDocument(one.id, one.modified_at, one.document) for one in document.records]
        assert tuple(reread_documents(document.source, stored)) == document.records
        return [key_affected_ranges(one.advisory) for one in document.records if one.advisory is not None]
    return None


def _read_facts(source: FactSource, name: str) -> Callable[[bytes], object]:
    """Let a source of facts fetch a file; packed ones are bent inside the packing."""

    def read(content: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder, suppress(FeedRejectedError):
            mirror, spool = Path(folder, "mirror"), Path(folder, "spool")
            mirror.mkdir()
            spool.mkdir()
            (mirror / name).write_bytes(gzip.compress(content, 1) if name.endswith(".gz") else content)
            files = FactFiles(source.name, FolderMirror(mirror, source.name), spool)
            changes = source.fetch_facts(FactState({}), files, NOW)
            return [] if changes is None else list(changes.facts)
        return None

    return _refusable(read)


def _read_csaf(content: bytes) -> object:
    """Condense a document and key what it says; the source refuses by these two errors."""
    with suppress(ValueError, RecursionError):
        return [
            key_affected_ranges(source.read("A-CVE-2026-1", source.condense(content), NOW))
            for source in (redhat_vex.SOURCE, suse_vex.SUSE)
        ]
    return None


def _read_nvd(content: bytes) -> object:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file.json.gz")
        path.write_bytes(gzip.compress(content, 1))
        facts = list(read_file(path, "nvd", FEED_LIMITS))
        stated = (one for fact in facts if isinstance(fact, CveScores) for one in fact.scores)
        return [score_of(SeverityFact(one.kind, one.vector), one.source) for one in stated]


def _read_nvd_products(content: bytes) -> object:
    """Keep what a file of NVD says of products, and key it."""
    with tempfile.TemporaryDirectory() as folder:
        path, kept = Path(folder, "file.json.gz"), io.BytesIO()
        path.write_bytes(gzip.compress(content, 1))
        reading = nvd_products.Reading("nvd-products", FEED_LIMITS, {}, NOW)
        reading.read(path, kept)
        for found in reading.index.values():
            record = kept.getvalue()[found.offset : found.offset + found.size_bytes]
            with suppress(ValueError):
                key_affected_ranges(make_advisory("nvd-products", found.id, record, NOW))
        return reading.refused


def _read_package_url(content: bytes) -> object:
    try:
        return parse_package_url(content.decode("utf-8", "replace"))
    except ValueError:
        return None


def _read_filter(content: bytes) -> None:
    text = content.decode("utf-8", "replace")
    for fields in (FINDING_FIELDS, IMAGE_FIELDS):
        try:
            found = parse_filter(text, fields)
        except InvalidRequestError:
            continue
        assert parse_filter(filter_text(found), fields) == found


def _read_version(content: bytes) -> None:
    text = content.decode("utf-8", "surrogateescape")
    for scheme in SCHEMES:
        assert (sort_key(scheme.name, text) is None) == (why_not_comparable(scheme.name, text) is not None)


def _read_challenge(content: bytes) -> object:
    challenges = parse_challenges([content.decode("latin-1")])
    return [reading_scope(one.parameter("scope"), "repository:a/b:pull") for one in challenges]


def _read_listing(content: bytes) -> object:
    return parse_listing(io.BytesIO(content), "it", NOW, FEED_LIMITS)


def _score(content: bytes) -> object:
    return score_of(SeverityFact("CVSS_V3", content.decode("utf-8", "replace")), "it")


def _read_notice(content: bytes) -> object:
    return DistributionAdapter().parse_events("application/json", content, "us")


def _open_docker_archive(content: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        try:
            opened = open_archive(Path(file.name), "", None)
        except (ContentError, InvalidRequestError, NotFoundError):
            return
        opened.close()


TARGETS = (
    Target("tar", _read_tar, seeds.tars),
    Target("compression", _unpack, seeds.blobs),
    Target("dpkg-status", _extract_at("var/lib/dpkg/status"), seeds.dpkg_files),
    Target("dpkg-ownership", _extract_at("var/lib/dpkg/info/a.list"), seeds.ownership_files),
    Target("apk-installed", _extract_at("lib/apk/db/installed"), seeds.apk_files),
    Target("rpm-database", _extract_at("var/lib/rpm/Packages"), seeds.rpm_databases),
    Target("rpm-manifest", _extract_at("var/lib/rpmmanifest/container-manifest-2"), seeds.rpm_manifests),
    Target("os-release", _extract_at("etc/os-release"), seeds.os_releases),
    Target("python-metadata", _extract_at("a-1.dist-info/METADATA"), seeds.python_files),
    Target("python-egg", _extract_at("a-1.egg"), seeds.eggs),
    Target("npm-package", _extract_at("node_modules/a/package.json"), seeds.npm_files),
    *(
        Target(name, _extract_at(path), partial(seeds.lock_files, name))
        for name, path in {
            "npm-lock": "package-lock.json",
            "yarn-lock": "yarn.lock",
            "pnpm-lock": "pnpm-lock.yaml",
            "bun-lock": "bun.lock",
            "python-lock": "poetry.lock",
            "pipfile-lock": "Pipfile.lock",
            "python-requirements": "requirements.txt",
            "gemfile-lock": "Gemfile.lock",
            "composer-lock": "composer.lock",
            "dotnet-dependencies": "a.deps.json",
            "conda-meta": "conda-meta/a.json",
            "nuget-lock": "packages.lock.json",
            "nuget-config": "packages.config",
            "nuget-project": "a.csproj",
            "gradle-lock": "gradle.lockfile",
            "maven-project": "pom.xml",
            "cargo-lock": "Cargo.lock",
            "go-mod": "go.mod",
            "go-toolchain": "usr/local/go/VERSION",
            "java-release": "opt/java/release",
            "known-applications": "srv/wp-includes/version.php",
            "pub-lock": "pubspec.lock",
            "mix-lock": "mix.lock",
            "swift-resolved": "Package.resolved",
            "gem-specification": "specifications/a.gemspec",
            "composer-installed": "vendor/composer/installed.json",
        }.items()
    ),
    Target("operator-document", _read_document, seeds.operator_documents),
    Target("java-pom", _extract_at("META-INF/maven/g/a/pom.properties"), seeds.poms),
    Target("java-archive", _extract_at("a.jar"), seeds.jars),
    Target("program", _read_program, seeds.programs),
    Target("known_program", _read_known_program, seeds.known_programs),
    Target("bill", _refusable(lambda content: read_bill(content, "it", LIMITS)), seeds.bills),
    Target("package-url", _read_package_url, seeds.package_urls),
    Target("osv", _refusable(_read_advisory), seeds.records),
    Target("csaf", _read_csaf, seeds.csaf_documents),
    Target("secdb", snapshots.reader_of(alpine.SOURCE, "Alpine:v3.22"), snapshots.secdbs),
    Target("debian-tracker", snapshots.reader_of(debian_tracker.SOURCE, "Debian"), snapshots.trackers),
    Target("updateinfo", snapshots.reader_of(oracle.SOURCE, "Oracle Linux:9"), snapshots.updates),
    Target("photon", snapshots.reader_of(photon.SOURCE, "Photon OS:5.0"), snapshots.statements),
    Target("nvd", _refusable(_read_nvd), seeds.nvd_files),
    Target("nvd-products", _refusable(_read_nvd_products), seeds.nvd_product_files),
    Target("kev", _read_facts(KevSource(), "known_exploited_vulnerabilities.json"), seeds.kev_files),
    Target("epss", _read_facts(EpssSource(), "epss_scores-current.csv.gz"), seeds.epss_files),
    Target("feed-archive", _refusable(_read_archive), seeds.archives),
    Target("feed-listing", _refusable(_read_listing), seeds.listings),
    Target("severity", _score, seeds.vectors),
    Target("manifest", _refusable(lambda content: parse_manifest(content, "", digest_of(content))), seeds.manifests),
    Target("config", _refusable(lambda content: parse_config(content, digest_of(content))), seeds.configs),
    Target("docker-archive", _open_docker_archive, seeds.docker_archives),
    Target("notice", _read_notice, seeds.notices),
    Target("challenge", _read_challenge, seeds.headers),
    Target("filter", _read_filter, seeds.filters),
    Target("version", _read_version, seeds.versions),
)
