"""Orders that lead to orders: an iceberg's next leg, a cover order's stop leg and its exit, AMO at the open."""

import msgspec

from tarazu.model.calendar import Venue, venue_of
from tarazu.model.order import OrdType, Validity, Variety
from tarazu.model.units import MILLISECOND_NS
from tarazu.sim.broker.agenda import Action
from tarazu.sim.broker.desk import Desk
from tarazu.sim.broker.iceberg import next_leg
from tarazu.sim.broker.intake import Intake
from tarazu.sim.broker.lifecycle import Lifecycle
from tarazu.sim.broker.oms import Order
from tarazu.sim.broker.placement import as_request
from tarazu.sim.broker.protection import AUTOMATIC, protected_price, protection_pct
from tarazu.sim.orders import OrderRequest
from tarazu.wire.kite_orders import KiteStatus

REACTION_NS = 2 * MILLISECOND_NS
"""The broker's own reaction to a report; our figure. Fills of one moment are covered together."""


class Varieties:
    """Listens to the lifecycle and enters what follows."""

    def __init__(self, desk: Desk, lifecycle: Lifecycle, intake: Intake) -> None:
        self._desk, self._lifecycle, self._intake = desk, lifecycle, intake
        self._covered_qty: dict[str, int] = {}
        """First leg's order id → units its stop legs cover."""
        self._exits: set[str] = set()

    def clear(self) -> None:
        """A new day: yesterday's legs lead nowhere."""
        self._covered_qty.clear()
        self._exits.clear()

    def filled(self, order: Order) -> None:
        if order.variety is Variety.CO and order.parent_order_id is None:
            self._soon(lambda: self._cover(order))

    def done(self, order: Order) -> None:
        if order.variety is Variety.ICEBERG and order.status is KiteStatus.COMPLETE:
            self._soon(lambda: self._next_leg(order))
        if order.order_id in self._exits:
            self._exits.discard(order.order_id)
            if order.status is KiteStatus.CANCELLED and order.canceled_qty:
                self._soon(lambda: self._exit(order, order.canceled_qty))

    def exit_on_cancel(self, order: Order) -> None:
        """Cancelling a cover order's stop leg exits the position (Kite v3 "Cancelling cover orders")."""
        if order.variety is Variety.CO and order.parent_order_id is not None and order.is_stop:
            self._exits.add(order.order_id)

    def release_amo(self, venue: Venue, at_open: bool) -> None:
        """Send the waiting after-market orders of this venue: in the pre-open those an auction takes, at the open the
        rest. KITE facts 3.2: cash LIMIT and MARKET at 09:00; stops, IOC, disclosed and derivatives at 09:15."""
        for order in self._desk.blotter.all():
            waits = order.status is KiteStatus.AMO_RECEIVED and venue_of(order.instrument) is venue
            if waits and (at_open or _auction_takes(order)):
                self._intake.release(order)

    def _soon(self, action: Action) -> None:
        self._desk.agenda.at(self._desk.now_ns + REACTION_NS, action)

    def _next_leg(self, order: Order) -> None:
        follows = next_leg(order)
        if follows is None:
            return
        qty, meta = follows
        request = msgspec.structs.replace(as_request(order), quantity=qty, tag=order.tag or "")
        parent_id = order.parent_order_id or order.order_id
        self._intake.enter(order.user_id, order.instrument, request, meta, parent_id)

    def _cover(self, parent: Order) -> None:
        """A stop leg for what the first leg has filled and no stop covers yet."""
        covered = self._covered_qty.get(parent.order_id, 0)
        qty = parent.filled_qty - covered
        if qty == 0:
            return
        self._covered_qty[parent.order_id] = parent.filled_qty
        side, trigger = parent.side.opposite, parent.trigger_paise
        pct = protection_pct(self._desk.rules, parent.instrument, AUTOMATIC, trigger)
        price = protected_price(side, trigger, pct, parent.instrument.tick_size_paise)
        self._leg(parent, parent.order_id, qty, OrdType.SL, price, trigger)

    def _exit(self, stop: Order, qty: int) -> None:
        """The position a cancelled stop leg guarded is closed at market, protected."""
        index = self._desk.index_of(stop.instrument)
        if index is None:
            return
        ltp = self._desk.ltp_paise(index)
        pct = protection_pct(self._desk.rules, stop.instrument, AUTOMATIC, ltp)
        price = protected_price(stop.side, ltp, pct, stop.instrument.tick_size_paise)
        assert stop.parent_order_id is not None
        self._leg(stop, stop.parent_order_id, qty, OrdType.LIMIT, price, 0)

    def _leg(self, like: Order, parent_id: str, qty: int, kind: OrdType, price: int, trigger: int) -> None:
        side = like.side if like.parent_order_id else like.side.opposite
        request = OrderRequest(
            variety=Variety.CO.value,
            exchange=like.instrument.exchange.value,
            tradingsymbol=like.instrument.tradingsymbol,
            transaction_type=side,
            order_type=kind.value,
            product="MIS",
            validity=Validity.DAY.value,
            quantity=qty,
            price_paise=price,
            trigger_paise=trigger,
            tag=like.tag or "",
            algo_id=like.algo_id,
        )
        self._intake.enter(like.user_id, like.instrument, request, None, parent_id)


def _auction_takes(order: Order) -> bool:
    return (
        not order.instrument.is_derivative
        and not order.is_stop
        and order.validity is Validity.DAY
        and order.disclosed_qty == 0
    )
