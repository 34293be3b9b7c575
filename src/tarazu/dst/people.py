"""The operator and whoever else has a hand in the account: halts, resets, flattens, places and cancels by hand.

What the engine did not take because its process was down or died of it is told again.
"""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from tarazu.dst.broker_order import OURS
from tarazu.dst.strategy import PRODUCT
from tarazu.dst.supervisors import Supervisors
from tarazu.dst.switches import Switches
from tarazu.engine import messages as m
from tarazu.engine.messages import Order
from tarazu.model.instrument import Instrument
from tarazu.model.order import OrdType, Product, Side
from tarazu.model.order_request import NewOrder
from tarazu.model.units import SECOND_NS

if TYPE_CHECKING:
    from tarazu.dst.world import World

WHO = "ops"
QUIET_NS = 180 * SECOND_NS
"""A day that is flat goes on for so long: what cools or is unknown counts for no longer (`order_state.Patience`), and
who forgot it would act by then."""
_TROUBLE = (Order.HALT, Order.ENTRIES_OFF, Order.CANCEL_ENTRIES)


class People:
    def __init__(self, world: "World") -> None:
        self._world = world
        self._dice = Random(f"people {world.seed}")
        self._faults = world.faults
        world.agenda.after(30 * SECOND_NS, self._look_at_lookalikes)
        self.supervisors = Supervisors(world, self)
        self.switches = Switches(world)

    # By the minute.

    def minute(self) -> None:
        strikes = self._faults.strikes
        if strikes("halt"):
            self._then(Order.HALT, Order.RESET_HALT)
        if strikes("flatten"):
            self._then(Order.FLATTEN, Order.STOP_FLATTEN, Order.ENTRIES_ON)
        if strikes("entries_off"):
            self._then(Order.ENTRIES_OFF, Order.ENTRIES_ON)
        if strikes("cancel_entries"):
            self._later(lambda: self.command(Order.CANCEL_ENTRIES))
        if strikes("hand_order"):
            self._later(self._place_by_hand)
        if strikes("hand_cancel"):
            self._later(self._cancel_by_hand)
        if strikes("hand_change"):
            self._later(self._change_by_hand)

    def put_right(self) -> None:
        """When all is well again: nothing is held back any more."""
        for order in (Order.RESET_HALT, Order.STOP_FLATTEN, Order.ENTRIES_ON):
            self.command(order)
        self.switches.all_on()

    def flatten_for_good(self) -> None:
        """Until all is flat; nobody watches on after that."""
        self.command(Order.FLATTEN)
        self._world.agenda.after(20 * SECOND_NS, self._look_whether_flat)

    def _look_whether_flat(self) -> None:
        broker = self._world.broker
        if any(broker.net.values()) or any(order.leaves for order in broker.orders.values()):
            self._world.agenda.after(10 * SECOND_NS, self._look_whether_flat)
        else:
            self.command(Order.STOP_FLATTEN)
            self._world.end_after(QUIET_NS)

    def command(self, order: Order, **about: str) -> None:
        """Until it is taken; what belongs to the safety phase is not told after it."""
        world = self._world
        if self._faults.healed and order in _TROUBLE:
            return
        said = m.Commanded(order=order, who=WHO, why="because", **{"incident": "SIM", **about})
        world.oracle.commanding(said)
        if not world.tell(said):
            world.agenda.after(3 * SECOND_NS, lambda: self.command(order, **about))

    # Inside.

    def _later(self, thing: Callable[[], None]) -> None:
        self._world.agenda.after(self._dice.randint(0, 60_000) * (SECOND_NS // 1_000), thing)

    def _then(self, now: Order, *later: Order) -> None:
        """Some time apart, and not after all has healed."""
        wait_ns = self._dice.randint(10, 150) * SECOND_NS
        self._later(lambda: self.command(now))
        for order in later:
            self._world.agenda.after(60 * SECOND_NS + wait_ns, partial(self.command, order))

    def _place_by_hand(self) -> None:
        """Anything, or what looks like the last order of ours, or the broker's own square-off of a hand's position."""
        if self._faults.healed:
            return
        world, dice = self._world, self._dice
        mis = [(place, qty) for place, qty in sorted(world.broker.net.items()) if place[1] is Product.MIS and qty]
        ours = [order for order in world.broker.orders.values() if order.origin == OURS]
        throw = dice.random()
        if mis and throw < 0.4:
            (key, product), qty = dice.choice(mis)
            side = Side.SELL if qty > 0 else Side.BUY
            world.broker.square_off(self._order(world.listed[key], side, abs(qty), product, None))
        elif ours and throw < 0.6:
            like = ours[-1].order
            instrument = world.listed[f"{like.exchange}:{like.tradingsymbol}"]
            world.broker.by_hand(self._order(instrument, like.side, like.qty, like.product, like.price_paise))
        else:
            instrument = dice.choice(list(world.listed.values()))
            side, lot = dice.choice((Side.BUY, Side.SELL)), max(instrument.lot_size, 75)
            product = dice.choice((PRODUCT, Product.MIS))
            price = world.market.last[instrument.key] + dice.randint(-20, 20) * instrument.tick_size_paise
            world.broker.by_hand(self._order(instrument, side, lot, product, price))

    def _order(self, instrument: Instrument, side: Side, qty: int, product: Product, price: int | None) -> NewOrder:
        return NewOrder(
            tag=self._dice.choice(("", "", "web")),
            exchange=instrument.exchange,
            tradingsymbol=instrument.tradingsymbol,
            side=side,
            qty=qty,
            product=product,
            order_type=OrdType.MARKET if price is None else OrdType.LIMIT,
            price_paise=price,
        )

    def _cancel_by_hand(self) -> None:
        resting = [order for orders in self._world.broker.open.values() for order in orders]
        if resting and not self._faults.healed:
            self._world.broker.cancel_by_hand(self._dice.choice(resting))

    def _change_by_hand(self) -> None:
        """Not of one of ours that has lost its tag: nobody could tell whose it was then."""
        resting = [o for orders in self._world.broker.open.values() for o in orders if o.order_type is OrdType.LIMIT]
        resting = [o for o in resting if o.shown_tag == o.order.tag]
        if resting and not self._faults.healed:
            order = self._dice.choice(resting)
            tick = order.instrument.tick_size_paise
            self._world.broker.change_by_hand(order, order.price + tick * self._dice.choice((-5, 5)))

    def _look_at_lookalikes(self) -> None:
        """Untagged orders that may be ours: a person looks into the broker's screens, and knows."""
        world = self._world
        world.agenda.after(30 * SECOND_NS, self._look_at_lookalikes)
        if world.life is None:
            return
        blotter = world.life.engine.state.blotter
        for order in blotter.unknown():
            for stranger in blotter.lookalikes(order):
                truth = world.broker.orders[stranger.order_id]
                world.marks.hit("lookalike")
                if truth.origin == OURS and truth.order.tag == order.ref:
                    self.command(Order.CLAIM, order_id=stranger.order_id, ref=order.ref)
                    world.marks.hit("claimed")
                elif truth.origin != OURS:
                    self.command(Order.DISOWN, order_id=stranger.order_id)
                    world.marks.hit("disowned")
                if world.life is None:
                    return
