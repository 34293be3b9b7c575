"""Checks of the market it would go to: is there a price to judge by, is it to be believed, and how far through it
would the order go (C05, C06, C25).

The reference is the middle of a two-sided touch. A market that stands still (a frozen book) is its feed's to say: the
feed is stale then, and entries are not taken.
"""

from tarazu.model.order import Side
from tarazu.model.units import SECOND_NS
from tarazu.risk.checks_order import money, not_configured
from tarazu.risk.denial import Code, Denial
from tarazu.risk.entry import Entry

OPTION_JUMP_TIMES = 6
"""(C25) Ours: an option may move so many times as far as the limit says. At the money a week before expiry its price
moves by a hundred times its underlying's percentage; a limit of 5 % would shut out every trend."""
JUMP_TICKS = 20
"""(C25) Ours: what moves no further than this has not jumped, however cheap it is."""


def reference(entry: Entry) -> Denial | None:
    """(C06) Two-sided, and not old. An option that nobody trades or quotes anew sends nothing for minutes and is quoted
    all the same, so an old touch still stands as long as the feeds say that they are fresh: all that are required, and
    those the instrument may be in."""
    touch = entry.touch
    if touch is None:
        return Denial(Code.REFERENCE, "never quoted today", "a bid and an ask")
    if touch.bid_paise is None or touch.ask_paise is None:
        sides = [side for side, price in (("bid", touch.bid_paise), ("ask", touch.ask_paise)) if price is None]
        return Denial(Code.REFERENCE, f"no {' and no '.join(sides)}", "a bid and an ask")
    age_ns, most_ns = abs(entry.wall_ns - touch.seen_ns), entry.limits.reference_age_ns
    if age_ns > most_ns and not entry.feeds_fresh:
        return Denial(Code.REFERENCE, f"{_s(age_ns)} old, a feed is stale", _s(most_ns))
    return None


def spread(entry: Entry) -> Denial | None:
    """(C25) One tick is never too wide. No continuous market is crossed or locked: one that is shown so is wrong."""
    touch, middle, it = entry.touch, entry.middle_paise, entry.instrument
    if it is None:
        return None
    most = entry.limits.spread_bps_max.get(it.kind)
    if most is None:
        return not_configured(f"spread_bps_max.{it.kind}")
    if touch is None or touch.bid_paise is None or touch.ask_paise is None or not middle:
        return None  # `reference` has said so
    wide = touch.ask_paise - touch.bid_paise
    if wide <= 0:
        return Denial(Code.MARKET, f"bid {money(touch.bid_paise)}, ask {money(touch.ask_paise)}", "a bid below the ask")
    bps = wide * 10_000 / middle
    if wide > it.tick_size_paise and bps > most:
        return Denial(Code.MARKET, f"spread {bps:.0f} bps", f"{most} bps")
    return None


def jump(entry: Entry) -> Denial | None:
    """(C25) The middle, beside that of the tick of the clock before. Over with the next second that is quiet."""
    middle, before, it = entry.middle_paise, entry.before_paise, entry.instrument
    if middle is None or it is None:
        return None
    if not before:
        return Denial(Code.MARKET, "no bid and ask a second ago", "quoted for a second")
    most = entry.limits.jump_bps_max * (OPTION_JUMP_TIMES if it.is_option else 1)
    far = abs(middle - before)
    if far <= JUMP_TICKS * it.tick_size_paise or far * 10_000 <= most * before:
        return None
    return Denial(Code.MARKET, f"jumped {far * 10_000 / before:.0f} bps in a second", f"{most} bps")


def collar(entry: Entry) -> Denial | None:
    """(C05) How far through the reference it may be filled: at a limit above it to buy, below it to sell; of MARKET, at
    the price it is protected at. And order by order: not further through the most careful reference that our entries
    on this side had within the window, so that nothing of ours walks a market away."""
    it, worst, middle = entry.instrument, entry.worst_paise, entry.middle_paise
    if it is None:
        return None
    most = entry.limits.collar_bps.get(it.kind)
    if most is None:
        return not_configured(f"collar_bps.{it.kind}")
    if worst is None or not middle:
        return None  # `reference` has said so
    through = _through_bps(entry.side, worst, middle)
    if through > most:
        return Denial(Code.COLLAR, f"{money(worst)} is {through:.0f} bps through {money(middle)}", f"{most} bps")
    first = entry.first_reference_paise
    if first and (through := _through_bps(entry.side, worst, first)) > most:
        was = f"{money(first)}, the middle within {_s(entry.limits.collar_window_ns)}"
        return Denial(Code.COLLAR, f"{money(worst)} is {through:.0f} bps through {was}", f"{most} bps")
    return None


def _through_bps(side: Side, price: float, reference: float) -> float:
    return side.sign * (price - reference) * 10_000 / reference


def _s(ns: int) -> str:
    return f"{ns / SECOND_NS:.1f} s"
