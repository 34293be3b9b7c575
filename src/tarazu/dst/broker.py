"""A small Kite without HTTP: orders, their rows as they change, trades and positions, and all the ways it has of being
late, wrong and silent. It knows the truth; what anybody hears of it is `network`'s.

What this world promises, and the engine may rely on: what is placed late arrives within 120 s; what is called canceled
fills within 110 s or not at all; a book is never more than 5 s behind. Beyond that nobody could bound exposure.
"""

from collections.abc import Callable, Mapping
from random import Random

from tarazu.dst.agenda import Agenda
from tarazu.dst.broker_order import BROKER, HAND, OURS, BrokerOrder
from tarazu.dst.faults import Faults
from tarazu.dst.market import SimMarket
from tarazu.dst.marks import Marks
from tarazu.dst.trade_book import Place, TradeBook
from tarazu.model.execution import Fill
from tarazu.model.ids import BrokerOrderId
from tarazu.model.instrument import Instrument
from tarazu.model.order import OrdType, Side
from tarazu.model.order_request import Cancellation, NewOrder, OrderChange
from tarazu.model.outcome import RefusalKind
from tarazu.model.units import MILLISECOND_NS, SECOND_NS
from tarazu.orders.report import Answer, AnswerKind, OrderReport, Word
from tarazu.portfolio.breaks import BrokerPosition

CHANGES_MAX = 25
PER_SECOND_MAX = 10
ZOMBIE_S_MAX = 110
WRITTEN_PAISE = 312_000
"""Margin of a unit that is sold: about 12 % of the index."""


