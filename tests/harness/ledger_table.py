"""Scenarios of the desk's books as text: one movement a line, and what the books say after it. Rupees, and `?`.

carry NRML 65 @ 120 close 110      units open when the day began
BUY NRML 65 @ 100.05               an order of its own, filled at once
convert BUY day 65 NRML MIS        product of open units
... | qty 65  avg 100.05  realised 0  open 12.50      compared where it is written, at the mark of `mark 100`
"""

from datetime import date

from tarazu import reference
from tarazu.model import ist
from tarazu.model.execution import Fill
from tarazu.model.ids import BrokerOrderId, InstrumentToken
from tarazu.model.instrument import Instrument
from tarazu.model.order import Product, Side
from tarazu.model.units import HOUR_NS
from tarazu.portfolio.book import Books
from tarazu.portfolio.bookings import Booked, Unbooked
from tarazu.portfolio.positions import Position
from tarazu.portfolio.postings import Carried, Conversion, Units
from tarazu.portfolio.unknown_paise import Cause, Paise, UnknownPaise

DAY = date(2026, 11, 20)
NOW_NS = ist.midnight_ns(DAY) + 11 * HOUR_NS
RATES = reference.charge_rates()
KEY = "NSE:INFY"


def paise(rupees: str) -> int:
    whole, _, part = rupees.partition(".")
    sign = -1 if whole.startswith("-") else 1
    return sign * (abs(int(whole)) * 100 + int(f"{part:0<2}"))


def fill(text: str, exec_id: str = "1", order: str = "o1", key: str = KEY, at_ns: int = NOW_NS) -> Fill:
    """`BUY MIS 50 @ 280.00`."""
    side, product, qty, _, price = text.split()
    return Fill(
        exec_id=exec_id,
        order_id=BrokerOrderId(order),
        key=key,
        instrument_token=InstrumentToken(1),
        product=Product(product),
        side=Side(side),
        qty=int(qty),
        price_paise=paise(price),
        ts_event_ns=at_ns,
    )


class Table:
    """One instrument's story."""

    def __init__(self, instruments: dict[str, Instrument], key: str = KEY) -> None:
        self.instruments, self.key = instruments, key
        self.books = Books(DAY, RATES, instruments)
        self.mark: Paise = UnknownPaise.because(Cause.NO_PRICE, key)
        self._movements = 0

    def run(self, text: str) -> "Table":
        for line in filter(None, (line.strip() for line in text.splitlines())):
            movement, _, expected = line.partition("|")
            product = self._do(movement.split())
            said = self._say(product, expected.split()[::2])
            assert said == dict(zip(expected.split()[::2], expected.split()[1::2], strict=True)), line
        return self

    def _do(self, words: list[str]) -> Product:
        self._movements += 1
        verb = words[0]
        if verb == "carry":
            return self._carry(words)
        if verb == "mark":
            self.mark = paise(words[2])
            return Product(words[1])
        if verb == "convert":
            _, side, units, qty, old, new = words
            conversion = Conversion(
                conversion_id=str(self._movements),
                key=self.key,
                side=Side(side),
                units=Units(units),
                qty=int(qty),
                old_product=Product(old),
                new_product=Product(new),
            )
            assert not isinstance(self.books.convert(conversion), Unbooked), words
            return Product(new)
        number = str(self._movements)
        assert isinstance(self.books.apply(fill(" ".join(words), number, f"o{number}", self.key)), Booked)
        return Product(words[1])

    def _carry(self, words: list[str]) -> Product:
        _, product, qty, _, price, _, close = words
        carried = Carried(
            key=self.key,
            product=Product(product),
            qty=int(qty),
            cost_paise=int(qty) * paise(price),
            close_value_paise=None if close == "?" else int(qty) * paise(close),
        )
        self.books = Books(DAY, RATES, self.instruments, [carried])
        return Product(product)

    def _say(self, product: Product, names: list[str]) -> dict[str, str]:
        p = self.books.position(self.key, product)
        assert p is not None
        return {name: self._figure(p, name) for name in names}

    def _figure(self, p: Position, name: str) -> str:
        last = self.mark if isinstance(self.mark, int) else 0
        figures: dict[str, Paise | None] = {
            "avg": p.average_paise,
            "realised": p.realised(),
            "open": p.unrealised(self.mark),
            "kite_cost": p.kite_open_cost_paise(),
            "kite_realised": p.kite_realised_paise(),
            "kite_open": p.kite_unrealised_paise(last),
            "pnl": p.kite_pnl_paise(last),
            "m2m": p.kite_m2m_paise(last),
        }
        if name == "qty":
            return str(p.qty)
        figure = figures[name]
        return "?" if figure is None or isinstance(figure, UnknownPaise) else f"{figure / 100:.2f}"
