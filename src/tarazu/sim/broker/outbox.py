"""Order updates on their way to tickers and postbacks, and the faults that strike them there. KITE facts 1.11."""

import msgspec

from tarazu.model.order import Variety
from tarazu.model.units import SECOND_NS
from tarazu.sim.broker.agenda import Agenda
from tarazu.sim.broker.oms import Order
from tarazu.sim.faults import Faults
from tarazu.sim.orders import OrderUpdate
from tarazu.wire.kite_orders import TERMINAL, KiteStatus, OrderRow

UPDATE = "UPDATE"
"""The status an update carries, in place of OPEN, when an order was modified or partly filled (Kite v3 "Postback")."""
SHOWN = TERMINAL | {KiteStatus.OPEN, KiteStatus.TRIGGER_PENDING}
"""Statuses of which the tickers hear; the steps between are in the history only."""
REORDER_WAIT_NS = 2 * SECOND_NS
"""How long an update waits for a later one to overtake it (fault `update.reorder`)."""


class Outbox:
    """Collects `updates`; the server drains the list."""

    def __init__(self, agenda: Agenda, faults: Faults) -> None:
        self.updates: list[OrderUpdate] = []
        self._agenda = agenda
        self._faults = faults
        self._overtaken: dict[str, list[OrderUpdate]] = {}

    def tell(self, order: Order, row: OrderRow, now_ns: int, changed: bool = False) -> None:
        """Send `row` to the user's tickers if Kite would, and to the app's URL: finished, modified or partly filled.

        `changed` says the order was modified or partly filled and goes on; such an update reads UPDATE.
        """
        if row.status not in SHOWN:
            return
        text = msgspec.json.encode(row)
        if changed and row.status not in TERMINAL:
            text = msgspec.json.encode({**msgspec.structs.asdict(row), "status": UPDATE})
        by_api = order.placed_by == order.user_id
        postback = by_api and (row.status in TERMINAL or changed) and not self._is_resting_amo(order)
        self._send(OrderUpdate(order.user_id, now_ns, text, postback), order, now_ns)

    def _is_resting_amo(self, order: Order) -> bool:
        return order.variety is Variety.AMO and not order.sent

    def _send(self, update: OrderUpdate, order: Order, now_ns: int) -> None:
        subject = {"account": order.user_id, "tradingsymbol": order.instrument.tradingsymbol}
        if self._faults.strike("update.lost", now_ns, **subject):
            return
        copies = 2 if self._faults.strike("update.duplicate", now_ns, **subject) else 1
        late = self._faults.strike("update.late", now_ns, **subject)
        late_ns = now_ns + round(late.number("by_s") * SECOND_NS) if late else 0
        for _ in range(copies):
            if late:
                self._agenda.at(late_ns, lambda: self._deliver(msgspec.structs.replace(update, ts_ns=late_ns)))
            elif self._faults.strike("update.reorder", now_ns, **subject):
                self._overtaken.setdefault(order.user_id, []).append(update)
                self._agenda.at(now_ns + REORDER_WAIT_NS, lambda: self._release(order.user_id))
            else:
                self._deliver(update)

    def _deliver(self, update: OrderUpdate) -> None:
        self.updates.append(update)
        self._release(update.user_id)

    def _release(self, user_id: str) -> None:
        self.updates.extend(self._overtaken.pop(user_id, []))
