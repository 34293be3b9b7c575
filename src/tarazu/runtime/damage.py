"""What can be wrong with a feed log, and where."""

from enum import StrEnum

import msgspec

from tarazu.runtime.segment import Position


class Fault(StrEnum):
    """TORN_TAIL is the mark of a crash and is repaired; the others are damage, stay as they are and are reported."""

    TORN_TAIL = "TORN_TAIL"  # bytes after the last whole frame of the day, and no whole frame after them
    CORRUPT = "CORRUPT"  # bytes that are no frame where one belongs, and whole frames after them
    SEQUENCE_GAP = "SEQUENCE_GAP"  # two whole frames side by side whose sequences are not
    HEADER = "HEADER"  # a segment's own header
    SEGMENT_MISSING = "SEGMENT_MISSING"  # a number left out of the folder


class Damage(msgspec.Struct, frozen=True, kw_only=True):
    """One damaged place."""

    fault: Fault
    segment: int
    offset: int
    size: int = 0
    """Damaged bytes from `offset` on."""
    sequence: int = 0
    """The frame that belongs here; 0 when not known."""
    lost: int = 0
    """Frames that cannot be read because of it, as far as sequences tell."""
    detail: str = ""

    @property
    def position(self) -> Position:
        return Position(self.segment, self.offset)

    def __str__(self) -> str:
        where = f"segment {self.segment} offset {self.offset}"
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.fault} at {where}, {self.size} bytes, frame {self.sequence}, {self.lost} lost{detail}"


class Damaged(Exception):
    """A reader met damage. It stays before it until told to `skip_damage`."""

    def __init__(self, damage: Damage) -> None:
        super().__init__(str(damage))
        self.damage = damage
