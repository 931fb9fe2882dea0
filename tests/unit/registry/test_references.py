"""References as people write them."""

from __future__ import annotations

import pytest

from dogwatch.model.errors import InvalidRequestError
from dogwatch.registry.references import Reference, parse_reference, with_host

HUB = "registry-1.docker.io"
DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "whole", "reference"),
    [
        ("debian", "docker.io/library/debian", Reference(HUB, "library/debian", "latest")),
        ("debian:12", "docker.io/library/debian:12", Reference(HUB, "library/debian", "12")),
        ("shop/web:1.4", "docker.io/shop/web:1.4", Reference(HUB, "shop/web", "1.4")),
        (f"shop/web@{DIGEST}", f"docker.io/shop/web@{DIGEST}", Reference(HUB, "shop/web", DIGEST)),
        ("localhost/web", "localhost/web", Reference("localhost", "web", "latest")),
        ("127.0.0.1:5000/web:1", "127.0.0.1:5000/web:1", Reference("127.0.0.1:5000", "web", "1")),
        (f"ghcr.io/a/b:1@{DIGEST}", f"ghcr.io/a/b:1@{DIGEST}", Reference("ghcr.io", "a/b", DIGEST)),
    ],
)
def test_a_reference_without_a_host_means_docker_hub(text: str, whole: str, reference: Reference) -> None:
    assert (with_host(text), parse_reference(text), parse_reference(whole)) == (whole, reference, reference)


@pytest.mark.parametrize("text", ["", "foo:bar:baz", "a@sha256:1", "ghcr.io/"])
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"^image: "):
        parse_reference(text)
