"""Lays advisories into a folder that is laid out like the public OSV export. For the tutorial.

python3 docs/tutorial/mirror.py MIRROR ADVISORY.json…
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path


def add(mirror: Path, document: Path) -> None:
    """Lay one advisory into the folders of the ecosystems it speaks of, and rewrite their lists and archives."""
    record = json.loads(document.read_bytes())
    for ecosystem in {one["package"]["ecosystem"].partition(":")[0] for one in record["affected"]}:
        folder = mirror / ecosystem
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{record['id']}.json").write_bytes(document.read_bytes())
        documents = {path.name: path.read_bytes() for path in folder.glob("*.json")}
        listed = [(json.loads(content)["modified"], name.removesuffix(".json")) for name, content in documents.items()]
        lines = [f"{modified},{name}\n" for modified, name in sorted(listed, reverse=True)]
        with zipfile.ZipFile(folder / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted(documents.items()):
                archive.writestr(name, content)
        (folder / "modified_id.csv").write_text("".join(lines))


if __name__ == "__main__":
    for argument in sys.argv[2:]:
        add(Path(sys.argv[1]), Path(argument))
