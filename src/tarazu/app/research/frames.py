"""A recorded day passed through the market at the speed of the kernels: it stops only where somebody wants to look.

    market = PassedMarket(recorded_day(folder), day.traded)
    seat = market.seat()                              # one for each engine on the day
    engine.quotes = seat.quotes
    ...                                               # Started is taken
    seat.carry(engine.strategies)                     # before the first frame; again when it is another sequence
    while market.run_to(due_ns) is not Stop.OVER:     # ... or the next second, the next answer of a broker
        if (moved := seat.moved()) is not None:
            shell.take(moved)

`run_to` applies frames one by one, exactly as `runtime.market_follower` does, and returns

- `LOOK`: behind the first frame that woke a program of some seat, or changed a key that some seat looks at
  (`seat.looks_at`: all that its strategies without a program watch, and what the run adds, such as what it has
  orders in), or behind every frame, heartbeats among them, where a seat has `every_frame`;
- `OTHER`: behind a frame that is no ticks (an event of the feed, a text of the ticker): it is `market.frame`;
- `DUE`: every frame received at `due_ns` or before is applied;
- `OVER`: there are no more frames.

`market.sequence` and `market.wall_ns` are the last frame's, `market.state` is the market after it. A seat `is_woken`
when what it looks at has changed since its last `moved()`, which is to be taken by its engine before any other message,
as `app.main.market.Market.moved` is.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from itertools import accumulate
from mmap import mmap
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tarazu.app.research.frame_kernels import AT, DUE, LOOK, RECV_NS, SIZE, pass_frames
from tarazu.engine.messages import MarketMoved
from tarazu.market.slots import PACKET_WORDS
from tarazu.market.state import DERIVE_ALL, Derive, MarketState
from tarazu.market.state_quotes import StateQuotes
from tarazu.model.instrument import Instrument
from tarazu.runtime.damage import Damage
from tarazu.runtime.segment import FRAME_HEADER_BYTES, Frame, Kind
from tarazu.strategy.base import Strategy
from tarazu.strategy.compiled import Programs
from tarazu.strategy.waking import is_woken
from tarazu.wire.kite_ticks import TickFrame

LOT_BYTES = 512 << 10
"""Frames are checked and then passed in lots that the processor's cache holds."""

_pass_frames: Any = pass_frames


class Stop(Enum):
    LOOK = "LOOK"
    OTHER = "OTHER"
    DUE = "DUE"
    OVER = "OVER"


class PassedMarket:
    """Frames may be a log's (`recorded_day`, damaged places are passed over and told in `damages`) or made."""

    def __init__(
        self, frames: Iterable[Frame | Damage], watched: Sequence[Instrument], derive: Derive = DERIVE_ALL
    ) -> None:
        """`watched` are the slots of the state, in their order. What is not in `derive` is not worked out."""
        tokens = [int(instrument.instrument_token) for instrument in watched]
        self.state = _Passing(tokens, derive)
        self.seats: list[Seat] = []
        self.damages: list[Damage] = []
        self.frame: Frame | None = None
        """The one of OTHER."""
        self.sequence = self.wall_ns = 0
        self.heard_ns = 0
        """When the last frame of the ticker was received, ticks or a heartbeat..."""
        self.ticks_ns = 0
        """...and the last that had ticks."""
        self.frames = self.packets = self.damaged_frames = 0
        self.watched = tuple(watched)
        self._slot_of = {instrument.key: slot for slot, instrument in enumerate(watched)}
        self._lots = _Lots(frames, self.damages)
        self._looked_at = np.zeros(len(watched), np.uint8)
        self._programs, self._woken = np.zeros((0, 5), np.int64), np.zeros(0, np.uint8)
        self._looks, self._is_set = 0, False

    def seat(self) -> "Seat":
        """Of one more engine."""
        self.seats.append(Seat(self))
        self._is_set = False
        return self.seats[-1]

    def slot_of(self, key: str) -> int:
        """-1 for what is not in the state."""
        return self._slot_of.get(key, -1)

    def run_to(self, due_ns: int) -> Stop:
        """See above. Frames received at the same time are all applied before it is DUE."""
        if not self._is_set:
            self._set()
        while (lot := self._lots.current()) is not None:
            if isinstance(lot, Frame):
                if lot.wall_ns > due_ns:
                    return Stop.DUE
                self._lots.done()
                self.frame, self.sequence, self.wall_ns = lot, lot.sequence, lot.wall_ns
                return Stop.OTHER
            why = self._pass(lot, due_ns)
            if why == LOOK:
                self._share_woken()
                return Stop.LOOK
            if why == DUE:
                return Stop.DUE
        return Stop.OVER

    def looks_changed(self) -> None:
        """Of a seat: it looks at something else from now on."""
        self._is_set = False

    def _pass(self, lot: "_Lot", due_ns: int) -> int:
        state, at = self.state, lot.at
        lot.at, why, packets, damaged = _pass_frames(
            lot.data, lot.index, at, lot.end, due_ns, *state.arguments,
            self._programs, self._woken, self._looked_at, self._looks,
        )  # fmt: skip
        if lot.at > at:
            self.frames += lot.at - at
            self.packets += packets
            self.damaged_frames += damaged
            self.sequence, self.heard_ns = lot.sequences[lot.at - 1], int(lot.index[lot.at - 1, RECV_NS])
            self.wall_ns, self.ticks_ns = self.heard_ns, int(state.counters["recv_ns"])
        return int(why)

    def _set(self) -> None:
        """One table of all seats' programs, one mask of all that they look at."""
        self._share_woken()
        programs = [seat.programs for seat in self.seats]
        self._programs = np.concatenate([np.zeros((0, 5), np.int64), *(each.table for each in programs)])
        self._woken = np.concatenate([np.zeros(0, np.uint8), *(each.woken * 0 for each in programs)])
        self._looked_at[:] = 0
        for seat in self.seats:
            self._looked_at[seat.slots] = 1
        every = any(seat.every_frame for seat in self.seats)
        self._looks = 2 if every else int(self._looked_at.any())
        self._is_set = True

    def _share_woken(self) -> None:
        """Give each seat what its programs said, and begin anew."""
        at = 0
        if self._woken.any():
            for seat in self.seats:
                mine = seat.programs.woken
                mine |= self._woken[at : at + len(mine)]
                at += len(mine)
            self._woken[:] = 0


