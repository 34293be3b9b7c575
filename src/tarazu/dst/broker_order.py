"""One order as the broker truly has it, and every row of it that was ever to be seen."""

from tarazu.model.ids import BrokerOrderId
from tarazu.model.instrument import Instrument
from tarazu.model.order import OrdType
from tarazu.model.order_request import NewOrder
from tarazu.orders.report import END_RANK, OrderReport, Word

OURS, HAND, BROKER = "OURS", "HAND", "BROKER"


class BrokerOrder:
    __slots__ = (
        "changes", "coming", "filled", "filled_ns", "history", "instrument", "order", "order_id", "order_type",
        "origin", "place", "price", "qty", "qty_coming", "row", "shown_tag", "stuck", "trigger", "triggered", "value",
        "word",
    )  # fmt: skip

    def __init__(self, order_id: str, order: NewOrder, instrument: Instrument, origin: str, shown_tag: str) -> None:
        self.order_id, self.order, self.instrument, self.origin = order_id, order, instrument, origin
        self.shown_tag = shown_tag
        self.place = (instrument.key, order.product)
        self.qty, self.price, self.trigger = order.qty, order.price_paise or 0, order.trigger_paise or 0
        self.order_type = order.order_type
        self.filled = self.value = self.changes = self.filled_ns = 0
        self.coming = 0
        """What will still fill though the order is called ended."""
        self.qty_coming = 0
        """The quantity it will have once a change that was taken has its effect; 0: none is under way."""
        self.triggered = not order.order_type.is_stop
        self.stuck = False
        self.word = Word.SUBMITTED
        self.history: list[tuple[int, OrderReport]] = []
        self.row: OrderReport

    @property
    def ended(self) -> bool:
        return self.word in END_RANK

    @property
    def leaves(self) -> int:
        """What may still fill, in truth."""
        return self.coming if self.ended else max(self.qty, self.qty_coming) - self.filled

    def show(self, now_ns: int) -> OrderReport:
        """Its row from now on."""
        order = self.order
        self.row = OrderReport(
            order_id=BrokerOrderId(self.order_id),
            tag=self.shown_tag,
            key=self.instrument.key,
            instrument_token=self.instrument.instrument_token,
            side=order.side,
            product=order.product,
            order_type=self.order_type,
            validity=order.validity,
            qty=self.qty,
            price_paise=self.price,
            trigger_paise=self.trigger,
            filled_qty=self.filled,
            average_paise=round(self.value / self.filled) if self.filled else 0,
            word=self.word,
            ts_event_ns=now_ns,
        )
        self.history.append((now_ns, self.row))
        return self.row

    def seen_at(self, ns: int) -> OrderReport | None:
        """Its row as it was then."""
        for since_ns, row in reversed(self.history):
            if since_ns <= ns:
                return row
        return None

    def rests_at_market(self, last_paise: int) -> bool:
        """Whether the market would trade with it now, its trigger pulled."""
        if self.order_type in (OrdType.MARKET, OrdType.SL_M):
            return True
        sign = self.order.side.sign
        return sign * self.price >= sign * (last_paise + sign * self.instrument.tick_size_paise)
