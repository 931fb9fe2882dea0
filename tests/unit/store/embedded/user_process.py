"""A user of the embedded server in a process of its own, which a test can signal and kill.

Run as a program: enters a session, says where on standard output, runs each line of its standard input as a statement
on a connection that stays open, and leaves the session at the end of its input.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from dogwatch.store.embedded import EmbeddedServer
from tests.waiting import PATIENCE_SECONDS


class UserProcess:
    """The test's end of such a process."""

    def __init__(self, data_folder: Path, *, prefix: tuple[str, ...] = ()) -> None:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if os.path.isabs(path))}
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-P", __file__, str(data_folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            start_new_session=True,
        )

    def wait_until_in(self) -> str:
        """Return the address; or what the session raised."""
        return self._read()

    def execute(self, statement: str) -> str:
        """Run a statement in a transaction of its own; return all rows as JSON, or the error."""
        assert self.process.stdin is not None
        self.process.stdin.write(statement.replace("\n", " ") + "\n")
        self.process.stdin.flush()
        return self._read()

    def leave(self) -> int:
        """Let the process leave its session and end; return its status."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(PATIENCE_SECONDS)

    def kill(self) -> None:
        """End it as the kernel does when memory runs out."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")


@contextmanager
def user_process(data_folder: Path, *, prefix: tuple[str, ...] = ()) -> Iterator[UserProcess]:
    """Start one; it is dead at the end of the block, however that ends."""
    user = UserProcess(data_folder, prefix=prefix)
    try:
        yield user
    finally:
        user.kill()
        for stream in (user.process.stdin, user.process.stdout):
            assert stream is not None
            stream.close()


def main(data_folder: str) -> None:
    """Be the process."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs tests in the background hands it on as ignored
    try:
        with (
            EmbeddedServer(Path(data_folder)).session() as address,
            psycopg.connect(address, autocommit=True) as connection,
        ):
            print(address, flush=True)
            for line in _lines():
                print(_run(connection, line), flush=True)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", flush=True)


def _lines() -> Iterator[str]:
    """Yield the lines of standard input; a signal that comes just before the wait for one is heard a second later."""
    while True:
        while not select.select([sys.stdin], [], [], 1.0)[0]:
            pass
        line = sys.stdin.readline()
        if not line:
            return
        yield line


def _run(connection: psycopg.Connection, statement: str) -> str:
    try:
        cursor = connection.execute(statement.encode())
        return json.dumps(cursor.fetchall() if cursor.description else [], default=str)
    except psycopg.Error as error:
        return f"{type(error).__name__}: {error}".replace("\n", " ")


if __name__ == "__main__":
    main(sys.argv[1])
