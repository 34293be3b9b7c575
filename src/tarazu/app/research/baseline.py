"""The baselines of a day: nothing done, which makes nothing, and the straddle at the money, bought and held."""

from collections.abc import Mapping, Sequence

from tarazu.app.research.day import ResearchDay
from tarazu.app.research.result import Straddle
from tarazu.market.touch import Quotes, Touch
from tarazu.model.calendar import Phase, Venue
from tarazu.model.instrument import Instrument, Kind
from tarazu.model.order import Product, Side
from tarazu.model.rules import ChargeRates
from tarazu.portfolio.charges import ChargeLeg, charges


def shown_underlying(day: ResearchDay, watched: frozenset[str]) -> str:
    """The key whose price stands for the day: what the strategies' instruments derive from, else the first index with
    options, else the first instrument."""
    followed = {i.key: i for i in day.traded}
    for key in sorted(watched):
        found = followed.get(key)
        if found is not None and (found.underlying or found.kind is Kind.INDEX):
            return found.underlying or key
    indices = [i.underlying for i in day.traded if i.is_option and i.underlying]
    return indices[0] if indices else min(watched & followed.keys(), default=day.traded[0].key)


class StraddleWatch:
    """Looks once a second. Buys as soon as it can, and from then on knows what selling would bring."""

    def __init__(self, day: ResearchDay, underlying: str, rates: ChargeRates) -> None:
        self._day, self._underlying, self._rates = day, underlying, rates
        self._pairs = _pairs(day, underlying)
        window = day.session.window(Venue.DERIVATIVES, Phase.CONTINUOUS)
        self._hours = (window.start_ns, window.end_ns) if window else (0, 0)
        self._legs: tuple[Instrument, Instrument] | None = None
        self._asks, self._bids, self._bought_ns = (0, 0), (0, 0), 0

    def look(self, quotes: Quotes, now_ns: int) -> None:
        if not self._hours[0] <= now_ns < self._hours[1]:
            return
        legs = self._legs or self._at_the_money(quotes)
        call, put = (quotes.touch(leg.key) for leg in legs) if legs else (None, None)
        if legs is None or call is None or put is None:
            return
        if self._legs is None and None not in (call.bid_paise, call.ask_paise, put.bid_paise, put.ask_paise):
            self._legs, self._bought_ns = legs, now_ns
            self._asks = (call.ask_paise or 0, put.ask_paise or 0)
        self._bids = _bid(call, self._bids[0]), _bid(put, self._bids[1])

    @property
    def net_paise(self) -> int:
        found = self.straddle()
        return found.net_paise if found is not None else 0

    def straddle(self) -> Straddle | None:
        """As if sold at the last bids; None where there never was one to buy."""
        if self._legs is None:
            return None
        call, put = self._legs
        units = call.lot_size
        cost = sum(
            self._charge(leg, side, units, price)
            for side, prices in ((Side.BUY, self._asks), (Side.SELL, self._bids))
            for leg, price in zip(self._legs, prices, strict=True)
        )
        return Straddle(
            keys=(call.key, put.key),
            units=units,
            bought_ns=self._bought_ns,
            paid_paise=sum(self._asks) * units,
            got_paise=sum(self._bids) * units,
            charges_paise=cost,
        )

    def _charge(self, leg: Instrument, side: Side, units: int, price_paise: int) -> int:
        note = ChargeLeg(
            kind=leg.kind,
            exchange=leg.exchange,
            product=Product.NRML,
            side=side,
            qty=units,
            value_paise=units * price_paise,
            day=self._day.date,
        )
        return charges(self._rates, note).total

    def _at_the_money(self, quotes: Quotes) -> tuple[Instrument, Instrument] | None:
        spot = quotes.touch(self._underlying)
        if spot is None or not spot.last_paise or not self._pairs:
            return None
        last = spot.last_paise
        return self._pairs[min(self._pairs, key=lambda strike: (abs(strike - last), strike))]


def _pairs(day: ResearchDay, underlying: str) -> Mapping[int, tuple[Instrument, Instrument]]:
    """Call and put by strike, of the nearest expiry that has both."""
    options: Sequence[Instrument] = [i for i in day.traded if i.is_option and i.underlying == underlying]
    for expiry in sorted({i.expiry for i in options if i.expiry is not None and i.expiry >= day.date}):
        sides = [
            {i.strike_paise: i for i in options if i.expiry == expiry and i.kind is kind} for kind in (Kind.CE, Kind.PE)
        ]
        both = sides[0].keys() & sides[1].keys()
        if both:
            return {strike: (sides[0][strike], sides[1][strike]) for strike in both}
    return {}


def _bid(touch: Touch, before: int) -> int:
    """What selling brings: nothing where others only sell; what it was where the book is empty, as after the close."""
    if touch.bid_paise is not None:
        return touch.bid_paise
    return before if touch.ask_paise is None else 0
