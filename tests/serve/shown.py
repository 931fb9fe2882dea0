"""What the server shows, made up: findings, images, feeds, windows, histories; tests change members."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dogwatch.model.audits import Audit, AuditedRow
from dogwatch.model.deeds import Deed, DeedView
from dogwatch.model.facts import Exploitation, KnownFacts, Probability
from dogwatch.model.histories import EventView, ImageHistory, IntervalView
from dogwatch.model.matches import Score, Severity
from dogwatch.model.monitoring import ActivityMode, RescanSetting, StatusCode, StatusReason, Window
from dogwatch.model.registries import EventKind, EventOrigin, Registry, RegistryAccess
from dogwatch.model.usage import UseView
from dogwatch.model.views import FeedView, FindingView, GapView, ImageView, UnresolvedView, VulnerablePackage
from tests.serve.callers import ACCOUNT

NOW = datetime(2026, 7, 9, 12, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64
OTHER_DIGEST = "sha256:" + "b" * 64
LAYER = "sha256:" + "c" * 64
GAP = GapView("file-unreadable", "var/lib/dpkg/status", "cut short", "the packages it lists are not seen")


def make_package(**changes: Any) -> VulnerablePackage:
    package = VulnerablePackage(
        ecosystem="Debian:12",
        name="libssl3",
        version="3.0.9-1",
        arch="amd64",
        source_name="openssl",
        source_version="3.0.9-1",
        fixed_version="3.0.14-1~deb12u1",
        fix_state="fixed",
        layer_digest=LAYER,
        paths=("var/lib/dpkg/status",),
    )
    return replace(package, **changes)


def make_finding(**changes: Any) -> FindingView:
    finding = FindingView(
        account_id=ACCOUNT,
        image_id=1,
        vulnerability_id=7,
        vulnerability="CVE-2024-6119",
        aliases=("DSA-5764-1",),
        title="CVE-2024-6119 - libssl3",
        description="A denial of service in name checks.",
        severity=Severity.HIGH,
        score_tenths=75,
        score_vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
        score_version="3.1",
        score_source="osv",
        source="osv",
        advisory="DEBIAN-CVE-2024-6119",
        references=("https://security.example/CVE-2024-6119",),
        published_at=NOW - timedelta(days=400),
        modified_at=NOW - timedelta(days=30),
        fix_available="YES",
        status="ACTIVE",
        begin_reason="advisory added",
        closed_reason="",
        first_observed_at=NOW - timedelta(days=3),
        last_observed_at=NOW - timedelta(days=1),
        updated_at=NOW - timedelta(days=1),
        registry_alias="harbour",
        registry_url="https://registry.example",
        region="eu-west-1",
        repository="app/web",
        digest=DIGEST,
        tags=("1.4.2", "latest"),
        os="linux",
        architecture="amd64",
        platform="DEBIAN_12",
        author="",
        pushed_at=NOW - timedelta(days=10),
        packages=(make_package(),),
        severity_reason="CVSS 3.1 by the advisory",
        scores=(
            Score(75, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", "3.1", "osv"),
            Score(53, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L", "3.1", "nvd:CISA-ADP"),
        ),
        vendor_word="HIGH",
        facts=KnownFacts(
            cwes=("CWE-843",),
            has_exploit=True,
            exploitation=Exploitation("CVE-2024-6119", date(2024, 9, 4), date(2024, 9, 25), True, "Update."),
            probability=Probability("CVE-2024-6119", 11_510, 780_860),
            probability_on=date(2026, 6, 30),
        ),
    )
    return replace(finding, **changes)


def make_image(**changes: Any) -> ImageView:
    image = ImageView(
        image_id=1,
        account_id=ACCOUNT,
        registry_alias="harbour",
        registry_url="https://registry.example",
        region="eu-west-1",
        repository="app/web",
        digest=DIGEST,
        tags=("1.4.2",),
        tags_via_index=("latest",),
        os="linux",
        architecture="amd64",
        platform="DEBIAN_12",
        size_bytes=1234,
        scan_frequency="CONTINUOUS_SCAN",
        status_code=StatusCode.ACTIVE,
        status_reason=StatusReason.SUCCESSFUL,
        problem="",
        pushed_at=NOW - timedelta(days=10),
        pulled_at=NOW - timedelta(days=2),
        pulled_by="kubelet",
        in_use_at=None,
        watched_until=NOW + timedelta(days=88),
        held_by="pull",
        why="watched until 2026-10-05: pulled 2 days ago",
        indexed_at=NOW - timedelta(days=10),
        packages=88,
        undetermined=0,
        severity_counts={Severity.HIGH: 1},
        gaps=(),
    )
    return replace(image, **changes)


def make_unresolved(**changes: Any) -> UnresolvedView:
    manifest = UnresolvedView(
        account_id=ACCOUNT,
        registry_alias="harbour",
        registry_url="https://registry.example",
        region="eu-west-1",
        repository="app/web",
        digest="sha256:" + "d" * 64,
        tags=("refused",),
        scan_frequency="CONTINUOUS_SCAN",
        status_code=StatusCode.INACTIVE,
        status_reason=StatusReason.ACCESS_DENIED,
        problem="registry refused access (403)",
        attempts=3,
        tried_at=NOW - timedelta(hours=1),
    )
    return replace(manifest, **changes)


def make_registry(alias: str = "harbour", region: str = "eu-west-1", number: int = 1) -> Registry:
    access = RegistryAccess("https://registry.example", "dogwatch", "/run/secrets/password")
    return Registry(number, ACCOUNT, alias, "distribution", region, access, NOW)


def make_feed(**changes: Any) -> FeedView:
    feed = FeedView("osv", "Debian", 1000, 0, NOW - timedelta(hours=1), NOW - timedelta(hours=2), "", False, False)
    return replace(feed, **changes)


def make_audit(*counts: tuple[AuditedRow, int]) -> Audit:
    return Audit(NOW - timedelta(hours=1), NOW - timedelta(minutes=59), 7, 3, 2, counts, ())


def make_setting(push: str = "DAYS_90", activity: str = "DAYS_90", mode: str = "LAST_PULL_DATE") -> RescanSetting:
    return RescanSetting(Window.parse(push), Window.parse(activity), ActivityMode(mode), updated_at=NOW)


def make_history(following: str = "") -> ImageHistory:
    """Return a history: watched twice, held once, pulled by us and by somebody else."""
    interval = IntervalView(NOW - timedelta(days=2), None, "pulled again", "", "pull", True, None)
    end = "monitoring ended: both windows are over"
    former = IntervalView(NOW - timedelta(days=99), NOW - timedelta(days=9), "pushed", end, "push", False, 7)
    reason, until = "audit <i>", NOW + timedelta(days=9)
    deed = DeedView(NOW - timedelta(days=1), Deed.HOLD, "DOGWADMIN0000000", reason, until, None, "watched")
    heard = (NOW - timedelta(days=2), NOW - timedelta(days=1, hours=23), "kubelet", "containerd/2", "192.0.2.7:1")
    pull = EventView(EventKind.PULLED, EventOrigin.WEBHOOK, "1.4.2", "", *heard, counts=True, note="")
    own = EventView(
        EventKind.PULLED, EventOrigin.POLL, "", OTHER_DIGEST, *heard, counts=False, note="a read of our own"
    )
    use = UseView("prod-eu", "shop", "Deployment/web", 3, NOW - timedelta(days=5), NOW - timedelta(hours=1), "agent")
    return ImageHistory((interval, former), (deed,), (pull, own), following, (use,))
