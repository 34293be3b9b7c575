"""The market as this process follows it: the feed log's frames in order, and what its other frames tell the engine.

Frames are applied in slices, so that whoever is behind by a whole day still answers its broker. The engine is told of
applied frames by `moved` before it is told anything else (`engine.messages.MarketMoved`).
"""

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.app.feed.record import BadEvent, FeedRecordEvent, decode_event
from tarazu.engine.messages import MarketMoved, OrderHeard
from tarazu.market.state import MarketState
from tarazu.market.state_quotes import StateQuotes
from tarazu.model.instrument import Instrument
from tarazu.model.units import MILLISECOND_NS
from tarazu.orders.kite_rows import read_report
from tarazu.runtime.damage import Damaged
from tarazu.runtime.market_follower import MarketFollower
from tarazu.runtime.segment import Frame, Kind
from tarazu.strategy.base import Strategy
from tarazu.strategy.compiled import Programs
from tarazu.strategy.waking import is_woken
from tarazu.wire.kite_orders import BadRow, decode_order_update

log = logging.getLogger("tarazu.main")

SLICE_NS = 20 * MILLISECOND_NS
SLICE_FRAMES = 64

AfterFrame = Callable[[MarketState, NDArray[np.int64], int], None]
"""With the state behind a frame of ticks, the slots it changed, and when it was received."""
Other = OrderHeard | tuple[FeedRecordEvent, int]
"""An order update; or the feed's event, with when it was recorded (monotonic ns)."""


class _Text(msgspec.Struct):
    """A text message of Kite's ticker: `order` is an order's row, others are not for us."""

    type: str
    data: msgspec.Raw = msgspec.Raw(b"")


class Market:
    def __init__(self, day_folder: Path, watched: Sequence[Instrument], heard_to: int) -> None:
        """Order updates up to frame `heard_to` were taken by an earlier process."""
        tokens = [instrument.instrument_token for instrument in watched]
        self.follower = MarketFollower(day_folder, tokens, on_other=self._other)
        self.quotes = StateQuotes(self.follower.state, {i.instrument_token: i.key for i in watched})
        self.caught_up = False
        """Every frame there was at the last look is applied."""
        self.damages: list[str] = []
        self.others: list[Other] = []
        """Told by frames that are applied, and not taken yet."""
        self._heard_to = heard_to
        self._told, self._passes_told = 0, 0
        self._slots = {i.key: n for n, i in enumerate(watched)}
        self._decided_by = np.zeros(0, np.intp)
        self._strategies: Callable[[], Sequence[Strategy]] = tuple
        self._carried: Sequence[Strategy] = ()
        self._programs = Programs((), lambda key: -1)
        self.others_orders = 0
        """Order updates of an account that is not this engine's, left out: see `trade_beside`."""
        self._beside: AfterFrame | None = None
        self.follower.on_pass = self._passed

    def trade_beside(self, exchange: AfterFrame) -> None:
        """The paper exchange, told of every frame of ticks from here on. Its own account is the engine's: what the
        ticker says of orders is of the account that the feed is logged in with, and the engine hears none of it."""
        self._beside = exchange

    def fileno(self) -> int:
        return self.follower.fileno()

    def follow(self) -> bool:
        """Apply one slice; True when there may be more."""
        until_ns = time.monotonic_ns() + SLICE_NS
        self._carry()
        while True:
            try:
                more = self.follower.follow_ready(SLICE_FRAMES) == SLICE_FRAMES
            except Damaged as damaged:
                self.follower.skip_damage()
                self.damages.append(str(damaged))
                log.error("the feed log is damaged, and read on behind it: %s", damaged)
                more = True
            if not more or time.monotonic_ns() > until_ns:
                self.caught_up = not more
                return more

    def decide_by(self, strategies: Callable[[], Sequence[Strategy]]) -> None:
        """What these watch decides, or the programs that they carry; what others do can wait for the next message.
        Asked for before frames are applied: one that was made anew begins with its memory empty."""
        self._strategies = strategies
        self._carry()

    def _passed(self, state: MarketState, changed: NDArray[np.int64], recv_ns: int) -> None:
        self._programs.after_frame(state, changed, recv_ns)
        if self._beside is not None:
            self._beside(state, changed, recv_ns)

    def _carry(self) -> None:
        running = self._strategies()
        if running is not self._carried:
            self._carried, self._programs = running, Programs(running, lambda key: self._slots.get(key, -1))
            self.follower.on_pass = self._passed
            keys = frozenset[str]().union(*(s.watches for s in running if is_woken(s) is None))
            self._decided_by = np.array(sorted(self._slots[key] for key in keys if key in self._slots), np.intp)

    @property
    def is_moved(self) -> bool:
        """Whether what somebody decides by has changed since `moved`."""
        if self._programs.woken.any():
            return True
        frames = self.follower.state.slots["frame"]
        return bool(self._decided_by.size) and bool(frames[self._decided_by].max() > self._passes_told)

    def moved(self) -> MarketMoved | None:
        """To be taken at once, before any other message; None when no frame was applied since."""
        follower = self.follower
        if follower.sequence == self._told:
            return None
        self.quotes.moved(self._changed())
        self._programs.tell()
        self._told, self._passes_told = follower.sequence, follower.state.passes
        return MarketMoved(sequence=follower.sequence, wall_ns=follower.wall_ns)

    def close(self) -> None:
        self.follower.close()

    def _changed(self) -> NDArray[np.intp]:
        return np.flatnonzero(self.follower.state.slots["frame"] > self._passes_told)

    def _other(self, frame: Frame) -> None:
        if frame.kind == Kind.TEXT and frame.sequence > self._heard_to:
            report = _report(bytes(frame.payload))
            if report is not None and self._beside is not None:
                self.others_orders += 1
                log.info("an order update of the feed's own account is not paper's: %s", report.report.order_id)
            elif report is not None:
                self.others.append(report)
        elif frame.kind == Kind.EVENT:
            try:
                self.others.append((decode_event(frame.payload), frame.mono_ns))
            except BadEvent as bad:
                log.warning("an event of the feed log is none that this version knows: %s", bad)


def _report(payload: bytes) -> OrderHeard | None:
    """A hint: one that does not read is said, and the next read of the book tells the same."""
    try:
        text = msgspec.json.decode(payload, type=_Text)
    except msgspec.MsgspecError as bad:
        log.warning("a text frame of the ticker does not read: %s", bad)
        return None
    if text.type != "order":
        return None
    row = decode_order_update(bytes(text.data))
    if isinstance(row, BadRow):
        log.warning("an order update does not read: %s", row.text)
        return None
    report = read_report(row)
    if report is None:
        log.warning("an order update has no order id")
    return OrderHeard(report=report) if report is not None else None