class SimBroker:
    def __init__(
        self,
        seed: int,
        agenda: Agenda,
        faults: Faults,
        marks: Marks,
        market: SimMarket,
        listed: Mapping[str, Instrument],
        heard: Callable[[OrderReport], None],
    ) -> None:
        """`heard` is given every row as it changes: the order updates."""
        self._dice = Random(f"broker {seed}")
        self._agenda, self._faults, self._marks, self._market = agenda, faults, marks, market
        self._listed, self._heard = listed, heard
        self._by_symbol = {(each.exchange.value, str(each.tradingsymbol)): each for each in listed.values()}
        self.orders: dict[str, BrokerOrder] = {}
        self.open: dict[str, list[BrokerOrder]] = {key: [] for key in listed}
        """Those that may trade, in the order in which they came, by key."""
        self.traded = TradeBook(market.first)
        self.net: dict[Place, int] = {}
        """Everybody's, with what was carried in."""
        self.net_ours: dict[Place, int] = {}
        """Of our own orders alone."""
        self.carried = self.traded.carried
        self.token_ok = True
        self._arrivals: list[int] = []
        self._shown_ns = agenda.now_ns
        """When a row last changed."""

    # What clients ask.

    def place(self, order: NewOrder, origin: str = OURS) -> Answer:
        if (no := self._refused()) is not None and origin == OURS:
            return no
        instrument = self._by_symbol[order.exchange, order.tradingsymbol]
        low, high = self._market.band(instrument.key)
        if order.price_paise is not None and not low <= order.price_paise <= high:
            return _refusal("price outside the band")
        shown = "" if origin == OURS and self._faults.strikes("untagged") else order.tag
        new = BrokerOrder(f"{26112300000 + len(self.orders) + 1}", order, instrument, origin, shown)
        if order.order_type is OrdType.MARKET:
            new.order_type, new.price = OrdType.LIMIT, self._protected(instrument, order.side)
        self.orders[new.order_id] = new
        self._show(new)
        self._agenda.after(self._ack_ns(new), lambda: self._to_exchange(new))
        return Answer(AnswerKind.ACCEPTED, new.order_id)

    def modify(self, change: OrderChange) -> Answer:
        if (no := self._refused()) is not None:
            return no
        order = self.orders[change.order_id]
        if order.ended or order.stuck or order.changes >= CHANGES_MAX:
            return _refusal(f"order is {order.word}, changed {order.changes} times")
        if change.qty is not None and change.qty <= order.filled:
            return _refusal("quantity below what is filled")
        order.changes += 1
        if self._faults.strikes("change_lost"):
            return Answer(AnswerKind.ACCEPTED, order.order_id)
        delay_ns = self._dice.randint(20, 300) * MILLISECOND_NS
        if self._faults.strikes("change_late"):
            delay_ns += self._faults.between("change_late", 1, 8) * SECOND_NS
        order.qty_coming = max(order.qty_coming, change.qty or 0)
        self._agenda.after(delay_ns, lambda: self._changed(order, change))
        return Answer(AnswerKind.ACCEPTED, order.order_id)

    def cancel(self, cancellation: Cancellation) -> Answer:
        if (no := self._refused()) is not None:
            return no
        order = self.orders[cancellation.order_id]
        if not order.ended and not order.stuck and self._faults.strikes("cancel_fills"):
            self._marks.hit("cancel_met_fill")
            self._fill(order, order.qty - order.filled)
        if order.ended:
            return _refusal(f"order is {order.word}")
        if not self._faults.strikes("cancel_lost"):
            self._agenda.after(self._dice.randint(20, 400) * MILLISECOND_NS, lambda: self._canceled(order))
        return Answer(AnswerKind.ACCEPTED, order.order_id)

    # What can be read, as it was at some moment.

    def book(self, at_ns: int) -> tuple[OrderReport, ...]:
        if at_ns >= self._shown_ns:
            return tuple([order.row for order in self.orders.values()])
        rows = [order.seen_at(at_ns) for order in self.orders.values()]
        return tuple([row for row in rows if row is not None])

    def tradebook(self, at_ns: int) -> tuple[Fill, ...]:
        return self.traded.read(at_ns)

    def positions(self, at_ns: int) -> tuple[BrokerPosition, ...]:
        return self.traded.positions(at_ns)

    def margin_used_paise(self) -> int:
        """What is held and bid for: bought at its price, written at a flat rate."""
        used = 0
        for (key, _), qty in self.net.items():
            used += qty * self._market.last[key] if qty > 0 else -qty * WRITTEN_PAISE
        for order in self.orders.values():
            if not order.ended and order.order.side is Side.BUY and not order.order.order_type.is_stop:
                used += order.leaves * order.price
        return used

    # What happens by itself.

    def carry(self, place: Place, qty: int) -> None:
        self.traded.carry(place, qty)
        self.net[place] = qty

    def move(self) -> None:
        """The market has moved: what it reaches is triggered, and trades."""
        for key, orders in self.open.items():
            last = self._market.last[key]
            for order in list(orders):
                if not order.triggered and order.order.side.sign * (last - order.trigger) >= 0:
                    order.triggered = True
                    self._marks.hit("stop_triggered")
                if order.triggered and order.rests_at_market(last):
                    self._trade(order)

    def by_hand(self, order: NewOrder) -> None:
        self.place(order, HAND)

    def square_off(self, order: NewOrder) -> None:
        self.place(order, BROKER)

    def cancel_by_hand(self, order: BrokerOrder) -> None:
        self._canceled(order)

    def change_by_hand(self, order: BrokerOrder, price: int) -> None:
        self._changed(order, OrderChange(order_id=order.order_id, price_paise=price))

    # Inside.

    def _refused(self) -> Answer | None:
        """What holds for every request: the session, and Kite's own limit a second."""
        if not self.token_ok:
            return Answer(AnswerKind.NOT_PLACED, refusal=RefusalKind.AUTH_LOST, text="TokenException")
        now_ns = self._agenda.now_ns
        self._arrivals = [at for at in self._arrivals if at > now_ns - SECOND_NS]
        if len(self._arrivals) >= PER_SECOND_MAX:
            return Answer(AnswerKind.REFUSED, refusal=RefusalKind.THROTTLED, text="too many requests")
        self._arrivals.append(now_ns)
        return None

    def _protected(self, instrument: Instrument, side: Side) -> int:
        last, tick = self._market.last[instrument.key], instrument.tick_size_paise
        return max(last + side.sign * (last // 50 // tick) * tick, tick)

    def _ack_ns(self, order: BrokerOrder) -> int:
        delay_ns = self._dice.randint(20, 300) * MILLISECOND_NS
        if self._faults.strikes("ack_slow"):
            delay_ns += self._faults.between("ack_slow", 1, 6) * SECOND_NS
        if self._faults.strikes("stuck_pending"):
            order.stuck = True
            delay_ns += self._faults.between("stuck_pending", 20, 100) * SECOND_NS
        return delay_ns

    def _to_exchange(self, order: BrokerOrder) -> None:
        order.stuck = False
        if order.ended:
            return
        if self._faults.strikes("reject_after_ack"):
            self._ended(order, Word.REJECTED)
            return
        order.word = Word.WORKING
        self.open[order.instrument.key].append(order)
        self._show(order)
        self._meet_market(order)

    def _meet_market(self, order: BrokerOrder) -> None:
        if order.triggered and order.rests_at_market(self._market.last[order.instrument.key]):
            self._trade(order)

    def _trade(self, order: BrokerOrder) -> None:
        """All of it, or a part now and the rest a little later."""
        leaves = order.qty - order.filled
        lot = order.instrument.lot_size
        if leaves > lot and self._faults.strikes("fill_in_parts"):
            part = lot * self._faults.between("fill_in_parts", 1, leaves // lot - 1) if leaves >= 2 * lot else leaves
            self._fill(order, part)
            self._agenda.after(
                self._faults.between("fill_in_parts", 1, 3_000) * MILLISECOND_NS, lambda: self._more(order)
            )
        else:
            self._fill(order, leaves)

    def _more(self, order: BrokerOrder) -> None:
        if not order.ended and order.word is Word.WORKING:
            self._trade(order)

    def _fill(self, order: BrokerOrder, qty: int) -> None:
        last, tick = self._market.last[order.instrument.key], order.instrument.tick_size_paise
        sign = order.order.side.sign
        price = last + sign * tick if not order.price else sign * min(sign * order.price, sign * (last + sign * tick))
        fill = Fill(
            exec_id=f"{90000 + len(self.traded.fills)}",
            order_id=BrokerOrderId(order.order_id),
            key=order.instrument.key,
            instrument_token=order.instrument.instrument_token,
            product=order.order.product,
            side=order.order.side,
            qty=qty,
            price_paise=price,
            ts_event_ns=self._agenda.now_ns,
        )
        self.traded.add(fill)
        self.net[order.place] = self.net.get(order.place, 0) + fill.signed_qty
        if order.origin == OURS:
            self.net_ours[order.place] = self.net_ours.get(order.place, 0) + fill.signed_qty
        order.filled += qty
        order.filled_ns = self._agenda.now_ns
        order.value += qty * price
        if order.filled >= order.qty:
            self._ended(order, Word.FILLED)
        else:
            self._show(order)

    def _canceled(self, order: BrokerOrder) -> None:
        if order.ended:
            return
        leaves = order.qty - order.filled
        self._ended(order, Word.CANCELED)
        if self._faults.strikes("zombie"):
            lot = order.instrument.lot_size
            order.coming = lot * self._faults.between("zombie", 1, leaves // lot)
            self._agenda.after(self._faults.between("zombie", 1, ZOMBIE_S_MAX) * SECOND_NS, lambda: self._zombie(order))

    def _zombie(self, order: BrokerOrder) -> None:
        self._marks.hit("zombie_fill")
        qty, order.coming = order.coming, 0
        self._fill(order, qty)

    def _changed(self, order: BrokerOrder, change: OrderChange) -> None:
        order.qty_coming = 0 if order.qty_coming == change.qty else order.qty_coming
        if order.ended or (change.qty is not None and change.qty <= order.filled):
            self._marks.hit("change_met_fill")
            return
        order.qty = change.qty or order.qty
        order.price = change.price_paise or order.price
        order.trigger = change.trigger_paise or order.trigger
        if change.order_type is not None:
            order.order_type = change.order_type
            order.triggered = not change.order_type.is_stop
            if change.order_type is OrdType.MARKET:
                order.order_type, order.price = OrdType.LIMIT, self._protected(order.instrument, order.order.side)
        self._show(order)
        if order.word is Word.WORKING:
            self._meet_market(order)

    def _ended(self, order: BrokerOrder, word: Word) -> None:
        order.word = word
        if order in self.open[order.instrument.key]:
            self.open[order.instrument.key].remove(order)
        self._show(order)

    def _show(self, order: BrokerOrder) -> None:
        self._shown_ns = self._agenda.now_ns
        self._heard(order.show(self._shown_ns))


def _refusal(text: str) -> Answer:
    return Answer(AnswerKind.REFUSED, refusal=RefusalKind.REQUEST, text=text)
