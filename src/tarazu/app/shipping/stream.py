"""What is copied, and how far that has come: a stream ships what is new each time it is asked, and never waits."""

from typing import Protocol

import msgspec

CHUNK_BYTES = 4 << 20
"""Read and written at once."""
BUDGET_BYTES = 16 << 20
"""Of one stream in one pass: a feed log that is a day behind holds no entry of the journal up for long."""
SETTLE_NS = 300_000_000
"""What nobody has acknowledged yet is copied once it has stood for so long: the feed log is synced twenty times a
second, a line of the desk's record before `append` returns. What a power cut takes from the one is then not in the
other."""


class Come(msgspec.Struct, frozen=True, kw_only=True):
    """How far one call of `ship` has come."""

    copied: int = 0
    """Bytes, on the disk of the copy."""
    caught_up_ns: int | None = None
    """All that was acknowledged by then (CLOCK_MONOTONIC) is in the copy; None: not all that was found is, and where
    something was copied there is more to copy at once."""


class Stream(Protocol):
    """One of the things that are copied."""

    name: str
    day: str
    sequence: int

    def ship(self, mono_ns: int) -> Come:
        """Copy what is new, `BUDGET_BYTES` at most. Raises SourceFailed, TargetFailed; another call goes on where the
        copy's own disk says that it ended."""
        ...

    def close(self) -> None:
        """Let go of every file; the next `ship` looks at the copy anew."""
        ...
