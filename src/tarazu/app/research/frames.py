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

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.app.research.frame_kernels import DUE, LOOK, RECV_NS, pass_frames
from tarazu.app.research.frame_lots import Lot, Lots
from tarazu.engine.messages import MarketMoved
from tarazu.market import slots
from tarazu.market.slots import PACKET_WORDS
from tarazu.market.state import DERIVE_ALL, Derive, MarketState
from tarazu.market.state_quotes import StateQuotes
from tarazu.model.instrument import Instrument
from tarazu.runtime.damage import Damage
from tarazu.runtime.segment import Frame
from tarazu.strategy.base import Strategy
from tarazu.strategy.compiled import Programs
from tarazu.strategy.waking import is_woken
from tarazu.wire.kite_ticks import TickFrame

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
        self._lots = Lots(frames, self.damages)
        self._looked_at = np.zeros(len(watched), np.uint8)
        self._programs, self._woken = np.zeros((0, 5), np.int64), np.zeros(0, np.uint8)
        self._owners: list[tuple[int, int]] = []
        """By row of the table: the seat, and which of its programs."""
        self._lookers: list[int] = []
        """Seats that look at more than their programs do."""
        self._just_woken: set[int] = set()
        self._looks, self._is_set, self._is_looked = 0, False, False

    def seat(self) -> "Seat":
        """Of one more engine."""
        self.seats.append(Seat(self))
        self._is_set = self._is_looked = False
        return self.seats[-1]

    def slot_of(self, key: str) -> int:
        """-1 for what is not in the state."""
        return self._slot_of.get(key, -1)

    def run_to(self, due_ns: int) -> Stop:
        """See above. Frames received at the same time are all applied before it is DUE."""
        if not self._is_set:
            self._set()
        if not self._is_looked:
            self._set_looks()
        while (lot := self._lots.current()) is not None:
            if lot.wall_ns > due_ns:
                return Stop.DUE
            if isinstance(lot, Frame):
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

    def called(self) -> list[int]:
        """After a LOOK, which of `seats` it is for: those that the frame woke, or that look at every one; ascending.
        Of many seats few are ever asked."""
        woken = {n for n in self._lookers if self.seats[n].is_called}
        return sorted(woken | self._just_woken)

    def programs_changed(self) -> None:
        """Of a seat: it carries others from now on."""
        self._is_set = False

    def looks_changed(self) -> None:
        """Of a seat: it looks at something else from now on."""
        self._is_looked = False

    def _pass(self, lot: Lot, due_ns: int) -> int:
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
            self.wall_ns, self.ticks_ns = self.heard_ns, state.recv_ns
        return int(why)

    def _set(self) -> None:
        """One table of all seats' programs."""
        programs = [seat.programs for seat in self.seats]
        self._programs = np.concatenate([np.zeros((0, 5), np.int64), *(each.table for each in programs)])
        self._woken = np.zeros(len(self._programs), np.uint8)
        self._owners = [(n, at) for n, each in enumerate(programs) for at in range(len(each.carried))]
        self._is_set = True

    def _set_looks(self) -> None:
        """One mask of all that the seats look at."""
        self._looked_at[:] = 0
        self._lookers = [n for n, seat in enumerate(self.seats) if seat.every_frame or seat.slots.size]
        for n in self._lookers:
            self._looked_at[self.seats[n].slots] = 1
        every = any(self.seats[n].every_frame for n in self._lookers)
        self._looks = 2 if every else int(bool(self._lookers))
        self._is_looked = True

    def _share_woken(self) -> None:
        """Give each seat what its programs said, and begin anew."""
        self._just_woken = set()
        if not self._owners:
            return
        for row in np.flatnonzero(self._woken).tolist():
            n, at = self._owners[row]
            self.seats[n].programs.woken[at] |= self._woken[row]
            self._just_woken.add(n)
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
        self._market.programs_changed()
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
    def is_called(self) -> bool:
        """Whether the frame behind which the market stands is for it."""
        return self.every_frame or self.is_woken

    @property
    def is_woken(self) -> bool:
        if self.programs.carried and self.programs.woken.any():
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
            decoded.rows.view(np.uint32).reshape(-1, PACKET_WORDS), np.zeros(len(decoded.rows), np.int64),
            decoded.packet_bytes, decoded._tally,
            header, self._table, self._shift, self._tau_s, self._ahead_max_ns, words, derived, bars,
            np.zeros(len(decoded.rows), np.int64), self._changed, self._closings, self._derive, self._shares,
        )  # fmt: skip
        """Of `pass_frames`, from `packets` to `shares`."""

    @property
    def recv_ns(self) -> int:
        """When the last frame with packets was received."""
        return int(self._parts.header[slots.RECV_NS])
