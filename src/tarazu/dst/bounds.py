"""What an entry may not be, by the day's limits, the broker's truth and the market that was to be seen.

Of each control one rule of its own words; none asks the engine what it has weighed. Names are those of the controls.
"""

from collections.abc import Callable, Iterator
from datetime import time
from typing import TYPE_CHECKING

import msgspec

from tarazu.dst import true_risk
from tarazu.dst.broker_order import BrokerOrder
from tarazu.dst.market import StillMarket
from tarazu.dst.strategy import CALL
from tarazu.engine import messages as m
from tarazu.model import ist
from tarazu.model.execution import Fill
from tarazu.model.instrument import Instrument
from tarazu.model.order import OrdType, Product, Side, Validity
from tarazu.model.order_request import NewOrder
from tarazu.model.units import CRORE, PAISE, SECOND_NS
from tarazu.orders.intent import OrderIntent, Purpose
from tarazu.orders.messages import ModifyOrder, SendOrder
from tarazu.orders.slicing import LEGS_MAX

if TYPE_CHECKING:
    from tarazu.dst.life import Life
    from tarazu.dst.world import World

NEAR = 1.1
"""Greeks and scenarios are reckoned here by other formulas, and to a tenth."""
BPS = 10_000
HEARD_NS = 60 * SECOND_NS
"""What was filled so long ago has been heard of."""
_NOWHERE: frozenset[tuple[str, Product]] = frozenset()
HOUR_NS = 3_600 * SECOND_NS
"""An option does not stop being risky in its last minutes: it is reckoned with an hour at least."""
YEAR_NS = 365 * 24 * HOUR_NS


class Asked(msgspec.Struct, frozen=True):
    life: "Life"
    ref: str
    order: NewOrder
    intent: OrderIntent
    instrument: Instrument
    qty: int
    """Of its want, as far as it was sent: all slices."""


class Earlier(msgspec.Struct, frozen=True):
    sent_ns: int
    ref: str
    group: str
    like: tuple[object, ...]


Rule = Callable[[Asked], str]


