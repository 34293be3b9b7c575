"""Servers and consumers that Kite's protocol does not foresee, with real sockets."""

import asyncio
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tarazu.adapters.kite_feed import events, stream
from tarazu.adapters.kite_feed.client import KiteFeed
from tarazu.adapters.kite_feed.clocks import Deadlines
from tarazu.adapters.kite_feed.events import FrameKind, Loss
from tarazu.adapters.system_clock import SystemClock

# A tenth of the real ones.
HASTY = Deadlines(
    ping_every_ns=170_000_000,
    pong_within_ns=300_000_000,
    silence_ns=450_000_000,
    look_every_ns=20_000_000,
    stall_ns=100_000_000,
)

Speak = Callable[[ServerConnection], Awaitable[None]]


class Consumer:
    def __init__(self) -> None:
        self.events: list[Any] = []
        self.frames: list[tuple[FrameKind, bytes]] = []
        self.kept: list[memoryview] = []

    def take(self, connection: int, kind: FrameKind, payload: memoryview, wall_ns: int, mono_ns: int) -> None:
        self.frames.append((kind, bytes(payload)))
        self.kept.append(payload)

    def connect(self, root: str, deadlines: Deadlines | None = None) -> KiteFeed:
        self.feed = KiteFeed(
            api_key="k",
            access_token="s3cret",
            clock=SystemClock(),
            root=root,
            connections=1,
            deadlines=deadlines,
            on_frame=self.take,
            on_event=self.events.append,
        )
        return self.feed

    def first(self, kind: type[Any]) -> Any:
        return next((e for e in self.events if isinstance(e, kind)), None)

    async def until(self, true: Callable[[], Any]) -> Any:
        async with asyncio.timeout(40):
            while not (answer := true()):
                await asyncio.sleep(0.01)
        return answer


@asynccontextmanager
async def running(feed: KiteFeed) -> Any:
    life = asyncio.create_task(feed.run())
    yield life
    life.cancel()
    with suppress(asyncio.CancelledError):
        await life


def against(
    speak: Speak, story: Callable[[Consumer], Awaitable[None]], deadlines: Deadlines | None = None, **tls: Any
) -> None:
    """Run `story` on a feed whose server does `speak` on each connection and then holds it open."""

    async def hold(socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            await speak(socket)
            await socket.wait_closed()

    async def scenario() -> None:
        consumer = Consumer()
        async with serve(hold, "127.0.0.1", 0, ping_interval=None, max_size=None, compression=None, **tls) as server:
            port = server.sockets[0].getsockname()[1]
            async with running(consumer.connect(f"{'wss' if tls else 'ws'}://localhost:{port}", deadlines)):
                await story(consumer)

    asyncio.run(scenario())


def test_a_message_in_pieces_arrives_whole() -> None:
    async def speak(socket: ServerConnection) -> None:
        await socket.send([b"\x00\x01", b"\x00\x08", b"12345678"])
        await socket.send(['{"type":', '"message"}'])

    async def story(c: Consumer) -> None:
        await c.until(lambda: len(c.frames) == 2)
        assert c.frames == [(FrameKind.TICKS, b"\x00\x01\x00\x0812345678"), (FrameKind.TEXT, b'{"type":"message"}')]

    against(speak, story)


def test_a_message_beyond_all_measure_ends_the_link_not_the_memory() -> None:
    async def speak(socket: ServerConnection) -> None:
        await socket.send(bytes(1 << 20) for _ in range(5))

    async def story(c: Consumer) -> None:
        lost = await c.until(lambda: c.first(events.Disconnected))
        assert lost.reason is Loss.PROTOCOL and c.frames == []

    against(speak, story)


def test_a_ping_of_the_server_is_answered() -> None:
    answered = []

    async def speak(socket: ServerConnection) -> None:
        await (await socket.ping(b"are you there"))
        answered.append(True)

    async def story(c: Consumer) -> None:
        await c.until(lambda: answered)

    against(speak, story)


def test_our_pings_are_answered_by_any_server_and_measured() -> None:
    async def speak(socket: ServerConnection) -> None:
        await socket.send(b"\x00")

    async def story(c: Consumer) -> None:
        assert await c.until(lambda: c.feed.health()[0].rtt_ns) > 0

    against(speak, story)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"", None),
        (b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 302),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", 101),
        (b"\xff\x00 nonsense\r\n\r\n", None),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 24\r\n\r\n/?access_token=s3cret: no", 404),
    ],
    ids=["hangs up", "redirects elsewhere", "half a handshake", "no HTTP", "echoes the token"],
)
def test_an_upgrade_that_comes_to_nothing_is_told_and_tried_again(answer: bytes, status: int | None) -> None:
    asked: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        writer.close()

    async def scenario() -> None:
        c = Consumer()
        async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
            feed = c.connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            async with running(feed):
                await c.until(lambda: len(asked) == 2)
        failed = c.first(events.ConnectFailed)
        assert failed.status == status and "s3cret" not in repr(c.events)
        assert b"access_token=s3cret" in asked[0] and b"X-Kite-Version: 3" in asked[0]

    asyncio.run(scenario())


def test_what_a_consumer_raises_ends_the_feed_and_is_raised_by_run() -> None:
    async def scenario() -> None:
        def fail(*frame: Any) -> None:
            raise OSError("no space left on device")

        async def speak(socket: ServerConnection) -> None:
            await socket.send(b"\x00\x00")
            await socket.send(b"\x00\x00")
            await socket.wait_closed()

        c = Consumer()
        c.take = fail  # type: ignore[method-assign]
        async with serve(speak, "127.0.0.1", 0) as server:
            with pytest.raises(OSError, match="no space left"):
                async with asyncio.timeout(40):
                    await c.connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}").run()

    asyncio.run(scenario())


