"""An engine before a broker with a true book: requests arrive late or never, answers are lost, updates come in any
order or not at all, reads show a moment between their beginning and their answer, what was canceled still fills, and
the process dies. All drawn from one seed. The world knows what is true, and states after every true fill what must
hold.
"""

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random
from typing import Any

from harness.engine_desk import NIFTY_CALL
from harness.leaving_desk import PUT, LeavingDesk
from harness.order_story import report
from tarazu.engine import messages as m
from tarazu.engine.acts import Step
from tarazu.engine.reads import order_news, trade_news
from tarazu.model.execution import Fill
from tarazu.model.ids import BrokerOrderId
from tarazu.model.order import OrdType, Product
from tarazu.model.order_request import NewOrder, OrderChange
from tarazu.model.units import SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.orders.messages import CancelOrder, ModifyOrder, SendOrder
from tarazu.orders.order_state import OrderState
from tarazu.orders.report import Answer, AnswerKind, OrderReport
from tarazu.portfolio.breaks import BrokerPosition

LATE_S = 120
"""How late a request may still arrive, and a canceled order still fill. RELIABILITY 10: an assumption."""
INSTRUMENTS = (NIFTY_CALL, PUT)


@dataclass
class TrueOrder:
    order_id: str
    sent: NewOrder
    qty: int
    price_paise: int
    order_type: OrdType
    filled: int = 0
    word: str = "WORKING"
    ended_ns: int = 0

    @property
    def key(self) -> str:
        return f"{self.sent.exchange}:{self.sent.tradingsymbol}"

    def row(self) -> OrderReport:
        """A MARKET order with protection rests as a LIMIT order."""
        return report(
            self.order_id,
            self.word,
            self.filled,
            self.qty,
            tag=self.sent.tag,
            key=self.key,
            side=self.sent.side,
            product=self.sent.product,
            order_type=self.order_type,
            price_paise=self.price_paise,
        )


