"""A day of the journal in the copy: the acknowledged entries, each proven to follow the one before, and no other.

The watermark says up to where everything had been on the disk. Only that is copied: an entry beyond it may yet be lost
with the power, and another take its number; then the copy would contradict the journal that goes on. In the copy, too,
the segments are on the disk before the checkpoints that tell of them, and these before the watermark: whenever this
process or the copy's disk dies, `tarazu audit verify` finds a beginning of the day there, at worst with a torn tail.
"""

from collections.abc import Iterator
from pathlib import Path

from tarazu.app.shipping.copied_file import Copy, OnBothSides, Original
from tarazu.app.shipping.failing import SourceFailed, reading, writing
from tarazu.app.shipping.stream import BUDGET_BYTES, CHUNK_BYTES
from tarazu.app.shipping.target import Target
from tarazu.journal.chain import break_of, head_after
from tarazu.journal.checkpoint import BadNote, join_notes, parse, split_notes
from tarazu.journal.codec import (
    FRAME_HEADER_BYTES,
    SEGMENT_HEADER_BYTES,
    WATERMARK_SLOT_BYTES,
    BadBytes,
    SegmentHeader,
    Watermark,
    after,
    aligned,
    decode_segment_header,
    decode_watermark,
    encode_watermark,
    entry_at,
)
from tarazu.journal.entry import PAYLOAD_BYTES_MAX, Entry, Head
from tarazu.runtime.journal_files import (
    WATERMARK_BYTES,
    checkpoints_path,
    segment_numbers,
    segment_path,
    watermark_path,
)

FIRST_BYTES = 64 << 10
"""Read first, in a day that is being written: half a second of it is a few entries."""
DIVERGED = "SOURCE_DIVERGED"
DAMAGED = "SOURCE_DAMAGED"
FRAME_BYTES_MAX = aligned(FRAME_HEADER_BYTES + PAYLOAD_BYTES_MAX)


