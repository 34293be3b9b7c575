"""What the journal can do, how it says no, and how it dies."""

from enum import StrEnum
from pathlib import Path

import msgspec

from tarazu.journal.findings import Report
from tarazu.runtime.journal_files import SEGMENT_BYTES

GIB = 1 << 30
MIB = 1 << 20


class Mode(StrEnum):
    """What an acknowledged entry survives."""

    POWER = "power"
    """A power cut: fdatasync before the ack."""
    PROCESS = "process"
    """The death of the process: in the kernel before the ack, on the disk within the group's time."""


class Space(StrEnum):
    """Room on the disk. Below OK the caller takes on no new risk (RELIABILITY 5.2)."""

    OK = "OK"
    LOW = "LOW"
    """Below the low watermark: no entries."""
    RESERVE = "RESERVE"
    """Only the reserve is left: `append` refuses what is not marked as an exit's."""


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """When space is LOW, and how much is kept for exits."""

    low_bytes: int = 2 * GIB
    reserve_bytes: int = 256 * MIB


class JournalSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a journal is written. Reading it takes none of this."""

    durability: Mode = Mode.POWER
    segment_bytes: int = SEGMENT_BYTES
    group_s: float = 0.002
    """How long a group gathers: RELIABILITY 4.3 gives 5 ms, and the disk needs the greater part."""
    room: Room = Room()
    checkpoint_entries: int = 1_000
    """With a signer a checkpoint is due after so many entries, or, when there were any, seconds (RELIABILITY 4.3)."""
    checkpoint_s: float = 60.0


USUAL = JournalSettings()


class JournalDead(Exception):
    """The disk failed: nothing that was not acknowledged will be, and nothing more is taken.

    The process is to end. What was on its way is found, or not, by the next opening.
    """


class JournalDamaged(Exception):
    """The journal is not what was written, and is not written to. `report` says where."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"journal of {report.day}: {report.gravest}")
        self.report = report


class NoRoom(Exception):
    """Only the reserve is left and this is no exit's: nothing was written, and exits still are."""


class EntryTooLong(Exception):
    """The payload does not fit a segment; nothing was written."""

    def __init__(self, size: int, most: int) -> None:
        super().__init__(f"a payload of {size} bytes, the journal takes {most}")


class NotDurable(Exception):
    """The wait for durability ran out of its time; the entry may yet get there."""


class BadEpochFile(Exception):
    """The file of the last epoch is not what was written to it."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is damaged: see the highest epoch with `tarazu audit verify`, and put it right by hand"
        )
