"""What can be wrong with a day of the journal, where, and which of it matters most."""

from datetime import date
from enum import StrEnum

import msgspec

from tarazu.journal.codec import Watermark
from tarazu.journal.entry import FIRST_SEQUENCE, Head
from tarazu.journal.merkle import EMPTY_ROOT, Frontier


class Fault(StrEnum):
    """The gravest first. Only TORN_TAIL is the mark of a crash, and repaired; any other stops the journal."""

    SWAPPED_DAY = "SWAPPED_DAY"
    """Another day's, or another desk's, in this one's place."""
    FORK = "FORK"
    """Two signed checkpoints of one size that differ: somebody with the key told two stories."""
    REWRITTEN = "REWRITTEN"
    """Whole and in order, and not what a kept checkpoint or the watermark says it was."""
    EPOCH = "EPOCH"
    """An epoch that fell, or that was never begun: two writers, or a rolled back epoch file."""
    CORRUPT = "CORRUPT"
    """Bytes that were acknowledged and are not what was written."""
    TRUNCATED = "TRUNCATED"
    """What the watermark, a checkpoint or a file's own header says was there is gone from the end."""
    TORN_TAIL = "TORN_TAIL"
    """After all that was acknowledged, bytes of a write that was cut off."""


_GRAVITY = {fault: place for place, fault in enumerate(Fault)}

SEGMENT, WATERMARK, CHECKPOINTS, LOG = "segment", "watermark", "checkpoints", "log"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong. `offset` and `size` are of the file: segment `segment` where that is not 0."""

    fault: Fault
    where: str
    segment: int = 0
    offset: int = 0
    size: int = 0
    sequence: int = 0
    """The entry that belongs here; 0 when it is not about one."""
    detail: str = ""

    def __str__(self) -> str:
        place = f"{self.where} {self.segment} offset {self.offset}" if self.segment else self.where
        about = f", entry {self.sequence}" if self.sequence else ""
        size = f", {self.size} bytes" if self.size else ""
        return f"{self.fault} at {place}{size}{about}: {self.detail}"


class Report(msgspec.Struct, kw_only=True):
    """What a walk over a day found. Counts are of what is whole, up to the first damage."""

    day: date
    entries: int = 0
    payload_bytes: int = 0
    segments: int = 0
    head: Head = Head()
    first_prev: bytes | None = None
    """What the day's first entry follows: the last of an earlier day."""
    epoch: int = 0
    """The highest seen."""
    end_segment: int = 0
    """Where the next frame belongs; 0 for a day without a segment."""
    end_offset: int = 0
    root: bytes = EMPTY_ROOT
    frontier: Frontier = msgspec.field(default_factory=Frontier)
    watermark: Watermark | None = None
    checkpoints: int = 0
    """Checkpoints that hold, kept ones included."""
    checkpoint_size: int = 0
    """Entries under the largest of them."""
    signed: bool = False
    """Whether their signatures were looked at: without a key a checkpoint proves little."""
    torn_notes_at: int | None = None
    """Where the file of checkpoints has an unfinished end."""
    leaves: bytes = b""
    findings: list[Finding] = []

    @property
    def fault(self) -> Fault | None:
        """The gravest; None when nothing is wrong."""
        return min((f.fault for f in self.findings), key=_GRAVITY.__getitem__, default=None)

    @property
    def gravest(self) -> Finding | None:
        return min(self.findings, key=lambda f: _GRAVITY[f.fault], default=None)

    @property
    def next_sequence(self) -> int:
        return max(self.head.sequence + 1, FIRST_SEQUENCE)