class JournalDay(OnBothSides):
    """One day, from where the copy ends. Every method raises SourceFailed, TargetFailed."""

    def __init__(self, target: Target, source: Path) -> None:
        super().__init__()
        self.source, self._target = source, target
        with writing(target.root):
            self.folder = target.folder(f"journal/{source.name}")
        self.head = Head()
        """Of the copy."""
        self._number, self._at, self._last = 0, 0, 0
        """Where the next entry goes, and where the last one is."""
        self._resume()

    @property
    def sequence(self) -> int:
        return self.head.sequence

    def ship(self, mono_ns: int) -> tuple[int, int | None]:
        """Bytes copied, and as of when all that was acknowledged is in the copy; None: there is more to copy."""
        raw = _read_watermark(self.source)
        mark = _mark(raw)
        if mark is None:
            return 0, mono_ns  # begun, and nothing acknowledged
        if mark.sequence < self.head.sequence:
            self._prove_same()  # a power cut may leave the mark before: the entries are there all the same
            return 0, mono_ns
        copied = self._ship_entries(mark)
        if self.head.sequence < mark.sequence:
            return copied, None
        if mark.sequence and self.head.hash != mark.hash:
            raise self._diverged(f"entry {mark.sequence} is another one in the copy")
        self._ship_checkpoints(mark.sequence)
        self._ship_watermark(raw)
        return copied, mono_ns

    # Where the copy ends.

    def _resume(self) -> None:
        with writing(self.folder):
            numbers = segment_numbers(self.folder)
        if not numbers:
            return
        header = self._open(numbers[-1], Copy(self._target.disk, segment_path(self.folder, numbers[-1])))
        assert self._copy is not None
        self.head = Head(header.first_sequence - 1, header.prev)
        while (entry := _entry(self._copy, self._at)) is not None and break_of(entry, self.head, header.prev) is None:
            self._last, self.head, self._at = self._at, head_after(entry), after(entry, self._at)
        rest = self._copy.read(self._at, self._copy.size - self._at).rstrip(b"\0")
        self._copy.write(bytes(len(rest)), self._at)
        self._prove_same()

    def _prove_same(self) -> None:
        """The last entry of this segment is the same on both sides; by the chain so is all before it."""
        if self._at == SEGMENT_HEADER_BYTES or self._original is None:
            return
        theirs = _entry(self._original, self._last)
        if theirs is None or theirs.hash != self.head.hash:
            raise self._diverged(f"entry {self.head.sequence} of the copy is not in it, or is another one")

    def _open(self, number: int, copy: Copy) -> SegmentHeader:
        """Both sides of a segment that the copy has."""
        self.close()
        self._original, self._copy = Original(segment_path(self.source, number)), copy
        self._number, self._at = number, SEGMENT_HEADER_BYTES
        ours = copy.read(0, SEGMENT_HEADER_BYTES)
        if self._original.read(0, SEGMENT_HEADER_BYTES) != ours:
            raise self._diverged(f"segment {number} is of another journal than the copy's")
        return _header(ours, segment_path(self.source, number))

    # What is new.

    def _ship_entries(self, mark: Watermark) -> int:
        copied = 0
        while self.head.sequence < mark.sequence and copied < BUDGET_BYTES:
            most = CHUNK_BYTES if copied else FIRST_BYTES
            taken = self._ship_chunk(mark.sequence, most) if self._original is not None else 0
            if not taken and not self._next_segment(mark):
                wanted = self.head.sequence + 1
                told = f"entry {wanted} was acknowledged, and is not in segment {self._number} at {self._at}"
                raise self._damaged(told)
            copied += taken
        if self._copy is not None:
            self._copy.sync()
        return copied

    def _ship_chunk(self, through: int, most: int) -> int:
        """Of this segment; 0 where it has no further entry."""
        assert self._original is not None and self._copy is not None
        chunk = memoryview(self._original.read(self._at, most))
        if len(chunk) == most and entry_at(chunk, 0) is None:
            chunk = memoryview(self._original.read(self._at, FRAME_BYTES_MAX))  # it may be a long one
        at = 0
        while self.head.sequence < through and (entry := entry_at(chunk, at)) is not None:
            if after(entry, at) > len(chunk):
                break
            self._follow(entry)
            self._last, at = self._at + at, after(entry, at)
        self._copy.write(chunk[:at], self._at)
        self._at += at
        return at

    def _follow(self, entry: Entry) -> None:
        if (broken := break_of(entry, self.head)) is not None:
            raise self._damaged(broken)
        self.head = head_after(entry)

    def _next_segment(self, mark: Watermark) -> bool:
        number = self._number + 1
        path = segment_path(self.source, number)
        with reading(path):
            if not path.exists():
                return False
        original = Original(path)
        head, size = original.read(0, SEGMENT_HEADER_BYTES), original.size
        original.close()
        header = _header(head, path)
        if header.first_sequence != self.head.sequence + 1 or (self.head.sequence and header.prev != self.head.hash):
            raise self._damaged(f"segment {number} does not go on after entry {self.head.sequence}")
        if self._copy is not None:
            self._copy.sync()
        elif not watermark_path(self.folder).exists():
            self._begin_watermark(mark, header.prev)
        self._open(number, Copy.begun(self._target.disk, segment_path(self.folder, number), head, size))
        return True

    # The witnesses.

    def _begin_watermark(self, mark: Watermark, prev: bytes) -> None:
        """A day has one before it has entries, for a day without one has lost it (`journal.witness`)."""
        first = Watermark(day=mark.day, epoch=0, count=0, sequence=0, hash=prev, checkpoint_bytes=0, log=mark.log)
        with writing(self.folder):
            raw = encode_watermark(first).ljust(WATERMARK_BYTES, b"\0")
            self._target.replace(watermark_path(self.folder), raw)

    def _ship_checkpoints(self, through: int) -> None:
        """Those that tell of no entry beyond."""
        path = checkpoints_path(self.source)
        with reading(path):
            notes, _ = split_notes(path.read_bytes() if path.exists() else b"")
        try:
            told = join_notes([note for note in notes if parse(note).size <= through])
        except BadNote as bad:
            raise self._damaged(f"checkpoints: {bad}") from bad
        kept = checkpoints_path(self.folder)
        with writing(self.folder):
            have = kept.read_bytes() if kept.exists() else b""
            if have == told:
                return
            if not told.startswith(have[: len(told)]):
                raise self._diverged("the checkpoints are not those that the copy has")
            self._target.replace(kept, told)

    def _ship_watermark(self, raw: bytes) -> None:
        kept = watermark_path(self.folder)
        with writing(self.folder):
            if not kept.exists() or kept.read_bytes() != raw:
                self._target.replace(kept, b"".join(_slots(raw)))

    def _damaged(self, told: str) -> SourceFailed:
        day = self.source.name
        return SourceFailed(DAMAGED, f"journal of {day}: {told}", f"tarazu audit verify --date {day}")

    def _diverged(self, told: str) -> SourceFailed:
        day = self.source.name
        hint = f"tarazu audit verify --date {day}; keep {self.folder} as it is, and ship to an empty folder"
        return SourceFailed(DIVERGED, f"journal of {day}: {told}", hint)


def _entry(file: Original | Copy, at: int) -> Entry | None:
    """The whole entry at an offset, however long."""
    start = file.read(at, FRAME_HEADER_BYTES)
    length = int.from_bytes(start[:4], "little")
    if not FRAME_HEADER_BYTES <= length <= FRAME_BYTES_MAX:
        return None
    return entry_at(memoryview(file.read(at, aligned(length))), 0)


def _header(raw: bytes, path: Path) -> SegmentHeader:
    try:
        return decode_segment_header(memoryview(raw))
    except BadBytes as bad:
        raise SourceFailed(DAMAGED, f"{path}: {bad}", f"tarazu audit verify --date {path.parent.name}") from bad


def _read_watermark(folder: Path) -> bytes:
    path = watermark_path(folder)
    with reading(path):
        return path.read_bytes() if path.exists() else b""


def _mark(raw: bytes) -> Watermark | None:
    """The later of the slots that are whole."""
    marks = [decode_watermark(memoryview(slot)) for slot in _slots(raw) if any(slot)]
    return max(marks, key=lambda mark: mark.count, default=None)


def _slots(raw: bytes) -> Iterator[bytes]:
    """Zeros for one that is not whole: its writer may be at it, and has not said it yet."""
    for at in range(0, len(raw), WATERMARK_SLOT_BYTES):
        slot = raw[at : at + WATERMARK_SLOT_BYTES]
        try:
            decode_watermark(memoryview(slot))
            yield slot
        except BadBytes:
            yield bytes(WATERMARK_SLOT_BYTES)
