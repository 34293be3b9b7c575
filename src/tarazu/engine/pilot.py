"""The pilot: real money, and as little of it as there can be. Its limits stand beside all others; any no is a no.

Exits, stops and cancellations are none of its business. The halt at its day loss is `risk_watch`'s.
"""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tarazu.engine.config import Pilot
from tarazu.engine.run import Run
from tarazu.model.instrument import Instrument
from tarazu.model.order import Side
from tarazu.model.order_request import PROTECTION_AUTO
from tarazu.model.units import rupees_text
from tarazu.risk.denial import Code, Denial
from tarazu.risk.market_protection import reaches
from tarazu.strategy.wants import EntryWant

if TYPE_CHECKING:
    from tarazu.engine.weighing import Adding


def denials(run: Run, adding: Sequence["Adding"]) -> Iterable[Denial]:
    """PILOT: every no of everything that is added at once."""
    pilot = run.state.pilot
    if pilot is None:
        return
    for one in adding:
        yield from _beyond(run, pilot, one)
    net, most = run.state.marked.drawdown.net_paise, pilot.day_loss_max_paise
    if most <= 0:
        yield Denial(Code.PILOT, "no day loss is allowed", "[engine.pilot] day_loss_max")
    elif isinstance(net, int) and -net >= most:
        yield Denial(Code.PILOT, f"day loss {_money(-net)}", _money(most))


def _beyond(run: Run, pilot: Pilot, adding: "Adding") -> Iterable[Denial]:
    want = adding.want
    if want.key not in pilot.keys:
        yield Denial(Code.PILOT, want.key, f"[engine.pilot] keys: {', '.join(pilot.keys) or 'none'}")
    instrument = run.state.instruments.get(want.key)
    if instrument is None:
        return  # the gate says so
    worst, most = run.state.far(want.key, want.side) + adding.qty, pilot.lots_max * instrument.lot_size
    if worst > most:
        yield Denial(Code.PILOT, f"{worst} units at the worst", f"{most} ({pilot.lots_max} lots)")
    price = _worst_paise(run, instrument, want)
    if price is None:
        yield Denial(Code.PILOT, "no price to value it by", _money(pilot.order_value_max_paise))
    elif price * want.qty > pilot.order_value_max_paise:
        observed = f"order of {_money(math.ceil(price * want.qty))}"
        yield Denial(Code.PILOT, observed, _money(pilot.order_value_max_paise))


def _worst_paise(run: Run, instrument: Instrument, want: EntryWant) -> float | None:
    """The dearest a unit may come to: a buyer's limit; else as far as the market and its protection go, for no limit of
    a seller's bounds what he gets."""
    if want.side is Side.BUY and want.price_paise is not None:
        return want.price_paise
    touch = run.quotes.touch(want.key)
    seen = (touch.bid_paise, touch.ask_paise, touch.last_paise) if touch is not None else ()
    dearest = max((price for price in (*seen, want.price_paise) if price), default=None)
    if want.side is Side.BUY and dearest is not None:
        return reaches(instrument, want.side, dearest, PROTECTION_AUTO)
    return dearest


def _money(paise: int) -> str:
    return f"₹{rupees_text(paise)}"
