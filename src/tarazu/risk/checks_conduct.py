"""Checks of the desk itself: what it holds, has sent and rests there already (C07, C11-C15, C28)."""

from tarazu.model.order import OrdType
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.risk.checks_order import money, not_configured
from tarazu.risk.denial import Code, Denial
from tarazu.risk.entry import Entry, Resting

_MARKET = OrdType.MARKET


def position(entry: Entry) -> Denial | None:
    """(C07, C14) At the worst that working, unknown and cooling orders may make of it; one limit for all products."""
    if entry.qty_max <= 0:
        return Denial(Code.NO_LIMIT, entry.key, "a limit in the config")
    after = entry.far + entry.qty
    return Denial(Code.POSITION, str(after), str(entry.qty_max)) if after > entry.qty_max else None


def blocked(entry: Entry) -> Denial | None:
    return Denial(Code.BLOCKED, entry.key) if entry.is_blocked else None


def leaving(entry: Entry) -> Denial | None:
    return Denial(Code.LEAVING, entry.key) if entry.is_leaving else None


def stop(entry: Entry) -> Denial | None:
    """(C28)"""
    return Denial(Code.STOP, entry.lacks_stop, "a stop at the exchange") if entry.lacks_stop else None


def throttle(entry: Entry) -> Denial | None:
    """(C11)"""
    held = entry.held
    return Denial(Code.THROTTLE, f"{held.count} a {held.window}", str(held.limit)) if held else None


def duplicate(entry: Entry) -> Denial | None:
    """(C12) The same instrument, side, quantity and price by the same strategy, whatever became of the first. Slices
    and legs of one want are one."""
    ago_ns, window_ns = entry.sent_again_ns, entry.limits.duplicate_ns
    if ago_ns is None or ago_ns >= window_ns:
        return None
    return Denial(Code.DUPLICATE, f"the same was sent {ago_ns / SECOND_NS:.1f} s ago", f"{window_ns / SECOND_NS:.1f} s")


def repeated(entry: Entry) -> Denial | None:
    """(C13) In and out by its own fills; that it is halted for it is `engine.risk_watch`'s."""
    most = entry.limits.round_trips_max
    if most is None:
        return not_configured("round_trips_max")
    if entry.round_trips < most:
        return None
    minutes = entry.limits.round_trips_ns / MINUTE_NS
    return Denial(Code.REPEATED, f"{entry.round_trips} round trips in {minutes:.0f} minutes", str(most))


def self_match(entry: Entry) -> Denial | None:
    """(C15) Against everything of the account's that rests on the other side or may, by whoever's hand; an order at the
    market meets all of it. A stop that waits for its trigger is in no book and meets nothing."""
    met = next((one for one in entry.resting if _meets(entry, one)), None) if entry.resting else None
    if met is None:
        return None
    at = f"at {money(met.price_paise)}" if met.price_paise else "at the market"
    return Denial(Code.SELF_MATCH, f"our {entry.side.opposite} {met.ref} rests {at}", "no trade with ourselves")


def _meets(entry: Entry, resting: Resting) -> bool:
    if entry.order_type is _MARKET or entry.price_paise is None or not resting.price_paise:
        return True
    return entry.side.sign * (entry.price_paise - resting.price_paise) >= 0
