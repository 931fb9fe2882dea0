"""Small lock files of every kind, each with a package of every form that the kind knows."""

from __future__ import annotations

import json

NPM_3 = {
    "packages": {
        "": {"version": "1.0.0"},
        "node_modules/a": {"version": "1.0.0", "dev": True},
        "node_modules/@s/b": {"name": "c", "version": "2.0.0", "link": False},
    }
}
NPM_1 = {"dependencies": {"a": {"version": "npm:@s/b@1", "dependencies": {"c": {"version": "2", "dev": False}}}}}
YARN_1 = '"@s/a@^1", b@2:\n  version "1.0.0"\n  dependencies:\n    c "1"\n\nx@npm:y@1:\n  version "1"\n'
YARN_2 = '__metadata:\n  version: 8\n\n"a@npm:^1":\n  version: 1.0.0\n  resolution: "a@npm:1.0.0"\n'
PNPM_5 = "packages:\n  /@s/a/1.0.0_b@2:\n    dev: true\n  /a/1.0.0:\n    name: c\n    version: 2\n"
PNPM_9 = "packages:\n\n  '@s/a@1.0.0':\n    x: y\n\n  b@1(c@2):\n    dev: false\nsnapshots:\n  a@1: {}\n"
BUN = '{\n  "packages": {\n    "a": ["@s/a@1.0.0", "", {}, "x"],\n    "b": ["b@workspace:b"],\n  },\n}\n'

LOCK_FILES: dict[str, tuple[bytes, ...]] = {
    "npm-lock": (json.dumps(NPM_3).encode(), json.dumps(NPM_1).encode()),
    "yarn-lock": (YARN_1.encode(), YARN_2.encode()),
    "pnpm-lock": (PNPM_5.encode(), PNPM_9.encode()),
    "bun-lock": (BUN.encode(),),
}
