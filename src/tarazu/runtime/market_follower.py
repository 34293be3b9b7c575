"""The market in another process than the feed's: the log followed frame by frame into a state of one's own.

    follower = MarketFollower(day_folder(home.feed, day), tokens)
    while follower.wait():
        if follower.follow_ready():
            evaluate(follower.state, follower.changed)

Conflation is what the loop does by itself: however far behind, one call applies everything there is, and the market is
looked at once, as of the last frame. No frame is skipped on the way, so bars, volumes and volatility are those of the
process that recorded.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.market.state import MarketState
from tarazu.runtime.damage import Damage
from tarazu.runtime.segment import Frame, Kind
from tarazu.runtime.tail import Tail
from tarazu.wire.kite_ticks import TickFrame, decode

HEARTBEAT_BYTES_MAX = 1
"""Kite v3: a binary message too short to count packets is a sign of life and no data."""


class Behind(msgspec.Struct, frozen=True):
    """What is written and not applied yet."""

    frames: int
    ns: int
    """How long ago the oldest of them was received; 0 with none."""


class MarketFollower:
    """Reads one day's log into `state`. Use from one thread; needs no writer, and waits for one to come back."""

    def __init__(
        self,
        day_folder: Path,
        tokens: Sequence[int],
        *,
        from_sequence: int | None = None,
        on_other: Callable[[Frame], None] | None = None,
        state: MarketState | None = None,
    ) -> None:
        """Begins at the day's first frame, so that the state is the whole day's, or at `from_sequence`.

        `on_other` is given every TEXT, EVENT and MARK frame in its place among the ticks: the state is then as of the
        frame before. What it raises ends `follow_ready`, and that frame is not given again. `state`: follow into this
        one, which has no market yet, in place of one of the `tokens`. Raises ValueError for tokens that `MarketState`
        refuses.
        """
        self.state = MarketState(bytearray(MarketState.layout(len(tokens))), tokens) if state is None else state
        self.sequence = 0
        """Of the last frame applied or given to `on_other`; 0: none yet."""
        self.wall_ns = 0
        """When that frame was received."""
        self.mono_ns = 0
        self.damaged_frames = 0
        """Messages that the decoder could not read to their end: what it could read of them is in the state."""
        self.on_pass: Callable[[MarketState, NDArray[np.int64], int], None] | None = None
        """Told of every frame of ticks when the state has taken it in: what it changed, and when it was received."""
        self._tail = Tail(day_folder, from_sequence=from_sequence)
        self._on_other = on_other
        self._decoded = TickFrame()
        self._pass_before = 0
        self._beyond: Frame | None = None

    def follow_ready(self, frames_max: int | None = None) -> int:
        """Apply the frames there are now; returns how many of any kind.

        With `frames_max`, so many at most: a number that great says that there may be more, of which no bell tells
        again. Raises Damaged where one cannot be read though later ones can, again and again until `skip_damage`; what
        was before it is applied.
        """
        done = 0
        self._pass_before = self.state.passes
        self._tail.bell.drain()  # before the reading, so that waiting afterwards misses nothing
        while done != frames_max and (frame := self._next()) is not None:
            self._take(frame)
            done += 1
        return done

    def follow_to(self, sequence: int) -> int:
        """Apply the frames up to `sequence` as far as they are there, and none beyond; returns how many of any kind.

        Raises as `follow_ready` does.
        """
        done = 0
        self._pass_before = self.state.passes
        while self.sequence < sequence and (frame := self._next()) is not None:
            if frame.sequence > sequence:  # damage was skipped, and what was asked for with it
                self._beyond = frame
                break
            self._take(frame)
            done += 1
        return done

    @property
    def changed(self) -> NDArray[np.intp]:
        """The slots that the last `follow_ready` or `follow_to` changed, ascending."""
        return np.flatnonzero(self.state.slots["frame"] > self._pass_before)

    @property
    def behind(self) -> Behind:
        """How far the state is behind the log, by the frames' headers alone."""
        frames, mono_ns = self._tail.waiting()
        return Behind(frames, time.monotonic_ns() - mono_ns if frames else 0)

    def skip_damage(self) -> Damage | None:
        """Go on behind the damage that `follow_ready` raised; returns it, None when there was none."""
        return self._tail.skip_damage()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until there may be frames; False when the time is up first."""
        return self._tail.wait(timeout_s)

    def fileno(self) -> int:
        """Readable when there may be frames, for an event loop; `follow_ready` makes it quiet again."""
        return self._tail.fileno()

    def close(self) -> None:
        self._tail.close()

    def _next(self) -> Frame | None:
        frame, self._beyond = self._beyond, None
        return self._tail.next() if frame is None else frame

    def _take(self, frame: Frame) -> None:
        self.sequence, self.wall_ns, self.mono_ns = frame.sequence, frame.wall_ns, frame.mono_ns
        if frame.kind != Kind.BINARY:
            if self._on_other is not None:
                self._on_other(frame)
            return
        if len(frame.payload) <= HEARTBEAT_BYTES_MAX:
            return
        decoded = self._decoded
        count = decode(frame.payload, decoded)
        self.damaged_frames += not decoded.clean
        changed = self.state.update(decoded.rows, decoded.packet_bytes, count, frame.wall_ns)
        if self.on_pass is not None:
            self.on_pass(self.state, changed, frame.wall_ns)
