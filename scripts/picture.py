"""Takes the pictures of the page for the README from the running program: `./dev picture`. Needs chromium.

The demonstration runs in a data folder of its own on a free port, without a network, so that the pictures show the same
everywhere but for their dates.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from scripts.png import reduced
from tests.browser import PROGRAM, running_browser
from tests.e2e.running import running_dogwatch

_FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"
_SIZE = {"width": 1180, "height": 1330}
_BYTES_MAX = 150_000  # of a picture in the repository; it is downloaded by everybody who looks at the README
_STEPS = (("push",), ("pull",), ("pull", "shop/basket"))
_ASKED = "/?filter=status%20%3D%20active%20and%20severity%20%3E%3D%20high&sort=severity"


def main() -> None:
    """Take both pictures, in light and dark."""
    if shutil.which(PROGRAM) is None:
        sys.exit(f"{PROGRAM} is missing: apt-get install -y {PROGRAM}")
    _FOLDER.mkdir(exist_ok=True)
    with running_dogwatch(feed_mirror="/nonexistent/no-network") as dogwatch, running_browser() as browser:
        for step in _STEPS:
            answer = dogwatch.run("demo", *step)
            if answer.exit_code:
                sys.exit(f"dogwatch demo {' '.join(step)}: {answer.told}")
        for name, is_dark in (("page", False), ("page-dark", True)):
            picture = reduced(browser.open(dogwatch.url + _ASKED, is_dark=is_dark, **_SIZE).picture())
            if len(picture) > _BYTES_MAX:
                sys.exit(f"{name}: {len(picture):,} bytes are more than {_BYTES_MAX:,}")
            (_FOLDER / f"{name}.png").write_bytes(picture)
            print(f"docs/images/{name}.png: {len(picture):,} bytes")


if __name__ == "__main__":
    main()
