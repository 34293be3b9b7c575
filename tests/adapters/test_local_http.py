"""A question to a process of this machine: what it says, or why that is no answer, and never later than was said."""

import socket
import threading
import time

import pytest

from tarazu.adapters.local_http import ANSWER_BYTES_MAX, BadHttp, exchange


def asked(said: bytes, *, timeout_s: float = 5.0, hang: bool = False) -> tuple[tuple[int, bytes], bytes]:
    """The answer to a question that is answered by these bytes, and what was heard at the other end."""
    ours, theirs = socket.socketpair()
    heard = bytearray()

    def answer() -> None:
        heard.extend(theirs.recv(65536))
        try:
            theirs.sendall(said)
        except OSError:  # the asker has heard enough
            return
        if not hang:
            theirs.close()

    there = threading.Thread(target=answer)
    there.start()
    try:
        with ours:
            return exchange(ours, "POST", "/RPC2", b"<call/>", timeout_s=timeout_s), bytes(heard)
    finally:
        there.join()
        theirs.close()


def test_a_question_is_whole_and_so_is_its_answer() -> None:
    answer, heard = asked(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 5\r\n\r\n<ok/>")
    assert answer == (200, b"<ok/>")
    head, _, body = heard.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /RPC2 HTTP/1.0\r\n") and b"Content-Length: 7" in head and body == b"<call/>"


def test_what_is_no_200_is_told_as_what_it_is() -> None:
    assert asked(b"HTTP/1.0 404 Not Found\r\n\r\n")[0] == (404, b"")


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"hello\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<ok/>",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<ok/>\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<ok/>",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n<ok/>",
        b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\n<ok/>",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n<ok/>",
        b"HTTP/1.1 \xb200 OK\r\n\r\n",
        b"HTTP/1.1 " + b"9" * 5_000 + b" OK\r\n\r\n",
        b"x" * (ANSWER_BYTES_MAX + 1),
    ],
    ids=[
        *("nothing", "no HTTP", "half a head", "no status", "half a body", "in parts", "more than was said"),
        *("a length in words", "a length that is no digit", "a length without end", "a status that is no digit"),
        *("a status without end", "without end"),
    ],
)
def test_what_is_no_whole_answer_is_none(said: bytes) -> None:
    with pytest.raises(BadHttp):
        asked(said)


def test_an_answer_that_drips_is_late_as_a_whole() -> None:
    ours, theirs = socket.socketpair()
    over = threading.Event()

    def drip() -> None:
        while not over.wait(0.05):
            theirs.sendall(b"H")

    there = threading.Thread(target=drip)
    there.start()
    began_s = time.monotonic()
    try:
        with ours, pytest.raises(TimeoutError):
            exchange(ours, "GET", "/", timeout_s=0.3)
    finally:
        over.set()
        there.join()
        theirs.close()
    assert time.monotonic() - began_s < 2.0


def test_who_never_answers_is_late() -> None:
    with pytest.raises(TimeoutError):
        asked(b"", timeout_s=0.2, hang=True)
