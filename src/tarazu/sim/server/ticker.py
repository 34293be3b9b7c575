"""Kite's ticker WebSocket: handshake, subscriptions, binary tick frames, heartbeats, text frames for orders.

Kite v3 "WebSocket streaming", and the official client's source. The broker's driver calls `ship` after each market
step and `pump` on every turn; both return at once.
"""

import asyncio
import contextlib
import logging
import socket as sockets
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tarazu.model.rules import RuleBook
from tarazu.model.units import SECOND_NS
from tarazu.sim.front.sessions import Sessions
from tarazu.sim.orders import OrderUpdate
from tarazu.sim.server import tick_faults
from tarazu.sim.server.connection import BUFFER_BYTES_MAX, HEARTBEAT, TickerConnection
from tarazu.sim.server.door import Door
from tarazu.sim.server.tick_source import TickSource
from tarazu.wire import kite_text
from tarazu.wire.kite_errors import Refusal
from tarazu.wire.kite_ticks import encode_selected, frame_bytes_max

log = logging.getLogger(__name__)

# Kite sends a heartbeat about every second of silence; gokiteconnect gives up after five.
HEARTBEAT_AFTER_S = 0.9
BEAT_S = 0.4
CLOSE_TIMEOUT_S = 2.0
TOKEN_DIED = 1008

# Kite's words; the connection stays.
TOO_MANY_TOKENS = "Can't subscribe to more than {} instruments."


