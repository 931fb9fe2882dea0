"""A real browser for tests and pictures: Chromium without a window, spoken to over two pipes in JSON.

Source:
    Chrome DevTools Protocol, domains Emulation, Input, Page, Runtime, Target; over a pipe a zero byte ends a message.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

from tests.waiting import PATIENCE_SECONDS

PROGRAM = "chromium"

_FLAGS = (
    "--headless",
    "--no-sandbox",  # the system's sandbox is not there in containers and for root; pages are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--disable-lcd-text",  # grey edges of letters: pictures need fewer colours
    "--remote-debugging-pipe",
)
# The browser reads from 3 and writes to 4; a process of its own puts them there, before it becomes the browser.
_PLACE_PIPES = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execvp(sys.argv[3], sys.argv[3:])"
)
_FREE_FROM = 10  # so that neither pipe stands where the other has to go
_KEYS = {"Tab": 9, "Enter": 13}


class Browser:
    """A running browser."""

    def __init__(self, to_browser: BinaryIO, from_browser: BinaryIO) -> None:
        self._to_browser = to_browser
        self._from_browser = from_browser
        self._last_id = 0
        self._events: list[tuple[str, str]] = []
        self._rest = b""

    def open(self, url: str, *, width: int = 1200, height: int = 900, is_dark: bool = False) -> Page:
        """Open an address in a tab of its own and wait until it is loaded; sizes in CSS pixels."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        page.call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        page.call("Emulation.setEmulatedMedia", features=[scheme])
        page.call("Page.enable")
        page.call("Page.navigate", url=url)
        self._wait_for("Page.loadEventFired", session)
        return page

    def call(self, method: str, session: str = "", **parameters: object) -> dict[str, Any]:
        """Call a method and return its result; what happens meanwhile is remembered."""
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": parameters}
        self._to_browser.write(json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        self._to_browser.flush()
        while True:
            answer = self._next()
            if answer.get("id") == self._last_id:
                assert "error" not in answer, (method, answer["error"])
                result: dict[str, Any] = answer["result"]
                return result
            self._events.append((answer.get("method", ""), answer.get("sessionId", "")))

    def _wait_for(self, event: str, session: str) -> None:
        while (event, session) not in self._events:
            happened = self._next()
            self._events.append((happened.get("method", ""), happened.get("sessionId", "")))
        self._events.clear()

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = os.read(self._from_browser.fileno(), 1 << 20)
            assert more, "the browser ended"
            self._rest += more
        one, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(one)
        return message


@dataclass(frozen=True)
class Page:
    """One tab."""

    browser: Browser
    session: str

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Call a method of this tab."""
        return self.browser.call(method, self.session, **parameters)

    def evaluate(self, script: str) -> Any:
        """Evaluate an expression; return its value, or what a promise comes to. The page forbids nothing here."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """Press a key and let it go."""
        for kind in ("rawKeyDown", "keyUp"):
            code = _KEYS[key]
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def picture(self) -> bytes:
        """Return what can be seen, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Start a browser with a profile of its own, and end it."""
    profile = tempfile.mkdtemp(prefix="dogwatch-browser-")
    child_reads, we_write = os.pipe()
    we_read, child_writes = os.pipe()
    theirs = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, _FREE_FROM) for one in (child_reads, child_writes)]

    process = subprocess.Popen(
        [sys.executable, "-c", _PLACE_PIPES, *map(str, theirs), PROGRAM, *_FLAGS, f"--user-data-dir={profile}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=theirs,
    )
    for one in (child_reads, child_writes, *theirs):
        os.close(one)
    try:
        with os.fdopen(we_write, "wb") as to_browser, os.fdopen(we_read, "rb") as from_browser:
            browser = Browser(to_browser, from_browser)
            yield browser
            with suppress(AssertionError, OSError):  # it may be gone before it answers
                browser.call("Browser.close")
        process.wait(PATIENCE_SECONDS)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        shutil.rmtree(profile, ignore_errors=True)
