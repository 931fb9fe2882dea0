"""A container engine behind a real socket: what it has, its export, and all the ways in which it does not answer."""

from __future__ import annotations

import io
import json
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from dogwatch.model.errors import (
    ConfigError,
    EngineError,
    ForbiddenError,
    InvalidRequestError,
    LimitExceededError,
    NotFoundError,
)
from dogwatch.model.images import Platform
from dogwatch.model.progress import Progress, Unit, tell_nobody
from dogwatch.model.targets import TargetKind
from dogwatch.registry import engine as engine_module
from dogwatch.registry.engine import Engine, EngineImage, Patience
from dogwatch.registry.engines import find_engines, places_of
from tests.simulators.engine import Handler, Reply, SimulatedEngine, send, send_chunks, simulated_engine

NAME = "registry.test:5000/shop/app:1"
CONTENT = bytes(range(256)) * 300
AMD64 = EngineImage(Platform("linux", "amd64"), len(CONTENT))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose name is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="dogwatch-") as made:
        yield Path(made)


@pytest.fixture
def simulated(folder: Path) -> Iterator[SimulatedEngine]:
    with simulated_engine(folder / "e.sock") as running:
        running.images[NAME] = CONTENT
        yield running


@pytest.fixture
def engine(simulated: SimulatedEngine) -> Engine:
    return Engine(TargetKind.DOCKER, str(simulated.path))


def export(engine: Engine, name: str = NAME, image: EngineImage = AMD64) -> bytes:
    sink = io.BytesIO()
    engine.export(name, image, sink, lambda: None, tell_nobody)
    return sink.getvalue()


def test_an_image_is_found_and_exported_as_it_is(engine: Engine) -> None:
    assert engine.find(NAME) == AMD64
    assert engine.find("shop/other") is None
    assert export(engine) == CONTENT


def test_the_platform_is_asked_for_and_progress_is_told(engine: Engine, simulated: SimulatedEngine) -> None:
    heard: list[Progress] = []
    arm = EngineImage(Platform("linux", "arm", "v7"), 10 * len(CONTENT))
    engine.export(NAME, arm, io.BytesIO(), lambda: None, heard.append)
    (query,) = parse_qs(urlsplit(simulated.asked[-1]).query)["platform"]
    assert json.loads(query) == {"os": "linux", "architecture": "arm", "variant": "v7"}
    assert heard[-1] == Progress(f"reading docker:{NAME}", len(CONTENT), 10 * len(CONTENT), Unit.BYTES)
    with pytest.raises(NotFoundError, match=r"docker:shop/gone for linux/amd64"):
        export(engine, "shop/gone")


@pytest.mark.parametrize("name", ["", "../containers/json", "a/../b", "a?b", "a b", "-a", "a//b", "a/", "ä", "a" * 600])
def test_what_cannot_be_a_name_never_reaches_the_engine(engine: Engine, simulated: SimulatedEngine, name: str) -> None:
    with pytest.raises(InvalidRequestError):
        engine.find(name)
    assert simulated.asked == []


REFUSALS: dict[str, tuple[Reply, str]] = {
    "its own words": (lambda one: send(one, 500, b'{"message": "disk on fire"}'), "status 500: disk on fire"),
    "no words": (lambda one: send(one, 503, b"busy"), "status 503"),
    "a web page": (lambda one: send(one, 200, b"<html>", "text/html"), "a web page: not a container engine"),
    "a page for 404": (lambda one: send(one, 404, b"<html>", "text/html"), "a web page: not a container engine"),
    "a redirect": (lambda one: send(one, 301, b""), "status 301"),
    "nothing": (lambda one: None, "closed connection without response"),
    "no HTTP": (lambda one: one.wfile.write(b"hello\r\n"), "hello"),
    "endless headers": (lambda one: one.wfile.write(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000), "65536"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
def test_refusals_are_told_with_the_socket_and_the_reason(
    engine: Engine, simulated: SimulatedEngine, case: str
) -> None:
    reply, words = REFUSALS[case]
    simulated.replies |= {f"/images/{NAME}/json": reply, f"/images/{NAME}/get": reply}
    for ask in (engine.find, lambda name: export(engine, name)):
        with pytest.raises(EngineError, match=words) as told:
            ask(NAME)
        assert told.value.message.startswith(f"docker at {simulated.path}: ")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 100_000, b'"x"' * 10])
def test_an_answer_that_is_no_document_is_refused(engine: Engine, simulated: SimulatedEngine, body: bytes) -> None:
    simulated.replies[f"/images/{NAME}/json"] = lambda one: send(one, 200, body)
    with pytest.raises(EngineError, match="cannot be read"):
        engine.find(NAME)


