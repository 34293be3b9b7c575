"""The desk's books of one trading day: positions, charges and P&L, from the opening position and fills alone.

Every movement is booked once, however often it is told, and the books say what it changed or why it was not booked.
Their state is a value: stored, read back, compared. What Kite's rows say is compared with it in `breaks`.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import msgspec

from tarazu.model import ist
from tarazu.model.execution import Fill
from tarazu.model.instrument import Instrument
from tarazu.model.order import Product
from tarazu.model.rules import ChargeRates
from tarazu.portfolio.bookings import Booked, Converted, Unbooked, Why
from tarazu.portfolio.charge_book import ChargeBook, OrderTurnover, Rerate, other_segment
from tarazu.portfolio.charges import Charges
from tarazu.portfolio.marks import MarkOf
from tarazu.portfolio.pnl import Line, Pnl, Snapshot, sum_paise, summed
from tarazu.portfolio.positions import Position
from tarazu.portfolio.postings import Carried, Conversion, Levy
from tarazu.portfolio.unknown_paise import Paise, UnknownPaise

Place = tuple[str, Product]


class BooksState(msgspec.Struct, frozen=True, kw_only=True):
    """All that the books are, in a canonical order: equal books have equal states."""

    day: date
    positions: list[Position]
    orders: list[OrderTurnover]
    fills: list[Fill]
    conversions: list[Conversion]
    rerates: list[Rerate]
    levies: list[Levy]


class Books:
    """One account, one IST day. Pure; not thread-safe.

    `instruments` is the day's master by key, read and not changed. Raises NotCovered for a day outside the rates.
    """

    def __init__(
        self, day: date, rates: ChargeRates, instruments: Mapping[str, Instrument], opening: Iterable[Carried] = ()
    ) -> None:
        self.day = day
        self.instruments = instruments
        self.rates = rates
        self._charges = ChargeBook(day, rates, instruments)
        self._positions: dict[Place, Position] = {}
        self._fills: dict[tuple[str, str], Fill] = {}
        self._conversions: dict[str, Conversion] = {}
        self._from_ns, self._until_ns = ist.midnight_ns(day), ist.midnight_ns(day + timedelta(days=1))
        for carried in opening:
            self._at(carried.key, carried.product).carry_in(carried)

    # Movements.

    def apply(self, fill: Fill) -> Booked | Unbooked:
        """Book one execution. An order_id of "" is a trade that no order made (expiry, buy-in): it has no note.

        Known again by order and exec_id: who trades with himself has two fills of one trade.
        """
        assert fill.qty > 0 and fill.price_paise >= 0, fill
        name = (fill.order_id, fill.exec_id)
        earlier = self._fills.get(name)
        if earlier is not None:
            return Unbooked(Why.REPEATED if _same(earlier, fill) else Why.CONTRADICTS)
        if not self._from_ns <= fill.ts_event_ns < self._until_ns:
            return Unbooked(Why.OTHER_DAY)
        if fill.order_id and not self._charge(fill):
            return Unbooked(Why.CONTRADICTS)
        self._fills[name] = fill
        position = self._positions.get((fill.key, fill.product)) or self._at(fill.key, fill.product)
        before = position.qty
        realised = position.trade(fill.side, fill.qty, fill.price_paise)
        return Booked(fill.key, fill.product, before, position.qty, realised)

    def convert(self, conversion: Conversion) -> Converted | Unbooked:
        """Move open units to another product of their instrument, and re-rate their charges."""
        earlier = self._conversions.get(conversion.conversion_id)
        if earlier is not None:
            return Unbooked(Why.REPEATED if earlier == conversion else Why.CONTRADICTS)
        old = self._positions.get((conversion.key, conversion.old_product))
        same = conversion.old_product is conversion.new_product
        if same or old is None or not 0 < conversion.qty <= old.convertible(conversion.side, conversion.units):
            return Unbooked(Why.NOT_OPEN)
        self._conversions[conversion.conversion_id] = conversion
        new = self._at(conversion.key, conversion.new_product)
        value = old.hand_over(new, conversion.side, conversion.units, conversion.qty)
        self._charges.rerate(
            Rerate(
                conversion_id=conversion.conversion_id,
                key=conversion.key,
                old_product=conversion.old_product,
                new_product=conversion.new_product,
                side=conversion.side,
                qty=conversion.qty,
                value_paise=value,
            )
        )
        return Converted(value)

    def levy(self, levy: Levy) -> Unbooked | None:
        """Book a charge that no order's turnover made; None when booked."""
        earlier = self._charges.levies.get(levy.levy_id)
        if earlier is not None:
            return Unbooked(Why.REPEATED if earlier == levy else Why.CONTRADICTS)
        self._charges.levy(levy)
        return None

    # Questions.

    def positions(self) -> list[Position]:
        """Everything carried in or traded today, by key and product. Look, do not touch."""
        return [self._positions[place] for place in sorted(self._positions) if not self._positions[place].is_blank]

    def position(self, key: str, product: Product) -> Position | None:
        return self._positions.get((key, product))

    def net_qty(self, key: str) -> int:
        """Open units over all products, signed."""
        return sum(p.qty for p in self._positions.values() if p.key == key)

    def charges(self) -> Charges | UnknownPaise:
        """The day's contract notes and levies, line by line."""
        return self._charges.lines()

    def charges_of(self, order_id: str) -> Paise:
        return self._charges.of_order(order_id)

    def as_of(self, mark: MarkOf) -> Snapshot:
        """Every position valued at the marks. A mark is asked for only where units are open."""
        charged = self._charges.places()
        lines = [self._line(self._positions[place], mark, charged.pop(place, 0)) for place in sorted(self._positions)]
        for (key, product), paise in sorted(charged.items(), key=str):
            lines.append(Line(key, product, self._underlying(key), 0, None, None, 0, 0, paise))
        return Snapshot(tuple(lines))

    def result(self, mark: MarkOf) -> Pnl:
        """As `as_of(mark).total`, without what is of a segment whose money the books cannot keep: entered by hand."""
        gross: Paise = 0
        for position in self._positions.values():
            if other_segment(position.key) is None:
                gross += position.realised() + position.unrealised(mark(position.key) if position.qty else 0)
        charged = [paise for (key, _), paise in self._charges.places().items() if not key or not other_segment(key)]
        return Pnl(gross, sum_paise(charged))

    def by_strategy(self, mark: MarkOf, labels: Mapping[str, str]) -> dict[str, Pnl]:
        """The day's result by the label of the order; under "" what no labelled order did, carried units among it.

        An order's gross is its units at the mark less what they cost, so a mark is asked for every instrument traded
        today, open or not: for an expired one give its final value.
        """
        orders, charged = self._charges.orders, self._charges.by_order()
        names = (*orders, *(order_id for order_id in charged if order_id not in orders))
        parts = [
            (labels.get(name, ""), Pnl(self._order_gross(orders.get(name), mark), charged.get(name, 0)))
            for name in names
        ]
        unordered = [fill for fill in self._fills.values() if not fill.order_id]
        parts += [("", Pnl(self._worth(f.key, f.signed_qty, f.value_paise, mark))) for f in unordered]
        parts += [("", Pnl(self._carried_gross(p, mark))) for p in self._positions.values() if p.overnight_qty]
        return summed(parts)

    def state(self) -> BooksState:
        book = self._charges
        return BooksState(
            day=self.day,
            positions=[msgspec.structs.replace(self._positions[place]) for place in sorted(self._positions)],
            orders=[msgspec.structs.replace(book.orders[name]) for name in sorted(book.orders)],
            fills=[self._fills[name] for name in sorted(self._fills)],
            conversions=[self._conversions[name] for name in sorted(self._conversions)],
            rerates=[book.rerates[name] for name in sorted(book.rerates)],
            levies=[book.levies[name] for name in sorted(book.levies)],
        )

    @classmethod
    def restored(cls, state: BooksState, rates: ChargeRates, instruments: Mapping[str, Instrument]) -> "Books":
        """Books that go on where `state` was taken."""
        books = cls(state.day, rates, instruments)
        books._positions = {(p.key, p.product): msgspec.structs.replace(p) for p in state.positions}
        books._fills = {(fill.order_id, fill.exec_id): fill for fill in state.fills}
        books._conversions = {c.conversion_id: c for c in state.conversions}
        orders = [msgspec.structs.replace(order) for order in state.orders]
        books._charges.restore(orders, state.rerates, state.levies)
        return books

    # Inside.

    def _at(self, key: str, product: Product) -> Position:
        """The position, a new flat one when there is none."""
        found = self._positions.get((key, product))
        if found is None:
            found = self._positions[key, product] = Position(key=key, product=product, doubt=other_segment(key))
        return found

    def _charge(self, fill: Fill) -> bool:
        """Add to the order's turnover; False for a fill that is of another instrument, product or side than it."""
        order = self._charges.orders.get(fill.order_id)
        if order is None:
            order = OrderTurnover(fill.order_id, fill.key, fill.product, fill.side)
            self._charges.orders[fill.order_id] = order
        elif order.side is not fill.side or order.product is not fill.product or order.key != fill.key:
            return False
        self._charges.trade(order, fill.qty, fill.qty * fill.price_paise)
        return True

    def _line(self, position: Position, mark: MarkOf, charged: Paise) -> Line:
        price = mark(position.key) if position.qty else None
        return Line(
            position.key,
            position.product,
            self._underlying(position.key),
            position.qty,
            position.average_paise,
            price,
            position.realised(),
            position.unrealised(price if price is not None else 0),
            charged,
        )

    def _underlying(self, key: str) -> str:
        instrument = self.instruments.get(key)
        return (instrument.underlying if instrument is not None else "") or key

    def _order_gross(self, order: OrderTurnover | None, mark: MarkOf) -> Paise:
        if order is None:
            return 0
        return self._worth(order.key, order.side.sign * order.qty, order.side.sign * order.value_paise, mark)

    def _carried_gross(self, position: Position, mark: MarkOf) -> Paise:
        if position.doubt is not None:
            return UnknownPaise.because(position.doubt, position.key)
        return self._worth(position.key, position.overnight_qty, position.overnight_value_paise, mark)

    def _worth(self, key: str, qty: int, cost_paise: int, mark: MarkOf) -> Paise:
        """Signed units at the mark less their signed cost."""
        doubt = other_segment(key)
        if doubt is not None:
            return UnknownPaise.because(doubt, key)
        return (_times(mark(key), qty) if qty else 0) - cost_paise


def _times(price: Paise, qty: int) -> Paise:
    return price if isinstance(price, UnknownPaise) else price * qty


def _same(a: Fill, b: Fill) -> bool:
    """In all that the books are kept from; the time may be told with another precision."""
    return (a.key, a.product, a.side, a.qty, a.price_paise) == (b.key, b.product, b.side, b.qty, b.price_paise)