class Ticker:
    """All ticker connections of one simulated broker."""

    def __init__(
        self, source: TickSource, sessions: Sessions, rules: RuleBook, *, buffer_bytes_max: int = BUFFER_BYTES_MAX
    ) -> None:
        self.connections: list[TickerConnection] = []
        self.slow_readers = 0
        """Connections cut because their reader fell too far behind."""
        self.door = Door(source, sessions, rules.ws_connections)
        self._source = source
        self._sessions = sessions
        self._rules = rules
        self._buffer_bytes_max = buffer_bytes_max
        self._serial = 0
        self._out = np.empty(frame_bytes_max(max(rules.ws_tokens, 1)), np.uint8)
        self._server: Server | None = None
        self._beat: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()

    async def start(self, listening: sockets.socket) -> None:
        self._server = await serve(
            self._serve_connection,
            sock=listening,
            process_request=self.door.admit,
            compression=None,
            ping_interval=None,
            close_timeout=CLOSE_TIMEOUT_S,
            server_header=None,
            logger=logging.getLogger("tarazu.ticker.socket"),
        )
        self._beat = asyncio.create_task(self._beat_forever())

    async def stop(self) -> None:
        if self._beat is not None:
            self._beat.cancel()
        for connection in self.connections:
            connection.hold(False)
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def ship(self, changed: NDArray[np.int64]) -> None:
        """Send every connection its subscribed rows among `changed`, as one frame each."""
        for connection in tuple(self.connections):
            connection.follow(self._source.universe)
            self._send_rows(connection, changed)

    def ship_updates(self, updates: Sequence[OrderUpdate]) -> None:
        """Send order rows to all connections of their accounts, whatever terminal the order came from."""
        for update in updates:
            frame = kite_text.order_frame(update.row)
            for connection in tuple(self.connections):
                if connection.login.user_id == update.user_id and not self._frozen(connection):
                    connection.send(frame, text=True)

    def pump(self) -> None:
        """What time alone brings: frames that a latency fault held back, and the faults of whole connections."""
        now_ns = self._source.now_ns
        for connection in tuple(self.connections):
            self._strike(connection, now_ns)
            while connection.late and connection.late[0][0] <= now_ns:
                frame = connection.late.popleft()[1]
                if not self._frozen(connection):
                    connection.send(frame)

    # One connection.

    async def _serve_connection(self, socket: ServerConnection) -> None:
        self._serial += 1
        connection = TickerConnection(self._serial, self.door.login_of(socket), socket, self._buffer_bytes_max)
        connection.follow(self._source.universe)
        self.connections.append(connection)
        try:
            async for message in socket:
                if isinstance(message, str):
                    self._obey(connection, message)
        except ConnectionClosed:
            pass  # how most connections end; the client reconnects
        finally:
            self._forget(connection)

    def _forget(self, connection: TickerConnection) -> None:
        self.connections.remove(connection)
        if connection.slow:
            self.slow_readers += 1
            log.warning("ticker connection %d cut: its reader fell behind", connection.serial)
        now_ns = self._source.now_ns
        linger = self._source.faults.strike("ws.linger", now_ns, **connection.subject)
        if linger is not None:
            self.door.linger(connection.login.app.api_key, now_ns + round(linger.number("linger_s") * SECOND_NS))

    def _obey(self, connection: TickerConnection, message: str) -> None:
        """Carry out one text command. All are idempotent; the newly subscribed or changed get a snapshot at once."""
        command = kite_text.parse_command(message)
        connection.follow(self._source.universe)
        match command:
            case Refusal():
                self._complain(connection, command.message)
                return
            case kite_text.Unsubscribe():
                connection.unsubscribe(command.tokens)
                return
            case kite_text.Subscribe():
                if len(connection.subscribed.keys() | set(command.tokens)) > self._rules.ws_tokens:
                    self._complain(connection, TOO_MANY_TOKENS.format(self._rules.ws_tokens))
                    return
                fresh = connection.subscribe(command.tokens)
            case kite_text.SetMode():
                fresh = connection.set_mode(command.mode, command.tokens)
        self._send_rows(connection, connection.rows_of(fresh))

    def _complain(self, connection: TickerConnection, text: str) -> None:
        if not self._frozen(connection):
            connection.send(kite_text.error_frame(text), text=True)

    # Frames.

    def _send_rows(self, connection: TickerConnection, indices: NDArray[np.int64]) -> None:
        """One frame of the subscribed among `indices`, after the tick faults have had their way."""
        now_ns, faults, subject = self._source.now_ns, self._source.faults, connection.subject
        if not len(indices) or not connection.subscribed or self._frozen(connection, ticks=True):
            return
        rows, modes = self._source.rows, connection.modes
        if faults.armed():
            indices = tick_faults.thin(faults, now_ns, subject, rows["token"], indices[modes[indices] > 0])
            stale = faults.strike("tick.backdate", now_ns, **subject) if len(indices) else None
            if stale is not None:
                rows, modes = tick_faults.backdated(rows, indices, stale.number("by_s")), modes[indices]
                indices = np.arange(len(indices))
        length = encode_selected(rows, indices, modes, self._out_of(len(indices)))
        if length > 2:
            self._send_frame(connection, self._out[:length].data, now_ns)

    def _out_of(self, packets: int) -> NDArray[np.uint8]:
        if len(self._out) < frame_bytes_max(packets):
            self._out = np.empty(frame_bytes_max(packets), np.uint8)
        return self._out

    def _send_frame(self, connection: TickerConnection, frame: memoryview, now_ns: int) -> None:
        faults, subject = self._source.faults, connection.subject
        if not faults.armed():
            connection.send(frame)
            return
        garble = faults.strike("ws.garble", now_ns, **subject)
        content = bytes(frame) if garble is None else tick_faults.garbled(bytes(frame), garble, connection.frames)
        latency = faults.watching("tick.latency", now_ns, **subject)
        copies = 1 if faults.strike("ws.duplicate", now_ns, **subject) is None else 2
        for _ in range(copies):
            if latency is None and not connection.late:
                connection.send(content)
                continue
            delay_ns = 0 if latency is None else tick_faults.delay_ns(latency, connection.serial, connection.frames)
            connection.late.append((now_ns + delay_ns, content))

    # Faults of a whole connection, and the heartbeat.

    def _frozen(self, connection: TickerConnection, ticks: bool = False) -> bool:
        """Whether nothing (or, asked for `ticks`, no tick) may be sent now."""
        kinds = ("ws.freeze", "ws.freeze_ticks") if ticks else ("ws.freeze",)
        faults, now_ns = self._source.faults, self._source.now_ns
        return any(faults.watching(kind, now_ns, **connection.subject) is not None for kind in kinds)

    def _strike(self, connection: TickerConnection, now_ns: int) -> None:
        faults, subject = self._source.faults, connection.subject
        connection.hold(faults.watching("ws.half_open", now_ns, **subject) is not None)
        if not faults.armed() or not connection.open:
            return
        if faults.strike("ws.drop", now_ns, **subject) is not None:
            connection.cut()
            return
        close = faults.strike("ws.close", now_ns, **subject)
        if close is not None:
            self._spawn(connection.socket.close(int(close.number("code"))))
        pong = faults.watching("ws.pong", now_ns, **subject)
        if pong is not None and pong.id not in connection.pongs:
            connection.pongs.add(pong.id)
            faults.strike("ws.pong", now_ns, **subject)
            self._spawn(connection.socket.pong())

    def _spawn(self, sending: Any) -> None:
        async def finish() -> None:
            with contextlib.suppress(ConnectionClosed):
                await sending

        task = asyncio.create_task(finish())
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _beat_forever(self) -> None:
        """A heartbeat after a second of silence; and an end to connections whose token has died."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(BEAT_S)
            now_ns = self._source.now_ns
            for connection in tuple(self.connections):
                login = connection.login
                if self._sessions.find(login.app.api_key, login.access_token, now_ns) is None:
                    self._spawn(connection.socket.close(TOKEN_DIED, "token expired"))
                elif loop.time() - connection.last_sent_s >= HEARTBEAT_AFTER_S and not self._frozen(connection):
                    connection.send(HEARTBEAT)
