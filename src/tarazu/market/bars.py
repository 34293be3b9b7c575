"""Bars of 1 second, 1 minute and 5 minutes: one running and one complete bar of each width for every instrument.

A bar's prices are of trades: a packet counts when it raised the day's cumulative volume, or, where it carries none
(indices, LTP mode), whenever it brought something new. Volume is the difference of cumulative volumes, so what traded
while no packet came falls into the bar of the packet that told, and nothing is lost.
"""

# mypy: disable-error-code="no-untyped-def"

from numba import boolean, from_dtype, int32, int64, njit, uint32, void

from tarazu.market.slots import BAR, CLOSING, COMPLETE, RUNNING, WIDTHS_NS
from tarazu.model.kernel_options import UNCOUNTED

_BAR = from_dtype(BAR)
BARS_T = _BAR[:, :, ::1]
CLOSINGS_T = from_dtype(CLOSING)[::1]
_SECOND_NS, _MINUTE_NS, _FIVE_MINUTES_NS = WIDTHS_NS


@njit(void(_BAR, _BAR), cache=True, **UNCOUNTED)
def _copy(bar, to):
    # Field by field: numba copies a whole record byte by byte.
    to.start_ns, to.volume, to.oi, to.ticks = bar.start_ns, bar.volume, bar.oi, bar.ticks
    to.open, to.high, to.low, to.close = bar.open, bar.high, bar.low, bar.close


@njit(void(_BAR, _BAR, int64, int64), cache=True, **UNCOUNTED)
def _begin(running, complete, now_ns, span_ns):
    """A bar that was completed is never reopened: what comes late belongs to the next."""
    running.start_ns = now_ns - now_ns % span_ns
    if complete.ticks > 0:
        running.start_ns = max(running.start_ns, complete.start_ns + span_ns)
    running.ticks = 0
    running.volume = running.open = running.high = running.low = running.close = 0


@njit(boolean(_BAR, _BAR, int64, int64, int32, int64, uint32, boolean), cache=True, **UNCOUNTED)
def _enter(running, complete, span_ns, now_ns, ltp, qty, oi, is_print):
    """One packet into a running bar, a new one where its time is over; whether it completed one."""
    over = running.ticks > 0 and now_ns >= running.start_ns + span_ns
    if over:
        _copy(running, complete)
    if over or running.ticks == 0:
        _begin(running, complete, now_ns, span_ns)
    running.ticks += uint32(1)
    running.volume += qty
    running.oi = oi
    if is_print:
        if running.open == 0:
            running.open = running.high = running.low = ltp
        running.high, running.low, running.close = max(running.high, ltp), min(running.low, ltp), ltp
    return over


@njit(int64(BARS_T, int64, int64, CLOSINGS_T, int64), cache=True, **UNCOUNTED)
def _tell(bars, slot, width, closings, closed):
    told = closings[closed]
    told.slot, told.width = slot, width
    bar = bars[slot, COMPLETE, width]
    told.start_ns, told.volume, told.oi, told.ticks = bar.start_ns, bar.volume, bar.oi, bar.ticks
    told.open, told.high, told.low, told.close = bar.open, bar.high, bar.low, bar.close
    return closed + 1


@njit(
    int64(BARS_T, int64, int64, int32, int64, uint32, boolean, CLOSINGS_T, int64),
    cache=True,
    **UNCOUNTED,
    inline="always",
)
def enter_bars(bars, slot, now_ns, ltp, qty, oi, is_print, closings, closed):
    """One packet into the slot's bars; `now_ns` never goes back. Returns how many closings there are now."""
    # A call for each width, not a loop: division by a constant is a multiplication.
    one, two, three = bars[slot, RUNNING, 0], bars[slot, RUNNING, 1], bars[slot, RUNNING, 2]
    if _enter(one, bars[slot, COMPLETE, 0], _SECOND_NS, now_ns, ltp, qty, oi, is_print):
        closed = _tell(bars, slot, 0, closings, closed)
    if _enter(two, bars[slot, COMPLETE, 1], _MINUTE_NS, now_ns, ltp, qty, oi, is_print):
        closed = _tell(bars, slot, 1, closings, closed)
    if _enter(three, bars[slot, COMPLETE, 2], _FIVE_MINUTES_NS, now_ns, ltp, qty, oi, is_print):
        closed = _tell(bars, slot, 2, closings, closed)
    return closed


@njit(int64(BARS_T, int64, CLOSINGS_T), cache=True, **UNCOUNTED)
def close_due(bars, now_ns, closings):
    """Complete every bar whose time is over at `now_ns`; returns how many there were."""
    closed = 0
    for slot in range(len(bars)):
        for width in range(len(WIDTHS_NS)):
            running = bars[slot, RUNNING, width]
            if running.ticks > 0 and running.start_ns + WIDTHS_NS[width] <= now_ns:
                _copy(running, bars[slot, COMPLETE, width])
                running.ticks = 0
                closed = _tell(bars, slot, width, closings, closed)
    return closed
