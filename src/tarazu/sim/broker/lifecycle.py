"""One order's way from the API to the exchange and back, a row at each step, with the delays of the real road.

All delay is spent on the way out: what the exchange says is seen at once. So the broker never trails the exchange,
except while the fault `order.stuck` holds its word back.
"""

from collections.abc import Callable

from tarazu.model.order import Validity, Variety
from tarazu.model.units import MILLISECOND_NS, MINUTE_NS, SECOND_NS
from tarazu.sim.broker.auction_market import AuctionMarket
from tarazu.sim.broker.desk import Desk
from tarazu.sim.broker.oms import PENDING_CHANGE, Change, Order
from tarazu.sim.exchange.exchange import Exchange
from tarazu.sim.orders import Fill, NewOrder, Report, ReportKind
from tarazu.wire.kite_orders import EDGES, KiteStatus

S = KiteStatus

# Round figures for a retail API over the internet; KITE facts give no distribution. Drawn per order and step.
VALIDATION_NS = (1 * MILLISECOND_NS, 3 * MILLISECOND_NS)
LINK_NS = (15 * MILLISECOND_NS, 60 * MILLISECOND_NS)

Listener = Callable[[Order], None]


class Lifecycle:
    """Moves orders. `on_fill` and `on_done` are told after the order's row is written."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.on_fill: Listener = _ignore
        self.on_done: Listener = _ignore

    def submit(self, order: Order) -> None:
        """Take a new order in and start it on its way."""
        self._desk.blotter.add(order)
        order.begin(S.PUT_RECEIVED)
        self._forward(order)

    def submit_amo(self, order: Order) -> None:
        """Take an after-market order in; it waits for `release`."""
        self._desk.blotter.add(order)
        order.begin(S.AMO_RECEIVED)

    def release(self, order: Order) -> None:
        """Start an after-market order on its way."""
        order.walk(S.PUT_RECEIVED, self._desk.now_ns)
        self._forward(order)

    def refuse(self, order: Order, message: str) -> None:
        """Reject an order that is still with the broker."""
        self._reject(order, message, f"RMS:{message}")

    def modify(self, order: Order, change: Change) -> None:
        """Start a modification; the order is OPEN or TRIGGER PENDING."""
        order.change = change
        order.modifications += 1
        self._walk(order, S.MODIFY_VALIDATION_PENDING)
        hold_ns = self._stuck_ns(order, S.MODIFY_VALIDATION_PENDING)
        self._after(order, VALIDATION_NS, hold_ns, lambda: self._modify_validated(order, change))

    def modify_amo(self, order: Order, change: Change) -> None:
        """Change an order that still waits with the broker."""
        order.modifications += 1
        self._walk(order, S.MODIFY_AMO_RECEIVED)
        order.adopt(change, self._desk.now_ns)
        self._walk(order, S.AMO_RECEIVED)

    def cancel(self, order: Order) -> None:
        """Start a cancellation; an after-market order is cancelled at once."""
        if order.status is S.AMO_RECEIVED:
            self._finish(order, S.CANCELLED)
            return
        self._walk(order, S.CANCEL_PENDING)
        hold_ns = self._stuck_ns(order, S.CANCEL_PENDING)
        self._hold(order, hold_ns)
        self._after(order, LINK_NS, 0, lambda: self._cancel_arrives(order))

    def end_of_day(self, order: Order) -> None:
        """Settle an order that the day leaves unfinished: what is held is learned, the rest is cancelled."""
        self._release_held(order)
        if not order.is_done:
            self._finish(order, S.REJECTED if _unsent(order) else S.CANCELLED)

    def take(self, reports: list[Report]) -> None:
        """Hear the exchange out."""
        for report in reports:
            order = self._desk.blotter.get(report.order_id)
            if order is None:
                continue  # an order of a day gone by
            if self._desk.now_ns < order.held_until_ns:
                order.held.append(report)
            else:
                self._apply(order, report)

    # The road out.

    def _forward(self, order: Order) -> None:
        self._after(order, VALIDATION_NS, 0, lambda: self._validation(order))

    def _validation(self, order: Order) -> None:
        self._walk(order, S.VALIDATION_PENDING)
        hold_ns = self._stuck_ns(order, S.VALIDATION_PENDING)
        self._after(order, VALIDATION_NS, hold_ns, lambda: self._open_pending(order))

    def _open_pending(self, order: Order) -> None:
        if order.is_done:
            return
        self._walk(order, S.OPEN_PENDING)
        lapse = self._desk.faults.strike("order.lapse", self._desk.now_ns, **self._desk.subject(order))
        if lapse is not None:
            due_ns = self._desk.now_ns + round(lapse.number("after_s") * SECOND_NS)
            self._desk.agenda.at(due_ns, lambda: self._lapse(order))
            return
        self._hold(order, self._stuck_ns(order, S.OPEN_PENDING))
        self._after(order, LINK_NS, 0, lambda: self._arrive(order))

    def _lapse(self, order: Order) -> None:
        """Never sent: Kite showed such orders CANCELLED after a minute or more (forum, 9 Apr 2026)."""
        if not order.is_done:
            self._finish(order, S.CANCELLED)

    def _arrive(self, order: Order) -> None:
        if order.is_done:
            return
        reject = self._desk.faults.strike("order.reject", self._desk.now_ns, **self._desk.subject(order))
        index = self._desk.index_of(order.instrument)
        if reject is not None or index is None:
            text = reject.text("text") if reject else "The contract has expired"
            report = Report(kind=ReportKind.REJECTED, order_id=order.order_id, ts_ns=self._desk.now_ns, text=text)
            self.take([report])
            return
        order.sent = True
        if order.validity is Validity.TTL:
            order.ttl_until_ns = self._ttl_until_ns(order.validity_ttl)
        self.take(self._where(order).enter(_new_order(order, index), self._desk.now_ns))

    def _where(self, order: Order) -> Exchange | AuctionMarket:
        """Which market takes the order."""
        return self._desk.auctions if order.variety is Variety.AUCTION else self._desk.exchange

    def _ttl_until_ns(self, minutes: int) -> int:
        return self._desk.now_ns + minutes * MINUTE_NS

    def _modify_validated(self, order: Order, change: Change) -> None:
        if order.is_done or order.change is not change:
            return
        self._walk(order, S.MODIFY_PENDING)
        self._hold(order, self._stuck_ns(order, S.MODIFY_PENDING))
        self._after(order, LINK_NS, 0, lambda: self._amend_arrives(order, change))

    def _amend_arrives(self, order: Order, change: Change) -> None:
        if order.is_done or order.change is not change:
            return
        reports = self._desk.exchange.amend(
            order.order_id,
            change.qty,
            change.price_paise or change.protected_paise,
            change.trigger_paise if change.order_type.is_stop and not order.triggered else 0,
            change.validity,
            change.disclosed_qty,
            self._desk.now_ns,
            self._ttl_until_ns(change.validity_ttl) if change.validity is Validity.TTL else None,
        )
        self.take(reports)

    def _cancel_arrives(self, order: Order) -> None:
        if order.is_done:
            return
        reports = self._where(order).cancel(order.order_id, self._desk.now_ns)
        self.take(reports)
        if order.status is S.CANCELLED and order.filled_qty < order.qty:
            fault = self._desk.faults.strike("order.cancel_fills", self._desk.now_ns, **self._desk.subject(order))
            if fault is not None:
                due_ns = self._desk.now_ns + round(fault.number("after_s") * SECOND_NS)
                self._desk.agenda.at(due_ns, lambda: self._fill_cancelled(order))

    def _fill_cancelled(self, order: Order) -> None:
        """Fault `order.cancel_fills`: the rest turns out to have traded, at its limit (at the LTP without one)."""
        if order.status is not S.CANCELLED or self._desk.blotter.get(order.order_id) is not order:
            return
        index = self._desk.index_of(order.instrument)
        price = order.price_paise or (0 if index is None else self._desk.ltp_paise(index))
        if price == 0:
            return
        # Nine digits from 9...: the exchange's own trade ids have eight.
        trade_no = 900_000_000 + self._desk.dice.word("cancel_fills", order.no) % 100_000_000
        self._book(order, order.qty - order.filled_qty, price, str(trade_no))
        order.revive(self._desk.now_ns)
        self._tell(order, changed=False)
        self.on_fill(order)
        self.on_done(order)

    # The road back.

    def _apply(self, order: Order, report: Report) -> None:
        if order.is_done:
            return
        order.exchange_order_id = report.exchange_order_id or order.exchange_order_id
        now_ns, kind = self._desk.now_ns, report.kind
        if kind is ReportKind.TRADED:
            self._traded(order, report)
        elif kind is ReportKind.REJECTED:
            self._reject(order, report.text, report.text)
        elif kind is ReportKind.CANCELED:
            order.status_message = report.text or None
            self._finish(order, S.CANCELLED)
        elif kind in (ReportKind.ACCEPTED, ReportKind.STOPPED):
            order.exchange_ns = now_ns
            if order.status is S.OPEN_PENDING:
                self._walk(order, order.resting)
        elif kind is ReportKind.TRIGGERED:
            self._triggered(order)
        elif kind is ReportKind.AMENDED:
            self._amended(order)
        elif kind is ReportKind.AMEND_REFUSED:
            self._change_refused(order, S.NOT_MODIFIED, report.text)
        else:
            assert kind is ReportKind.CANCEL_REFUSED
            self._change_refused(order, S.NOT_CANCELLED, report.text)

    def _traded(self, order: Order, report: Report) -> None:
        self._book(order, report.qty, report.price_paise, report.trade_id)
        if order.filled_qty == order.qty:
            self._finish(order, S.COMPLETE)
        elif order.status in PENDING_CHANGE:
            order.restate()
        else:
            self._walk(order, S.OPEN, changed=True)
        self.on_fill(order)

    def _triggered(self, order: Order) -> None:
        order.trigger()
        if order.status is S.TRIGGER_PENDING:
            self._walk(order, S.OPEN)

    def _amended(self, order: Order) -> None:
        if order.change is None:
            return
        order.adopt(order.change, self._desk.now_ns)
        self._walk(order, S.MODIFIED)
        if order.filled_qty == order.qty:
            self._finish(order, S.COMPLETE)
        else:
            self._walk(order, order.resting, changed=True)

    def _change_refused(self, order: Order, status: KiteStatus, text: str) -> None:
        order.change = None
        order.status_message = order.status_message_raw = text or None
        self._walk(order, status)
        self._walk(order, order.resting)

    def _book(self, order: Order, qty: int, price_paise: int, trade_id: str) -> None:
        fill = Fill(
            user_id=order.user_id,
            order_id=order.order_id,
            trade_id=trade_id,
            instrument=order.instrument,
            side=order.side,
            product=order.product,
            qty=qty,
            price_paise=price_paise,
            ts_ns=self._desk.now_ns,
        )
        order.book(fill)
        self._desk.blotter.book(fill)
        applied = self._desk.accounts[order.user_id].apply(fill)
        assert applied, f"{order.order_id}: the exchange repeated trade {trade_id}"

    def _reject(self, order: Order, message: str, raw: str) -> None:
        order.status_message, order.status_message_raw = message, raw
        self._finish(order, S.REJECTED)

    def _finish(self, order: Order, status: KiteStatus) -> None:
        order.change = None
        self._walk(order, status)
        self.on_done(order)

    def _walk(self, order: Order, status: KiteStatus, changed: bool = False) -> None:
        order.walk(status, self._desk.now_ns)
        self._tell(order, changed)

    def _tell(self, order: Order, changed: bool) -> None:
        self._desk.outbox.tell(order, order.rows[-1], self._desk.now_ns, changed)

    # Delays and faults.

    def _after(self, order: Order, span_ns: tuple[int, int], more_ns: int, action: Callable[[], None]) -> None:
        """Do `action` after a delay drawn from the order and the row it stands at."""
        wait_ns = self._desk.dice.between(*span_ns, "road", order.no, len(order.rows)) + more_ns
        self._desk.agenda.at(self._desk.now_ns + wait_ns, action)

    def _stuck_ns(self, order: Order, stage: KiteStatus) -> int:
        subject = self._desk.subject(order)
        watching = self._desk.faults.watching("order.stuck", self._desk.now_ns, **subject)
        if watching is None or watching.text("stage") != stage:
            return 0
        fault = self._desk.faults.strike("order.stuck", self._desk.now_ns, **subject)
        return round(fault.number("release_s") * SECOND_NS) if fault else 0

    def _hold(self, order: Order, for_ns: int) -> None:
        """Keep the exchange's word back, as in a link outage: it trades on meanwhile."""
        if for_ns > 0:
            order.held_until_ns = self._desk.now_ns + for_ns
            self._desk.agenda.at(order.held_until_ns, lambda: self._release_held(order))

    def _release_held(self, order: Order) -> None:
        order.held_until_ns, held, order.held = 0, order.held, []
        for report in held:
            self._apply(order, report)


def _new_order(order: Order, index: int) -> NewOrder:
    return NewOrder(
        order_id=order.order_id,
        user_id=order.user_id,
        index=index,
        side=order.side,
        qty=order.qty,
        price_paise=order.price_paise or order.protected_paise,
        trigger_paise=order.trigger_paise if order.is_stop else 0,
        validity=order.validity,
        ttl_until_ns=order.ttl_until_ns,
        disclosed_qty=order.disclosed_qty,
    )


def _unsent(order: Order) -> bool:
    return S.CANCELLED not in EDGES[order.status] and order.status in (S.PUT_RECEIVED, S.VALIDATION_PENDING)


def _ignore(order: Order) -> None:
    """No one listens."""
