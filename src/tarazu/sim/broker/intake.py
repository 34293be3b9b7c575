"""Requests at the broker's counter: inspected, priced against funds and holdings, and turned into orders or refused."""

from collections.abc import Mapping
from typing import Any

import msgspec

from tarazu.model.instrument import Instrument
from tarazu.model.order import OrdType, Validity, Variety
from tarazu.sim.broker.desk import Desk
from tarazu.sim.broker.iceberg import first_leg
from tarazu.sim.broker.lifecycle import Lifecycle
from tarazu.sim.broker.means import refuse_means
from tarazu.sim.broker.oms import Change, Order
from tarazu.sim.broker.placement import MARKET_TYPES, as_request, merged, new_order, protect, protection, refuse_type
from tarazu.sim.broker.protection import is_given, protection_tags
from tarazu.sim.broker.rms import UNKNOWN_INSTRUMENT, Ticket, inspect, refuse_words
from tarazu.sim.orders import ModifyRequest, OrderRequest, Placed
from tarazu.wire.kite_errors import (
    BEING_PROCESSED,
    TOO_MANY_MODIFICATIONS,
    ErrorType,
    Refusal,
)
from tarazu.wire.kite_orders import MODIFIABLE, KiteStatus

UNKNOWN_ORDER = Refusal("Couldn't find that `order_id`.", ErrorType.GENERAL, 404)
NOT_CANCELLABLE = Refusal("Order cannot be cancelled as it is being processed. Try later.")


