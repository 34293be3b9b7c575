"""The market as last received: one writer's pass per frame, readers anywhere that maps the memory.

    state = MarketState(bytearray(MarketState.layout(len(tokens))), tokens)
    changed = state.update(frame.rows, frame.packet_bytes, frame.count, recv_ns)

A packet counts as older than the state, and is refused, when its exchange time is before the newest one believed or its
cumulative volume is below the known one of that day. Between packets of one second and one volume nothing tells the
order: the one received last stands. Packets that tell nothing new only move the data clock. Quote and LTP packets
carry no exchange time: their day is the day of receipt, so a volume the venue resets later than that day's first
packet reads as older; subscribe in full mode where that matters.
"""

from collections.abc import Iterable
from enum import IntFlag
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.market import slots, state_kernels, tokens
from tarazu.market.slots import CLOSING, PACKET, PACKET_WORDS, WIDTHS_NS, Parts
from tarazu.model.units import MINUTE_NS

VOLATILITY_TAU_S = 300.0
"""Time constant of the realised volatility: what happened 5 minutes ago weighs 1/e."""
AHEAD_MAX_NS = MINUTE_NS
"""An exchange time further ahead of the receipt than this is not believed: one bad stamp must not blind."""
READ_TRIES = 1_000


class Derive(IntFlag):
    """What a pass derives from packets, beyond their rows and clocks."""

    BOOK = state_kernels.BOOK
    """`mid`, `spread`, `microprice`, `imbalance`."""
    TRADES = state_kernels.TRADES
    """`traded`, `turnover`, `vwap`."""
    VOLATILITY = state_kernels.VOLATILITY
    """`sigma` and what it is made of."""
    BARS = state_kernels.BARS


DERIVE_ALL = Derive.BOOK | Derive.TRADES | Derive.VOLATILITY | Derive.BARS


class Snapshot(msgspec.Struct, frozen=True):
    """One instrument after one whole frame; copies."""

    version: int
    row: Any
    """A PACKET record: the last packets, merged."""
    slot: Any
    """A SLOT record: clocks, counters, features."""
    bars: NDArray[Any]
    """BAR records: RUNNING or COMPLETE, then by width."""


class MarketView:
    """A reader of a state that this or another process writes. `rows`, `slots` and `bars` are live: they may be in the
    middle of a pass unless the reader is the writer's thread; `snapshot` and `copy_to` are not."""

    def __init__(self, buffer: Any) -> None:
        """ValueError when the buffer holds no market state of this layout."""
        raw = np.frombuffer(buffer, np.uint8)
        head = raw[: 8 * slots.HEADER_WORDS].view(np.int64) if raw.size >= 8 * slots.HEADER_WORDS else None
        if head is None or (head[slots.MAGIC], head[slots.LAYOUT]) != (slots.MAGIC_WORD, slots.LAYOUT_WORD):
            raise ValueError("the buffer holds no market state of this layout")
        self._map(slots.parts(buffer, int(head[slots.SIZE])))

    def _map(self, parts: Parts) -> None:
        self._parts = parts
        self.rows, self.words, self.slots, self.bars = parts.rows, parts.words, parts.slots, parts.bars
        self._slot_of = {int(t): n for n, t in enumerate(parts.rows["token"])}

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, token: int) -> bool:
        return token in self._slot_of

    def slot_of(self, token: int) -> int:
        """Raises KeyError for a token that is not in the state."""
        return self._slot_of[token]

    @property
    def version(self) -> int:
        """Even between passes, odd within one."""
        return int(self._parts.header[slots.VERSION])

    @property
    def passes(self) -> int:
        """Frames taken in since the state began; a slot's `frame` is the last of them that changed it."""
        return int(self._parts.header[slots.FRAMES])

    @property
    def counters(self) -> dict[str, int]:
        """Since the state began: frames; packets applied, unknown, regressed, repeated; stamps ahead of us."""
        names = ("FRAMES", "PACKETS", "UNKNOWN", "REGRESSED", "REPEATED", "AHEAD", "RECV_NS")
        return {name.lower(): int(self._parts.header[getattr(slots, name)]) for name in names}

    def snapshot(self, slot: int) -> Snapshot | None:
        """One instrument, never in the middle of a frame. None when no quiet moment was found: the writer is stuck
        or died within a pass, and what is in the buffer cannot be believed."""
        for _ in range(READ_TRIES):
            version = state_kernels.begin_read(self._parts.header)
            row, derived, bars = self.rows[slot].copy(), self.slots[slot].copy(), self.bars[slot].copy()
            if version % 2 == 0 and state_kernels.end_read(self._parts.header) == version:
                return Snapshot(version, row, derived, bars)
        return None

    def copy_to(self, mirror: "MarketView") -> bool:
        """Everything into a state of the same tokens, as of one frame; False as `snapshot` gives None, and then the
        mirror is unusable until a copy succeeds."""
        assert len(mirror) == len(self), "the mirror is of the same subscription list"
        for _ in range(READ_TRIES):
            version = state_kernels.begin_read(self._parts.header)
            mirror._parts.raw[:] = self._parts.raw
            if version % 2 == 0 and state_kernels.end_read(self._parts.header) == version:
                return True
        return False


