"""The licence of every installed distribution, held against the list of what Dogwatch may run with.

`./dev licences` calls it. Permissive licences pass; the few others pass only for a distribution that NOTICE names.
It reads what the distributions say of themselves, and does not look at what their wheels bundle.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path

PERMISSIVE = frozenset(
    {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0", "Python-2.0", "Unlicense", "0BSD"}
)
"""SPDX identifiers that ask for no more than a notice."""

NAMED_IN_NOTICE = frozenset({"LGPL-3.0-only", "LGPL-3.0-or-later", "MPL-2.0"})
"""SPDX identifiers that are fine for an unmodified dependency which NOTICE names."""

SPDX_OF_OLD_TEXT: Mapping[str, str] = {
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD License": "BSD-3-Clause",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "LGPLv3+": "LGPL-3.0-or-later",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""What distributions wrote before licence expressions came into use. Any other text stays, hence is refused."""


def licence_of(distribution: Distribution) -> str:
    """Return the licence expression a distribution states, or its older statements turned into one.

    Several classifiers without an expression are read as a choice. Nothing stated gives the empty text.
    """
    metadata = distribution.metadata
    if expression := metadata.json.get("license_expression"):
        return str(expression)
    prefix = "License :: OSI Approved :: "
    stated = [line.removeprefix(prefix) for line in metadata.get_all("Classifier") or () if line.startswith(prefix)]
    if not stated and (text := metadata.json.get("license")):
        stated = [str(text).strip().splitlines()[0]]
    return " OR ".join(SPDX_OF_OLD_TEXT.get(text, text) for text in stated)


def is_allowed(expression: str, allowed: frozenset[str]) -> bool:
    """Say whether a licence expression can be met with the allowed identifiers alone.

    AND binds before OR, as in the SPDX specification. An expression with brackets is not read, hence not allowed.
    """
    choices = (choice.split(" AND ") for choice in expression.split(" OR "))
    return any(all(identifier.strip() in allowed for identifier in choice) for choice in choices)


def refusals(installed: Iterable[Distribution], notice: str) -> list[str]:
    """Return one sentence for each distribution whose licence is not fine.

    Args:
        installed: the distributions to look at.
        notice: the text of NOTICE.
    """
    named = set(re.findall(r"[a-z0-9.-]+", notice.lower()))
    sentences = []
    for distribution in sorted(installed, key=lambda each: each.name.lower()):
        name, licence = distribution.name.lower().replace("_", "-"), licence_of(distribution)
        if is_allowed(licence, PERMISSIVE):
            continue
        if not is_allowed(licence, PERMISSIVE | NAMED_IN_NOTICE):
            sentences.append(f"{name} {distribution.version}: {licence or 'states no licence'}: not on the list")
        elif name not in named:
            sentences.append(f"{name} {distribution.version}: {licence}: allowed, but NOTICE does not name it")
    return sentences


def main() -> int:
    """Print the refusals; return 1 when there are any."""
    notice = (Path(__file__).parent.parent / "NOTICE").read_text(encoding="utf-8")
    installed = list(distributions())
    found = refusals(installed, notice)
    for sentence in found:
        print(sentence)
    print(f"{len(installed)} distributions, {len(found)} refused")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
