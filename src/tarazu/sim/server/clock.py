"""The virtual clock: an origin, a rate and a pause. Every process of the sim profile follows what it publishes.

`virtual = origin_virtual_ns + (CLOCK_MONOTONIC - origin_real_ns) * rate`. CLOCK_MONOTONIC is one clock for all
processes of a machine, so a reader needs the published numbers once per change and no further question.
"""

import time
from collections.abc import Callable

import msgspec

from tarazu.model.units import DAY_NS, SECOND_NS

PPM = 1_000_000
RATE_MAX = 100_000.0
JUMP_MAX_NS = 366 * DAY_NS


class ClockOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """All that another process needs to tell the virtual time."""

    origin_virtual_ns: int
    origin_real_ns: int
    """CLOCK_MONOTONIC at the origin."""
    origin_wall_ns: int
    """Wall clock at the origin, UTC; for people and for other machines, not for arithmetic."""
    rate: float
    paused: bool
    seq: int
    """Rises with every change, so that a reader sees that it holds an old one."""


class VirtualClock:
    """Never runs backwards: a change of rate, a pause or a jump starts a new origin at the present moment."""

    def __init__(
        self,
        start_ns: int,
        rate: float = 1.0,
        *,
        paused: bool = False,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._monotonic_ns = monotonic_ns
        self._wall_ns = wall_ns
        self._seq = 0
        self._start(start_ns, _checked(rate), paused)

    @property
    def rate(self) -> float:
        return self._origin.rate

    @property
    def paused(self) -> bool:
        return self._origin.paused

    @property
    def origin(self) -> ClockOrigin:
        return self._origin

    def now_ns(self) -> int:
        """Virtual time, UTC ns."""
        origin = self._origin
        if origin.paused:
            return origin.origin_virtual_ns
        return origin.origin_virtual_ns + (self._monotonic_ns() - origin.origin_real_ns) * self._rate_ppm // PPM

    def real_s(self, virtual_ns: int) -> float:
        """Real seconds that this stretch of virtual time takes at the present rate, pause or no pause."""
        return virtual_ns / SECOND_NS / self.rate

    def change(self, *, jump_to_ns: int | None = None, rate: float | None = None, paused: bool | None = None) -> None:
        """Jump, change the rate, pause or go on, all at one moment. Raises ValueError, and changes nothing.

        A jump goes forward, and at most `JUMP_MAX_NS`: what happened has happened, and what comes is played through.
        """
        now_ns = self.now_ns()
        target_ns = now_ns if jump_to_ns is None else jump_to_ns
        if not now_ns <= target_ns <= now_ns + JUMP_MAX_NS:
            raise ValueError(
                "the clock goes forward only, at most a year at once; start a new broker for an earlier day"
            )
        rate = self.rate if rate is None else _checked(rate)
        self._start(target_ns, rate, self.paused if paused is None else paused)

    def _start(self, virtual_ns: int, rate: float, paused: bool) -> None:
        self._seq += 1
        self._rate_ppm = max(1, round(rate * PPM))
        self._origin = ClockOrigin(
            origin_virtual_ns=virtual_ns,
            origin_real_ns=self._monotonic_ns(),
            origin_wall_ns=self._wall_ns(),
            rate=self._rate_ppm / PPM,
            paused=paused,
            seq=self._seq,
        )


def _checked(rate: float) -> float:
    if not 0.0 < rate <= RATE_MAX:
        raise ValueError(f"rate lies in (0, {RATE_MAX:g}]")
    return rate
