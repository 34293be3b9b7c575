"""Stories of orders as text tables: what happens on the left, what the blotter says to it on the right.

    check('''
        intend A BUY 75 @ 100      -> A:INTENDED
        durable A                  ->
        send A                     -> A:IN_FLIGHT SEND
        +7 answer A lost           -> A:UNKNOWN !UNKNOWN ?read
    ''')

`+7` lets seconds pass first. A name is one of our orders, a number an order id of the broker's. Said are:
`A:STATUS/cum` for a move (`/0` is left out), `fill A 25`, `!ALARM`, `?cancel`, `?read`, SEND, MODIFY, CANCEL,
`no REASON`; and for the questions `where` and `exposure` their answers. Each story is told twice, the second time to a
blotter that is written down and read back before every line; both must end in the same bytes.
"""

from collections.abc import Iterable
from datetime import date

from tarazu.model.execution import Fill
from tarazu.model.ids import BrokerOrderId, InstrumentToken
from tarazu.model.order import OrdType, Product, Side
from tarazu.model.order_request import NewOrder, OrderChange
from tarazu.model.outcome import RefusalKind
from tarazu.model.units import PAISE, SECOND_NS
from tarazu.orders import messages as m
from tarazu.orders.blotter import Blotter, restored
from tarazu.orders.client_order_id import ClientOrderId
from tarazu.orders.exposure import exposure_of
from tarazu.orders.intent import OrderIntent, Purpose
from tarazu.orders.report import Answer, AnswerKind, OrderReport, Word

KEY = "NFO:NIFTY26NOV26000CE"
DAY = date(2026, 11, 23)
NINE_ON_MONDAY_NS = 1_795_404_600 * SECOND_NS  # 2026-11-23 09:00 IST


def intent(name: str, side: str = "BUY", qty: int = 75, price: int = 100, product: str = "NRML") -> OrderIntent:
    """`name` is one capital letter, or one and a number; `price` in rupees, 0 for MARKET."""
    exchange, symbol = KEY.split(":")
    order = NewOrder(
        tag=tag_of(name),
        exchange=exchange,
        tradingsymbol=symbol,
        side=Side(side),
        qty=qty,
        product=Product(product),
        order_type=OrdType.LIMIT if price else OrdType.MARKET,
        price_paise=price * PAISE if price else None,
    )
    return OrderIntent(order=order, purpose=Purpose.ENTRY, strategy="story")


def tag_of(name: str) -> str:
    return ClientOrderId(DAY, 1, 1000 * (ord(name[0]) - 65) + int(name[1:] or 0)).tag


def report(order_id: str, word: str, filled: int = 0, qty: int = 75, **changes: object) -> OrderReport:
    fields: dict[str, object] = {
        "order_id": BrokerOrderId(order_id),
        "key": KEY,
        "side": Side.BUY,
        "product": Product.NRML,
        "order_type": OrdType.LIMIT,
        "qty": qty,
        "price_paise": 100 * PAISE,
        "filled_qty": filled,
        "word": Word(word),
    }
    return OrderReport(**(fields | changes))  # type: ignore[arg-type]


def trade(order_id: str, exec_id: str, qty: int, side: Side = Side.BUY) -> Fill:
    return Fill(
        exec_id=exec_id,
        order_id=BrokerOrderId(order_id),
        key=KEY,
        instrument_token=InstrumentToken(1),
        product=Product.NRML,
        side=side,
        qty=qty,
        price_paise=100 * PAISE,
        ts_event_ns=0,
    )


