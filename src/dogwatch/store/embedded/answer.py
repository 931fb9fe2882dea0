"""Ask a server at its socket whether it takes connections: one startup packet, one answer.

No client library, so that joining a running server costs about a millisecond, and no environment variable can
interfere. Called by `server`.

Source:
    PostgreSQL 18 documentation, Frontend/Backend Protocol (StartupMessage, ErrorResponse, AuthenticationOk) and error
    codes (57P03 cannot_connect_now, 53300 too_many_connections).
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from enum import StrEnum

from dogwatch.store.embedded.names import DATABASE_NAME, PORT, ROLE_NAME

ANSWER_SECONDS = 5.0  # a server that is there answers in milliseconds; a stopped one is asked again by the caller
_ANSWER_BYTES = 8192  # an error response is a few hundred bytes
_PROTOCOL_3_0 = 196608


class Readiness(StrEnum):
    """What a server said."""

    READY = "takes connections"
    BUSY = "is starting, recovering or stopping"
    SILENT = "does not answer"
    REFUSED = "refuses us"


@dataclass(frozen=True)
class Answer:
    """What a server said, in its own words where it gave any."""

    readiness: Readiness
    words: str = ""


def ask_readiness(socket_folder: str) -> Answer:
    """Knock at the server's socket.

    Args:
        socket_folder: the folder of the socket.

    Returns:
        The answer; silence covers a missing socket, one that nobody listens at, and a server that says nothing in time.
    """
    text = f"user\0{ROLE_NAME}\0database\0{DATABASE_NAME}\0\0".encode()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(ANSWER_SECONDS)
            connection.connect(f"{socket_folder}/.s.PGSQL.{PORT}")
            connection.sendall(struct.pack("!ii", 8 + len(text), _PROTOCOL_3_0) + text)
            reply = _read_message(connection)
            if reply[:1] == b"R":
                connection.sendall(b"X\0\0\0\4")
    except OSError as error:
        return Answer(Readiness.SILENT, str(error))
    return _judge(reply)


def _read_message(connection: socket.socket) -> bytes:
    reply = b""
    while len(reply) < _ANSWER_BYTES:
        piece = connection.recv(_ANSWER_BYTES - len(reply))
        reply += piece
        if not piece or (len(reply) >= 5 and len(reply) > struct.unpack("!i", reply[1:5])[0]):
            break
    return reply


def _judge(reply: bytes) -> Answer:
    if reply[:1] == b"R" and reply[5:9] == b"\0\0\0\0":
        return Answer(Readiness.READY)
    if reply[:1] != b"E":
        return Answer(Readiness.SILENT, "the connection ended without an answer")
    fields = {part[:1]: part[1:].decode("utf-8", "replace") for part in reply[5:].split(b"\0") if part}
    words = fields.get(b"M", "")
    match fields.get(b"C"):
        case "57P03":
            return Answer(Readiness.BUSY, words)
        case "53300":
            return Answer(Readiness.READY, words)  # all connections taken: it is up, and the caller's pool will wait
        case _:
            return Answer(Readiness.REFUSED, words)
