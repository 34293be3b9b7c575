"""A recorded day as lots of frames that follow each other: what the kernels pass at one go."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from mmap import mmap
from typing import cast

import numpy as np

from tarazu.app.research.frame_kernels import AT, RECV_NS, SIZE
from tarazu.runtime.damage import Damage
from tarazu.runtime.segment import FRAME_HEADER_BYTES, Frame, Kind

LOT_BYTES = 512 << 10
"""Frames are checked and then passed in lots that the processor's cache holds."""


class Lot:
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
        self._walls_ns = [frame.wall_ns for frame in frames]
        self.index[:, RECV_NS] = self._walls_ns

    @property
    def wall_ns(self) -> int:
        """When the next frame was received: of what is not due the kernel need not be asked."""
        return self._walls_ns[self.at]


class Lots:
    """The day as lots, and between them the frames that are none."""

    def __init__(self, frames: Iterable[Frame | Damage], damages: list[Damage]) -> None:
        self._made = _lots(iter(frames), damages)
        self._now: Lot | Frame | None = None

    def current(self) -> Lot | Frame | None:
        """What comes next; the same until it is done."""
        if self._now is None or (isinstance(self._now, Lot) and self._now.at == self._now.end):
            self._now = next(self._made, None)
        return self._now

    def done(self) -> None:
        self._now = None


def _lots(frames: Iterator[Frame | Damage], damages: list[Damage]) -> Iterator[Lot | Frame]:
    gathered: list[Frame] = []
    size = 0
    for frame in frames:
        if isinstance(frame, Damage):
            damages.append(frame)
            continue
        is_ticks = frame.kind == Kind.BINARY
        if gathered and (not is_ticks or size > LOT_BYTES or frame.segment != gathered[0].segment):
            yield Lot(gathered)
            gathered, size = [], 0
        if not is_ticks:
            yield frame
        else:
            gathered.append(frame)
            size += len(frame.payload)
    if gathered:
        yield Lot(gathered)
