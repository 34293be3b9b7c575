"""Opening-range breakout of an index, taken by a debit spread of options: a loss that is known before it is entered.

The bet: a day that leaves the range of its first minutes goes on in that direction. Most days do not: breaks that come
back lose, and so do slow days, for the spread decays. What can be lost is the debit, and the charges of four orders;
the stop on the spread's value only makes that loss smaller, where the market lets it. It costs four orders' spreads
beside their charges: two legs in, two legs out, each through the touch. The short leg caps the win as the debit caps
the loss.

Nothing is entered before the range was seen whole, outside its bounds, against a wide market, or for more than a part
of the width. It trades the spread once, and is flat before the close.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NamedTuple

import msgspec

from tarazu.model.execution import Fill
from tarazu.model.instrument import Instrument, Kind
from tarazu.model.order import Product, Side
from tarazu.model.units import MINUTE_NS, PAISE, SECOND_NS
from tarazu.strategy import own
from tarazu.strategy.base import View, Word
from tarazu.strategy.clock import is_open, minutes_left, minutes_open
from tarazu.strategy.day import TradingDay
from tarazu.strategy.decision import NONE, Decision, Facts, Verb, numbered
from tarazu.strategy.leaving import CARRIED, is_being_left, is_carried, left
from tarazu.strategy.option_view import OptionView
from tarazu.strategy.params import Name, Traded, param, read
from tarazu.strategy.sizing import crossing_paise, lots_of_budget, spread_bps
from tarazu.strategy.wants import LegWant, SpreadWant, Want


class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name = "orb_spread"
    index: Annotated[str, param("", "Key of the index whose range is broken.")] = "NSE:NIFTY 50"
    contracts: Annotated[str, param("", "What its options are called.")] = "NIFTY"
    product: Traded = "NRML"
    expiry_days_min: Annotated[int, param("days", "The nearest expiry so far away; 0: today's too.", ge=0, le=30)] = 1
    range_minutes: Annotated[int, param("minutes", "The range is that of the first.", ge=1, le=120)] = 15
    late_seconds: Annotated[int, param("s", "A longer silence in the range: not seen whole.", ge=1, le=600)] = 60
    range_bps_min: Annotated[float, param("bps", "A narrower range is noise: no trade.", ge=0, le=500)] = 10
    range_bps_max: Annotated[float, param("bps", "A wider one has spent the move: no trade.", ge=1, le=2_000)] = 150
    buffer_bps: Annotated[float, param("bps", "A break is so far beyond the range.", ge=0, le=200)] = 3
    until_minutes: Annotated[int, param("minutes", "No entry later than this after the open.", ge=2, le=360)] = 150
    away_strikes: Annotated[int, param("strikes", "The long leg out of the money, below 0: in it.", ge=-10, le=10)] = 0
    width_strikes: Annotated[int, param("strikes", "From the long leg to the short.", ge=1, le=20)] = 4
    debit_share_max: Annotated[float, param("of the width", "A dearer spread is passed.", gt=0, lt=1)] = 0.6
    leg_spread_bps_max: Annotated[float, param("bps", "A wider market in a leg is passed.", ge=1, le=5_000)] = 500
    cross_ticks: Annotated[int, param("ticks", "Each leg's limit is so far through the touch.", ge=0, le=100)] = 4
    risk_rupees: Annotated[float, param("₹", "What one spread may lose, debit times units.", gt=0, le=1e8)] = 10_000
    lots_max: Annotated[int, param("lots", "However cheap it is.", ge=1, le=100)] = 5
    stop_share: Annotated[float, param("of the debit", "Left when so much of it is lost.", gt=0, le=1)] = 0.5
    target_share: Annotated[float, param("of the most", "Left when so much of the win is there.", gt=0, le=1)] = 0.7
    flat_minutes: Annotated[int, param("minutes", "Flat so long before the close.", ge=1, le=120)] = 20
    retry_seconds: Annotated[int, param("s", "Between two tries of what was not taken.", ge=1, le=3_600)] = 60
    trades_max: Annotated[int, param("trades", "A day.", ge=1, le=10)] = 1

    def __post_init__(self) -> None:
        if self.range_bps_min >= self.range_bps_max:
            raise ValueError("range_bps_min is to be below range_bps_max")
        if self.range_minutes >= self.until_minutes:
            raise ValueError("range_minutes is to be below until_minutes")


class Leg(NamedTuple):
    """An option with both sides of its market."""

    of: Instrument
    bid_paise: int
    ask_paise: int


class Priced(NamedTuple):
    """A debit spread at the limits it would be sent at, per unit."""

    long_paise: int
    short_paise: int
    width_paise: int

    @property
    def debit_paise(self) -> int:
        return self.long_paise - self.short_paise


def priced(long: Leg, short: Leg, ticks: int) -> Priced:
    return Priced(
        long_paise=crossing_paise(Side.BUY, long.ask_paise, ticks, long.of.tick_size_paise),
        short_paise=crossing_paise(Side.SELL, short.bid_paise, ticks, short.of.tick_size_paise),
        width_paise=abs(short.of.strike_paise - long.of.strike_paise),
    )


def broken(last: float, high: float, low: float, buffer_bps: float) -> Kind | None:
    """CE above the range, PE below it, None inside."""
    if last > high * (1 + buffer_bps / 10_000):
        return Kind.CE
    return Kind.PE if last < low * (1 - buffer_bps / 10_000) else None


class OrbSpread:
    def __init__(self, params: Params, day: TradingDay) -> None:
        """Raises NoContracts."""
        self.name, self.params, self.day = params.name, params, day
        self.product = Product(params.product)
        self.options = OptionView(day, params.index, params.contracts, params.expiry_days_min)
        self.watches = frozenset({params.index})
        self.asks = frozenset[str]()
        self.trades = self.options.places(self.product)
        self._seen_ns, self._silence_ns = day.opens_ns, 0
        """Its last price in the range, and the longest time without one."""
        self._high, self._low = 0, 0
        self._asked_ns = 0

    def on_market(self, view: View) -> Iterable[Word]:
        touch = view.quotes.touch(self.params.index)
        if touch is None or touch.last_paise is None or not is_open(self.day, touch.seen_ns):
            return ()
        last = touch.last_paise
        if minutes_open(self.day, touch.seen_ns) < self.params.range_minutes:
            self._hears(touch.seen_ns)
            self._high, self._low = max(self._high, last), min(self._low or last, last)
            return (self._say(Verb.HOLD, "the opening range is being measured", {"last_paise": last}),)
        if view.held(self.name) or view.is_busy(self.name):
            return ()
        return (self._look(view, last),)

    def _hears(self, seen_ns: int) -> None:
        self._silence_ns, self._seen_ns = max(self._silence_ns, seen_ns - self._seen_ns), max(seen_ns, self._seen_ns)

    def on_second(self, view: View) -> Iterable[Word]:
        held = own.of_product(view.held(self.name), self.product)
        if not held or view.is_building(self.name) or is_being_left(view, self.name, held, self.product):
            return ()
        return (self._tend(view, held),)

    def on_fill(self, view: View, ref: str, fill: Fill) -> Iterable[Word]:
        return ()

    # Entering.

    def _look(self, view: View, last: int) -> Decision:
        params = self.params
        self._hears(self.day.opens_ns + params.range_minutes * MINUTE_NS)
        if not self._low or self._silence_ns > params.late_seconds * SECOND_NS:
            silent = {"last_paise": last, "silent_s": self._silence_ns / SECOND_NS}
            return self._say(Verb.PASS, "the opening range was not seen whole", silent)
        width_bps = (self._high - self._low) * 10_000 / self._low
        facts = {"last_paise": last, "high_paise": self._high, "low_paise": self._low, "range_bps": width_bps}
        if not params.range_bps_min <= width_bps <= params.range_bps_max:
            return self._say(Verb.PASS, "the range is too narrow or too wide", facts)
        kind = broken(last, self._high, self._low, params.buffer_bps)
        if kind is None:
            return self._say(Verb.PASS, "inside the opening range", facts)
        why_not = self._may_not(view)
        return self._say(Verb.PASS, why_not, facts) if why_not else self._enter(view, kind, last, facts)

    def _may_not(self, view: View) -> str:
        if len(own.groups(view.orders(self.name))) >= self.params.trades_max:
            return "the day's trades are done"
        if minutes_open(self.day, view.wall_ns) > self.params.until_minutes:
            return "too late to enter"
        if minutes_left(self.day, view.wall_ns) <= self.params.flat_minutes:
            return "too near the close"
        if not view.is_active:
            return "entries are not taken now"
        waits = self._asked_ns and view.now_ns < self._asked_ns + self.params.retry_seconds * SECOND_NS
        if waits:
            return "what was wanted was not taken"
        return CARRIED if is_carried(view, self.params.contracts, self.product) else ""

    def _enter(self, view: View, kind: Kind, last: int, facts: dict[str, float]) -> Decision:
        params, place = self.params, self.options.at_the_money(last)
        out = 1 if kind is Kind.CE else -1
        near = self._leg(view, place + out * params.away_strikes, kind)
        far = self._leg(view, place + out * (params.away_strikes + params.width_strikes), kind)
        if near is None or far is None:
            return self._say(Verb.PASS, "a leg has no two-sided market", facts)
        widest = max(spread_bps(leg.bid_paise, leg.ask_paise) for leg in (near, far))
        found = priced(near, far, params.cross_ticks)
        facts |= {"leg_spread_bps": widest, "debit_paise": found.debit_paise, "width_paise": found.width_paise}
        if widest > params.leg_spread_bps_max:
            return self._say(Verb.PASS, "the market of a leg is too wide", facts)
        if not 0 < found.debit_paise <= params.debit_share_max * found.width_paise:
            return self._say(Verb.PASS, "the spread is too dear for its width", facts)
        lot = near.of.lot_size
        lots = lots_of_budget(params.risk_rupees * PAISE, found.debit_paise * lot, params.lots_max)
        facts |= {"lots": lots, "loss_most_paise": lots * lot * found.debit_paise}
        if not lots:
            return self._say(Verb.PASS, "the risk budget is below one lot", facts)
        self._asked_ns = view.now_ns
        why = "broke above the opening range" if kind is Kind.CE else "broke below the opening range"
        return self._say(Verb.ENTER, why, facts, (self._spread(near.of, far.of, found, lots),))

    def _leg(self, view: View, place: int, kind: Kind) -> Leg | None:
        option = self.options.option(place, kind)
        touch = view.quotes.touch(option.key) if option is not None else None
        if option is None or touch is None or touch.bid_paise is None or touch.ask_paise is None:
            return None
        return Leg(option, touch.bid_paise, touch.ask_paise)

    def _spread(self, near: Instrument, far: Instrument, found: Priced, lots: int) -> SpreadWant:
        lot = near.lot_size
        return SpreadWant(
            strategy=self.name,
            product=self.product,
            sets=lots,
            hedges=(LegWant(name="long", key=near.key, side=Side.BUY, per_set=lot, price_paise=found.long_paise),),
            mains=(LegWant(name="short", key=far.key, side=Side.SELL, per_set=lot, price_paise=found.short_paise),),
        )

    # Leaving.

    def _tend(self, view: View, held: Mapping[str, int]) -> Decision:
        if minutes_left(self.day, view.wall_ns) <= self.params.flat_minutes:
            return self._leave(view, "the day ends", held)
        net: int = sum(held.values())
        if len(held) != 2 or net:
            return self._leave(view, "its legs do not match", held)
        middles = {key: own.middle_paise(view.quotes.touch(key)) for key in held}
        units = max(held.values())
        legs = list(own.groups(view.orders(self.name)).values())[-1]
        debit = sum(own.paid_paise(order) for order in legs) / units
        if any(middle is None for middle in middles.values()):
            return self._say(Verb.HOLD, "a leg has no two-sided market", {"debit_paise": debit})
        value = sum(qty * (middles[key] or 0.0) for key, qty in held.items()) / units
        strikes = [view.instruments[key].strike_paise for key in held]
        most = max(strikes) - min(strikes) - debit
        facts = {"debit_paise": debit, "value_paise": value, "win_most_paise": most, "units": units}
        if value <= debit * (1 - self.params.stop_share):
            return self._leave(view, "the stop: enough of the debit is lost", held, facts)
        if value >= debit + self.params.target_share * most:
            return self._leave(view, "the target: enough of the win is there", held, facts)
        return self._say(Verb.HOLD, "between stop and target", facts)

    def _leave(self, view: View, why: str, held: Mapping[str, int], facts: Facts = NONE) -> Decision:
        return self._say(Verb.LEAVE, why, facts, left(view, self.name, held, self.product, why))

    def _say(self, verb: Verb, why: str, facts: Facts = NONE, wants: tuple[Want, ...] = ()) -> Decision:
        return Decision(
            strategy=self.name, verb=verb, about=self.params.index, why=why, numbers=numbered(facts), wants=wants
        )


def make(params: Mapping[str, Any], day: TradingDay) -> OrbSpread:
    """Raises BadParams, NoContracts."""
    return OrbSpread(read(Params, params), day)
