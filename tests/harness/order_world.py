"""A broker with a true book, and a blotter that hears of it late, twice, in any order, or not at all.

Everything is drawn from one seed. The world knows what is true and states it; tests compare.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import msgspec

from harness.order_story import KEY, NINE_ON_MONDAY_NS, intent, report, trade
from tarazu.model.execution import Fill
from tarazu.model.order import Product, Side
from tarazu.model.order_request import OrderChange
from tarazu.model.units import SECOND_NS
from tarazu.orders import messages as m
from tarazu.orders.blotter import Blotter, restored
from tarazu.orders.exposure import Exposure, exposure_of
from tarazu.orders.intent import OrderIntent
from tarazu.orders.lifecycle import AT_BROKER
from tarazu.orders.report import Answer, AnswerKind, OrderReport

LATE_NS = 120 * SECOND_NS
"""How late a request may still arrive, and a canceled order still fill. RELIABILITY 10: an assumption."""


@dataclass
class TrueOrder:
    order_id: str
    tag: str
    side: Side
    qty: int
    filled: int = 0
    word: str = "WORKING"
    price_paise: int = 10_000
    ended_ns: int = 0
    rows: list[tuple[int, OrderReport]] = field(default_factory=list)
    fills: list[tuple[int, Fill]] = field(default_factory=list)

    @property
    def live(self) -> bool:
        return self.word == "WORKING"

    def show(self, now_ns: int) -> None:
        row = report(
            self.order_id,
            self.word,
            self.filled,
            self.qty,
            tag=self.tag,
            side=self.side,
            price_paise=self.price_paise,
        )
        self.rows.append((now_ns, row))

    def fill(self, qty: int, now_ns: int) -> None:
        self.filled += qty
        self.fills.append((now_ns, trade(self.order_id, f"{self.order_id}-{len(self.fills)}", qty, self.side)))
        if self.filled == self.qty:
            self.word = "FILLED"
        self.show(now_ns)


@dataclass
class Arrival:
    """Something on its way to the broker."""

    at_ns: int
    what: str
    ref: str
    change: OrderChange | None = None


class OrderWorld:
    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.blotter = Blotter()
        self.now_ns = NINE_ON_MONDAY_NS
        self.truth: dict[str, TrueOrder] = {}
        self.coming: list[Arrival] = []
        self.answers: list[tuple[int, m.Message]] = []
        self.count = 0
        self.sends: dict[str, int] = {}
        self.told_fills: list[str] = []
        self.messages: list[m.Message] = []
        self.troubles = True
        """Whether answers are lost and requests refused or late."""

    # Our side.

    def tell(self, message: m.Message) -> list[m.Output]:
        self.messages.append(message)
        out = self.blotter.apply(message)
        for said in out:
            if isinstance(said, m.SendOrder):
                self.sends[said.ref] = self.sends.get(said.ref, 0) + 1
            elif isinstance(said, m.Filled):
                self.told_fills.append(said.fill.exec_id)
            elif isinstance(said, m.CancelWanted) and self.dice.random() < 0.5:
                self.ask_cancel(said.ref)
        return out

    def fresh_name(self) -> str:
        self.count += 1
        return f"A{self.count}"

    def place(self) -> None:
        self.send(intent(self.fresh_name(), self.dice.choice(["BUY", "SELL"]), self.dice.choice([75, 150])))

    def send(self, wanted: OrderIntent) -> None:
        ref = wanted.ref
        self.tell(m.Intended(intent=wanted, ts_ns=self.now_ns))
        self.tell(m.Durable(ref=ref, ts_ns=self.now_ns))
        self.tell(m.Send(ref=ref, ts_ns=self.now_ns))
        fate = self.dice.random() if self.troubles else 0.5
        if fate < 0.1:
            self._answer_soon(m.PlaceAnswered, ref, Answer(AnswerKind.REFUSED))
        elif fate < 0.6:
            self.coming.append(Arrival(self.now_ns, "place", ref))
            self._answer_soon(m.PlaceAnswered, ref, Answer(AnswerKind.ACCEPTED, ref))
        else:  # the answer is lost; the order may come late or never
            if fate < 0.85:
                self.coming.append(Arrival(self.now_ns + self._late_ns(), "place", ref))
            self._answer_soon(m.PlaceAnswered, ref, Answer(AnswerKind.NO_ANSWER))

    def ask_cancel(self, ref: str) -> None:
        if any(isinstance(out, m.CancelOrder) for out in self.tell(m.AskCancel(ref=ref, ts_ns=self.now_ns))):
            self._on_its_way("cancel", ref, m.CancelAnswered)

    def ask_change(self, ref: str) -> None:
        change = OrderChange(order_id="", qty=self.dice.choice([75, 150, 225]))
        self.ask(m.AskChange(ref=ref, change=change, ts_ns=self.now_ns))

    def ask(self, asked: m.AskChange) -> None:
        if any(isinstance(out, m.ModifyOrder) for out in self.tell(asked)):
            self._on_its_way("change", asked.ref, m.ChangeAnswered, asked.change)

    def _on_its_way(
        self,
        what: str,
        ref: str,
        answer: type[m.CancelAnswered] | type[m.ChangeAnswered],
        change: OrderChange | None = None,
    ) -> None:
        fate = self.dice.random() if self.troubles else 0.5
        if fate < 0.6:  # taken at once, done within seconds
            self.coming.append(Arrival(self.now_ns + self.dice.randrange(8 * SECOND_NS), what, ref, change))
            self._answer_soon(answer, ref, Answer(AnswerKind.ACCEPTED))
        elif fate < 0.75:
            self._answer_soon(answer, ref, Answer(AnswerKind.REFUSED))
        else:
            if fate < 0.9:
                self.coming.append(Arrival(self.now_ns + self._late_ns(), what, ref, change))
            self._answer_soon(answer, ref, Answer(AnswerKind.NO_ANSWER))

    def _answer_soon(
        self, of: type[m.PlaceAnswered] | type[m.CancelAnswered] | type[m.ChangeAnswered], ref: str, answer: Answer
    ) -> None:
        at = self.now_ns + self.dice.randrange(7 * SECOND_NS)
        self.answers.append((at, of(ref=ref, answer=answer, ts_ns=at)))

    # The broker's side.

    def arrive(self, before_ns: int) -> None:
        due = [arrival for arrival in self.coming if arrival.at_ns <= self.now_ns]
        self.coming = [arrival for arrival in self.coming if arrival.at_ns > self.now_ns]
        here = self.now_ns
        for arrival in sorted(due, key=lambda arrival: arrival.at_ns):
            self.now_ns = max(arrival.at_ns, before_ns)
            if arrival.what == "place":
                self._accept(arrival)
            elif (order := self.truth.get(arrival.ref)) and order.live:
                if arrival.what == "cancel":
                    self._end(order, "CANCELED")
                elif arrival.change:
                    self._modify(order, arrival.change)
        self.now_ns = here

    def _modify(self, order: TrueOrder, change: OrderChange) -> None:
        if (change.qty or order.qty) > order.filled:
            order.qty = change.qty or order.qty
            order.price_paise = change.price_paise or order.price_paise
            order.show(self.now_ns)

    def _accept(self, arrival: Arrival) -> None:
        placed = self.blotter.orders[arrival.ref]
        qty = placed.intent.order.qty if placed.intent else 0
        assert arrival.ref not in self.truth, "one order at the broker for one intent"
        order = TrueOrder(arrival.ref, arrival.ref, placed.side, qty)
        self.truth[arrival.ref] = order
        order.show(self.now_ns)
        if self.troubles and self.dice.random() < 0.1:
            self._end(order, "REJECTED")

    def _end(self, order: TrueOrder, word: str) -> None:
        order.word, order.ended_ns = word, self.now_ns
        order.show(self.now_ns)

    def trade(self) -> None:
        """Something fills; rarely, an order that was called canceled."""
        live = [o for o in self.truth.values() if o.live or self.undead(o)]
        if live:
            order = self.dice.choice(live)
            rest = order.qty - order.filled
            order.fill(min(rest, self.dice.choice([25, 50, rest])), self.now_ns)

    def undead(self, order: TrueOrder) -> bool:
        return order.word == "CANCELED" and self.now_ns < order.ended_ns + LATE_NS and order.filled < order.qty

    # What is heard of it.

    def hint(self) -> None:
        """Any row there ever was."""
        rows = [row for order in self.truth.values() for _, row in order.rows]
        if rows:
            self.tell(m.Reported(report=self.dice.choice(rows), ts_ns=self.now_ns))

    def book(self, whole: bool = True) -> None:
        started = self.now_ns - self.dice.randrange(5 * SECOND_NS)
        as_of = self.dice.randrange(started, self.now_ns + 1)
        rows = list(self._rows(as_of))
        self.dice.shuffle(rows)
        if not whole:
            rows = rows[1:]
        self.tell(m.BookRead(started_ns=started, reports=tuple(rows), whole=whole, ts_ns=self.now_ns))

    def _rows(self, as_of_ns: int) -> Iterator[OrderReport]:
        for order in self.truth.values():
            seen = [row for at, row in order.rows if at <= as_of_ns]
            if seen:
                yield seen[-1]

    def trades(self) -> None:
        fills = [fill for order in self.truth.values() for _, fill in order.fills]
        some = tuple(self.dice.sample(fills, self.dice.randrange(len(fills) + 1)))
        self.tell(m.TradesRead(started_ns=self.now_ns, fills=some, ts_ns=self.now_ns))

    def restart(self) -> None:
        self.answers.clear()
        self.blotter = restored(self.blotter.snapshot())
        self.tell(m.Restarted(ts_ns=self.now_ns))

    # Time.

    def step(self) -> None:
        self._pass(self.dice.randrange(12 * SECOND_NS))
        at_broker = [o.ref for o in self.blotter.orders.values() if o.status in AT_BROKER]
        act = self.dice.random()
        if act < 0.15:
            self.place()
        elif act < 0.45:
            self.trade()
        elif act < 0.6:
            self.hint()
        elif act < 0.75:
            self.book(whole=self.dice.random() < 0.8)
        elif act < 0.82:
            self.trades()
        elif act < 0.9 and at_broker:
            self.ask_cancel(self.dice.choice(at_broker))
        elif act < 0.97 and at_broker:
            self.ask_change(self.dice.choice(at_broker))
        elif act > 0.985:
            self.restart()

    def _pass(self, ns: int) -> None:
        before_ns, self.now_ns = self.now_ns, self.now_ns + ns
        self.arrive(before_ns)
        due = [message for at, message in self.answers if at <= self.now_ns]
        self.answers = [(at, message) for at, message in self.answers if at > self.now_ns]
        for message in due:
            self.tell(msgspec.structs.replace(message, ts_ns=self.now_ns))
        self.tell(m.Timed(ts_ns=self.now_ns))

    def _late_ns(self) -> int:
        return self.dice.randrange(LATE_NS)

    def elapse(self) -> None:
        """Time, fills and hearing, without anything of ours."""
        self._pass(self.dice.randrange(12 * SECOND_NS))
        self.dice.choice([self.trade, self.hint, self.book, self.trades])()

    def fill_everything(self) -> None:
        for order in self.truth.values():
            if order.live:
                order.fill(order.qty - order.filled, self.now_ns)

    def heal(self, rounds: int = 8) -> None:
        """Everything arrives, time passes, everything is read."""
        for _ in range(rounds):
            self._pass(100 * SECOND_NS)
            rows = tuple(self._rows(self.now_ns))
            fills = tuple(fill for order in self.truth.values() for _, fill in order.fills)
            self.tell(m.BookRead(started_ns=self.now_ns, reports=rows, ts_ns=self.now_ns))
            self.tell(m.TradesRead(started_ns=self.now_ns, fills=fills, ts_ns=self.now_ns))

    # What is true.

    def position(self) -> int:
        return sum(order.side.sign * order.filled for order in self.truth.values())

    def reach(self) -> tuple[int, int]:
        """The lowest and highest position that orders now at work could still make."""
        low = high = self.position()
        for order in self.truth.values():
            if order.live and order.side is Side.BUY:
                high += order.qty - order.filled
            elif order.live:
                low -= order.qty - order.filled
        return low, high

    def exposure(self) -> Exposure:
        return exposure_of(self.blotter, KEY, Product.NRML)
