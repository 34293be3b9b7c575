"""What a refused trade would have made: entered at the market of that moment, marked where it would have stood.

How it is reckoned, and said with every figure:
- the first refusal of a trade counts; what is refused again, for the same legs and by the same controls, is the same
  trade, until another is refused or so many minutes have passed;
- it enters at the touch if its price reaches it, else at its own price when the touch first comes there, and never if
  it does not; a spread enters with all its legs at the touch, or not at all;
- it is out at the touch when its protective stop would have been touched, or at the day's last middle;
- charges of both ways are taken off, by the day's rates. Nothing is known of its place in the queue, nor of what it
  would have done to the market: the figure is kind to the trade.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from tarazu.app.decisions.told import Vetoed
from tarazu.market.touch import Quotes, Touch
from tarazu.model.execution import Fill
from tarazu.model.ids import BrokerOrderId
from tarazu.model.instrument import Instrument
from tarazu.model.order import OrdType, Product, Side
from tarazu.model.rules import ChargeRates
from tarazu.model.units import MINUTE_NS
from tarazu.portfolio.book import Books
from tarazu.portfolio.bookings import Unbooked
from tarazu.portfolio.unknown_paise import Cause, Paise, UnknownPaise
from tarazu.strategy.wants import EntryWant, SpreadWant

AGAIN_NS = 30 * MINUTE_NS


class Leg(msgspec.Struct, kw_only=True):
    key: str
    side: Side
    qty: int
    limit_paise: int | None
    in_paise: int = 0
    """0: not entered."""
    in_ns: int = 0
    out_paise: int = 0


class Veto(msgspec.Struct, kw_only=True):
    """One trade that was refused, and what it would have made."""

    sequence: int
    strategy: str
    codes: tuple[str, ...]
    product: Product
    legs: list[Leg]
    stop_paise: int | None
    wall_ns: int
    last_ns: int
    times: int = 1
    made_paise: int | None = None
    """Net of charges; None: it cannot be told, or it was never entered."""
    how: str = ""


def gathered(vetoes: Iterable[Vetoed]) -> list[Veto]:
    """Entries and spreads, repetitions folded; exits, changes and cancellations make nothing."""
    found: list[Veto] = []
    for no in vetoes:
        one = _veto(no)
        if one is None:
            continue
        same = next((v for v in reversed(found) if v.strategy == one.strategy), None)
        if same is not None and _is_again(same, one):
            same.times, same.last_ns = same.times + 1, one.wall_ns
        else:
            found.append(one)
    return found


def _veto(no: Vetoed) -> Veto | None:
    want, stop = no.want, None
    if isinstance(want, EntryWant):
        priced = want.price_paise if want.order_type is OrdType.LIMIT else None
        legs = [Leg(key=want.key, side=want.side, qty=want.qty, limit_paise=priced)]
        stop = want.stop.distance_paise if want.stop is not None else None
    elif isinstance(want, SpreadWant):
        both = (*want.hedges, *want.mains)
        legs = [Leg(key=x.key, side=x.side, qty=x.per_set * want.sets, limit_paise=None) for x in both]
    else:
        return None
    return Veto(
        sequence=no.sequence,
        strategy=want.strategy,
        codes=tuple(dict.fromkeys(str(denial.code) for denial in no.denials)),
        product=want.product,
        legs=legs,
        stop_paise=stop,
        wall_ns=no.wall_ns,
        last_ns=no.wall_ns,
    )


def _is_again(old: Veto, new: Veto) -> bool:
    places = [[(leg.key, leg.side) for leg in one.legs] for one in (old, new)]
    return places[0] == places[1] and old.codes == new.codes and new.wall_ns < old.last_ns + AGAIN_NS


# The market goes by.


def look(veto: Veto, quotes: Quotes, wall_ns: int) -> None:
    """Enter what can be entered now, and leave what its stop would have left."""
    if any(not leg.in_paise for leg in veto.legs):
        prices = [_entry_paise(leg, quotes.touch(leg.key)) for leg in veto.legs]
        if all(prices):
            for leg, price in zip(veto.legs, prices, strict=True):
                leg.in_paise, leg.in_ns = price or 0, wall_ns
        return
    if veto.stop_paise is None or veto.legs[0].out_paise:
        return
    leg = veto.legs[0]
    out = _best(quotes.touch(leg.key), leg.side.opposite)
    trigger = leg.in_paise - leg.side.sign * veto.stop_paise
    if out is not None and leg.side.sign * (out - trigger) <= 0:
        leg.out_paise = out


def _entry_paise(leg: Leg, touch: Touch | None) -> int | None:
    best = _best(touch, leg.side)
    if best is None or leg.limit_paise is None:
        return best
    return best if leg.side.sign * (leg.limit_paise - best) >= 0 else None


def _best(touch: Touch | None, side: Side) -> int | None:
    """What an order on this side trades at."""
    return None if touch is None else touch.ask_paise if side is Side.BUY else touch.bid_paise


def settle(veto: Veto, day: date, rates: ChargeRates, instruments: Mapping[str, Instrument], quotes: Quotes) -> None:
    """At the day's end."""
    if any(not leg.in_paise for leg in veto.legs):
        veto.how = "never entered: the market did not come to its price, or was not followed"
        return
    books, fills = Books(day, rates, instruments), list[Fill]()
    for n, leg in enumerate(veto.legs):
        of, out = instruments[leg.key], leg.out_paise or _middle(quotes.touch(leg.key))
        fills.append(_fill(veto, leg, of, f"in{n}", leg.side, leg.in_paise))
        if out is not None:
            fills.append(_fill(veto, leg, of, f"out{n}", leg.side.opposite, out))
    unbooked = [booked for fill in fills if isinstance(booked := books.apply(fill), Unbooked)]
    net = books.as_of(_no_mark).total.net_paise
    if unbooked or isinstance(net, UnknownPaise):
        veto.how = "a leg has no price at the day's end, or its charges are not known"
        return
    veto.made_paise = net
    veto.how = "to its stop" if veto.legs[0].out_paise else "to the day's last middle"


def _fill(veto: Veto, leg: Leg, of: Instrument, name: str, side: Side, paise: int) -> Fill:
    return Fill(
        exec_id=f"{veto.sequence}-{name}",
        order_id=BrokerOrderId(f"{veto.sequence}-{name}"),
        key=leg.key,
        instrument_token=of.instrument_token,
        product=veto.product,
        side=side,
        qty=leg.qty,
        price_paise=paise,
        ts_event_ns=leg.in_ns,
    )


def _middle(touch: Touch | None) -> int | None:
    if touch is None or touch.bid_paise is None or touch.ask_paise is None:
        return None if touch is None else touch.last_paise
    return (touch.bid_paise + touch.ask_paise) // 2


def _no_mark(key: str) -> Paise:
    return UnknownPaise.because(Cause.NO_PRICE, key)
