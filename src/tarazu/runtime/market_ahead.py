"""A day that is over, as it was at each of its frames: a thread follows it some hundred frames ahead by one compiled
pass, and what each frame brought is put into the state when somebody has come to it.

    ahead = MarketAhead(day_folder(home.feed, day), state)
    ahead.follow_to(moved.sequence)
    quotes.moved(ahead.take_changed())

`state` has the rows and the data clocks (`recv_ns`) that a `MarketFollower` would have at that frame, which is what
quotes are made of. It has nothing else: no features, no bars, no counters; for whoever reads those, follow.
"""

from bisect import bisect_right
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tarazu.market.slots import PACKET_WORDS
from tarazu.market.state import Derive, MarketState
from tarazu.runtime.ahead_kernels import pass_ahead
from tarazu.runtime.damage import Damage, Damaged
from tarazu.runtime.segment import FRAME_HEADER_BYTES, Frame, Kind
from tarazu.runtime.tail import Tail
from tarazu.wire.kite_ticks import TickFrame

LOT_BYTES = 512 << 10
"""Frames are passed in lots that the processor's cache holds."""
_PACKET_BYTES_MIN = 10
"""Kite v3: two of its length and eight of LTP."""
_NO_SLOTS: NDArray[np.intp] = np.zeros(0, np.intp)


class MarketAhead:
    """From the day's first frame on. Close it. What is written behind its back is read when it comes to it."""

    def __init__(self, day_folder: Path, state: MarketState) -> None:
        """`state` is without any market yet, and nobody else writes it."""
        self.sequence = 0
        """Of the last frame that is in the state; 0: none yet."""
        self.wall_ns = 0
        """When that frame was received."""
        self._words, self._recv_ns = state.words, state.slots["recv_ns"]
        self._tail = Tail(day_folder)
        self._passing = _Passing(state.rows["token"].tolist(), self._tail)
        self._thread = ThreadPoolExecutor(1, "market-ahead")
        self._coming: Future[_Lot | Damaged | None] | None = None
        self._lot, self._at = _NO_LOT, 0
        self._changed: list[NDArray[np.intp]] = []
        self._shown_frames = 0

    def follow_to(self, sequence: int) -> None:
        """The state becomes the one after frame `sequence`, or after the last before it that there is.

        Raises Damaged where a frame on the way cannot be read though later ones can, again and again until
        `skip_damage`; what was before it is in the state.
        """
        while self.sequence < sequence:
            if self._at == len(self._lot.sequences) and not self._next_lot():
                return
            upto = bisect_right(self._lot.sequences, sequence, self._at)
            if upto == self._at:  # damage was skipped, and what was asked for with it
                return
            self._show(self._lot, self._at, upto)
            self._at = upto

    def take_changed(self) -> NDArray[np.intp]:
        """The slots that changed since this was asked before, ascending."""
        pieces, frames = self._changed, self._shown_frames
        self._changed, self._shown_frames = [], 0
        if frames == 1:
            return pieces[0]
        return np.unique(np.concatenate(pieces)) if frames else _NO_SLOTS

    def skip_damage(self) -> Damage | None:
        """Go on behind the damage that `follow_to` raised; returns it, None when there was none."""
        return self._tail.skip_damage() if self._coming is None else None

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)
        self._tail.close()

    def _next_lot(self) -> bool:
        """False: there is none now. Behind damage, and at the end, the thread waits until it is asked again.

        Raises Damaged, OSError.
        """
        coming, self._coming = self._coming, None
        found = None if coming is None else coming.result()
        if found is None:  # it was the end when the thread came to it, and need not be now
            found = self._thread.submit(self._passing.lot).result()
        if isinstance(found, Damaged):
            raise found
        if found is None:
            return False
        self._lot, self._at = found, 0
        self._coming = self._thread.submit(self._passing.lot)
        return True

    def _show(self, lot: "_Lot", first: int, end: int) -> None:
        """Of a slot that several of these frames brought, the last."""
        begins, ends = lot.brought_to[first], lot.brought_to[end]
        if ends > begins:
            slots = lot.brought[begins:ends]
            self._words[slots] = lot.rows[begins:ends]
            self._recv_ns[slots] = lot.recv_ns[begins:ends]
        self._changed.append(lot.changed[lot.changed_to[first] : lot.changed_to[end]])
        self._shown_frames += end - first
        self.sequence, self.wall_ns = lot.sequences[end - 1], lot.walls_ns[end - 1]


