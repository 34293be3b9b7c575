"""Short iron fly: a straddle sold at the money between two wings that were bought first, its delta held by the future.

The bet: the index moves less than the options' prices say. It loses when it moves more, or at once: through a wing the
loss is the wing's width less the credit, and that is what it is sized by. The future takes out the direction and not
the curvature; each hedge buys after a rise and sells after a fall, and so costs a little, and its last hedge costs more
when the market turns. A lot of the future is coarse beside one set: the band is in lots. When the index has gone far
from the body the fly is left and sold anew at the money, a limited number of times: that takes the loss so far.

It costs eight option orders and the hedges in charges, and the spread of every one. Beyond a multiple of the credit the
whole is left for the day, by the day's own result, and it is flat before the close.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import msgspec

from tarazu.model.execution import Fill
from tarazu.model.instrument import Instrument, Kind
from tarazu.model.order import Product, Side
from tarazu.model.units import DAY_NS, PAISE, SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.orders.order_state import OrderState
from tarazu.strategy import own
from tarazu.strategy.base import View, Word
from tarazu.strategy.clock import minutes_left, minutes_open
from tarazu.strategy.day import TradingDay
from tarazu.strategy.decision import NONE, Decision, Facts, Verb, numbered
from tarazu.strategy.iron_fly_legs import Unpriced, fly_at
from tarazu.strategy.option_delta import YEAR_NS, Held, forward_of, hedge_lots, net_delta
from tarazu.strategy.option_view import NoContracts, OptionView, held_options
from tarazu.strategy.params import Name, Traded, param, read
from tarazu.strategy.sizing import crossing_paise, lots_of_budget
from tarazu.strategy.wants import EntryWant, ExitWant, StopPlan, Want


class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name = "iron_fly"
    index: Annotated[str, param("", "Key of the index.")] = "NSE:NIFTY 50"
    contracts: Annotated[str, param("", "What its contracts are called.")] = "NIFTY"
    product: Traded = "NRML"
    expiry_days_min: Annotated[int, param("days", "The nearest expiry so far away; 0: today's too.", ge=0, le=30)] = 1
    from_minutes: Annotated[int, param("minutes", "Not entered sooner after the open.", ge=0, le=300)] = 30
    until_minutes: Annotated[int, param("minutes", "Nor later.", ge=1, le=360)] = 240
    wing_strikes: Annotated[int, param("strikes", "From the body to each wing.", ge=2, le=40)] = 8
    credit_share_min: Annotated[float, param("of the wing", "A smaller credit is passed.", gt=0, lt=1)] = 0.3
    leg_spread_bps_max: Annotated[float, param("bps", "A wider market in a leg is passed.", ge=1, le=5_000)] = 500
    cross_ticks: Annotated[int, param("ticks", "Each limit is so far through the touch.", ge=0, le=100)] = 4
    risk_rupees: Annotated[float, param("₹", "What a fly may lose: wing less credit, times units.", gt=0, le=1e8)] = (
        25_000
    )
    lots_max: Annotated[int, param("lots", "However small its loss.", ge=1, le=100)] = 5
    stop_multiple: Annotated[float, param("times the credit", "Lost so much in the day: left.", gt=0, le=5)] = 0.6
    target_share: Annotated[float, param("of the credit", "Won so much in the day: left.", gt=0, lt=1)] = 0.4
    adjust_share: Annotated[float, param("of the wing", "So far from the body it is sold anew.", gt=0, le=1)] = 0.6
    adjustments_max: Annotated[int, param("times", "A day.", ge=0, le=5)] = 1
    band_lots: Annotated[float, param("lots", "Net delta beyond it is hedged.", ge=0.5, le=50)] = 0.6
    hedge_seconds: Annotated[int, param("s", "Between two hedges at the least.", ge=1, le=3_600)] = 60
    hedges_max: Annotated[int, param("orders", "A day; 0: the future is not used.", ge=0, le=200)] = 20
    hedge_stop_bps: Annotated[float, param("bps", "How far the future's stop rests.", ge=20, le=1_000)] = 200
    flat_minutes: Annotated[int, param("minutes", "Flat so long before the close.", ge=1, le=120)] = 20
    retry_seconds: Annotated[int, param("s", "Between two tries of what was not taken.", ge=1, le=3_600)] = 60

    def __post_init__(self) -> None:
        if self.from_minutes >= self.until_minutes:
            raise ValueError("from_minutes is to be below until_minutes")


class IronFly:
    def __init__(self, params: Params, day: TradingDay) -> None:
        """Raises NoContracts."""
        self.name, self.params, self.day = params.name, params, day
        self.product = Product(params.product)
        self.options = OptionView(day, params.index, params.contracts, params.expiry_days_min)
        if self.options.future is None:
            raise NoContracts(f"there is no future of {params.contracts} to hedge with")
        self.future: Instrument = self.options.future
        self.watches = frozenset({params.index})
        self._asked_ns = 0
        self._is_adjusting = False
        """A fly was left to be sold anew. A new start does not know, and begins no second one."""

    def on_market(self, view: View) -> Iterable[Word]:
        return ()

    def on_second(self, view: View) -> Iterable[Word]:
        if view.is_busy(self.name):
            return ()
        held = own.of_product(view.held(self.name), self.product)
        return (self._tend(view, held) if held else self._look(view),)

    def on_fill(self, view: View, ref: str, fill: Fill) -> Iterable[Word]:
        return ()

    # Entering.

    def _look(self, view: View) -> Decision:
        why_not = self._may_not(view)
        touch = view.quotes.touch(self.params.index)
        if why_not or touch is None or touch.last_paise is None:
            return self._say(Verb.PASS, why_not or "the index has no price")
        fly = fly_at(self.options, view.quotes, touch.last_paise, self.params.wing_strikes, self.params.cross_ticks)
        if isinstance(fly, Unpriced):
            return self._say(Verb.PASS, fly.why, {"spot_paise": touch.last_paise})
        facts = {"spot_paise": float(touch.last_paise), **fly.facts}
        if fly.widest_bps > self.params.leg_spread_bps_max:
            return self._say(Verb.PASS, "the market of a leg is too wide", facts)
        if fly.credit_paise < self.params.credit_share_min * fly.wing_paise:
            return self._say(Verb.PASS, "the credit is too small for the wings", facts)
        lot = fly.legs[0].of.lot_size
        lots = lots_of_budget(self.params.risk_rupees * PAISE, fly.loss_paise * lot, self.params.lots_max)
        facts |= {"lots": lots, "loss_most_paise": lots * lot * fly.loss_paise}
        if not lots:
            return self._say(Verb.PASS, "the risk budget is below one lot", facts)
        self._asked_ns = view.now_ns
        why = "sold anew at the money" if self._is_adjusting else "sold at the money"
        return self._say(Verb.ENTER, why, facts, (fly.want(self.name, self.product, lots),))

    def _may_not(self, view: View) -> str:
        params, minutes, flies = self.params, minutes_open(self.day, view.wall_ns), len(self._flies(view))
        if not self.day.opens_ns or minutes < params.from_minutes:
            return "too early to enter"
        if minutes > params.until_minutes or minutes_left(self.day, view.wall_ns) <= params.flat_minutes:
            return "too late to enter"
        if flies and not (self._is_adjusting and flies <= params.adjustments_max):
            return "the day's fly is done"
        if not view.is_active:
            return "entries are not taken now"
        waits = self._asked_ns and view.now_ns < self._asked_ns + params.retry_seconds * SECOND_NS
        return "what was wanted was not taken" if waits else ""

    def _flies(self, view: View) -> list[list[OrderState]]:
        found = own.groups(view.orders(self.name)).values()
        return [legs for legs in found if any(order.key != self.future.key for order in legs)]

    # Holding.

    def _tend(self, view: View, held: Mapping[str, int]) -> Decision:
        options = held_options(held, view.instruments)
        if minutes_left(self.day, view.wall_ns) <= self.params.flat_minutes:
            return self._leave("the day ends", held)
        if sum(options.values()) or len(options) != 4:
            return self._leave("its legs do not match", held)
        credit = -sum(own.paid_paise(order) for order in self._flies(view)[-1] if order.key in options)
        result = view.result_paise(self.name)
        if result is None:
            return self._say(Verb.HOLD, "a leg has no two-sided market", {"credit_paise": credit})
        facts = {"result_paise": result, "credit_paise": credit}
        if result <= -self.params.stop_multiple * credit:
            return self._leave("the stop: too much of the credit is lost", held, facts)
        if result >= self.params.target_share * credit:
            return self._leave("the target: enough of the credit is won", held, facts)
        return self._adjust(view, held, options, facts)

    def _adjust(
        self, view: View, held: Mapping[str, int], options: Mapping[str, int], facts: dict[str, float]
    ) -> Decision:
        body = next(view.instruments[key].strike_paise for key, qty in options.items() if qty < 0)
        wing = max(view.instruments[key].strike_paise for key in options) - body
        marks = {key: own.middle_paise(view.quotes.touch(key)) or 0.0 for key in options}
        of = {view.instruments[key].kind: marks[key] for key, qty in options.items() if qty < 0}
        forward = forward_of(body, of.get(Kind.CE, 0.0), of.get(Kind.PE, 0.0))
        facts |= {"forward_paise": forward, "body_paise": float(body)}
        may = len(self._flies(view)) <= self.params.adjustments_max
        if may and abs(forward - body) > self.params.adjust_share * wing:
            self._is_adjusting = True
            return self._leave("the index has left the body: to be sold anew", held, facts)
        return self._hedge(view, held, options, marks, facts)

    def _hedge(
        self,
        view: View,
        held: Mapping[str, int],
        options: Mapping[str, int],
        marks: Mapping[str, float],
        facts: dict[str, float],
    ) -> Decision:
        """More of the same side is an entry with its stop; less, or the other side, begins with leaving it all."""
        lot, future = self.future.lot_size, held.get(self.future.key, 0)
        rows = [(qty, view.instruments[key], marks[key]) for key, qty in options.items()]
        risk = [Held(qty, of.kind is Kind.CE, of.strike_paise, mark) for qty, of, mark in rows]
        delta = net_delta(risk, facts["forward_paise"], self._years(view.wall_ns))
        wanted = hedge_lots(delta, lot, future // lot, self.params.band_lots) * lot
        facts |= {"delta_units": delta, "future_units": future, "wanted_units": wanted}
        if wanted == future:
            return self._say(Verb.HOLD, "between stop and target, inside the band", facts)
        if self._hedges_wait(view):
            return self._say(Verb.HOLD, "outside the band, and hedged enough or a moment ago", facts)
        if future and (wanted - future) * future < 0:
            exit = ExitWant(strategy=self.name, key=self.future.key, product=self.product, why="hedge")
            return self._say(Verb.ADJUST, "the hedge is too large", facts, (exit,))
        side = Side.BUY if wanted > future else Side.SELL
        touch = view.quotes.touch(self.future.key)
        best = None if touch is None else touch.ask_paise if side is Side.BUY else touch.bid_paise
        if best is None:
            return self._say(Verb.HOLD, "outside the band, and the future has no market", facts)
        return self._say(Verb.ADJUST, "outside the band", facts, (self._entry(side, abs(wanted - future), best),))

    def _hedges_wait(self, view: View) -> bool:
        mine = [o for o in view.orders(self.name) if o.key == self.future.key and o.intent is not None]
        entries = [order for order in mine if order.intent is not None and order.intent.purpose is Purpose.ENTRY]
        last_ns = max([self._asked_ns, *(order.intended_ns for order in mine)])
        is_soon = view.now_ns < last_ns + self.params.hedge_seconds * SECOND_NS
        return is_soon or len(entries) >= self.params.hedges_max

    def _entry(self, side: Side, qty: int, best_paise: int) -> EntryWant:
        tick = self.future.tick_size_paise
        distance = round(best_paise * self.params.hedge_stop_bps / 10_000) // tick * tick
        return EntryWant(
            strategy=self.name,
            key=self.future.key,
            side=side,
            qty=qty,
            product=self.product,
            price_paise=crossing_paise(side, best_paise, self.params.cross_ticks, tick),
            stop=StopPlan(distance_paise=distance, width_paise=distance // 4 // tick * tick),
        )

    def _years(self, wall_ns: int) -> float:
        """To the close of the day it expires on."""
        left_ns = self.day.closes_ns - wall_ns + (self.options.expiry - self.day.date).days * DAY_NS
        return max(left_ns, SECOND_NS) / YEAR_NS

    def _leave(self, why: str, held: Mapping[str, int], facts: Facts = NONE) -> Decision:
        """What is short first: without it what is long is only worth something."""
        keys = sorted(held, key=lambda key: (held[key], key))
        exits = (ExitWant(strategy=self.name, key=key, product=self.product, why=why) for key in keys)
        return self._say(Verb.LEAVE, why, facts, tuple(exits))

    def _say(self, verb: Verb, why: str, facts: Facts = NONE, wants: tuple[Want, ...] = ()) -> Decision:
        return Decision(
            strategy=self.name, verb=verb, about=self.params.index, why=why, numbers=numbered(facts), wants=wants
        )


def make(params: Mapping[str, Any], day: TradingDay) -> IronFly:
    """Raises BadParams, NoContracts."""
    return IronFly(read(Params, params), day)
