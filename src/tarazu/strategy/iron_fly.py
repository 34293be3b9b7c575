"""Short iron fly: a straddle sold at the money between two wings that were bought first, its delta held by the future.

The bet: the index moves less than the options' prices say. It loses when it moves more, or at once: through a wing the
loss is the wing's width less the credit, and that is what it is sized by. The future takes out the direction and not
the curvature; each hedge buys after a rise and sells after a fall, and so costs a little, and its last hedge costs more
when the market turns. A lot of the future is coarse beside one set: the band is in lots. When the index has gone far
from the body the fly is left and sold anew at the money, a limited number of times: that takes the loss so far.

It costs eight option orders and the hedges in charges, and the spread of every one. Beyond a multiple of the credit a
fly is left for the day, by its own result with its hedges, a missing side of a market at its worst; what the day has
lost is taken off a second one's budget. It is flat before the close. What was carried overnight is a person's.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tarazu.model.execution import Fill
from tarazu.model.instrument import Instrument, Kind
from tarazu.model.order import Product, Side
from tarazu.model.units import DAY_NS, PAISE, SECOND_NS
from tarazu.orders.exposure import Place
from tarazu.orders.intent import Purpose
from tarazu.strategy import own
from tarazu.strategy.base import View, Word
from tarazu.strategy.clock import minutes_left, minutes_open
from tarazu.strategy.day import TradingDay
from tarazu.strategy.decision import NONE, Decision, Facts, Verb, numbered
from tarazu.strategy.iron_fly_legs import Unpriced, fly_at
from tarazu.strategy.iron_fly_params import Params
from tarazu.strategy.iron_fly_sold import SoldFly, flies_of
from tarazu.strategy.leaving import CARRIED, is_being_left, is_carried, left, taken_back
from tarazu.strategy.option_delta import YEAR_NS, Held, forward_of, hedge_lots, net_delta
from tarazu.strategy.option_view import NoContracts, OptionView, held_options
from tarazu.strategy.params import read
from tarazu.strategy.sizing import crossing_paise, lots_of_budget
from tarazu.strategy.wants import EntryWant, ExitWant, StopPlan, Want

BLIND_NS = 60 * SECOND_NS
"""Nobody guards what nobody can price: it is left after this."""
OVERDUE = "a hedge was not filled in time"


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
        hedges = {(self.future.key, self.product)} if params.hedges_max else frozenset[Place]()
        self.asks = frozenset[str]()
        self.trades = self.options.places(self.product) | hedges
        self._asked_ns, self._hedged_ns, self._blind_ns = 0, 0, 0
        self._anew_of = ""
        """The fly that was left to be sold anew. A new start does not know, and begins no second one."""

    def on_market(self, view: View) -> Iterable[Word]:
        return ()

    def on_second(self, view: View) -> Iterable[Word]:
        if view.is_building(self.name):
            return ()
        held = own.of_product(view.held(self.name), self.product)
        if held:
            return () if is_being_left(view, self.name, held, self.product) else (self._tend(view, held),)
        if rests := taken_back(view, self.name, 0, "there is nothing to hedge"):
            return (self._say(Verb.LEAVE, "there is nothing to hedge", wants=rests),)
        return () if view.is_busy(self.name) else (self._look(view),)

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
        budget = self.params.risk_rupees * PAISE + min(view.result_paise(self.name) or 0.0, 0.0)
        lots = lots_of_budget(budget, fly.loss_paise * lot, self.params.lots_max)
        facts |= {"lots": lots, "loss_most_paise": lots * lot * fly.loss_paise, "budget_paise": budget}
        if not lots:
            return self._say(Verb.PASS, "the risk budget is below one lot", facts)
        self._asked_ns = view.now_ns
        why = "sold anew at the money" if self._anew_of else "sold at the money"
        return self._say(Verb.ENTER, why, facts, (fly.want(self.name, self.product, lots),))

    def _may_not(self, view: View) -> str:
        params, minutes = self.params, minutes_open(self.day, view.wall_ns)
        if not self.day.opens_ns or minutes < params.from_minutes:
            return "too early to enter"
        if minutes > params.until_minutes or minutes_left(self.day, view.wall_ns) <= params.flat_minutes:
            return "too late to enter"
        if why_not := self._may_not_anew(view):
            return why_not
        if not view.is_active:
            return "entries are not taken now"
        waits = self._asked_ns and view.now_ns < self._asked_ns + params.retry_seconds * SECOND_NS
        if waits:
            return "what was wanted was not taken"
        return CARRIED if is_carried(view, self.params.contracts, self.product) else ""

    def _may_not_anew(self, view: View) -> str:
        flies = self._flies(view)
        if not flies:
            return ""
        if self._anew_of != flies[-1].group or len(flies) > self.params.adjustments_max:
            return "the day's fly is done"
        result = flies[-1].result_paise(view.quotes)
        is_lost = result is None or result <= -self.params.stop_multiple * flies[-1].credit_paise
        return "the stop was passed while the fly was being left" if is_lost else ""

    def _flies(self, view: View) -> list[SoldFly]:
        return flies_of(view.orders(self.name), self.future.key)

    # Holding.

    def _tend(self, view: View, held: Mapping[str, int]) -> Decision:
        options = held_options(held, view.instruments)
        if minutes_left(self.day, view.wall_ns) <= self.params.flat_minutes:
            return self._leave(view, "the day ends", held)
        if sum(options.values()) or len(options) != 4:
            return self._leave(view, "its legs do not match", held)
        sold = self._flies(view)[-1]
        credit, result = sold.credit_paise, sold.result_paise(view.quotes)
        if result is None:
            return self._blind(view, held, {"credit_paise": credit})
        self._blind_ns = 0
        facts = {"result_paise": result, "credit_paise": credit}
        if result <= -self.params.stop_multiple * credit:
            return self._leave(view, "the stop: too much of the credit is lost", held, facts)
        if any(own.middle_paise(view.quotes.touch(key)) is None for key in held):
            return self._say(Verb.HOLD, "a leg has no two-sided market", facts)
        if result >= self.params.target_share * credit:
            return self._leave(view, "the target: enough of the credit is won", held, facts)
        if old := taken_back(view, self.name, self.params.entry_seconds, OVERDUE):
            return self._say(Verb.ADJUST, OVERDUE, facts, old)
        if view.is_busy(self.name):
            return self._say(Verb.HOLD, "between stop and target, a hedge is on its way", facts)
        return self._adjust(view, held, options, facts)

    def _blind(self, view: View, held: Mapping[str, int], facts: Facts) -> Decision:
        self._blind_ns = self._blind_ns or view.now_ns
        if view.now_ns >= self._blind_ns + BLIND_NS:
            return self._leave(view, "a leg has had no price for too long", held, facts)
        return self._say(Verb.HOLD, "a leg has no price", facts)

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
            said = self._leave(view, "the index has left the body: to be sold anew", held, facts)
            self._anew_of = self._flies(view)[-1].group
            return said
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
        self._hedged_ns = view.now_ns
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
        last_ns = max([self._asked_ns, self._hedged_ns, *(order.intended_ns for order in mine)])
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

    def _leave(self, view: View, why: str, held: Mapping[str, int], facts: Facts = NONE) -> Decision:
        self._anew_of = ""
        return self._say(Verb.LEAVE, why, facts, left(view, self.name, held, self.product, why))

    def _say(self, verb: Verb, why: str, facts: Facts = NONE, wants: tuple[Want, ...] = ()) -> Decision:
        return Decision(
            strategy=self.name, verb=verb, about=self.params.index, why=why, numbers=numbered(facts), wants=wants
        )


def make(params: Mapping[str, Any], day: TradingDay) -> IronFly:
    """Raises BadParams, NoContracts."""
    return IronFly(read(Params, params), day)
