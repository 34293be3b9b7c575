"""What the feed log can do, what it did, and how it says no."""

from enum import StrEnum

import msgspec


class LogState(StrEnum):
    """What the log can do. LOW still records; DISK_FULL records again when there is room; FAILED never does."""

    RECORDING = "RECORDING"
    LOW = "LOW"
    DISK_FULL = "DISK_FULL"
    FAILED = "FAILED"
    CLOSED = "CLOSED"


class NotRecorded(Exception):
    """The frame is not in the log, and is counted in `stats.not_recorded`. `state` is why."""

    def __init__(self, state: LogState, detail: str) -> None:
        super().__init__(f"frame not recorded, feed log {state}: {detail}")
        self.state = state


class FrameTooLong(Exception):
    """The payload is longer than the log takes; nothing was written."""

    def __init__(self, size: int, most: int) -> None:
        super().__init__(f"a payload of {size} bytes, the log takes {most}")
        self.size, self.most = size, most


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """Counts since this writer opened the log; marks count as frames."""

    last_sequence: int
    frames: int
    not_recorded: int
    segment: int
    stalled_rolls: int
    readers: int
    syncs: int
    sync_lag_ns: int
    sync_ns_max: int
    free_bytes: int
    failure: str | None