class Seat:
    """One engine's view of the day."""

    def __init__(self, market: PassedMarket) -> None:
        self._market = market
        self.quotes = StateQuotes(market.state, {int(i.instrument_token): i.key for i in market.watched})
        self.programs = Programs((), market.slot_of)
        self.carried: Sequence[Strategy] = ()
        self.slots: NDArray[np.intp] = np.zeros(0, np.intp)
        """What is looked at."""
        self.every_frame = False
        self._told, self._passes_told = 0, 0
        self._always, self._besides = frozenset[str](), frozenset[str]()

    def carry(self, strategies: Sequence[Strategy]) -> None:
        """The programs of these and no others run from the next frame on, with the memories that they have."""
        self.carried, self.programs = strategies, Programs(strategies, self._market.slot_of)
        self._always = frozenset[str]().union(*(s.watches for s in strategies if is_woken(s) is None))
        self.looks_at(self._besides, every_frame=self.every_frame)

    def looks_at(self, keys: Iterable[str], *, every_frame: bool = False) -> None:
        """Besides what strategies without a program watch; replaces what was said before."""
        self._besides, self.every_frame = frozenset(keys), every_frame
        slots = {self._market.slot_of(key) for key in self._always | self._besides} - {-1}
        self.slots = np.array(sorted(slots), np.intp)
        self._market.looks_changed()

    @property
    def state(self) -> MarketState:
        """The market's."""
        return self._market.state

    @property
    def is_woken(self) -> bool:
        if self.programs.woken.any():
            return True
        frames = self._market.state.slots["frame"]
        return bool(self.slots.size) and bool(frames[self.slots].max() > self._passes_told)

    def moved(self) -> MarketMoved | None:
        """None when no frame was applied since the last time."""
        market = self._market
        if market.sequence == self._told:
            return None
        self.quotes.moved(np.flatnonzero(market.state.slots["frame"] > self._passes_told))
        self.programs.tell()
        self._told, self._passes_told = market.sequence, market.state.passes
        return MarketMoved(sequence=market.sequence, wall_ns=market.wall_ns)


class _Passing(MarketState):
    """A state that a kernel passes over without Python between the frames."""

    def __init__(self, tokens: Sequence[int], derive: Derive) -> None:
        super().__init__(bytearray(MarketState.layout(len(tokens))), tokens, derive=derive)
        decoded = TickFrame()
        _, header, _, words, derived, bars = self._parts
        self.arguments: tuple[Any, ...] = (
            decoded.rows.view(np.uint32).reshape(-1, PACKET_WORDS), decoded.packet_bytes, decoded._tally,
            header, self._table, self._shift, self._tau_s, self._ahead_max_ns, words, derived, bars,
            np.zeros(len(decoded.rows), np.int64), self._changed, self._closings, self._derive, self._shares,
        )  # fmt: skip
        """Of `pass_frames`, from `packets` to `shares`."""


class _Lot:
    """Frames with ticks that follow each other, and where each lies in `data`."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        if frames[0].segment:
            self.data = np.frombuffer(cast(mmap, frames[0].payload.obj), np.uint8)
            places = [frame.offset + FRAME_HEADER_BYTES for frame in frames]
        else:  # made: of no file
            self.data = np.frombuffer(b"".join(frame.payload for frame in frames), np.uint8)
            places = list(accumulate((len(frame.payload) for frame in frames[:-1]), initial=0))
        self.at, self.end = 0, len(frames)
        self.sequences = [frame.sequence for frame in frames]
        self.index = np.empty((len(frames), 3), np.int64)
        self.index[:, AT] = places
        self.index[:, SIZE] = [len(frame.payload) for frame in frames]
        self.index[:, RECV_NS] = [frame.wall_ns for frame in frames]


class _Lots:
    """The day as lots, and between them the frames that are none."""

    def __init__(self, frames: Iterable[Frame | Damage], damages: list[Damage]) -> None:
        self._made = _lots(iter(frames), damages)
        self._now: _Lot | Frame | None = None

    def current(self) -> _Lot | Frame | None:
        """What comes next; the same until it is done."""
        if self._now is None or (isinstance(self._now, _Lot) and self._now.at == self._now.end):
            self._now = next(self._made, None)
        return self._now

    def done(self) -> None:
        self._now = None


def _lots(frames: Iterator[Frame | Damage], damages: list[Damage]) -> Iterator[_Lot | Frame]:
    gathered: list[Frame] = []
    size = 0
    for frame in frames:
        if isinstance(frame, Damage):
            damages.append(frame)
            continue
        is_ticks = frame.kind == Kind.BINARY
        if gathered and (not is_ticks or size > LOT_BYTES or frame.segment != gathered[0].segment):
            yield _Lot(gathered)
            gathered, size = [], 0
        if not is_ticks:
            yield frame
        else:
            gathered.append(frame)
            size += len(frame.payload)
    if gathered:
        yield _Lot(gathered)