class Bounds:
    def __init__(self, world: "World") -> None:
        self._world = world
        self.purse = world.plan.purse
        self.pilot = self.purse.pilot
        """That holds by now: a person may have switched one on."""
        self._earlier: list[Earlier] = []
        self._sent_of: dict[str, int] = {}
        """Units by want and key."""
        self._cheapest: dict[str, int] = {}
        """By ref, the lowest price it was ever asked to have."""
        self._stills: list[StillMarket] = []
        """The middles at the last two ticks, this one's not yet among them while it is taken."""
        self.trips: dict[tuple[str, str], list[int]] = {}
        self._nets: dict[tuple[str, str], int] = {}
        self._filled: set[tuple[str, str]] = set()
        self.is_blind = False
        """Executions were taken that nobody here was told of."""
        self.read: tuple[int, int] | None = None
        """The last funds that this life was told, and when they were asked for."""
        self._started_ns = 0
        self._left = _NOWHERE
        self._is_flattening = False
        self._rules: dict[str, Rule] = {
            "C16": self._phase,
            "C02": self._shape,
            "C03": self._size,
            "C04": self._value,
            "C05": self._collar,
            "C06": self._reference,
            "C08": self._portfolio,
            "C09": self._unexecuted,
            "C10": self._margin,
            "C12": self._duplicate,
            "C13": self._repeated,
            "C14": self._blocked,
            "C15": self._self_match,
            "C17": self._protection,
            "C23": self._leaving,
            "C24": self._blind_result,
            "C25": self._market,
            "C28": self._stop,
            "PILOT": self._pilot,
            "FLAGS": self._flags,
        }

    # What is told.

    def ticked(self) -> None:
        self._stills = [*self._stills[-1:], self._world.market.still()]

    def started(self) -> None:
        self._stills, self.read = [], None
        self._started_ns = self._world.agenda.now_ns

    def told(self, life: "Life") -> None:
        """What is being left before the next message."""
        state = life.engine.state
        self._left = frozenset(state.exits) if state.exits else _NOWHERE
        self._is_flattening = bool(state.flattening)

    def commanded(self, said: m.Commanded) -> None:
        """It was taken."""
        if said.order is m.Order.PILOT_ON:
            self.pilot = self.pilot or self._world.plan.config.pilot_as

    def filled(self, fill: Fill, strategy: str, now_ns: int) -> None:
        """The living process has said so."""
        self._filled.add((str(fill.order_id), fill.exec_id))
        place = (strategy, fill.key)
        was = self._nets.get(place, 0)
        self._nets[place] = was + fill.signed_qty
        if strategy and was and was * self._nets[place] <= 0:
            self.trips.setdefault(place, []).append(now_ns)

    def recovered(self, executions: set[tuple[str, str]]) -> None:
        self.is_blind = self.is_blind or executions != self._filled
        self._filled = set(executions)

    def changing(self, request: ModifyOrder) -> None:
        price = request.change.price_paise
        if price:
            self._cheapest[request.ref] = min(self._cheapest.get(request.ref, price), price)

    # What is asked.

    def entering(self, life: "Life", request: SendOrder, intent: OrderIntent) -> Iterator[tuple[str, str]]:
        """Every rule that it breaks, and how."""
        order = request.order
        instrument = self._world.listed.get(f"{order.exchange}:{order.tradingsymbol}")
        if instrument is None:
            yield "C01", f"{request.ref}: {order.exchange}:{order.tradingsymbol} is nothing that trades"
            return
        name = f"{intent.group or request.ref} {instrument.key}"
        whole = self._sent_of[name] = self._sent_of.get(name, 0) + order.qty
        asked = Asked(life, request.ref, order, intent, instrument, whole)
        for control, rule in self._rules.items():
            if said := rule(asked):
                yield control, f"{request.ref} {order.side} {order.qty} {instrument.key}: {said}"
        like = (instrument.key, order.side, order.qty, order.price_paise, intent.strategy)
        self._earlier.append(Earlier(self._world.agenda.now_ns, request.ref, intent.group, like))
        if order.price_paise:
            self._cheapest[request.ref] = order.price_paise

    def _flags(self, asked: Asked) -> str:
        return self._world.people.switches.off(asked.intent.strategy)

    # The order by itself.

    def _shape(self, asked: Asked) -> str:
        order, it, price = asked.order, asked.instrument, asked.order.price_paise
        low, high = self._world.market.band(it.key)
        if order.order_type not in (OrdType.LIMIT, OrdType.MARKET):
            return f"{order.order_type} is no entry"
        if order.qty <= 0 or order.qty % it.lot_size:
            return f"lots of {it.lot_size}"
        if it.freeze_qty and (order.qty > it.freeze_qty or asked.qty > it.freeze_qty * LEGS_MAX):
            return f"{asked.qty} in all, frozen above {it.freeze_qty}"
        if price is not None and (price % it.tick_size_paise or not low <= price <= high):
            return f"{price} is no price between {low} and {high}"
        return ""

    def _size(self, asked: Asked) -> str:
        most = self.purse.risk.order_qty_max or 0
        return f"{asked.qty} units, at most {most}" if asked.qty > most else ""

    def _value(self, asked: Asked) -> str:
        most = min(self.purse.risk.order_value_max_paise or 0, 10 * CRORE * PAISE)
        value = asked.qty * (asked.order.price_paise or self._world.market.last[asked.instrument.key])
        return f"worth {value}, at most {most}" if value > most * (1.0 if asked.order.price_paise else NEAR) else ""

    def _protection(self, asked: Asked) -> str:
        order = asked.order
        if order.order_type is OrdType.MARKET and not order.protection_bps:
            return "MARKET without protection"
        return "" if order.validity in (Validity.DAY, Validity.IOC) else f"{order.validity}"

    def _stop(self, asked: Asked) -> str:
        state = asked.life.engine.state
        is_leg = asked.intent.group in state.spreads
        return "" if is_leg or asked.ref in state.stops else "without a stop"

    # The market it goes to.

    def _middle(self, key: str) -> float | None:
        touch = self._world.market.touch(key)
        return touch.middle_paise if touch is not None else None

    def _reference(self, asked: Asked) -> str:
        return "no bid and ask" if self._middle(asked.instrument.key) is None else ""

    def _collar(self, asked: Asked) -> str:
        price, middle = asked.order.price_paise, self._middle(asked.instrument.key)
        if price is None or not middle:
            return ""
        through = asked.order.side.sign * (price - middle) * BPS / middle
        most = self.purse.risk.collar_bps[asked.instrument.kind]
        return f"{through:.0f} bps through {middle}, at most {most}" if through > most else ""

    def _market(self, asked: Asked) -> str:
        it, risk = asked.instrument, self.purse.risk
        touch, middle = self._world.market.touch(it.key), self._middle(it.key)
        if touch is None or touch.bid_paise is None or touch.ask_paise is None or not middle:
            return ""
        wide = touch.ask_paise - touch.bid_paise
        if wide > it.tick_size_paise and wide * BPS > risk.spread_bps_max[it.kind] * middle:
            return f"{wide} between bid and ask, around {middle}"
        most = risk.jump_bps_max * (6 if it.is_option else 1)
        were = [still.middle(it.key) for still in self._stills]
        if were and all(was and _has_jumped(was, middle, it.tick_size_paise, most) for was in were):
            return f"the middle went from {were} to {middle}"
        return ""

    # The portfolio.

    def _portfolio(self, asked: Asked) -> str:
        world, risk = self._world, self.purse.risk
        if "gross" not in self.purse.narrow and not {"delta", "vega", "scenario"} & set(self.purse.narrow):
            return ""
        place, underlying = (asked.instrument.key, asked.order.product), true_risk.of(asked.instrument.key)
        ends = true_risk.ends_of(world, asked.life)
        after_ends = true_risk.with_added(ends, place, asked.order.side.sign * asked.order.qty)
        market = world.market
        steps = (market.last, market.before[0])
        expiry = world.listed[CALL].expiry
        assert expiry is not None
        left_ns = ist.at_ns(expiry, time(15, 30)) - world.agenda.now_ns - world.wall_ahead_ns
        years = max(left_ns, HOUR_NS) / YEAR_NS
        if not self._is_plain():
            return ""
        limits = (risk.gross_premium_max_paise, risk.delta_max_paise, risk.vega_max_paise, risk.scenario_loss_max_paise)
        over = set(range(4))
        for prices in steps:
            units = true_risk.units_of(prices, years)
            before = true_risk.figures(ends, underlying, units)
            after = true_risk.figures(after_ends, underlying, units)
            over &= {n for n, most in enumerate(limits) if before[n] <= (most or 0) and after[n] > (most or 0) * NEAR}
        return ", ".join(f"{true_risk.Figures._fields[n]} {after[n]:.0f}, at most {limits[n]}" for n in sorted(over))

    def _is_plain(self) -> bool:
        """Whether what was seen of the market at both steps is what it was."""
        market = self._world.market
        for last, touches in ((market.last, {key: market.touch(key) for key in market.last}), market.before):
            for key, price in last.items():
                touch = touches.get(key)
                if touch is None or touch.last_paise != price or touch.middle_paise != price:
                    return False
                if (touch.ask_paise or 0) - price > 2 * self._world.listed[key].tick_size_paise:
                    return False
        return True

    def _unexecuted(self, asked: Asked) -> str:
        world, most = self._world, self.purse.risk.unexecuted_value_max_paise or 0
        state = asked.life.engine.state
        total = asked.order.qty * (asked.order.price_paise or 0)
        for order in world.broker.orders.values():
            ours = state.blotter.find(order.order.tag)
            if order.ended or ours is None or ours.intent is None or ours.intent.purpose is not Purpose.ENTRY:
                continue
            price = min(order.price, self._cheapest.get(ours.ref, order.price))
            total += (order.qty - order.filled) * price
        for request in world.network.under_way.values():
            if isinstance(request, SendOrder):
                ours = state.blotter.find(request.ref)
                if ours is not None and ours.intent is not None and ours.intent.purpose is Purpose.ENTRY:
                    total += request.order.qty * (request.order.price_paise or 0)
        return f"{total} of entries are not filled, at most {most}" if total > most else ""

    def _margin(self, asked: Asked) -> str:
        if self.read is None:
            return "no funds were read in this life"
        asked_ns, available = self.read
        risk = self.purse.risk
        if asked.life.steady_ns() - asked_ns > risk.margin_age_ns:
            return "funds are old"
        if asked.order.side is Side.SELL or asked.order.price_paise is None:
            return ""
        ends = true_risk.ends_of(self._world, asked.life)
        if any(low < 0 for (key, _), (low, _) in ends.items() if self._may_hedge(asked, key)):
            return ""  # it may close or hedge what is short there, and give back more than it costs
        needed, usable = asked.order.qty * asked.order.price_paise, available * (BPS - risk.margin_buffer_bps) // BPS
        return f"costs {needed}, and {usable} may be used" if needed > max(usable, 0) else ""

    def _may_hedge(self, asked: Asked, key: str) -> bool:
        return key == asked.instrument.key or (asked.instrument.is_option and self._world.listed[key].is_option)

    # Conduct.

    def _duplicate(self, asked: Asked) -> str:
        now_ns, order = self._world.agenda.now_ns, asked.order
        like = (asked.instrument.key, order.side, order.qty, order.price_paise, asked.intent.strategy)
        for sent in reversed(self._earlier):
            if now_ns - sent.sent_ns >= self.purse.risk.duplicate_ns:
                return ""
            if sent.like == like and not sent.group and not asked.intent.group:
                return f"{sent.ref} was the same {(now_ns - sent.sent_ns) / SECOND_NS:.1f} s ago"
        return ""

    def _repeated(self, asked: Asked) -> str:
        risk, strategy = self.purse.risk, asked.intent.strategy
        since_ns = self._world.agenda.now_ns - risk.round_trips_ns
        trips = [at_ns for at_ns in self.trips.get((strategy, asked.instrument.key), ()) if at_ns > since_ns]
        is_over = len(trips) >= (risk.round_trips_max or 0) and not self.is_blind
        return f"after {len(trips)} round trips" if is_over else ""

    def _blocked(self, asked: Asked) -> str:
        blotter = asked.life.engine.state.blotter
        doubted = [o.ref for o in blotter.unknown() if o.key == asked.instrument.key and blotter.lookalikes(o)]
        return f"{doubted[0]} may be an order at the broker, and nobody has said" if doubted else ""

    def _leaving(self, asked: Asked) -> str:
        is_left = (asked.instrument.key, asked.order.product) in self._left or self._is_flattening
        return "the place is being left" if is_left else ""

    def _self_match(self, asked: Asked) -> str:
        """Against what truly rests, and is known to."""
        blotter, price = asked.life.engine.state.blotter, asked.order.price_paise
        side = asked.order.side
        for order in self._world.broker.open[asked.instrument.key]:
            ours = blotter.find(f"#{order.order_id}") or blotter.find(order.order.tag)
            if order.order.side is side or not self._is_in_book(order) or ours is None:
                continue
            if ours.ended or ours.price_paise != order.price or not order.leaves:
                continue
            if price is None or side.sign * (price - order.price) >= 0:
                return f"our {order.order_id} rests on the other side at {order.price}"
        return ""

    def _is_in_book(self, order: BrokerOrder) -> bool:
        """A stop is once its trigger was met, and the last price says so."""
        if order.order_type is OrdType.LIMIT:
            return True
        last, touch = self._world.market.last[order.instrument.key], self._world.market.touch(order.instrument.key)
        is_seen = touch is not None and touch.last_paise == last
        return order.triggered and is_seen and order.order.side.sign * (last - order.trigger) >= 0

    def _phase(self, asked: Asked) -> str:
        """By the clock that the engine is told by."""
        world = self._world
        if world.agenda.now_ns < self._started_ns + world.plan.config.settle_ns:
            return "the process has just started"
        if not world.feed_fresh or world.is_skewed:
            return "our clock is off the broker's" if world.is_skewed else "the feed is stale"
        at = ist.clock_of(self._world.agenda.now_ns + self._world.wall_ahead_ns)
        return "" if time(9, 15) <= at < time(15, 30) else f"at {at:%H:%M:%S}"

    def _blind_result(self, asked: Asked) -> str:
        """What is held for a minute has never been quoted: nobody knows the day's result."""
        world = self._world
        for (key, product), net in world.broker.net.items():
            known = asked.life.engine.state.exposure(key, product).filled
            if net and known == net and world.market.touch(key) is None and self._is_old((key, product)):
                return f"{net} of {key} is held and has no price"
        return ""

    def _is_old(self, place: tuple[str, object]) -> bool:
        orders = self._world.broker.orders.values()
        traded_ns = max((order.filled_ns for order in orders if order.place == place), default=0)
        return self._world.agenda.now_ns - traded_ns > HEARD_NS

    def _pilot(self, asked: Asked) -> str:
        pilot = self.pilot
        if pilot is None:
            return ""
        key, lot = asked.instrument.key, asked.instrument.lot_size
        if key not in pilot.keys:
            return "not among the pilot's instruments"
        if asked.qty > pilot.lots_max * lot:
            return f"more than {pilot.lots_max} lots"
        value = asked.qty * (asked.order.price_paise or 0)
        return (
            f"worth {value}, a pilot's at most {pilot.order_value_max_paise}"
            if value > pilot.order_value_max_paise
            else ""
        )


def _has_jumped(was: float, middle: float, tick: int, most: int) -> bool:
    far = abs(middle - was)
    return far > 20 * tick and far * BPS > most * was
