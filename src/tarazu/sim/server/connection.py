"""One ticker connection: what it subscribed to, and the only way by which bytes reach its socket.

Nothing here waits. What the socket does not take at once stays in its buffer up to a limit, and a reader that falls
further behind than that is cut off, so that one slow reader never holds up the others.
"""

import asyncio
from collections import deque
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from websockets.asyncio.server import ServerConnection, broadcast

from tarazu.sim.front.sessions import Login
from tarazu.sim.universe import Universe
from tarazu.wire.kite_ticks import Mode

# 3,000 instruments in full mode are 558 kB a market step: fifteen steps behind is behind for good.
BUFFER_BYTES_MAX = 8 << 20
HEARTBEAT = b"\x00"


class TickerConnection:
    """A subscriber. `modes` has a mode for every row of the day's universe, 0 for rows not subscribed."""

    def __init__(self, serial: int, login: Login, socket: ServerConnection, buffer_bytes_max: int) -> None:
        self.serial = serial
        self.login = login
        self.socket = socket
        self.subscribed: dict[int, Mode] = {}
        """By instrument token; a token the day does not know waits for a day that does."""
        self.modes: NDArray[np.uint8] = np.zeros(0, np.uint8)
        self.frames = 0
        self.bytes = 0
        self.slow = False
        self.last_sent_s = asyncio.get_running_loop().time()
        self.late: deque[tuple[int, bytes]] = deque()
        """Frames held back by a latency fault: (virtual release time, frame); none overtakes another."""
        self.pongs: set[int] = set()
        """Faults `ws.pong` that have struck here; each does so once."""
        self._buffer_bytes_max = buffer_bytes_max
        self._universe: Universe | None = None
        self._held = False

    @property
    def subject(self) -> dict[str, str]:
        """What a fault's `match` can name."""
        return {
            "account": self.login.user_id,
            "api_key": self.login.app.api_key,
            "connection": str(self.serial),
        }

    @property
    def open(self) -> bool:
        return not self.socket.transport.is_closing()

    @property
    def buffered_bytes(self) -> int:
        return self.socket.transport.get_write_buffer_size()

    def follow(self, universe: Universe) -> None:
        """Find the subscribed rows again when the day, and with it the universe, has changed."""
        if universe is not self._universe:
            self._universe = universe
            self.modes = np.zeros(len(universe), np.uint8)
            self._place(self.subscribed)

    def subscribe(self, tokens: Iterable[int]) -> list[int]:
        """Add in quote mode what is not yet there; returns what was added, in order."""
        added = [token for token in dict.fromkeys(tokens) if token not in self.subscribed]
        self.subscribed.update(dict.fromkeys(added, Mode.QUOTE))
        self._place(added)
        return added

    def unsubscribe(self, tokens: Iterable[int]) -> None:
        gone = [token for token in tokens if self.subscribed.pop(token, None) is not None]
        self._place(gone)

    def set_mode(self, mode: Mode, tokens: Iterable[int]) -> list[int]:
        """Change the mode of subscribed instruments, others are left alone; returns those that changed."""
        changed = [t for t in dict.fromkeys(tokens) if self.subscribed.get(t, mode) is not mode]
        self.subscribed.update(dict.fromkeys(changed, mode))
        self._place(changed)
        return changed

    def rows_of(self, tokens: Iterable[int]) -> NDArray[np.int64]:
        """Rows of those tokens that the day knows."""
        assert self._universe is not None
        index_of = self._universe.index_of_token
        return np.array([index_of[t] for t in tokens if t in index_of], np.int64)  # type: ignore[index]

    def send(self, message: bytes | memoryview, text: bool = False) -> None:
        """Hand one message to the socket, binary unless `text`. A reader too far behind is cut off."""
        if self._held or not self.open:
            return
        broadcast((self.socket,), message, text=text)
        self.frames += 1
        self.bytes += len(message)
        self.last_sent_s = asyncio.get_running_loop().time()
        if self.buffered_bytes > self._buffer_bytes_max:
            self.slow = True
            self.cut()

    def hold(self, on: bool) -> None:
        """Half open: neither read nor write nor close while `on`."""
        transport = self.socket.transport
        if on and not self._held:
            transport.pause_reading()
        elif self._held and not on:
            transport.resume_reading()
        self._held = on

    def cut(self) -> None:
        """Cut the TCP connection without a close frame; the client sees 1006."""
        self.socket.transport.abort()

    def _place(self, tokens: Iterable[int]) -> None:
        rows = {} if self._universe is None else self._universe.index_of_token
        for token in tokens:
            row = rows.get(token)  # type: ignore[call-overload]
            if row is not None:
                self.modes[row] = self.subscribed.get(token, 0)
