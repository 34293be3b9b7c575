import asyncio
import http.client
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from tarazu.sim.front.http import BODY_BYTES_MAX, Request, Response
from tarazu.sim.server.listening import HttpServer, PortTaken, bind, port_of
from tarazu.sim.server.rest import CuttableProtocol, RestApp


def serving(answer: Callable[[Request], Response], story: Callable[[int], Any]) -> Any:
    """Serve `answer` and run the blocking `story(port)` in a thread."""

    async def scenario() -> Any:
        listening = bind(0)
        server = HttpServer(RestApp(answer, real_s=lambda ns: ns / 1e9), CuttableProtocol)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            return await asyncio.to_thread(story, port_of(listening))
        finally:
            server.should_exit = True
            await task

    return asyncio.run(scenario())


def ask(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=40)
    connection.request(method, path, body or None, headers)
    answer = connection.getresponse()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()


def json_of(body: bytes = b"{}", **more: Any) -> Response:
    return Response(200, "application/json", body, **more)


def test_a_request_reaches_the_front_whole_and_its_answer_the_client() -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        return json_of(b'{"a":1}', headers={"date": "Mon, 23 Nov 2026 03:50:00 GMT", "x-y": "z"})

    status, headers, body = serving(
        answer, lambda port: ask(port, "POST", "/a%20b/c?i=NSE%3AX&i=Y+Z&q=", b"k=v", Authorization="token k:t")
    )
    assert (status, body) == (200, b'{"a":1}')
    assert headers["content-type"] == "application/json"
    assert (headers["date"], headers["x-y"]) == ("Mon, 23 Nov 2026 03:50:00 GMT", "z")
    [request] = seen
    assert (request.method, request.path, request.body) == ("POST", "/a b/c", b"k=v")
    assert request.query == (("i", "NSE:X"), ("i", "Y Z"), ("q", ""))
    assert request.headers["authorization"] == "token k:t"
    assert request.client_ip == "127.0.0.1"


def test_one_connection_serves_many_requests() -> None:
    def story(port: int) -> list[int]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=40)
        answers = []
        for _ in range(3):
            connection.request("GET", "/")
            answer = connection.getresponse()
            answer.read()
            answers.append(connection.sock.getsockname()[1])
        return answers

    assert len(set(serving(lambda r: json_of(), story))) == 1


def test_a_hangup_cuts_the_connection_without_an_answer() -> None:
    def story(port: int) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=40) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            return client.recv(100)

    assert serving(lambda r: Response(0, "", b"", hangup=True), story) == b""


def test_a_delay_is_waited_for() -> None:
    def story(port: int) -> float:
        before_s = time.monotonic()
        assert ask(port, "GET", "/")[0] == 200
        return time.monotonic() - before_s

    assert serving(lambda r: json_of(delay_ns=1_000_000_000), story) >= 1.0


def test_a_hangup_may_be_waited_for_too() -> None:
    def story(port: int) -> float:
        before_s = time.monotonic()
        with socket.create_connection(("127.0.0.1", port), timeout=40) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(100) == b""
        return time.monotonic() - before_s

    assert serving(lambda r: Response(0, "", b"", hangup=True, delay_ns=500_000_000), story) >= 0.5


def test_an_oversized_body_is_not_read_to_its_end_and_the_front_sees_that_it_is_too_long() -> None:
    lengths: list[int] = []

    def answer(request: Request) -> Response:
        lengths.append(len(request.body))
        return Response(400, "application/json", b"{}")

    def story(port: int) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=40) as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
            client.sendall(b"x" * (BODY_BYTES_MAX + 1))
            return client.recv(1000)

    head = serving(answer, story)
    assert head.startswith(b"HTTP/1.1 400")
    assert b"connection: close" in head.lower()
    assert lengths == [BODY_BYTES_MAX + 1]


def test_a_bug_is_a_500_in_kites_shape_with_the_trace_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def answer(request: Request) -> Response:
        raise ZeroDivisionError("our bug")

    status, headers, body = serving(answer, lambda port: ask(port, "GET", "/orders"))
    assert status == 500
    assert b'"error_type":"GeneralException"' in body
    assert headers["content-type"] == "application/json"
    assert "ZeroDivisionError: our bug" in caplog.text


def test_head_is_a_get_without_its_body_and_options_tells_the_methods() -> None:
    methods: list[str] = []

    def answer(request: Request) -> Response:
        methods.append(request.method)
        return json_of(b"12345")

    status, headers, body = serving(answer, lambda port: ask(port, "HEAD", "/"))
    assert (status, headers["content-length"], body, methods) == (200, "5", b"", ["GET"])
    status, headers, body = serving(answer, lambda port: ask(port, "OPTIONS", "/"))
    assert (status, body) == (204, b"")
    assert "DELETE" in headers["allow"]


def test_a_port_in_use_is_a_clear_error() -> None:
    taken = bind(0)
    with pytest.raises(PortTaken, match=f"127.0.0.1:{port_of(taken)}"):
        bind(port_of(taken))
    taken.close()
