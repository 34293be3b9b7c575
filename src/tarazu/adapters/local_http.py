"""One question over plain HTTP to a process of this machine, at a socket that is connected already.

The standard library's client brings TLS and the grammar of e-mail with it: 20 ms of CPU, more than all else that a
short command does. What is asked here listens on this machine, is one of ours and answers in one piece.
"""

import re
import socket
import time

ANSWER_BYTES_MAX = 16 << 20
_CHUNK = 1 << 16
_STATUS = re.compile(r"HTTP/1\.[0-9] ([1-9][0-9][0-9])(?: .*)?")
"""RFC 9112, 4."""
_NUMBER = re.compile(r"[0-9]{1,18}")
"""ASCII's digits alone: `str.isdigit` is also true of what `int` refuses, and `int` refuses what is too long."""


class BadHttp(OSError):
    """What was said is no whole answer in HTTP."""


def exchange(line: socket.socket, method: str, path: str, body: bytes = b"", *, timeout_s: float) -> tuple[int, bytes]:
    """Status and body. The line is of no more use then: HTTP/1.0, in which the answer's end is the line's.

    Raises OSError: nobody answers, not within `timeout_s` in all, or not in HTTP (BadHttp).
    """
    until_s = time.monotonic() + timeout_s
    line.settimeout(timeout_s)
    head = f"{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    line.sendall(f"{head}Content-Type: text/xml\r\n\r\n".encode("ascii") + body)
    return _answer(_all(line, until_s))


def _all(line: socket.socket, until_s: float) -> bytes:
    told = bytearray()
    while len(told) <= ANSWER_BYTES_MAX:
        left_s = until_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("timed out")
        line.settimeout(left_s)
        more = line.recv(_CHUNK)
        if not more:
            return bytes(told)
        told += more
    raise BadHttp(f"an answer of more than {ANSWER_BYTES_MAX} bytes")


def _answer(told: bytes) -> tuple[int, bytes]:
    head, ended, body = told.partition(b"\r\n\r\n")
    first, *fields = head.decode("latin-1").split("\r\n")
    status = _STATUS.fullmatch(first)
    if not ended or status is None:
        raise BadHttp(f"no answer in HTTP: {first[:80]!r}")
    for field in fields:
        name, _, value = field.partition(":")
        match name.strip().lower():
            case "content-length":
                _judge_length(value.strip(), len(body))
            case "transfer-encoding":
                raise BadHttp(f"an answer in HTTP/1.1's parts: {value.strip()[:80]!r}")
    return int(status[1]), body


def _judge_length(told: str, came: int) -> None:
    """Raises BadHttp where it is not what came."""
    if not _NUMBER.fullmatch(told):
        raise BadHttp(f"the answer's length is no number: {told[:80]!r}")
    if int(told) != came:
        raise BadHttp(f"the answer has {came} bytes and not {int(told)}")