class _Lot:
    """Frames of one segment that follow each other, and what each of them brought (see `pass_ahead`)."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self.sequences = [frame.sequence for frame in frames]
        self.walls_ns = [frame.wall_ns for frame in frames]
        self.index = np.empty((len(frames), 3), np.int64)
        self.index[:, 0] = [frame.offset + FRAME_HEADER_BYTES for frame in frames]
        self.index[:, 1] = [len(frame.payload) if frame.kind == Kind.BINARY else 0 for frame in frames]
        self.index[:, 2] = self.walls_ns
        most = int(self.index[:, 1].sum()) // _PACKET_BYTES_MIN
        self.brought, self.changed = np.empty(most, np.int64), np.empty(most, np.int64)
        self.rows, self.recv_ns = np.empty((most, PACKET_WORDS), np.uint32), np.empty(most, np.int64)
        self.brought_to: list[int] = []
        self.changed_to: list[int] = []


_NO_LOT = _Lot(())


class _Passing(MarketState):
    """The thread's own state, at the end of the last lot that it made."""

    def __init__(self, tokens: Sequence[int], tail: Tail) -> None:
        super().__init__(bytearray(MarketState.layout(len(tokens))), tokens, derive=Derive(0))
        self._tail = tail
        self._beyond: Frame | None = None
        decoded = TickFrame()
        _, header, _, words, derived, bars = self._parts
        self._arguments: tuple[Any, ...] = (
            decoded.rows.view(np.uint32).reshape(-1, PACKET_WORDS), np.zeros(len(decoded.rows), np.int64),
            decoded.packet_bytes, decoded._tally,
            header, self._table, self._shift, self._tau_s, self._ahead_max_ns, words, derived, bars,
            np.zeros(len(decoded.rows), np.int64), self._changed, self._closings, self._derive, self._shares,
        )  # fmt: skip
        """Of `pass_ahead`, from `packets` to `shares`."""

    def lot(self) -> _Lot | Damaged | None:
        """The next one. Damaged: nothing whole is before it."""
        frames = self._frames()
        if isinstance(frames, Damaged):
            return frames
        if not frames:
            return None
        lot = _Lot(frames)
        data = np.frombuffer(cast(memoryview, frames[0].payload.obj), np.uint8)
        brought_to, changed_to = np.empty(len(frames) + 1, np.int64), np.empty(len(frames) + 1, np.int64)
        _pass_ahead(
            data, lot.index, *self._arguments,
            brought_to, lot.brought, lot.rows, lot.recv_ns, changed_to, lot.changed,
        )  # fmt: skip
        lot.brought_to, lot.changed_to = brought_to.tolist(), changed_to.tolist()
        return lot

    def _frames(self) -> list[Frame] | Damaged:
        """Of one segment, so that they lie in one map."""
        frames: list[Frame] = []
        size = 0
        try:
            while size < LOT_BYTES and (frame := self._next()) is not None:
                if frames and frame.segment != frames[0].segment:
                    self._beyond = frame
                    break
                frames.append(frame)
                size += len(frame.payload)
        except Damaged as damaged:
            return frames or damaged
        except OSError:
            if not frames:  # behind these it is met again, or is over
                raise
        return frames

    def _next(self) -> Frame | None:
        frame, self._beyond = self._beyond, None
        return self._tail.next() if frame is None else frame


_pass_ahead: Any = pass_ahead
