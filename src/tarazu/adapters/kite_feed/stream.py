"""One WebSocket, from upgrade to end: whole messages up, control frames answered, nothing queued.

picows parses in C and calls back synchronously. A slow consumer therefore slows the reading, the kernel's buffer fills,
and the server notices; nothing grows here. TLS is always verified; no option turns that off.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSProtocolError, WSTransport, ws_connect
from picows.url import WSParsedURL

from tarazu.adapters.kite_feed.clocks import LinkClocks
from tarazu.adapters.kite_feed.events import FrameKind
from tarazu.ports.clock import Clock

OnFrame = Callable[[int, FrameKind, memoryview, int, int], None]
"""(connection, kind, payload, wall_ns, mono_ns). The payload is released when the call returns: copy what is kept, and
keep no NumPy view of it, which would read freed memory."""

# A frame of 3,000 full packets is 558 kB; anything much beyond is not Kite.
MESSAGE_BYTES_MAX = 4 << 20
READ_BUFFER_BYTES = 256 << 10

CONNECT_S = 5.0  # each of: TCP, TLS, upgrade

NO_CODE = 1005
NO_CLOSE_FRAME = 1006

HEADERS = {"X-Kite-Version": "3", "User-Agent": "tarazu"}


class Stream(WSListener):
    """A link that is up. `ended` turns true once the socket is closed."""

    def __init__(
        self, connection: int, clock: Clock, clocks: LinkClocks, on_frame: OnFrame, on_turn: Callable[[], None]
    ) -> None:
        """`on_turn` is called at the first frame, at the first ticks and at the end."""
        self.ended = False
        self.closing = False
        """The peer has sent its close frame."""
        self.close_code = NO_CLOSE_FRAME
        self.close_reason = ""
        self.frames = 0
        self.bytes = 0
        self._connection = connection
        self._wall_ns, self._mono_ns = clock.wall_ns, clock.mono_ns
        self._clocks = clocks
        self._on_frame = on_frame
        self._on_turn = on_turn
        self._transport: WSTransport | None = None
        self._parts = bytearray()
        self._parts_type: WSMsgType | None = None
        self._failed = False

    @property
    def up(self) -> bool:
        """The upgrade was accepted, and the socket is not closed."""
        return self._transport is not None and not self.ended

    # What the connection does with it.

    def send(self, command: bytes) -> None:
        self._link.send(WSMsgType.TEXT, command)

    def ping(self, payload: bytes) -> None:
        self._link.send_ping(payload)

    def close(self) -> None:
        """Say goodbye, once; the server then ends the connection (RFC 6455, 7.1.1), or `abort` does."""
        if not self._link.is_close_frame_sent:
            self._link.send_close(WSCloseCode.OK)

    def abort(self) -> None:
        """End it now, whatever the peer thinks."""
        self._link.disconnect(graceful=False)

    async def failure(self) -> WSProtocolError | None:
        """After the end: what the peer did against the protocol. Raises what the consumer's callback raised."""
        try:
            await self._link.wait_disconnected()
        except WSProtocolError as broken:
            return broken
        return None

    # What picows calls.

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if kind == WSMsgType.PONG:
            self._clocks.pong(frame.get_payload_as_bytes(), self._mono_ns())
        elif kind == WSMsgType.CLOSE:
            self._answer_close(frame.get_payload_as_bytes())
        elif frame.fin and kind != WSMsgType.CONTINUATION:
            self._deliver(kind, frame.get_payload_as_memoryview())
        else:
            self._gather(kind, frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.ended = True
        self._on_turn()

    # Inside.

    @property
    def _link(self) -> WSTransport:
        assert self._transport is not None, "picows announces the transport before ws_connect returns"
        return self._transport

    def _deliver(self, kind: WSMsgType, payload: memoryview) -> None:
        if self._failed:
            return
        mono_ns = self._mono_ns()
        clocks = self._clocks
        size = len(payload)
        first = not clocks.frame_ns
        clocks.frame_ns = mono_ns
        self.frames += 1
        self.bytes += size
        if kind == WSMsgType.TEXT:
            what = FrameKind.TEXT
        elif size < 2:
            what = FrameKind.HEARTBEAT
        else:
            what = FrameKind.TICKS
            first |= not clocks.data_ns
            clocks.data_ns = mono_ns
        try:
            self._on_frame(self._connection, what, payload, self._wall_ns(), mono_ns)
            payload.release()
        except BaseException:
            self._failed = True
            raise
        if first:
            self._on_turn()

    def _gather(self, kind: WSMsgType, frame: WSFrame) -> None:
        """A message in several frames. Kite sends none; a proxy between us may."""
        if (kind == WSMsgType.CONTINUATION) is (self._parts_type is None):
            raise WSProtocolError(WSCloseCode.PROTOCOL_ERROR, "a continuation out of place")
        if self._parts_type is None:
            self._parts_type = kind
        self._parts += frame.get_payload_as_memoryview()
        if len(self._parts) > MESSAGE_BYTES_MAX:
            raise WSProtocolError(WSCloseCode.MESSAGE_TOO_BIG, "a message beyond all measure")
        if frame.fin:
            whole, kind = bytes(self._parts), self._parts_type
            self._parts, self._parts_type = bytearray(), None
            self._deliver(kind, memoryview(whole))

    def _answer_close(self, payload: bytes) -> None:
        self.closing = True
        self.close_code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else NO_CODE
        self.close_reason = payload[2:].decode("utf-8", "replace")
        self.close()
        self._on_turn()


@cache
def tls() -> ssl.SSLContext:
    """Verifies chain and host name against the system's authorities. Made once: it takes some 20 ms."""
    return ssl.create_default_context()


class Dial:
    """One attempt to open a stream. Owns its socket until then, so that giving up leaves none behind."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    async def open(self, stream: Stream, url: str) -> None:
        """Raises picows' WSError (with `response` for an answer other than 101), OSError or TimeoutError.

        Never follows a redirect: the URL carries the access token.
        """
        secure = url.startswith("wss:")
        more: dict[str, Any] = {"ssl_context": tls(), "ssl_handshake_timeout": CONNECT_S} if secure else {}
        try:
            await ws_connect(
                lambda: stream,
                url,
                websocket_handshake_timeout=CONNECT_S,
                max_frame_size=MESSAGE_BYTES_MAX,
                extra_headers=HEADERS,
                max_redirects=0,
                read_buffer_init_size=READ_BUFFER_BYTES,
                socket_factory=self._connected,
                use_aiofastnet=False,  # asyncio's own transports and the standard library's TLS
                **more,
            )
            if not stream.up:
                raise ConnectionResetError("ended during the upgrade")  # to picows that is no error
        except BaseException:
            self._let_go()
            raise

    async def _connected(self, url: WSParsedURL) -> socket.socket:
        """A TCP connection to the first address that answers."""
        loop = asyncio.get_running_loop()
        failure: Exception = OSError(f"{url.host} has no address")
        async with asyncio.timeout(CONNECT_S):
            for family, kind, protocol, _, address in await loop.getaddrinfo(
                url.host, url.port, type=socket.SOCK_STREAM
            ):
                candidate = socket.socket(family, kind, protocol)
                candidate.setblocking(False)
                try:
                    await loop.sock_connect(candidate, address)
                except BaseException as failed:
                    candidate.close()
                    if not isinstance(failed, OSError):
                        raise
                    failure = failed
                    continue
                self._socket = candidate
                return candidate
        raise failure

    def _let_go(self) -> None:
        """Shut the socket down, if it is not closed yet: its transport then sees the end and closes it."""
        if self._socket is not None and self._socket.fileno() >= 0:
            with suppress(OSError):  # not connected any more
                self._socket.shutdown(socket.SHUT_RDWR)
