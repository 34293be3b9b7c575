"""The engine's time: UTC ns that never go back, neither with a clock that is set nor over a restart."""

from pathlib import Path

from tarazu.app.main.past import Anchor
from tarazu.ports.clock import Clock


def boot_id() -> str:
    """Of this machine since it was switched on: CLOCK_MONOTONIC counts from there. Linux, proc(5)."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


class SteadyTime:
    """`runtime.shell.Times`. Live, the wall time of the day's first start is carried on by the monotonic clock, over
    restarts too: a wall clock that was set ahead meanwhile ends no quarantine (RELIABILITY I13). The simulated broker's
    time is told by its own clock, which never goes back."""

    def __init__(
        self, clock: Clock, last_ns: int, *, virtual: bool, anchor: Anchor | None = None, boot: str = ""
    ) -> None:
        """`last_ns` is of the journal's last entry: time never goes on from before it. `anchor` is the last start's; it
        holds within its boot of the machine, and after another the wall clock is all there is."""
        wall_ns, self._mono_ns = clock.wall_ns(), clock.mono_ns()
        self._clock, self._virtual = clock, virtual
        if anchor is not None and boot and anchor.boot == boot and not virtual:
            wall_ns = anchor.steady_ns + self._mono_ns - anchor.mono_ns
        self._start_ns = max(wall_ns, last_ns)
        self._ahead_ns = self._start_ns - wall_ns

    def steady_ns(self) -> int:
        if self._virtual:
            return self._clock.wall_ns() + self._ahead_ns
        return self._start_ns + self._clock.mono_ns() - self._mono_ns

    def wall_ns(self) -> int:
        return self._clock.wall_ns()
