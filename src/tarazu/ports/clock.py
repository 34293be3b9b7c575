"""Where time comes from. Wall time decides the session's phase and stamps records; intervals are monotonic."""

from typing import Protocol


class Clock(Protocol):
    def wall_ns(self) -> int:
        """Now: UTC ns since the epoch. Steps when the machine's clock is set, so no interval is measured with it."""
        ...

    def mono_ns(self) -> int:
        """CLOCK_MONOTONIC in ns: one clock for all processes of a machine, real also where wall time is simulated."""
        ...
