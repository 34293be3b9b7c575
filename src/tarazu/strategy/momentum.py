"""Momentum on bars of the nearest future, gated by a model: enters where two means have crossed and the model agrees.

The bet: what has moved over some minutes moves on for some more, on the days and hours that the model was right about.
Without a model it does not trade, unless it is told to: the cross alone is about as often wrong as right, and its costs
are certain. It loses in markets that swing, a stop at a time; the stop rests at the exchange, and a gap goes through
it. It costs two future orders a trade, the spread twice, and the stamp and transaction charges of the whole notional.

The model is the one that is active under `model` (`scored.Model`); its hash is in every decision it made. Features are
signed by the side: what is good for a buyer is the same number for a seller.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

import msgspec

from tarazu.model.execution import Fill
from tarazu.model.instrument import Instrument
from tarazu.model.order import Product, Side
from tarazu.model.units import MINUTE_NS, PAISE, SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.strategy import own
from tarazu.strategy.base import View, Word
from tarazu.strategy.clock import is_open, minutes_left, minutes_open, share_gone
from tarazu.strategy.closes import Closes, ema, move_bps, place_in_range, volatility_bps
from tarazu.strategy.day import TradingDay
from tarazu.strategy.decision import NONE, Decision, Facts, Verb, numbered
from tarazu.strategy.leaving import CARRIED, is_being_left, is_carried, left, taken_back
from tarazu.strategy.option_view import NoContracts, OptionView
from tarazu.strategy.params import BadParams, Name, Traded, param, read
from tarazu.strategy.scored import Model
from tarazu.strategy.sizing import crossing_paise, lots_of_budget
from tarazu.strategy.wants import EntryWant, StopPlan, Want

FEATURES = ("move_1_bps", "move_5_bps", "move_15_bps", "gap_bps", "volatility_bps", "place", "day_share")
LONGEST = 15
"""Bars that a feature looks back."""
OVERDUE = "the entry was not filled in time"


class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name = "momentum"
    index: Annotated[str, param("", "Key of the index whose future is traded.")] = "NSE:NIFTY 50"
    contracts: Annotated[str, param("", "What its contracts are called.")] = "NIFTY"
    product: Traded = "NRML"
    bar_seconds: Annotated[int, param("s", "The length of a bar.", ge=1, le=900)] = 60
    fast_bars: Annotated[int, param("bars", "Span of the fast mean.", ge=2, le=100)] = 9
    slow_bars: Annotated[int, param("bars", "Span of the slow mean.", ge=3, le=300)] = 21
    gap_bps_min: Annotated[float, param("bps", "The means are so far apart before it is a move.", ge=0, le=200)] = 3
    model: Annotated[str, param("", "Name of the registry's model.", pattern=r"^[a-z][a-z0-9_]*$")] = "momentum"
    without_model: Annotated[Literal["pass", "trade"], param("", "What to do while none is active.")] = "pass"
    score_min: Annotated[float, param("", "What the model is to say at least.", ge=-1_000, le=1_000)] = 0.55
    risk_rupees: Annotated[float, param("₹", "What a trade may lose at its stop.", gt=0, le=1e8)] = 10_000
    lots_max: Annotated[int, param("lots", "However near the stop.", ge=1, le=100)] = 2
    stop_bps: Annotated[float, param("bps", "How far the stop rests at the exchange.", ge=5, le=500)] = 40
    target_bps: Annotated[float, param("bps", "Left when so much is won.", ge=1, le=2_000)] = 80
    hold_minutes: Annotated[int, param("minutes", "Left after so long.", ge=1, le=360)] = 60
    cross_ticks: Annotated[int, param("ticks", "The limit is so far through the touch.", ge=0, le=100)] = 4
    entry_seconds: Annotated[int, param("s", "What rests of an entry so long is taken back.", ge=1, le=600)] = 20
    until_minutes: Annotated[int, param("minutes", "No entry later than this after the open.", ge=1, le=360)] = 330
    flat_minutes: Annotated[int, param("minutes", "Flat so long before the close.", ge=1, le=120)] = 20
    retry_seconds: Annotated[int, param("s", "Between two entries, taken or not.", ge=1, le=3_600)] = 300
    trades_max: Annotated[int, param("trades", "A day.", ge=1, le=50)] = 4

    def __post_init__(self) -> None:
        if self.fast_bars >= self.slow_bars:
            raise ValueError("fast_bars is to be below slow_bars")

    def trades_without(self, family: str) -> bool:
        """Whether it enters all the same while no model of that family is active."""
        return family == self.model and self.without_model == "trade"


class Momentum:
    def __init__(self, params: Params, day: TradingDay) -> None:
        """Raises NoContracts, BadParams."""
        self.name, self.params, self.day = params.name, params, day
        self.product = Product(params.product)
        future = OptionView(day, params.index, params.contracts).future
        if future is None:
            raise NoContracts(f"there is no future of {params.contracts} to trade")
        self.future: Instrument = future
        self.model: Model | None = day.models.get(params.model)
        strangers = sorted(set(self.model.features) - set(FEATURES)) if self.model else []
        if strangers:
            raise BadParams(
                f"model {params.model}: no feature is called {strangers[0]}; there are {', '.join(FEATURES)}"
            )
        if self.model is not None:
            self.model.prepare()
        self.watches = frozenset({future.key})
        self.trades = frozenset({(future.key, self.product)})
        self.asks = frozenset({params.model})
        self._bars = Closes(params.bar_seconds * SECOND_NS)
        self._asked_ns = 0

    def carry_on(self, before: "Momentum") -> None:
        """Another model: the bars and the last entry are the same."""
        self._bars, self._asked_ns = before._bars, before._asked_ns

    def on_market(self, view: View) -> Iterable[Word]:
        touch = view.quotes.touch(self.future.key)
        if touch is None or touch.last_paise is None or not is_open(self.day, touch.seen_ns):
            return ()
        closed = self._bars.take(touch.last_paise, touch.seen_ns)
        if not closed or view.held(self.name) or view.is_busy(self.name):
            return ()
        return (self._look(view),)

    def on_second(self, view: View) -> Iterable[Word]:
        held = own.of_product(view.held(self.name), self.product).get(self.future.key, 0)
        if not held:
            old = taken_back(view, self.name, self._entry_seconds(view), OVERDUE)
            return (self._say(Verb.LEAVE, OVERDUE, wants=old),) if old else ()
        if is_being_left(view, self.name, {self.future.key: held}, self.product):
            return ()
        return (self._tend(view, held),)

    def _entry_seconds(self, view: View) -> int:
        """How long an entry may rest: not at all when the day ends."""
        ends = minutes_left(self.day, view.wall_ns) <= self.params.flat_minutes
        return 0 if ends else self.params.entry_seconds

    def on_fill(self, view: View, ref: str, fill: Fill) -> Iterable[Word]:
        return ()

    # Entering.

    def _look(self, view: View) -> Decision:
        if len(self._bars.closes) <= max(self.params.slow_bars, LONGEST):
            return self._say(Verb.PASS, "too few bars since the start", {"bars": len(self._bars.closes)})
        gap = self._gap_bps()
        if abs(gap) < self.params.gap_bps_min or not gap:
            return self._say(Verb.PASS, "the means are too near each other", {"gap_bps": gap})
        side = Side.BUY if gap > 0 else Side.SELL
        facts = self._features(side.sign, gap, view.wall_ns)
        if self.model is None:
            if self.params.without_model == "pass":
                return self._say(Verb.PASS, f"no model {self.params.model} is active", facts)
            return self._enter(view, side, "the means have crossed, and no model was asked", facts)
        score = self.model.score(facts)
        facts = facts | {"score": score, "score_min": self.params.score_min}
        if score < self.params.score_min:
            return self._say(Verb.PASS, f"model {self.model.short} says no", facts)
        return self._enter(view, side, f"the means have crossed, and model {self.model.short} agrees", facts)

    def _gap_bps(self) -> float:
        closes = self._bars.closes
        slow = ema(closes, self.params.slow_bars)
        return (ema(closes, self.params.fast_bars) / slow - 1.0) * 10_000

    def _features(self, sign: int, gap: float, wall_ns: int) -> dict[str, float]:
        """Of a trade on that side."""
        bars = self._bars
        return {
            "move_1_bps": sign * move_bps(bars.closes, 1),
            "move_5_bps": sign * move_bps(bars.closes, 5),
            "move_15_bps": sign * move_bps(bars.closes, LONGEST),
            "gap_bps": sign * gap,
            "volatility_bps": volatility_bps(bars.closes, LONGEST),
            "place": sign * place_in_range(bars.closes[-1], bars.high, bars.low),
            "day_share": share_gone(self.day, wall_ns),
        }

    def _enter(self, view: View, side: Side, why: str, facts: dict[str, float]) -> Decision:
        params, touch = self.params, view.quotes.touch(self.future.key)
        best = None if touch is None else touch.ask_paise if side is Side.BUY else touch.bid_paise
        if why_not := self._may_not(view):
            return self._say(Verb.PASS, why_not, facts)
        if best is None:
            return self._say(Verb.PASS, "nobody is on the other side", facts)
        tick, lot = self.future.tick_size_paise, self.future.lot_size
        distance = max(round(best * params.stop_bps / 10_000) // tick, 1) * tick
        lots = lots_of_budget(params.risk_rupees * PAISE, distance * lot, params.lots_max)
        facts = facts | {"stop_paise": distance, "lots": lots, "loss_at_stop_paise": lots * lot * distance}
        if not lots:
            return self._say(Verb.PASS, "the risk budget is below one lot", facts)
        self._asked_ns = view.now_ns
        want = EntryWant(
            strategy=self.name,
            key=self.future.key,
            side=side,
            qty=lots * lot,
            product=self.product,
            price_paise=crossing_paise(side, best, params.cross_ticks, tick),
            stop=StopPlan(distance_paise=distance, width_paise=max(distance // 4 // tick, 1) * tick),
        )
        return self._say(Verb.ENTER, why, facts, (want,))

    def _may_not(self, view: View) -> str:
        params = self.params
        last_ns = max([self._asked_ns, *self._entries(view)])
        if len(self._entries(view)) >= params.trades_max:
            return "the day's trades are done"
        late = minutes_open(self.day, view.wall_ns) > params.until_minutes
        if late or minutes_left(self.day, view.wall_ns) <= params.flat_minutes:
            return "too late to enter"
        if last_ns and view.now_ns < last_ns + params.retry_seconds * SECOND_NS:
            return "it entered, or tried to, a moment ago"
        if not view.is_active:
            return "entries are not taken now"
        return CARRIED if is_carried(view, params.contracts, self.product) else ""

    def _entries(self, view: View) -> list[int]:
        """When each trade that filled was intended; the slices of one are one."""
        entries = (o for o in view.orders(self.name) if o.intent is not None and o.intent.purpose is Purpose.ENTRY)
        return sorted({order.intended_ns for order in entries if order.cum_qty})

    # Leaving.

    def _tend(self, view: View, held: int) -> Decision:
        if minutes_left(self.day, view.wall_ns) <= self.params.flat_minutes:
            return self._leave(view, held, "the day ends")
        began_ns = max(self._entries(view), default=0)
        if view.now_ns >= began_ns + self.params.hold_minutes * MINUTE_NS:
            return self._leave(view, held, "held long enough")
        middle = own.middle_paise(view.quotes.touch(self.future.key))
        entered = self._entered_paise(view, began_ns)
        if middle is None or not entered:
            return self._say(Verb.HOLD, "the future has no two-sided market")
        sign = 1 if held > 0 else -1
        won = sign * (middle / entered - 1.0) * 10_000
        facts = {"entered_paise": entered, "middle_paise": middle, "won_bps": won}
        if won >= self.params.target_bps:
            return self._leave(view, held, "the target: enough is won", facts)
        is_known = len(self._bars.closes) > max(self.params.slow_bars, LONGEST)
        if is_known and sign * self._gap_bps() < 0:
            return self._leave(view, held, "the means have crossed back", facts)
        if old := taken_back(view, self.name, self.params.entry_seconds, OVERDUE):
            return self._say(Verb.ADJUST, OVERDUE, facts, old)
        return self._say(Verb.HOLD, "between stop and target", facts)

    def _entered_paise(self, view: View, began_ns: int) -> float:
        """Average price of the last trade's entry; 0 where the broker has not told it."""
        legs = [o for o in view.orders(self.name) if o.intended_ns == began_ns and o.cum_qty]
        units = sum(order.cum_qty for order in legs)
        return abs(sum(own.paid_paise(order) for order in legs)) / units if units else 0.0

    def _leave(self, view: View, held: int, why: str, facts: Facts = NONE) -> Decision:
        return self._say(Verb.LEAVE, why, facts, left(view, self.name, {self.future.key: held}, self.product, why))

    def _say(self, verb: Verb, why: str, facts: Facts = NONE, wants: tuple[Want, ...] = ()) -> Decision:
        return Decision(
            strategy=self.name,
            verb=verb,
            about=self.future.key,
            why=why,
            numbers=numbered(facts),
            wants=wants,
            measured=FEATURES[0] in facts,
        )


def make(params: Mapping[str, Any], day: TradingDay) -> Momentum:
    """Raises BadParams, NoContracts."""
    return Momentum(read(Params, params), day)