class Intake:
    """`place`, `modify`, `cancel` as the API means them. A refusal leaves everything as it was."""

    def __init__(self, desk: Desk, lifecycle: Lifecycle) -> None:
        self._desk, self._lifecycle = desk, lifecycle

    def place(self, user_id: str, request: OrderRequest) -> Placed | Refusal:
        """Take the order in and answer with its id; the exchange has not spoken."""
        ticket = self._ticket(user_id, request)
        if isinstance(ticket, Refusal):
            return ticket
        freeze = ticket.instrument.freeze_qty
        if request.autoslice and freeze and ticket.order_qty > freeze:
            return self._place_slices(user_id, ticket)
        order_id = self.enter(user_id, ticket.instrument, *first_leg(request))
        return order_id if isinstance(order_id, Refusal) else Placed(order_id)

    def enter(
        self,
        user_id: str,
        instrument: Instrument,
        request: OrderRequest,
        meta: dict[str, Any] | None = None,
        parent_order_id: str | None = None,
    ) -> str | Refusal:
        """Check holdings and funds and start one inspected order on its way."""
        order = new_order(self._desk, user_id, instrument, request, parent_order_id, meta)
        if order.variety is not Variety.AMO:
            protect(self._desk, order)
        if refusal := refuse_means(self._desk, order):
            return refusal
        if order.variety is Variety.AMO:
            self._lifecycle.submit_amo(order)
        else:
            self._lifecycle.submit(order)
        return order.order_id

    def release(self, order: Order) -> None:
        """An after-market order's session has come: inspect it by today's facts and send it, or reject it."""
        request = as_request(order)
        ticket = self._ticket(order.user_id, msgspec.structs.replace(request, variety=Variety.REGULAR.value))
        refusal = ticket if isinstance(ticket, Refusal) else None
        if refusal is None:
            protect(self._desk, order)
            refusal = refuse_means(self._desk, order)
        if refusal is not None:
            self._lifecycle.refuse(order, refusal.message)
        else:
            self._lifecycle.release(order)

    def modify(self, user_id: str, variety: str, order_id: str, request: ModifyRequest) -> str | Refusal:
        """Start a modification; the exchange's answer comes with the rows."""
        order = self._find(user_id, variety, order_id)
        if order is None:
            return UNKNOWN_ORDER
        if order.status not in MODIFIABLE:
            return BEING_PROCESSED
        if order.modifications >= self._desk.rules.modifications_per_order:
            return TOO_MANY_MODIFICATIONS
        change = self._change(order, request)
        if isinstance(change, Refusal):
            return change
        if refusal := refuse_means(self._desk, order, change):
            return refusal
        if order.status is KiteStatus.AMO_RECEIVED:
            self._lifecycle.modify_amo(order, change)
        else:
            self._lifecycle.modify(order, change)
        return order_id

    def cancel(self, user_id: str, variety: str, order_id: str) -> str | Refusal:
        order = self._find(user_id, variety, order_id)
        if order is None:
            return UNKNOWN_ORDER
        if order.status not in MODIFIABLE:
            return NOT_CANCELLABLE
        self._lifecycle.cancel(order)
        return order_id

    def _find(self, user_id: str, variety: str, order_id: str) -> Order | None:
        order = self._desk.blotter.get(order_id)
        return order if order is not None and order.user_id == user_id and order.variety == variety else None

    def _ticket(self, user_id: str, request: OrderRequest, modifies: bool = False) -> Ticket | Refusal:
        """The request with the facts of its instrument, inspected."""
        if refusal := refuse_words(request):
            return refusal
        instrument = self._desk.instrument(f"{request.exchange}:{request.tradingsymbol}")
        if instrument is None:
            return UNKNOWN_INSTRUMENT
        facts = self._desk.facts(user_id, instrument)
        ticket = Ticket(request=request, instrument=instrument, facts=facts, modifies=modifies)
        return inspect(ticket, self._desk.rules) or ticket

    def _place_slices(self, user_id: str, ticket: Ticket) -> Placed | Refusal:
        """Orders of at most the freeze quantity each. The parent id names the group and is no order itself; each
        child is an order id or the refusal of that slice."""
        request, instrument = ticket.request, ticket.instrument
        slice_qty = instrument.freeze_qty // instrument.lot_size * instrument.lot_size
        count = -(-request.quantity // slice_qty)
        if count > self._desk.rules.autoslice_max:
            return Refusal(f"Order cannot be sliced into more than {self._desk.rules.autoslice_max} orders.")
        _, parent_id = self._desk.next_order()
        children: list[object] = []
        for n in range(count):
            qty = min(slice_qty, request.quantity - n * slice_qty)
            part = msgspec.structs.replace(request, quantity=qty, autoslice=False)
            answer: str | Refusal | Ticket = self._ticket(user_id, part)
            if isinstance(answer, Ticket):
                answer = self.enter(user_id, instrument, part, None, parent_id)
            children.append(_child(answer))
        return Placed(parent_id, tuple(children))

    def _change(self, order: Order, asked: ModifyRequest) -> Change | Refusal:
        """The terms the order would have, inspected; a triggered stop is inspected as the limit order it is."""
        request = merged(order, asked)
        if refusal := refuse_type(order, request.order_type):
            return refusal
        shown = OrdType.LIMIT if order.triggered and request.order_type == OrdType.SL else request.order_type
        ticket = self._ticket(order.user_id, msgspec.structs.replace(request, order_type=shown), modifies=True)
        if isinstance(ticket, Refusal):
            return ticket
        if request.quantity <= order.filled_qty:
            return Refusal(f"Quantity cannot be less than or equal to the filled quantity ({order.filled_qty}).")
        kind = OrdType(request.order_type)
        sheds_trigger = order.is_stop and not kind.is_stop
        change = Change(
            qty=request.quantity,
            price_paise=0 if kind in MARKET_TYPES else request.price_paise,
            trigger_paise=0 if sheds_trigger else request.trigger_paise,
            order_type=kind,
            validity=Validity(request.validity),
            validity_ttl=request.validity_ttl,
            disclosed_qty=request.disclosed_quantity,
            market_protection=request.market_protection,
            tags=list(order.tags),
        )
        if not is_given(change.market_protection) or order.status is KiteStatus.AMO_RECEIVED:
            return change
        return self._protected(order, change)

    def _protected(self, order: Order, change: Change) -> Change:
        """A change to MARKET or SL-M with protection, priced."""
        if change.order_type not in MARKET_TYPES:
            return msgspec.structs.replace(change, market_protection=0.0)
        kind = change.order_type
        price, pct = protection(
            self._desk, order.instrument, order.side, kind, change.market_protection, change.trigger_paise
        )
        if kind is OrdType.SL_M:
            return msgspec.structs.replace(change, protected_paise=price, protected_pct=pct)
        return msgspec.structs.replace(
            change,
            order_type=OrdType.LIMIT,
            price_paise=price,
            market_protection=0.0,
            protected_pct=pct,
            tags=[t for t in order.tags if not t.startswith("mktp")] + protection_tags(pct),
        )


def _child(answer: str | Refusal | Ticket) -> Mapping[str, object]:
    """One slice's answer in Kite's shape."""
    if isinstance(answer, str):
        return {"order_id": answer}
    assert isinstance(answer, Refusal)
    error = {"code": answer.status, "error_type": answer.error_type, "message": answer.message, "data": answer.data}
    return {"error": error}
