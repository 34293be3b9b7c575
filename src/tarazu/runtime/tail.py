"""A reader of the feed log, in any process: frames in order as they are written, over segments and writers."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path

from tarazu.runtime.damage import Damage, Damaged, Fault
from tarazu.runtime.doorbell import Doorbell
from tarazu.runtime.repair import corrupt, gap
from tarazu.runtime.segment import (
    FRAME,
    FRAME_HEADER_BYTES,
    SEGMENT_HEADER_BYTES,
    Frame,
    Kind,
    Position,
    aligned,
    frame_at,
    header_fault,
    is_begun,
    last_written,
    next_frame,
    segments,
)
from tarazu.runtime.segment_file import map_segment


class Tail:
    """Reads one day's folder from its first frame, or from where it is told.

    Never in the writer's way, and needs no writer: it waits for one to come, to come back, to go on. A frame's payload
    is a view of the file; it stays valid as long as it is held. Use from one thread.
    """

    def __init__(
        self, folder: Path, *, from_sequence: int | None = None, from_position: Position | None = None
    ) -> None:
        """`from_sequence` may be in the future; `from_position` is a frame's own, or the one after the last read."""
        assert from_sequence is None or from_position is None
        self.folder = folder
        self.bell = Doorbell(folder)
        # Only what was written before we came can have holes: a power cut makes them, and ends every reader too.
        self._old = max(segments(folder), default=0)
        self._searched = False
        self._excused = 0  # the segment whose header is known to be damaged
        self._next_sequence = 0
        self._view: memoryview | None = None
        self._segment, self._at = from_position or Position(1, SEGMENT_HEADER_BYTES)
        self._least = from_sequence or 0
        if self._least:
            self._segment = self._segment_of(self._least)

    @classmethod
    def at_end(cls, folder: Path) -> "Tail":
        """A reader of what is written from now on; damage before that is passed over."""
        tail = cls(folder)
        views = ((number, map_segment(folder, number)) for number in reversed(segments(folder)))
        tail._segment = next((number for number, view in views if view is not None and is_begun(view)), 1)
        while True:
            try:
                while tail.next() is not None:
                    pass
                return tail
            except Damaged:
                tail.skip_damage()

    @property
    def position(self) -> Position:
        """Where the next frame is or will be (or, before a roll is read, the seal): resume from here."""
        return Position(self._segment, self._at)

    def next(self) -> Frame | None:
        """The next frame, or None when there is no more now.

        Raises Damaged where one cannot be read though later ones can, again and again until `skip_damage`.
        """
        while True:
            frame = self._frame()
            if frame is None:
                return None
            if self._next_sequence and frame.sequence != self._next_sequence:
                raise Damaged(gap(frame, self._next_sequence))
            if frame.kind == Kind.SEAL:
                self._next_sequence = frame.sequence
                self._go_to(Position(self._segment + 1, SEGMENT_HEADER_BYTES))
                continue
            self._next_sequence = frame.sequence + 1
            self._at = frame.after
            if frame.sequence >= self._least:
                return frame

    def ready(self) -> Iterator[Frame]:
        """The frames there are now. Drains the bell first, so that waiting after it misses none."""
        self.bell.drain()
        while (frame := self.next()) is not None:
            yield frame

    def waiting(self) -> tuple[int, int]:
        """How many frames are written that `next` has not given, and when the first was received (mono ns; 0: none).

        Read from the headers alone: nothing is checked, and the count ends where a length makes no sense.
        """
        frames, first_ns, segment, at, view = 0, 0, self._segment, self._at, self._view
        while (view := map_segment(self.folder, segment) if view is None else view) is not None:
            if at + FRAME_HEADER_BYTES > len(view):
                break
            length, _, sequence, _, mono_ns, _, kind = FRAME.unpack_from(view, at)
            if not FRAME_HEADER_BYTES <= length <= len(view) - at:
                break
            if kind == Kind.SEAL:
                segment, at, view = segment + 1, SEGMENT_HEADER_BYTES, None
                continue
            at += aligned(length)
            if sequence >= self._least:
                first_ns = mono_ns if not frames else first_ns
                frames += 1
        return frames, first_ns

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until there may be frames; False when the time is up first."""
        return self.bell.wait(timeout_s)

    def fileno(self) -> int:
        """Readable when there may be frames; `ready` makes it quiet again."""
        return self.bell.fileno()

    async def __aiter__(self) -> AsyncIterator[Frame]:
        """Every frame, for ever, on the running event loop."""
        rung = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self.fileno(), rung.set)
        try:
            while True:
                rung.clear()
                for frame in self.ready():
                    yield frame
                await rung.wait()
        finally:
            loop.remove_reader(self.fileno())

    def skip_damage(self) -> Damage | None:
        """Go on behind the damage `next` raised; returns it, None when there was none."""
        try:
            frame = self._frame()
        except Damaged as damaged:
            if damaged.damage.fault is Fault.HEADER:
                self._excused = self._segment
                return damaged.damage
            beyond = self._beyond()
            self._next_sequence = 0
            self._go_to(beyond.position if beyond else Position(self._segment + 1, SEGMENT_HEADER_BYTES))
            return damaged.damage
        if frame is None or frame.sequence == self._next_sequence:
            return None
        damage, self._next_sequence = gap(frame, self._next_sequence), 0
        return damage

    def close(self) -> None:
        self._view = None
        self.bell.close()

    def _frame(self) -> Frame | None:
        """The frame or seal at our position; None when it is not written. Raises Damaged when it never will be."""
        if self._view is None:
            self._view, self._searched = self._mapped(), False
        if self._view is None:
            return None
        frame = frame_at(self._view, self._at, self._segment)
        if frame is None and self._is_suspect(self._view):
            frame = frame_at(self._view, self._at, self._segment)  # it may just have come
            if frame is None:
                frame = self._search(self._view)
        return frame

    def _mapped(self) -> memoryview | None:
        """Our segment, None when it is not made yet."""
        view = map_segment(self.folder, self._segment)
        if view is None:
            if self._segment < self._old:
                raise Damaged(Damage(fault=Fault.SEGMENT_MISSING, segment=self._segment, offset=0))
            return None
        fault = header_fault(view, date.fromisoformat(self.folder.name), self._segment)
        if fault is not None and self._excused != self._segment:
            raise Damaged(
                Damage(fault=Fault.HEADER, segment=self._segment, offset=0, size=SEGMENT_HEADER_BYTES, detail=fault)
            )
        return view

    def _is_suspect(self, view: memoryview) -> bool:
        """No frame here: the end, most likely. A length without its frame, or an old segment, is worth a search."""
        if any(view[self._at : self._at + 4]):
            return True
        return self._segment <= self._old and not self._searched

    def _search(self, view: memoryview) -> Frame | None:
        """Look for frames beyond our position. With some there, ours is here by now or Damaged."""
        beyond = self._beyond()
        further = beyond or self._first_of(self._segment + 1)
        ours = frame_at(view, self._at, self._segment)
        if further is None or ours is not None:
            self._searched = True
            return ours
        if beyond is not None:
            raise Damaged(corrupt(self._segment, self._at, beyond, self._next_sequence))
        raise Damaged(self._lost_end(view))

    def _lost_end(self, view: memoryview) -> Damage:
        return Damage(
            fault=Fault.CORRUPT,
            segment=self._segment,
            offset=self._at,
            size=last_written(view, self._at) - self._at,
            sequence=self._next_sequence,
            detail="the segment ends without a seal and another follows",
        )

    def _beyond(self) -> Frame | None:
        if self._view is None:
            return None
        return next_frame(self._view, self._at, self._segment, self._next_sequence)

    def _go_to(self, position: Position) -> None:
        if position.segment != self._segment:
            self._view = None
        self._segment, self._at = position

    def _first_of(self, segment: int) -> Frame | None:
        """The first whole frame of a segment."""
        view = map_segment(self.folder, segment)
        if view is None:
            return None
        at = SEGMENT_HEADER_BYTES
        return frame_at(view, at, segment) or next_frame(view, at, segment, 0)

    def _segment_of(self, sequence: int) -> int:
        """The last segment that begins at or before a frame, by its first frames; the first when none says."""
        numbers = segments(self.folder)
        while len(numbers) > 1:
            middle = len(numbers) // 2
            first = self._first_of(numbers[middle])
            if first is None or first.sequence > sequence:
                numbers = numbers[:middle]
            else:
                numbers = numbers[middle:]
        return numbers[0] if numbers else 1
