"""What came of a moment: the trade the strategy would have made of it, left by its own rules, net of charges.

Bought and sold at the touch of the first frame that a message could have met: what was decided by is not what is traded
at. A stop is met by the last price and left at the touch of the frame after, however far through it. An entry that
would not have been filled in its time is no trade, and one that was still open when the recording ended is not known:
neither is learned from, and both are counted.
"""

from datetime import date
from enum import StrEnum

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.app.research.local_desk import LATENCY_NS
from tarazu.app.training.moments import Moment, SeenDay
from tarazu.model.instrument import Instrument
from tarazu.model.order import Side
from tarazu.model.rules import ChargeRates
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.portfolio.charges import ChargeLeg, charges
from tarazu.strategy.momentum import Params
from tarazu.strategy.wants import EntryWant


class Left(StrEnum):
    """Why it was left."""

    STOP = "stop"
    TARGET = "target"
    HELD = "held long enough"
    CROSSED = "crossed back"
    DAY_ENDS = "the day ends"


class NoTrade(StrEnum):
    UNFILLED = "not filled in time"
    OPEN = "open when the recording ended"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    began_ns: int
    """Decided."""
    ends_ns: int
    """Left: from here on its outcome was known."""
    entered_paise: int
    left_paise: int
    charges_paise: int
    net_paise: int
    why: Left


def outcome(seen: SeenDay, moment: Moment, params: Params, rates: ChargeRates) -> Outcome | NoTrade:
    want = moment.want
    sign = want.side.sign
    entered = _entry(seen, moment, params)
    if entered is None:
        return NoTrade.UNFILLED
    at, price = entered
    gone = _leaving(seen, moment, params, at, price)
    if gone is None:
        return NoTrade.OPEN
    left, why = gone
    out = _sides(seen, -sign)[left]
    cost = sum(
        _charge(rates, seen.future, want, side, int(paise), seen.day.date)
        for side, paise in ((want.side, price), (want.side.opposite, out))
    )
    return Outcome(
        began_ns=moment.ts_ns,
        ends_ns=int(seen.ts_ns[left]),
        entered_paise=price,
        left_paise=int(out),
        charges_paise=cost,
        net_paise=sign * (int(out) - price) * want.qty - cost,
        why=why,
    )


def _entry(seen: SeenDay, moment: Moment, params: Params) -> tuple[int, int] | None:
    """The frame that fills it, and at what."""
    want, prices = moment.want, _sides(seen, moment.want.side.sign)
    limit = want.price_paise
    assert limit is not None, "a momentum entry has its limit"
    first, end = np.searchsorted(
        seen.ts_ns, (moment.ts_ns + LATENCY_NS, moment.ts_ns + params.entry_seconds * SECOND_NS)
    )
    offered = prices[first:end]
    taken = np.flatnonzero((offered > 0) & ((limit - offered) * want.side.sign >= 0))
    return (int(first + taken[0]), int(offered[taken[0]])) if len(taken) else None


def _leaving(seen: SeenDay, moment: Moment, params: Params, at: int, price: int) -> tuple[int, Left] | None:
    """The frame at whose touch it is left, and why; by what came first."""
    sign, stop = moment.want.side.sign, moment.want.stop
    assert stop is not None, "a momentum entry has its stop"
    ends_ns = seen.closes_ns - params.flat_minutes * MINUTE_NS
    held_ns = moment.ts_ns + params.hold_minutes * MINUTE_NS
    end = int(np.searchsorted(seen.ts_ns, min(ends_ns, held_ns)))
    span = slice(at + 1, max(end, at + 1))
    bids, asks, lasts = seen.bids[span], seen.asks[span], seen.lasts[span]
    won_bps = sign * ((bids + asks) / 2 / price - 1.0) * 10_000
    crossed = seen.bars_ns[(seen.gaps * sign < 0) & (seen.bars_ns > seen.ts_ns[at])]
    found = [
        (_first((lasts > 0) & (sign * (lasts - price) <= -stop.distance_paise), span), Left.STOP),
        (_first((bids > 0) & (asks > 0) & (won_bps >= params.target_bps), span), Left.TARGET),
        (int(np.searchsorted(seen.ts_ns, crossed[0])) if len(crossed) else None, Left.CROSSED),
        (end, Left.DAY_ENDS if ends_ns <= held_ns else Left.HELD),
    ]
    frame, why = min(((frame, why) for frame, why in found if frame is not None), key=lambda one: one[0])
    return _sold(seen, sign, frame, why)


def _sold(seen: SeenDay, sign: int, frame: int, why: Left) -> tuple[int, Left] | None:
    """The first frame behind `frame` that can be traded at; None where the recording ends before."""
    if frame >= len(seen.ts_ns):
        return None
    after = frame + 1 if why is Left.STOP else int(np.searchsorted(seen.ts_ns, seen.ts_ns[frame] + LATENCY_NS))
    there = np.flatnonzero(_sides(seen, -sign)[after:] > 0)
    return (after + int(there[0]), why) if len(there) else None


def _first(met: NDArray[np.bool_], span: slice) -> int | None:
    found = np.flatnonzero(met)
    return int(span.start + found[0]) if len(found) else None


def _sides(seen: SeenDay, sign: int) -> NDArray[np.int64]:
    """What a buyer pays, or a seller gets."""
    return seen.asks if sign > 0 else seen.bids


def _charge(rates: ChargeRates, future: Instrument, want: EntryWant, side: Side, paise: int, day: date) -> int:
    leg = ChargeLeg(
        kind=future.kind,
        exchange=future.exchange,
        product=want.product,
        side=side,
        qty=want.qty,
        value_paise=want.qty * paise,
        day=day,
    )
    return charges(rates, leg).total
