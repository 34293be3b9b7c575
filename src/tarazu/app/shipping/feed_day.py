"""A day of the feed log in the copy: its frames as received, once they have stood for a moment.

Frames are whole or not there (CRC-32C, contiguous sequence). A power cut may take the last twentieth of a second from
the log, and other frames get these numbers: where the copy has another frame than the log, its segment is set aside
under another name and copied again, for the journal counts by the log. What is damaged in the log is copied as it is:
the frames behind it are worth having, and every reader tells of the damage.
"""

import time
from pathlib import Path

import msgspec

from tarazu.app.shipping.copied_file import Copy, OnBothSides, Original
from tarazu.app.shipping.failing import reading, writing
from tarazu.app.shipping.stream import BUDGET_BYTES, CHUNK_BYTES, SETTLE_NS
from tarazu.app.shipping.target import Target
from tarazu.runtime.segment import (
    FRAME_HEADER_BYTES,
    PAYLOAD_BYTES_MAX,
    SEGMENT_HEADER_BYTES,
    Kind,
    aligned,
    frame_at,
    last_written,
    next_frame,
    segment_path,
    segments,
)

LENGTH_BYTES = 4
FRAME_BYTES_MAX = aligned(FRAME_HEADER_BYTES + PAYLOAD_BYTES_MAX)


class _Whole(msgspec.Struct, frozen=True):
    """What of some bytes is frames: up to where, the last one's sequence, and whether that is the segment's seal."""

    end: int = 0
    sequence: int = 0
    sealed: bool = False


class _Seen(msgspec.Struct, frozen=True):
    """Frames seen whole up to `at`, at `mono_ns`; `all`: nothing was behind them."""

    at: int
    mono_ns: int
    all: bool


