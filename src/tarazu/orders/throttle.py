"""How many requests may go out: sliding windows under Kite's limits, with a reserve that only cancellations use.

Kite counts places and modifications of an account per calendar second of its own clock, refused ones too, and 25
modifications an order (KITE facts 1.12). A sliding window of the same length never holds less than a calendar one, so
staying under a limit in every sliding window is staying under it in every calendar one, whatever the clocks' offset.
Cancellations are counted and never refused: what the others leave (2 a second of 10) is theirs. Entries are held
sooner than stops and exits: what they leave (3 of those 8) is there when what has filled is to be protected or left.
"""

from bisect import bisect_right
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from tarazu.model import ist
from tarazu.model.units import MINUTE_NS, SECOND_NS

KITE_PER_SECOND = 10
"""Kite v3 "API rate limits": order placement, change and cancellation together."""


class SendKind(StrEnum):
    PLACE = "PLACE"
    MODIFY = "MODIFY"
    CANCEL = "CANCEL"


_MODIFY, _CANCEL = SendKind.MODIFY, SendKind.CANCEL


class SendLimits(msgspec.Struct, frozen=True, kw_only=True):
    """RELIABILITY C11: headroom under Kite's 10 a second, 400 a minute, 5,000 a day and 25 modifications an order."""

    per_second: int = 8
    per_minute: int = 350
    per_day: int = 4_500
    entries_per_second: int = 5
    """Of the above, counted together with everything else that was sent; a limit above the whole is the whole."""
    entries_per_minute: int = 250
    entries_per_day: int = 4_000
    modifications_per_order: int = 20
    boot_hold_ns: int = SECOND_NS
    """After a start: what the process before sent in its last moments may be known a little wrongly."""

    def of(self, *, is_entry: bool) -> tuple[int, int, int]:
        """A second, a minute, a day."""
        a_second, a_minute, a_day = self.per_second, self.per_minute, self.per_day
        if is_entry:
            entries = self.entries_per_second, self.entries_per_minute, self.entries_per_day
            a_second = entries[0] if entries[0] < a_second else a_second
            a_minute = entries[1] if entries[1] < a_minute else a_minute
            a_day = entries[2] if entries[2] < a_day else a_day
        return a_second, a_minute, a_day


class Window(StrEnum):
    BOOT = "BOOT"
    SECOND = "SECOND"
    MINUTE = "MINUTE"
    DAY = "DAY"
    ORDER = "ORDER"


_MINUTE, _SECOND = Window.MINUTE, Window.SECOND


class Held(msgspec.Struct, frozen=True, gc=False):
    """Not now: so many were sent in this window, and so many may be."""

    window: Window
    count: int
    limit: int
    until_ns: int
    """When to ask again; 0: never, for this order or today."""


class Throttle(msgspec.Struct, kw_only=True):
    """The day's sends. Rebuilt from the journal by `rebuilt`, so a restart forgets none of them."""

    limits: SendLimits = SendLimits()
    hold_until_ns: int = 0
    sends: list[int] = []
    """When each of the day was sent, ascending; refused ones too, for Kite counts those."""

    def held(
        self, kind: SendKind, now_ns: int, modifications: int = 0, sends: int = 1, *, is_entry: bool = False
    ) -> Held | None:
        """Why `sends` requests may not go out at `now_ns`; None when they may. A cancellation always may."""
        if kind is _CANCEL:
            return None
        limits = self.limits
        if now_ns < self.hold_until_ns:
            return Held(Window.BOOT, 0, 0, self.hold_until_ns)
        if kind is _MODIFY and modifications >= limits.modifications_per_order:
            return Held(Window.ORDER, modifications, limits.modifications_per_order, 0)
        per_second, per_minute, per_day = limits.of(is_entry=is_entry)
        if len(self.sends) + sends > per_day and self._today(now_ns) + sends > per_day:
            return Held(Window.DAY, self._today(now_ns), per_day, 0)
        return self._held_in(_MINUTE, MINUTE_NS, per_minute, now_ns, sends) or self._held_in(
            _SECOND, SECOND_NS, per_second, now_ns, sends
        )

    def has_room(self, now_ns: int) -> bool:
        """Whether Kite itself would take one more in this second: a cancellation beyond that is refused, and late."""
        sends = self.sends
        return len(sends) < KITE_PER_SECOND or sends[-KITE_PER_SECOND] <= now_ns - SECOND_NS

    def sent(self, now_ns: int) -> None:
        """Count a request of any kind. A clock that went back counts as standing still."""
        last = self.sends[-1] if self.sends else 0
        if self.sends and ist.day_of(now_ns) > ist.day_of(last):
            self.sends = [at for at in self.sends if at > now_ns - MINUTE_NS]
        self.sends.append(max(now_ns, last))

    def _held_in(self, window: Window, length_ns: int, limit: int, now_ns: int, sends: int) -> Held | None:
        """Held by the one that has to leave the window first, if it has not yet."""
        first = limit - sends + 1
        if first > 0 and (first > len(self.sends) or self.sends[-first] <= now_ns - length_ns):
            return None
        count = len(self.sends) - self._first_after(now_ns - length_ns)
        return Held(window, count, limit, self.sends[-first] + length_ns if first > 0 else 0)

    def _first_after(self, ts_ns: int) -> int:
        return bisect_right(self.sends, ts_ns)

    def _today(self, now_ns: int) -> int:
        return len(self.sends) - self._first_after(ist.midnight_ns(ist.day_of(now_ns)) - 1)


def rebuilt(sends_ns: Iterable[int], started_ns: int, limits: SendLimits | None = None) -> Throttle:
    """After a start at `started_ns`: from when each request of the day was sent, as the journal has them."""
    limits = limits or SendLimits()
    throttle = Throttle(limits=limits, hold_until_ns=started_ns + limits.boot_hold_ns)
    for at in sorted(sends_ns):
        throttle.sent(at)
    return throttle
