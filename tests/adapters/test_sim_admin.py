"""Whoever answers at a simulated broker's old port: nobody, a stranger, somebody who speaks no HTTP."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tarazu.adapters.sim_admin import admin_answer
from tarazu.adapters.sim_clock import SimClock
from tarazu.app.supervision.found_broker import ask_status

STRANGERS = {
    "says hello": b"hello\r\n",
    "hangs up": b"",
    "knows no such page": b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
    "ends in the middle": b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{",
    "has a page of its own": b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
    "tells something else": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
}


@contextmanager
def stranger(said: bytes) -> Iterator[str]:
    """An address at which one caller hears this."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def answer() -> None:
            line, _ = door.accept()
            with line:
                line.recv(4096)
                line.sendall(said)

        there = threading.Thread(target=answer)
        there.start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
        there.join()


@pytest.mark.parametrize("said", STRANGERS.values(), ids=STRANGERS.keys())
def test_a_stranger_is_no_clock_and_says_so_as_a_broken_line_does(said: bytes) -> None:
    with stranger(said) as url, pytest.raises(OSError):
        SimClock(url)


@pytest.mark.parametrize("said", STRANGERS.values(), ids=STRANGERS.keys())
def test_a_stranger_is_no_broker(said: bytes) -> None:
    with stranger(said) as url:
        assert ask_status(url) is None


@pytest.mark.parametrize("url", ["https://127.0.0.1:1", "127.0.0.1:1", "http://", "http://127.0.0.1:port", ""])
def test_an_address_that_is_none_is_refused_like_one_where_nobody_is(url: str) -> None:
    with pytest.raises(OSError, match="admin port"):
        admin_answer(url, "/clock", 1.0)


def test_no_proxy_stands_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with stranger(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as url:
        assert admin_answer(url, "/status", 5.0) == b"{}"
