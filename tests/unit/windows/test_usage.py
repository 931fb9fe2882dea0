from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dogwatch.model.usage import ImageName, Seen
from dogwatch.windows.usage import Candidate, credited, read_name

DIGEST = "sha256:" + "a" * 64
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (DIGEST, ImageName("", "", "", DIGEST)),
        (f"docker://{DIGEST}", ImageName("", "", "", DIGEST)),
        (f"docker-pullable://reg.example/shop/web@{DIGEST}", ImageName("reg.example", "shop/web", "", DIGEST)),
        (f"reg.example:5000/shop/web:1.4@{DIGEST}", ImageName("reg.example:5000", "shop/web", "", DIGEST)),
        ("localhost/web:1", ImageName("localhost", "web", "1", "")),
        ("reg.example:5000/web:1", ImageName("reg.example:5000", "web", "1", "")),
        (" shop/web:1 ", ImageName("", "shop/web", "1", "")),
    ],
)
def test_names_are_read_as_engines_write_them(text: str, name: ImageName) -> None:
    assert read_name(text) == name


@pytest.mark.parametrize(
    "text",
    ["", "web", "reg.example:5000/web", "web@sha256:abc", "web@", f"@{DIGEST}", ":1", "a\nb:1", "x" * 700 + ":1"],
)
def test_what_names_no_image_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"image|digest"):
        read_name(text)


ONE = Candidate(1, "reg.example", "shop/web", "linux/amd64", is_child=False)
COPY = Candidate(2, "mirror.example", "copy/web", "linux/amd64", is_child=False)
AMD = Candidate(3, "reg.example", "shop/web", "linux/amd64", is_child=True)
ARM = Candidate(4, "reg.example", "shop/web", "linux/arm64", is_child=True)


@pytest.mark.parametrize(
    ("text", "platform", "candidates", "ids"),
    [
        (f"reg.example/shop/web@{DIGEST}", "", [ONE, COPY], (1,)),
        (f"cache.example/x@{DIGEST}", "", [ONE, COPY], (1, 2)),
        (DIGEST, "", [COPY, ONE], (1, 2)),
        (DIGEST, "linux/arm64/v8", [AMD, ARM], (4,)),
        (DIGEST, "", [AMD, ARM], (3, 4)),
        (DIGEST, "linux/s390x", [AMD, ARM], (3, 4)),
        ("reg.example/shop/web:1", "linux/amd64", [AMD, ARM, COPY], (3,)),
        ("shop/web:1", "", [ONE, COPY], (1,)),
        ("elsewhere.example/shop/web:1", "", [ONE], ()),
        (DIGEST, "", [], ()),
    ],
)
def test_the_digest_decides_and_the_name_chooses(
    text: str, platform: str, candidates: list[Candidate], ids: tuple[int, ...]
) -> None:
    seen = Seen(text, read_name(text), "shop", "web", NOW, platform)
    assert credited(seen, candidates) == ids