def test_members_of_odd_types_count_as_not_said(engine: Engine, simulated: SimulatedEngine) -> None:
    odd = b'{"Os": 7, "Architecture": null, "Size": "large"}'
    simulated.replies[f"/images/{NAME}/json"] = lambda one: send(one, 200, odd)
    assert engine.find(NAME) == EngineImage(Platform("", ""), 0)
    assert export(engine, NAME, EngineImage(Platform("", ""), 0)) == CONTENT
    assert simulated.asked[-1] == f"/images/{NAME}/get"


def stall(simulated: SimulatedEngine) -> Reply:
    def reply(handler: Handler) -> None:
        send_chunks(handler, CONTENT, is_whole=False)
        simulated.ending.wait(20)

    return reply


BROKEN: dict[str, Callable[[SimulatedEngine], Reply]] = {
    "cut between chunks": lambda _: lambda one: send_chunks(one, CONTENT, is_whole=False),
    "shorter than announced": lambda _: lambda one: send(one, 200, CONTENT, "application/x-tar", len(CONTENT) + 1),
    "stalled": stall,
}


@pytest.mark.parametrize("case", BROKEN)
def test_an_export_that_ends_early_or_stalls_is_no_export(simulated: SimulatedEngine, case: str) -> None:
    simulated.replies[f"/images/{NAME}/get"] = BROKEN[case](simulated)
    with pytest.raises(EngineError, match="broke off"):
        export(Engine(TargetKind.DOCKER, str(simulated.path), Patience(stall=0.2)))


def test_an_engine_that_does_not_answer_is_not_waited_for(simulated: SimulatedEngine) -> None:
    simulated.replies[f"/images/{NAME}/json"] = lambda _: simulated.ending.wait(20)
    with pytest.raises(EngineError, match="no answer in time"):
        Engine(TargetKind.PODMAN, str(simulated.path), Patience(answer=0.1)).find(NAME)


def test_an_export_over_the_limit_or_without_room_is_broken_off(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise ConfigError("DOGWATCH_DATA", "no room")

    with pytest.raises(ConfigError):
        engine.export(NAME, AMD64, io.BytesIO(), refuse, tell_nobody)
    monkeypatch.setattr(engine_module, "EXPORT_BYTES_MAX", len(CONTENT) - 1)
    with pytest.raises(LimitExceededError, match="EXPORT_BYTES_MAX"):
        export(engine)


def test_a_socket_that_nobody_listens_on_or_that_we_may_not_use_is_told(folder: Path) -> None:
    path = folder / "dead.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with pytest.raises(EngineError, match="Connection refused"):
        Engine(TargetKind.DOCKER, str(path)).find(NAME)
    with pytest.raises(EngineError, match="No such file"):
        Engine(TargetKind.DOCKER, str(folder / "none.sock")).find(NAME)
    with pytest.raises(EngineError, match="too long"):
        Engine(TargetKind.DOCKER, "/" + "x" * 200).find(NAME)
    path.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # root may use any socket
    try:
        with pytest.raises(ForbiddenError, match="permission denied"):
            Engine(TargetKind.DOCKER, str(path)).find(NAME)
    finally:
        os.seteuid(user)


def test_sockets_are_looked_for_in_the_order_of_the_documentation(folder: Path) -> None:
    around = {"XDG_RUNTIME_DIR": str(folder)}
    assert places_of(TargetKind.DOCKER, around) == ("/var/run/docker.sock", f"{folder}/docker.sock")
    assert places_of(TargetKind.PODMAN, around) == (f"{folder}/podman/podman.sock", "/run/podman/podman.sock")
    assert places_of(TargetKind.DOCKER, around | {"DOCKER_HOST": "unix:///d.sock"}) == ("/d.sock",)
    assert places_of(TargetKind.PODMAN, around | {"CONTAINER_HOST": "unix:///p.sock"}) == ("/p.sock",)
    for elsewhere in ("tcp://10.0.0.1:2375", "ssh://me@host", "npipe:////./pipe/docker_engine"):
        with pytest.raises(ConfigError, match="DOCKER_HOST: only unix sockets"):
            places_of(TargetKind.DOCKER, {"DOCKER_HOST": elsewhere})


def test_only_sockets_are_engines(folder: Path) -> None:
    (folder / "docker.sock").write_text("", encoding="ascii")
    found = find_engines(TargetKind.DOCKER, {"XDG_RUNTIME_DIR": str(folder)})
    assert str(folder / "docker.sock") not in [one.path for one in found]
