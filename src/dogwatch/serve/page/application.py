"""Answers browsers: `/`, one image at `/images/{id}`, why of a finding at `/findings/{id}`, `/windows`, and the style.

Reading only. Every answer forbids scripts, styles and images from elsewhere, and framing. Called by `http.py` on a
thread.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from dogwatch.model.accounts import AccountState
from dogwatch.model.errors import DogwatchError, NotFoundError
from dogwatch.model.views import ImageQuery, finding_parts
from dogwatch.model.window_presets import WINDOW_PRESETS
from dogwatch.serve.callers import CallerCheck, CredentialsRefusedError
from dogwatch.serve.errors import is_for_callers, problem_of, retry_after
from dogwatch.serve.looked_at import looked_at
from dogwatch.serve.messages import Answer, Incoming
from dogwatch.serve.page.address import Address, read_address
from dogwatch.serve.page.lists import ROWS, SORTS, Listed, by_layer, list_findings, list_images, list_unresolved, offers
from dogwatch.serve.page.windows import OFFERED, show_windows
from dogwatch.serve.page.words import age, make_templates
from dogwatch.serve.served import Rooms

STYLE = "/page.css"
WINDOWS = "/windows"
_IMAGE = re.compile(r"/images/([1-9][0-9]{0,17})")
_FINDING = re.compile(r"/findings/([0-9a-f]{32})")
_HTML = "text/html; charset=utf-8"
_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self';"
        " frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "vary": "accept",
}
_ASK = 'Basic realm="Dogwatch: id and secret of an access key", charset="UTF-8"'


def is_for_browsers(incoming: Incoming) -> bool:
    """Say whether a request is the page's: at `/` only where HTML is wanted, as programs are greeted there in JSON."""
    if incoming.path == "/":
        return any("text/html" in value.lower() for value in incoming.values("accept"))
    return incoming.path in (STYLE, WINDOWS) or incoming.path.startswith(("/images/", "/findings/"))


class PageApplication:
    """Makes the pages."""

    def __init__(self, callers: CallerCheck, rooms: Rooms, version: str) -> None:
        self._callers = callers
        self._rooms = rooms
        self._views = rooms.views
        self._version = version
        self._templates = make_templates()
        self._style = (Path(__file__).parent / "page.css").read_bytes()

    def answer(self, incoming: Incoming, request_id: str) -> Answer:
        """Answer a request that is the page's."""
        if incoming.method not in ("GET", "HEAD"):
            return self._problem(HTTPStatus.METHOD_NOT_ALLOWED, "The page is only read.", request_id, {"allow": "GET"})
        try:
            caller = self._callers.identify_browser(incoming)
            if incoming.path == STYLE:
                return Answer(200, self._style, "text/css; charset=utf-8", _HEADERS)
            address = read_address(incoming.path, incoming.query)
            return self._page(caller.account_id, address)
        except CredentialsRefusedError as error:
            return self._problem(401, error.message, request_id, {"www-authenticate": _ASK})
        except DogwatchError as error:
            seconds = retry_after(error)
            headers = {} if seconds is None else {"retry-after": str(seconds)}
            known = problem_of(error)
            return self._problem(
                known.status, error.message if is_for_callers(error) else known.title, request_id, headers
            )

    def _page(self, account_id: str, address: Address) -> Answer:
        if image := _IMAGE.fullmatch(address.path):
            return self._image(account_id, address, image[1])
        if finding := _FINDING.fullmatch(address.path):
            return self._finding(account_id, finding[1])
        if address.path == WINDOWS:
            return self._windows(account_id, address)
        if address.path != "/":
            raise NotFoundError("page", address.path[:100])
        images = list_images(self._views, account_id, address)
        findings = list_findings(self._views, account_id, address)
        seen = looked_at(self._views, account_id, {})
        unresolved = list_unresolved(self._views, account_id)
        return self._rendered(
            "overview.html",
            account_id,
            address,
            findings,
            images=images,
            seen=seen,
            unresolved=unresolved,
            audit=self._views.last_audit(),
            state=self._state(account_id),
            costs=self._rooms.costs.load(account_id),
        )

    def _state(self, account_id: str) -> str:
        """Return how the account stands; one that nobody has begun with is as it would begin."""
        try:
            return str(self._rooms.accounts.status(account_id).state)
        except NotFoundError:
            return str(AccountState.ENABLED)

    def _image(self, account_id: str, address: Address, image_id: str) -> Answer:
        asked = ImageQuery(account_id, texts={"image": [("EQUALS", image_id)]})
        page = self._views.images(asked)
        if not page.rows:
            raise NotFoundError("image", image_id)
        image = page.rows[0]
        findings = list_findings(self._views, account_id, address, image)
        return self._rendered(
            "image.html",
            account_id,
            address,
            findings,
            image=image,
            undetermined=self._views.undetermined(account_id, image.image_id),
            history=self._views.history(account_id, image.image_id, ROWS, address.one("history_cursor")),
            layers=by_layer(findings.rows),
            seen=findings.seen,
        )

    def _windows(self, account_id: str, address: Address) -> Answer:
        view = show_windows(self._rooms.rescan, self._rooms.scanning, account_id, address)
        known = {"address": address, "view": view, "offered": OFFERED, "presets": list(WINDOW_PRESETS)}
        return self._made(400 if view.problem else 200, "windows.html", account_id, **known)

    def _finding(self, account_id: str, finding_id: str) -> Answer:
        explanations = self._views.explain_finding(account_id, finding_id)
        image_id, _ = finding_parts(finding_id)
        known = {"vulnerability": explanations[0].vulnerability, "explanations": explanations, "image_id": image_id}
        return self._made(200, "explanation.html", account_id, **known)

    def _rendered(self, name: str, account_id: str, address: Address, findings: Listed, **more: Any) -> Answer:
        problems = [one.problem for one in (findings, more.get("images")) if one is not None and one.problem]
        known = {"address": address, "findings": findings, "offers": offers(findings), "sorts": SORTS, "age": age}
        return self._made(400 if problems else 200, name, account_id, **known, **more)

    def _made(self, status: int, name: str, account_id: str, **known: Any) -> Answer:
        body = self._templates.get_template(name).render(
            account=account_id, version=self._version, now=self._views.now(), **known
        )
        return Answer(status, body.encode(), _HTML, _HEADERS)

    def _problem(self, status: int, reason: str, request_id: str, headers: Mapping[str, str]) -> Answer:
        body = self._templates.get_template("problem.html").render(
            title=HTTPStatus(status).phrase, reason=reason, request_id=request_id, version=self._version
        )
        return Answer(status, body.encode(), _HTML, {**_HEADERS, **headers})