def test_a_payload_kept_beyond_the_call_is_released() -> None:
    async def story(c: Consumer) -> None:
        await c.until(lambda: c.kept)
        with pytest.raises(ValueError, match="released"):
            bytes(c.kept[0])

    against(greet, story)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for `localhost` that nobody trusts yet, its key in the same file."""
    folder = tmp_path_factory.mktemp("tls")
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    made += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem"]
    subprocess.run([*made, "-out", "cert.pem"], cwd=folder, check=True, capture_output=True)
    (folder / "both.pem").write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return folder


def over_tls(certificate: Path) -> ssl.SSLContext:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate / "both.pem")
    return server


async def greet(socket: ServerConnection) -> None:
    await socket.send(b"\x00\x00")


@pytest.fixture(autouse=True)
def _authorities_read_anew() -> Any:
    stream.tls.cache_clear()
    yield
    stream.tls.cache_clear()


def test_a_server_with_an_unknown_certificate_gets_no_token(certificate: Path) -> None:
    async def story(c: Consumer) -> None:
        failed = await c.until(lambda: c.first(events.ConnectFailed))
        assert "CERTIFICATE_VERIFY_FAILED" in failed.detail and c.frames == []

    against(greet, story, ssl=over_tls(certificate))


def test_a_server_whose_authority_the_machine_trusts_is_connected_to(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(c: Consumer) -> None:
        await c.until(lambda: c.frames)

    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    against(greet, story, ssl=over_tls(certificate))


def test_a_trusted_certificate_of_another_name_is_refused(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        c = Consumer()
        async with serve(greet, "127.0.0.1", 0, ssl=over_tls(certificate)) as server:
            feed = c.connect(f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            async with running(feed):
                failed = await c.until(lambda: c.first(events.ConnectFailed))
                assert "CERTIFICATE_VERIFY_FAILED" in failed.detail

    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    asyncio.run(scenario())


# A consumer that is slower than the feed.

MEGABYTE = 1 << 20
# Well above what the kernel holds (tcp_rmem, tcp_wmem) and what is being read; a queue would hold all of 400 MB.
IN_FLIGHT_BYTES_MAX = 64 * MEGABYTE


def test_a_slow_consumer_slows_the_server_and_fills_no_memory() -> None:
    sent, ahead = [0], []

    def pour(listening: socket.socket, over: threading.Event) -> None:
        """A server with a thread of its own, since a slow consumer holds up the event loop of this one."""

        async def speak(ws: ServerConnection) -> None:
            with suppress(ConnectionClosed):
                while True:
                    await ws.send(bytes(MEGABYTE))
                    sent[0] += MEGABYTE

        async def scenario() -> None:
            async with serve(speak, sock=listening, ping_interval=None, compression=None):
                await asyncio.to_thread(over.wait)

        asyncio.run(scenario())

    async def scenario(port: int) -> None:
        c = Consumer()
        took = [0]

        def take(connection: int, kind: FrameKind, payload: memoryview, *times: int) -> None:
            time.sleep(0.002)
            took[0] += len(payload)
            ahead.append(sent[0] - took[0])

        c.take = take  # type: ignore[method-assign]
        async with running(c.connect(f"ws://127.0.0.1:{port}")):
            await c.until(lambda: len(ahead) >= 400)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        over = threading.Event()
        server = threading.Thread(target=pour, args=(listening, over))
        server.start()
        asyncio.run(scenario(listening.getsockname()[1]))
        over.set()
        server.join(timeout=60)
    assert max(ahead) <= IN_FLIGHT_BYTES_MAX


def test_a_consumer_that_sleeps_longer_than_a_deadline_does_not_lose_the_link() -> None:
    slept = []

    async def speak(ws: ServerConnection) -> None:
        while True:
            await ws.send(b"\x00")
            await asyncio.sleep(0.1)

    async def story(c: Consumer) -> None:
        await c.until(lambda: c.frames)
        time.sleep(1.2)
        slept.append(len(c.frames))
        await c.until(lambda: len(c.frames) > slept[0] + 10)
        assert not c.first(events.Disconnected)

    against(speak, story, deadlines=HASTY)


def test_the_same_deadlines_find_a_silent_server() -> None:
    async def story(c: Consumer) -> None:
        lost = await c.until(lambda: c.first(events.Disconnected))
        assert lost.reason is Loss.SILENT

    against(greet, story, deadlines=HASTY)


# A dial that does not come to an end.

hung_up: list[bool] = []


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes the connection and says nothing; ends when the client does."""
    await reader.readuntil(b"\r\n\r\n")
    await reader.read()
    writer.close()
    hung_up.append(True)


def dialling(story: Callable[[Consumer], Awaitable[None]]) -> None:
    hung_up.clear()

    async def scenario() -> None:
        c = Consumer()
        async with await asyncio.start_server(silence, "127.0.0.1", 0) as server:
            async with running(c.connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")):
                await story(c)
            await c.until(lambda: hung_up)

    asyncio.run(scenario())


def test_an_upgrade_that_is_never_answered_is_given_up_and_leaves_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(c: Consumer) -> None:
        failed = await c.until(lambda: c.first(events.ConnectFailed))
        assert "timeout" in failed.detail and failed.status is None
        await c.until(lambda: hung_up)

    monkeypatch.setattr(stream, "CONNECT_S", 0.2)
    dialling(story)


def test_a_feed_cancelled_in_the_middle_of_a_dial_leaves_no_socket() -> None:
    async def story(c: Consumer) -> None:
        await asyncio.sleep(0.1)
        assert not hung_up

    dialling(story)
