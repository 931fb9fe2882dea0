"""Products that NVD judges by ranges of versions: how packages are named, and how NVD names the same product."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CPE_ECOSYSTEM: Final = "CPE"
"""The ecosystem of programs that no feed but NVD speaks for; names are `vendor:product`."""

PRODUCTS: Final[Mapping[str, tuple[str, ...]]] = {
    "busybox:busybox": ("busybox:busybox",),
    "haxx:curl": ("haxx:curl", "haxx:libcurl"),
    "openssl:openssl": ("openssl:openssl",),
    "oracle:mysql": ("oracle:mysql", "oracle:mysql_server", "mysql:mysql"),
    "perl:perl": ("perl:perl", "larry_wall:perl"),
}
"""Name of the package → `vendor:product` of every product of NVD that is it.

NVD names curl's library or its command, mostly whichever the maker named; they come from one source, so that either is
taken for both.
"""
