"""The load generator: a process that tells a webhook of pulls, one event per request, over many connections.

`python -m bench.load host port path secret account connections images requests`; prints JSON. Each connection waits for
its answer before it sends again, as a registry does. Raw sockets: the generator shares the processors with what it
measures.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import uvloop

from bench.images import digest_of_image, repository_of_image
from dogwatch.store.clock import machine_now

_CONTENT_TYPE = "application/vnd.docker.distribution.events.v2+json"
_CONNECT_SECONDS = 10.0


@dataclass
class Load:
    """What is sent where, and what came back: answers by status, seconds of each."""

    host: str
    port: int
    head: str
    bodies: Iterator[bytes]
    statuses: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)

    async def run(self, connections: int) -> tuple[float, float]:
        """Send everything; returns when the first byte was sent and the last answer came, by the monotonic clock."""
        opened = [
            await asyncio.wait_for(asyncio.open_connection(self.host, self.port), _CONNECT_SECONDS)
            for _ in range(connections)
        ]
        begun = time.perf_counter()
        await asyncio.gather(*(self._talk(reader, writer) for reader, writer in opened))
        ended = time.perf_counter()
        for _, writer in opened:
            writer.close()
        return begun, ended

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for body in self.bodies:  # all connections take from one iterator
            begun = time.perf_counter()
            writer.write(f"{self.head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = _length(answer)
            if length:
                await reader.readexactly(length)
            self.statuses[int(answer[9:12])] += 1
            self.waits.append(time.perf_counter() - begun)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def pull_bodies(account: str, images: int, requests: int, now: datetime) -> Iterator[bytes]:
    """Yield envelopes of one pull each, as CNCF Distribution writes them; every event has its own id."""
    for number in range(requests):
        image = number * 7919 % images
        repository, digest = repository_of_image(image), digest_of_image(account, image)
        event = {
            "id": f"{number:08d}-pull",
            "timestamp": now.isoformat(),
            "action": "pull",
            "target": {
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "size": 1234,
                "digest": digest,
                "length": 1234,
                "repository": repository,
                "url": f"https://registry.example/v2/{repository}/manifests/{digest}",
                "tag": "latest",
            },
            "request": {
                "id": f"request-{number:08d}",
                "addr": "10.0.0.1:54321",
                "host": "registry.example",
                "method": "GET",
                "useragent": "containerd/1.7.24",
            },
            "actor": {"name": "cluster"},
            "source": {"addr": "registry-0:5000", "instanceID": "5f3a8f0e-0000-4000-8000-000000000000"},
        }
        yield json.dumps({"events": [event]}).encode()


def _main() -> None:
    host, port, path, secret, account, connections, images, requests = sys.argv[1:]
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {secret}\r\n"
        f"Content-Type: {_CONTENT_TYPE}\r\nUser-Agent: Go-http-client/1.1\r\n"
    )
    bodies = list(pull_bodies(account, int(images), int(requests), machine_now().astimezone(UTC)))
    load = Load(host, int(port), head, iter(bodies))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        begun, ended = runner.run(load.run(int(connections)))
    waits = sorted(load.waits)
    print(
        json.dumps(
            {
                "begun": begun,
                "seconds": ended - begun,
                "statuses": {str(status): count for status, count in load.statuses.items()},
                "p50": waits[len(waits) // 2],
                "p99": waits[len(waits) * 99 // 100],
                "body_bytes": len(bodies[0]),
            }
        )
    )


if __name__ == "__main__":
    _main()
