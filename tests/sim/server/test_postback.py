import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable

import pytest

from tarazu.sim.front.sessions import App
from tarazu.sim.orders import OrderUpdate
from tarazu.sim.server.postback import BadPostbackUrl, Postbacks, parse_url

ROW = {"order_id": "42", "order_timestamp": "2026-11-23 09:20:00", "status": "COMPLETE", "quantity": 75}
UPDATE = OrderUpdate("TZ0001", 1, json.dumps({**ROW, "filled_quantity": 50}).encode(), True)
Endpoint = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def app_at(url: str, user_id: str = "TZ0001", api_key: str = "kk") -> App:
    return App(api_key=api_key, api_secret="ss", user_id=user_id, postback_url=url, app_id=7)


async def listen(endpoint: Endpoint) -> tuple[asyncio.Server, str]:
    server = await asyncio.start_server(endpoint, "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook?x=1"


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(40):
        while not true():
            await asyncio.sleep(0.001)


def test_an_update_is_posted_with_app_id_checksum_and_unfilled_quantity() -> None:
    got: list[tuple[bytes, dict[str, object]]] = []

    async def endpoint(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        got.append((head, json.loads(await reader.readexactly(length))))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def scenario() -> None:
        server, url = await listen(endpoint)
        other = app_at(url, user_id="TZ0002", api_key="k2")
        postbacks = Postbacks(lambda: [app_at(url), other, app_at("", api_key="k3")])
        silent = OrderUpdate("TZ0001", 1, UPDATE.row.replace(b"42", b"41"), False)
        postbacks.post([silent, UPDATE])
        await until(lambda: postbacks.sent == 1)
        server.close()

    asyncio.run(scenario())
    [(head, body)] = got
    assert head.startswith(b"POST /hook?x=1 HTTP/1.1\r\n")
    checksum = hashlib.sha256(b"42" + b"2026-11-23 09:20:00" + b"ss").hexdigest()
    assert body == {**ROW, "filled_quantity": 50, "app_id": 7, "checksum": checksum, "unfilled_quantity": 25}


def test_a_hanging_endpoint_delays_neither_the_caller_nor_another_app() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()

    async def scenario() -> None:
        (slow, slow_url), (quick, quick_url) = await listen(hang), await listen(answer)
        postbacks = Postbacks(lambda: [app_at(slow_url), app_at(quick_url, api_key="k2")], timeout_s=0.2)
        postbacks.post([UPDATE, UPDATE])
        await until(lambda: postbacks.sent == 2)
        assert postbacks.failed == 0
        await until(lambda: postbacks.failed == 2)
        slow.close()
        quick.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n", b"HTTP/1.1 500 No\r\n\r\n", b"x" * 100_000])
def test_whatever_an_endpoint_answers_is_counted_and_harms_nobody(answer: bytes) -> None:
    async def endpoint(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    async def scenario() -> None:
        server, url = await listen(endpoint)
        postbacks = Postbacks(lambda: [app_at(url)])
        postbacks.post([UPDATE])
        await until(lambda: postbacks.failed == 1)
        server.close()

    asyncio.run(scenario())


def test_nobody_listening_is_a_failure_and_no_more() -> None:
    async def scenario() -> None:
        server, url = await listen(lambda r, w: asyncio.sleep(0))
        server.close()
        await server.wait_closed()
        postbacks = Postbacks(lambda: [app_at(url)])
        postbacks.post([UPDATE])
        await until(lambda: postbacks.failed == 1)

    asyncio.run(scenario())


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "http://localhost/", "http://[::1]:80/"])
def test_this_machine_may_be_called(url: str) -> None:
    parse_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "http://example.com/",
        "http://127.0.0.1.example.com/",
        "http://10.0.0.1/",
        "http://0.0.0.0/",
        "http://127.0.0.1@example.com/",
        "http://user@127.0.0.1/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\r\nX: y",
        "file:///etc/passwd",
        "",
    ],
)
def test_any_other_url_is_refused(url: str) -> None:
    with pytest.raises(BadPostbackUrl):
        parse_url(url)
