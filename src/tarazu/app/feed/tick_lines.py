"""Frames of the feed log as lines: ticks decoded, order updates, events."""

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from tarazu.app.feed.history import Entry, entry
from tarazu.app.feed.record import Selected
from tarazu.app.feed.sentences import symbols_of
from tarazu.app.feed.words import clock
from tarazu.app.verdict import epoch, plain
from tarazu.model import ist
from tarazu.model.instrument import price_divisor
from tarazu.runtime.segment import Frame, Kind
from tarazu.wire.kite_ticks import FULL_BYTES, PACKETS_MAX, TickFrame, decode

TEXT_CHARS_MAX = 300
HEARTBEAT_BYTES_MAX = 1


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What one frame, or one packet of it, has to say."""

    type: str
    """TICK, TEXT, or the event's name."""
    ts_ns: int
    text: str
    fact: dict[str, Any]

    @property
    def is_tick(self) -> bool:
        return self.type == "TICK"

    def shown(self, as_json: bool) -> str:
        if as_json:
            told = {"type": self.type, "epoch": epoch(self.ts_ns), "ist": ist.stamp_iso(self.ts_ns)}
            return msgspec.json.encode(told | self.fact).decode()
        return f"{clock(self.ts_ns)}.{self.ts_ns // 1_000_000 % 1000:03}  {self.text}"


class TickLines:
    """Knows the names of the instruments, and learns new ones from the log as it goes."""

    def __init__(self, symbols: dict[int, str], *, ticks: bool, others: bool, only: frozenset[str]) -> None:
        """`others` are events and text frames. `only` these keys; empty: every instrument."""
        self.symbols = symbols
        self._ticks, self._others, self._only = ticks, others, only
        self._wanted = self._tokens()
        self._frame = TickFrame(PACKETS_MAX)

    def of(self, frame: Frame) -> Iterator[Line]:
        """Heartbeats have nothing to say."""
        if frame.kind == Kind.BINARY:
            if self._ticks and len(frame.payload) > HEARTBEAT_BYTES_MAX:
                yield from self._packets(frame)
        elif frame.kind == Kind.TEXT:
            if self._others:
                yield _text(frame)
        else:
            told = entry(frame, self.symbols)
            if isinstance(told.event, Selected):
                self.symbols = symbols_of(told.event)
                self._wanted = self._tokens()
            if self._others:
                yield _event(told)

    def _tokens(self) -> Any:
        return np.array([token for token, key in self.symbols.items() if key in self._only], np.uint32)

    def _packets(self, frame: Frame) -> Iterator[Line]:
        count = decode(frame.payload, self._frame)
        rows, sizes = self._frame.rows[:count], self._frame.packet_bytes[:count]
        at = np.flatnonzero(np.isin(rows["token"], self._wanted)) if self._only else range(count)
        for n in at:
            yield self._tick(frame, rows[n], int(sizes[n]))

    def _tick(self, frame: Frame, row: Any, size: int) -> Line:
        token = int(row["token"])
        key, divisor = self.symbols.get(token, str(token)), price_divisor(token)
        ltp = int(row["ltp"]) / divisor
        fact = {"sequence": frame.sequence, "connection": frame.connection, "token": token, "symbol": key, "ltp": ltp}
        text = f"{plain(key):<26} {ltp:>12,.2f}"
        if size == FULL_BYTES:
            bid, ask = row["bids"][0], row["asks"][0]
            fact |= {"volume": int(row["volume"]), "oi": int(row["oi"]), "exchange_ts": int(row["exchange_ts"])}
            fact |= {"bid": int(bid["price"]) / divisor, "bid_qty": int(bid["qty"])}
            fact |= {"ask": int(ask["price"]) / divisor, "ask_qty": int(ask["qty"])}
            text += (
                f"  {fact['bid_qty']:>9,} @ {fact['bid']:<10,.2f} {fact['ask']:>10,.2f} @ {fact['ask_qty']:<9,}"
                f"  vol {fact['volume']:,}  oi {fact['oi']:,}"
            )
        return Line(type="TICK", ts_ns=frame.wall_ns, text=text, fact=fact)


def _text(frame: Frame) -> Line:
    payload = bytes(frame.payload).decode(errors="replace")
    fact = {"sequence": frame.sequence, "connection": frame.connection, "payload": payload}
    cut = payload if len(payload) <= TEXT_CHARS_MAX else payload[:TEXT_CHARS_MAX] + "..."
    return Line(type="TEXT", ts_ns=frame.wall_ns, text=f"TEXT  connection {frame.connection}: {plain(cut)}", fact=fact)


def _event(told: Entry) -> Line:
    fact = {"sequence": told.sequence, "text": told.text, "event": told.event}
    return Line(type=told.type, ts_ns=told.ts_ns, text=f"{told.type}  {plain(told.text)}", fact=fact)