class LeavingWorld(LeavingDesk):
    def __init__(self, seed: int, **options: Any) -> None:
        self.dice = Random(seed)
        self.truth: dict[str, TrueOrder] = {}
        self.done: list[Fill] = []
        self.agenda: list[tuple[int, int, Callable[[], None]]] = []
        self.is_open = self.troubles = False
        self.life = self.turns = 0
        super().__init__(instruments=INSTRUMENTS, **options)
        self.carried = {(p.key, p.product): p.qty for p in self.positions}
        self.is_open = self.troubles = True

    # The world's time.

    def at(self, after_s: float, what: Callable[[], None]) -> None:
        self.turns += 1
        heappush(self.agenda, (self.now_ns + round(after_s * SECOND_NS), self.turns, what))

    def step(self) -> None:
        """One second: what arrives in it, a fill or two, and the tick."""
        until_ns = self.now_ns + SECOND_NS
        self.fill_something()
        while self.agenda and self.agenda[0][0] <= until_ns:
            at_ns, _, what = heappop(self.agenda)
            self._go_to(max(at_ns, self.now_ns))
            what()
        self._go_to(until_ns)
        for instrument in INSTRUMENTS:
            if self.dice.random() < 0.5:
                bid = self.dice.randrange(8_000, 12_000, 5)
                self.quote(bid if self.dice.random() < 0.9 else None, bid + 10, instrument.key)
        if self.troubles and self.dice.random() < 0.01:
            self.restart()
        self.tell(m.Ticked(skewed=False))

    def _go_to(self, ns: int) -> None:
        self.wall_ns += ns - self.now_ns
        self.now_ns = ns

    def restart(self) -> None:
        self.life += 1
        self.start()
        self.tell(m.FeedMoved(feed="options", fresh=True, required=True))

    def tell(self, message: m.Message, after_s: float = 0.0) -> Step:
        step = super().tell(message, after_s)
        if self.is_open:
            self._perform(step)
        return step

    # What is sent to the broker.

    def _perform(self, step: Step) -> None:
        for out in step.outputs:
            match out:
                case SendOrder(order=order):
                    self._request(m.Call.PLACE, out.ref, lambda order=order: self._place(order))
                case ModifyOrder(change=change):
                    self._request(m.Call.MODIFY, out.ref, lambda change=change: self._modify(change))
                case CancelOrder(cancellation=wanted):
                    self._request(m.Call.CANCEL, out.ref, lambda wanted=wanted: self._cancel(wanted.order_id))
        for what in self.asked:
            self._read_later(what)
        self.asked = []

    def _request(self, call: m.Call, ref: str, do: Callable[[], str | None]) -> None:
        """It arrives and is answered, is refused, or its answer is lost and it arrives late or never."""
        chance, life = self.dice.random() if self.troubles else 0.0, self.life
        if chance < 0.7:
            self.at(self.dice.uniform(0, 3), lambda: self._answer_later(call, ref, do(), life))
        elif chance < 0.8:
            self.at(self.dice.uniform(0, 3), lambda: self._answer_later(call, ref, None, life))
        else:
            if chance < 0.93:
                self.at(self.dice.uniform(0, LATE_S), lambda: self._only(do))
            lost = Answer(AnswerKind.NO_ANSWER, text="TIMEOUT")
            self.at(7, lambda: self._answered(call, ref, lost, life))

    def _only(self, do: Callable[[], str | None]) -> None:
        do()

    def _answer_later(self, call: m.Call, ref: str, order_id: str | None, life: int) -> None:
        kind = AnswerKind.REFUSED if order_id is None else AnswerKind.ACCEPTED
        self.at(self.dice.uniform(0, 2), lambda: self._answered(call, ref, Answer(kind, order_id or ""), life))

    def _answered(self, call: m.Call, ref: str, answer: Answer, life: int) -> None:
        if life == self.life:
            self.tell(m.Answered(call=call, ref=ref, answer=answer))

    def _place(self, sent: NewOrder) -> str:
        order_id = str(len(self.truth) + 1)
        rests_as = sent.order_type if sent.order_type is not OrdType.MARKET else OrdType.LIMIT
        price = sent.price_paise or 9_700
        self.truth[order_id] = TrueOrder(order_id, sent, sent.qty, price, rests_as)
        self._hint(order_id)
        return order_id

    def _modify(self, change: OrderChange) -> str | None:
        order = self.truth[change.order_id]
        if order.word != "WORKING":
            return None
        order.qty = max(change.qty or order.qty, order.filled)
        order.price_paise = change.price_paise or order.price_paise
        order.order_type = (
            OrdType.LIMIT if change.order_type is OrdType.MARKET else change.order_type or order.order_type
        )
        if order.filled == order.qty:
            order.word = "FILLED"
        self._hint(order.order_id)
        return order.order_id

    def _cancel(self, order_id: str) -> str | None:
        order = self.truth[order_id]
        if order.word != "WORKING":
            return None
        order.word, order.ended_ns = "CANCELED", self.now_ns
        self._hint(order_id)
        return order_id

    # What is heard of it.

    def _hint(self, order_id: str) -> None:
        row = self.truth[order_id].row()
        for _ in range(self.dice.choice([0, 1, 1, 2])):
            self.at(self.dice.uniform(0, 15), lambda: self._told(row))

    def _told(self, row: OrderReport) -> None:
        self.tell(m.OrderHeard(report=row))

    def _read_later(self, what: m.What) -> None:
        began_ns, life = self.now_ns, self.life
        shown_s = self.dice.uniform(0, 1)
        if self.troubles and self.dice.random() < 0.05:
            self.at(shown_s, lambda: self._read_failed(what, life))
        else:
            self.at(shown_s, lambda: self._show(what, began_ns, life))

    def _read_failed(self, what: m.What, life: int) -> None:
        if life == self.life:
            self.tell(m.ReadFailed(what=what, cause="TIMEOUT"))

    def _show(self, what: m.What, began_ns: int, life: int) -> None:
        """The book as it is now, which the engine gets to see later."""
        shown = self._shown(what, began_ns)
        self.at(self.dice.uniform(0, 1), lambda: self._see(shown, life))

    def _shown(self, what: m.What, began_ns: int) -> m.OrdersRead | m.TradesRead | m.PositionsRead:
        if what is m.What.ORDERS:
            return m.OrdersRead(started_ns=began_ns, reports=tuple(o.row() for o in self.truth.values()))
        if what is m.What.TRADES:
            return m.TradesRead(started_ns=began_ns, fills=tuple(self.done))
        return m.PositionsRead(started_ns=began_ns, positions=tuple(self._net_rows()))

    def _see(self, shown: m.OrdersRead | m.TradesRead | m.PositionsRead, life: int) -> None:
        if life != self.life:
            return
        books = self.engine.state.broker
        if isinstance(shown, m.OrdersRead):
            shown = order_news(books.rows, books.rows_ns, shown)
        elif isinstance(shown, m.TradesRead):
            shown = trade_news(books.fills, books.fills_ns, shown)
        self.tell(shown)

    def _net_rows(self) -> list[BrokerPosition]:
        places = {(order.key, order.sent.product) for order in self.truth.values()}.union(self.carried)
        return [
            BrokerPosition(
                key=key, product=product, qty=self.true_net(key), overnight_qty=self.carried.get((key, product), 0)
            )
            for key, product in sorted(places)
        ]

    # What is true.

    def true_net(self, key: str) -> int:
        carried = self.carried.get((key, Product.NRML), 0)
        return carried + sum(fill.signed_qty for fill in self.done if fill.key == key)

    def fill_something(self) -> None:
        late = self.now_ns - LATE_S * SECOND_NS
        may = [
            order
            for order in self.truth.values()
            if order.filled < order.qty
            and (order.word == "WORKING" or (self.troubles and order.word == "CANCELED" and order.ended_ns > late))
        ]
        if may and self.dice.random() < 0.3:
            order = self.dice.choice(may)
            lots = (order.qty - order.filled) // 75
            if lots and (order.word == "WORKING" or self.dice.random() < 0.1):
                self.fill(order, 75 * self.dice.randint(1, lots))

    def fill(self, order: TrueOrder, qty: int) -> None:
        before = self.true_net(order.key)
        order.filled += qty
        self.done.append(
            Fill(
                exec_id=f"e{len(self.done)}",
                order_id=BrokerOrderId(order.order_id),
                key=order.key,
                instrument_token=self.instruments[order.key].instrument_token,
                product=order.sent.product,
                side=order.sent.side,
                qty=qty,
                price_paise=order.price_paise,
                ts_event_ns=self.now_ns,
            )
        )
        if order.filled == order.qty:
            order.word = "FILLED"
        self._hint(order.order_id)
        if self.purpose(order) is not Purpose.ENTRY:
            after = self.true_net(order.key)
            assert before * after >= 0 and abs(after) < abs(before), f"{order.sent.tag} made {after} of {before}"

    def purpose(self, order: TrueOrder) -> Purpose:
        known: OrderState = self.order(order.sent.tag)
        assert known.intent is not None
        return known.intent.purpose

    def calm(self) -> None:
        """Nothing is lost, refused or late any more, and what was canceled stays so."""
        self.troubles = False

    def heal(self, seconds: int) -> None:
        """What is at work fills."""
        for _ in range(seconds):
            for order in list(self.truth.values()):
                if order.word == "WORKING" and order.order_type is not OrdType.SL:
                    self.fill(order, order.qty - order.filled)
            self.step()