class Story:
    """One blotter and its clock."""

    def __init__(self, *, forgetful: bool = False) -> None:
        self.blotter = Blotter()
        self.now_ns = NINE_ON_MONDAY_NS
        self.names: dict[str, str] = {}
        self.forgetful = forgetful

    def say(self, line: str) -> str:
        words = line.split()
        if words[0].startswith("+"):
            self.now_ns += int(float(words[0]) * SECOND_NS)
            words = words[1:]
        if self.forgetful:
            self.blotter = restored(self.blotter.snapshot())
        told = getattr(self, f"_{words[0]}")(*words[1:])
        return told if isinstance(told, str) else " ".join(self._told(told))

    # What happens.

    def _intend(self, name: str, side: str, qty: str, _at: str, price: str, product: str = "NRML") -> list[m.Output]:
        self.names[tag_of(name)] = name
        return self._apply(m.Intended(intent=intent(name, side, int(qty), int(price), product), ts_ns=self.now_ns))

    def _durable(self, name: str) -> list[m.Output]:
        return self._apply(m.Durable(ref=tag_of(name), ts_ns=self.now_ns))

    def _withdraw(self, name: str) -> list[m.Output]:
        return self._apply(m.Withdrawn(ref=tag_of(name), why="a story", ts_ns=self.now_ns))

    def _send(self, name: str) -> list[m.Output]:
        return self._apply(m.Send(ref=tag_of(name), ts_ns=self.now_ns))

    def _sent(self, name: str, *terms: str) -> list[m.Output]:
        """Intended, durable and sent, at once."""
        return self._intend(name, *terms) + self._durable(name) + self._send(name)

    def _answer(self, name: str, *answer: str) -> list[m.Output]:
        return self._apply(m.PlaceAnswered(ref=tag_of(name), answer=_answer(*answer), ts_ns=self.now_ns))

    def _cancel(self, who: str) -> list[m.Output]:
        return self._apply(m.AskCancel(ref=self._ref(who), ts_ns=self.now_ns))

    def _change(self, who: str, qty: str, _at: str, price: str) -> list[m.Output]:
        change = OrderChange(order_id="", qty=int(qty), price_paise=int(price) * PAISE)
        return self._apply(m.AskChange(ref=self._ref(who), change=change, ts_ns=self.now_ns))

    def _canceled(self, who: str, *answer: str) -> list[m.Output]:
        return self._apply(m.CancelAnswered(ref=self._ref(who), answer=_answer(*answer), ts_ns=self.now_ns))

    def _changed(self, who: str, *answer: str) -> list[m.Output]:
        return self._apply(m.ChangeAnswered(ref=self._ref(who), answer=_answer(*answer), ts_ns=self.now_ns))

    def _row(self, *words: str) -> list[m.Output]:
        return self._apply(m.Reported(report=self._report(words), ts_ns=self.now_ns))

    def _book(self, *words: str) -> list[m.Output]:
        """`book`, then rows parted by `,`; `ago N` says that it began N seconds ago, `torn` that it is not whole."""
        listed, ago, whole = " ".join(words), 0.0, True
        if listed.startswith("torn"):
            listed, whole = listed.removeprefix("torn"), False
        if listed.startswith("ago"):
            _, seconds, *rest = listed.split()
            listed, ago = " ".join(rest), float(seconds)
        rows = tuple(self._report(row.split()) for row in listed.split(",") if row.strip())
        started = self.now_ns - int(ago * SECOND_NS)
        return self._apply(m.BookRead(started_ns=started, reports=rows, whole=whole, ts_ns=self.now_ns))

    def _trades(self, *words: str) -> list[m.Output]:
        """`order_id:exec_id:qty`, each."""
        fills = tuple(trade(a, b, int(c)) for a, b, c in (word.split(":") for word in words))
        return self._apply(m.TradesRead(started_ns=self.now_ns, fills=fills, ts_ns=self.now_ns))

    def _restart(self) -> list[m.Output]:
        return self._apply(m.Restarted(ts_ns=self.now_ns))

    def _time(self) -> list[m.Output]:
        return self._apply(m.Timed(ts_ns=self.now_ns))

    def _claim(self, order_id: str, name: str) -> list[m.Output]:
        return self._apply(m.Claimed(order_id=order_id, ref=tag_of(name), ts_ns=self.now_ns))

    def _disown(self, order_id: str) -> list[m.Output]:
        return self._apply(m.Disowned(order_id=order_id, ts_ns=self.now_ns))

    # What is asked.

    def _where(self, who: str) -> str:
        order = self.blotter.orders[self._ref(who)]
        return f"{order.status} {order.cum_qty}/{order.qty}"

    def _exposure(self) -> str:
        """The day's worst on both sides."""
        self._apply(m.Timed(ts_ns=self.now_ns))
        of = exposure_of(self.blotter, KEY, Product.NRML)
        return f"{of.lowest}..{of.highest}"

    def _blocked(self) -> str:
        blocked = self.blotter.blocked_keys()
        assert {key for key in self.blotter.keys if self.blotter.is_blocked(key)} == blocked
        return " ".join(sorted(blocked)) or "none"

    # The rest.

    def _apply(self, message: m.Message) -> list[m.Output]:
        return self.blotter.apply(message)

    def _ref(self, who: str) -> str:
        return f"#{who}" if who.isdigit() else tag_of(who)

    def _report(self, words: Iterable[str]) -> OrderReport:
        """`1 A WORKING 25/75`, and `SELL`, `@ 101`, `MIS`, `tag TEXT`; a dash for no tag."""
        order_id, name, word, qty, *rest = words
        filled, whole = qty.split("/")
        tag = "" if name == "-" else tag_of(name)
        changes: dict[str, object] = {}
        while rest:
            first = rest.pop(0)
            if first == "@":
                changes["price_paise"] = int(rest.pop(0)) * PAISE
            elif first == "tag":
                tag = rest.pop(0)
            elif first in ("BUY", "SELL"):
                changes["side"] = Side(first)
            else:
                changes["product"] = Product(first)
        return report(order_id, word, int(filled), int(whole), tag=tag, **changes)

    def _told(self, outputs: Iterable[m.Output]) -> Iterable[str]:
        for out in outputs:
            name = self.names.get(out.ref, out.ref)
            match out:
                case m.Moved():
                    yield f"{name}:{out.status}" + (f"/{out.cum_qty}" if out.cum_qty else "")
                case m.Filled():
                    yield f"fill {name} {out.fill.qty}"
                case m.Alarm():
                    yield f"!{out.kind}"
                case m.CancelWanted():
                    yield "?cancel"
                case m.ReadWanted():
                    yield "?read"
                case m.NotAsked():
                    yield f"no {out.why}"
                case _:
                    yield {m.SendOrder: "SEND", m.ModifyOrder: "MODIFY", m.CancelOrder: "CANCEL"}[type(out)]


def _answer(kind: str, *rest: str) -> Answer:
    match kind:
        case "accepted":
            return Answer(AnswerKind.ACCEPTED, *rest)
        case "lost":
            return Answer(AnswerKind.NO_ANSWER, text="TIMEOUT")
        case _:
            refusal = RefusalKind(rest[0]) if rest else RefusalKind.REQUEST
            never = refusal in (RefusalKind.NOT_SENT, RefusalKind.AUTH_LOST)
            return Answer(AnswerKind.NOT_PLACED if never else AnswerKind.REFUSED, refusal=refusal, text=kind)


def check(text: str) -> None:
    first, second = Story(), Story(forgetful=True)
    for line in text.strip().splitlines():
        happens, _, expected = line.partition("->")
        if not happens.strip():
            continue
        said, again = first.say(happens.strip()), second.say(happens.strip())
        assert said == again, f"after a restore, {happens.strip()!r} says {again!r}, without one {said!r}"
        assert said.split() == expected.split(), (
            f"{happens.strip()}\n   said     {said}\n   expected {expected.strip()}"
        )
    assert first.blotter.snapshot() == second.blotter.snapshot()