class MarketState(MarketView):
    """The writer. One per buffer."""

    @staticmethod
    def layout(n: int) -> int:
        """Bytes that a state of `n` instruments takes."""
        return slots.nbytes(n)

    def __init__(
        self,
        buffer: Any,
        subscribed: Iterable[int],
        *,
        tau_s: float = VOLATILITY_TAU_S,
        ahead_max_ns: int = AHEAD_MAX_NS,
        derive: Derive = DERIVE_ALL,
    ) -> None:
        """A state without any market yet, slots in the order of `subscribed`; whatever was in the buffer is gone.

        What is not in `derive` stays as it is without a market: for research in which nobody looks at it.

        Raises ValueError when the buffer is too small, or a token is 0 or given twice.
        """
        listed = list(subscribed)
        table = tokens.table_of(listed)
        parts = slots.parts(buffer, len(listed))
        parts.raw[:] = 0
        parts.rows["token"] = listed
        for name in slots.FEATURES:
            parts.slots[name] = 0.0 if name in ("variance", "weight") else np.nan
        parts.header[[slots.LAYOUT, slots.SIZE]] = slots.LAYOUT_WORD, len(listed)
        parts.header[slots.MAGIC] = slots.MAGIC_WORD
        self._map(parts)
        self._table, self._shift = table, tokens.shift_of(table)
        self._tau_s, self._ahead_max_ns = tau_s, ahead_max_ns
        self._derive, self._shares = int(derive), np.full(2, np.nan)
        self._changed = np.zeros(len(listed), np.int64)
        self._closings: NDArray[Any] = np.zeros(len(listed) * len(WIDTHS_NS), CLOSING)
        self._closed = 0
        self._source: NDArray[Any] | None = None
        self._source_words = np.zeros((0, PACKET_WORDS), np.uint32)
        self._found = np.zeros(0, np.int64)

    def update(
        self, rows: NDArray[Any], packet_bytes: NDArray[np.uint16], count: int, recv_ns: int
    ) -> NDArray[np.int64]:
        """Take in a decoded frame's first `count` rows; returns the slots that changed, each once, in the order of
        first change. The array, and `closings`, hold until the next call.

        `recv_ns` is when the frame was received; it may go back, the data clocks do not.
        """
        if rows is not self._source:
            assert rows.dtype == PACKET, "rows are decoded packets"
            self._source, self._source_words = rows, rows.view(np.uint32).reshape(-1, PACKET_WORDS)
            self._found = np.zeros(len(rows), np.int64)
        assert 0 <= count <= min(len(rows), len(packet_bytes))
        _, header, _, words, derived, bars = self._parts
        changes, self._closed = state_kernels.update(
            header, self._table, self._shift, self._source_words, None, None, packet_bytes, count, recv_ns,
            self._tau_s, self._ahead_max_ns, words, derived, bars, self._found, self._changed, self._closings,
            self._derive, self._shares,
        )  # fmt: skip
        return self._changed[:changes]

    def close_bars(self, now_ns: int) -> NDArray[Any]:
        """Complete the bars whose time is over at `now_ns`, for instruments that went quiet; returns `closings`."""
        self._closed = state_kernels.close_bars(self._parts.header, self.bars, now_ns, self._closings)
        return self.closings

    @property
    def closings(self) -> NDArray[Any]:
        """The bars that the last call completed, as CLOSING records."""
        return self._closings[: self._closed]