class FeedDay(OnBothSides):
    """One day, from where the copy ends. Every method raises SourceFailed, TargetFailed."""

    def __init__(self, target: Target, source: Path) -> None:
        super().__init__()
        self.source, self._target = source, target
        with writing(target.root):
            self.folder = target.folder(f"feed/{source.name}")
        self.sequence = 0
        """Of the last frame in the copy."""
        self._number, self._at = 1, SEGMENT_HEADER_BYTES
        self._seen: _Seen | None = None
        self._resume()

    def ship(self, mono_ns: int) -> tuple[int, int | None]:
        """Bytes copied, and as of when all is in the copy; None: there is more to copy at once."""
        copied, as_of_ns = 0, None
        while copied < BUDGET_BYTES:
            if self._original is None and not self._begin():
                as_of_ns = mono_ns
                break
            if self._is_followed():
                copied += self._ship_final()
                continue
            taken, as_of_ns = self._ship_settled(mono_ns)
            copied += taken
            break
        if self._copy is not None:
            self._copy.sync()
        return copied, as_of_ns

    # Where the copy ends.

    def _resume(self) -> None:
        with writing(self.folder):
            numbers = segments(self.folder)
        self._number = numbers[-1] if numbers else 1
        if not numbers or not self._begin():
            return  # its segments are gone: the day was archived
        assert self._original is not None and self._copy is not None
        ours = memoryview(self._copy.read(0, self._copy.size))
        theirs = memoryview(self._original.read(0, len(ours)))
        whole = _whole(ours, SEGMENT_HEADER_BYTES, self._number, 0)
        if ours[: whole.end] != theirs[: whole.end]:
            self._set_aside()
            return
        torn = last_written(ours, whole.end) - whole.end
        self._copy.write(bytes(torn), whole.end)
        self._at, self.sequence = whole.end, whole.sequence
        if whole.sealed:
            self._finish()

    def _set_aside(self) -> None:
        self.close()
        path = segment_path(self.folder, self._number)
        with writing(self.folder):
            path.rename(path.with_suffix(f".aside-{time.time_ns()}"))

    # What is new.

    def _begin(self) -> bool:
        """Open the segment that is next; False where nothing is in it yet."""
        path, kept = segment_path(self.source, self._number), segment_path(self.folder, self._number)
        with reading(self.source):
            if not path.exists():
                return False
        with writing(self.folder):
            is_there = kept.exists()
        original = Original(path)
        if not is_there and not _is_begun(original):
            original.close()  # only prepared, and may be taken away again
            return False
        disk, self._original = self._target.disk, original
        head = original.read(0, SEGMENT_HEADER_BYTES)
        self._copy = Copy(disk, kept) if is_there else Copy.begun(disk, kept, head, original.size)
        self._at, self._seen = SEGMENT_HEADER_BYTES, None
        return True

    def _finish(self) -> None:
        """Go on in the next segment."""
        if self._copy is not None:
            self._copy.sync()
        self.close()
        self._number, self._at, self._seen = self._number + 1, SEGMENT_HEADER_BYTES, None

    def _is_followed(self) -> bool:
        """Whether something is in the next segment: then nobody writes this one any more."""
        path = segment_path(self.source, self._number + 1)
        with reading(self.source):
            if not path.exists():
                return False
        following = Original(path)
        try:
            return _is_begun(following)
        finally:
            following.close()

    def _ship_final(self) -> int:
        """A part of a segment that is complete. Behind its last frame whatever is there is copied as it is."""
        chunk, whole = self._look()
        if not whole.end:
            assert self._original is not None
            chunk = memoryview(self._original.read(self._at, self._original.size - self._at))
            whole = _Whole(last_written(chunk, 0), self.sequence, sealed=True)
        self._take(chunk, whole)
        if whole.sealed:
            self._finish()
        return whole.end

    def _ship_settled(self, mono_ns: int) -> tuple[int, int | None]:
        """What was there a moment ago and still is; what is there beyond is remembered for the next time."""
        chunk, whole = self._look()
        seen = self._seen
        if not whole.end:
            self._seen = None
            return 0, mono_ns
        found = _Seen(self._at + whole.end, mono_ns, not self._goes_on(self._at + whole.end))
        if seen is None:
            self._seen = found
            return 0, None
        if mono_ns - seen.mono_ns < SETTLE_NS:
            return 0, None
        settled = _whole(chunk[: min(seen.at - self._at, whole.end)], 0, self._number, self.sequence + 1)
        self._take(chunk, settled)
        self._seen = found if found.at > self._at else None
        if settled.sealed:
            self._finish()
        return settled.end, seen.mono_ns if seen.all else None

    def _goes_on(self, at: int) -> bool:
        """Whether a whole frame is there, beyond what was looked at."""
        assert self._original is not None
        length = int.from_bytes(self._original.read(at, LENGTH_BYTES), "little")
        if not FRAME_HEADER_BYTES <= length <= FRAME_BYTES_MAX:
            return False
        return frame_at(memoryview(self._original.read(at, length)), 0, self._number) is not None

    def _look(self) -> tuple[memoryview, _Whole]:
        """The bytes from where the copy ends, and what of them is frames."""
        assert self._original is not None
        chunk = memoryview(self._original.read(self._at, CHUNK_BYTES))
        whole = _whole(chunk, 0, self._number, self.sequence + 1)
        if not whole.end and len(chunk) == CHUNK_BYTES:  # it may be a long one
            chunk = memoryview(self._original.read(self._at, FRAME_BYTES_MAX))
            whole = _whole(chunk, 0, self._number, self.sequence + 1)
        return chunk, whole

    def _take(self, chunk: memoryview, whole: _Whole) -> None:
        assert self._copy is not None
        self._copy.write(chunk[: whole.end], self._at)
        self._at += whole.end
        self.sequence = whole.sequence or self.sequence


def _whole(view: memoryview, at: int, segment: int, expected: int) -> _Whole:
    """From `at` on, damage between frames included. `expected`: the first frame's sequence, 0 when not known."""
    end, sequence, sealed = at, 0, False
    while not sealed:
        frame = frame_at(view, end, segment) or next_frame(view, end, segment, expected)
        if frame is None or frame.after > len(view):
            break
        sealed = frame.kind == Kind.SEAL
        end, expected = frame.after, frame.sequence + 1
        sequence = frame.sequence - sealed  # a seal has the next frame's, and is not counted
    return _Whole(end, sequence, sealed)


def _is_begun(original: Original) -> bool:
    return any(original.read(SEGMENT_HEADER_BYTES, FRAME_HEADER_BYTES))
