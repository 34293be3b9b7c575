"""The desk's books beside an account of the simulated broker: fed the same fills, compared after every one.

The account is tapped, never replaced: what it does it does as ever, and says so here. At night the desk's own rules
close what expires; what only the clearing house decides (deliveries, buy-ins, intraday left over) is taken from it.
"""

import random
from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec

from harness.clearing_trades import clearing_trades
from harness.kite_positions import broker_position, check_row, is_zero, over_the_wire, place
from tarazu.model.execution import Fill
from tarazu.model.ids import BrokerOrderId
from tarazu.model.instrument import Instrument, Kind
from tarazu.model.order import Product, Side
from tarazu.portfolio.book import Books
from tarazu.portfolio.bookings import Booked, Converted, Unbooked, Why
from tarazu.portfolio.breaks import compare
from tarazu.portfolio.charges import Charges, with_gst
from tarazu.portfolio.marks import Mark, MarkOf, Marks
from tarazu.portfolio.night import carried, expiry
from tarazu.portfolio.pnl import FLAT, Pnl
from tarazu.portfolio.postings import Carried, Conversion, Levy, Units
from tarazu.sim import orders as sim_orders
from tarazu.sim.money import conversion as sim_conversion
from tarazu.sim.money import marks as sim_marks
from tarazu.sim.money.account import Account
from tarazu.sim.money.ledger import Book, EntryKind
from tarazu.sim.money.settlement import DayEnd, Settled
from tarazu.wire.kite_money import PositionRow

NOTE_BOOKS = (Book.BROKERAGE, Book.STT, Book.EXCHANGE, Book.IPFT, Book.SEBI, Book.STAMP, Book.GST)
AGE_NS_MAX = 1
LABELS = ("", "trend", "carry")


class Shadow:
    """Tap `account`; `mark` is its market. Counts what it compared, for the caller to see that something was."""

    def __init__(self, account: Account, mark: sim_marks.Marks, day: date, seed: int = 0) -> None:
        self.account, self.mark = account, mark
        self.instruments: dict[str, Instrument] = {h.instrument.key: h.instrument for h in account.holdings}
        self.checks = self.fills = self.conversions = self.expired = self.bought_in = self.moved = self.levies = 0
        self._dice = random.Random(seed)
        self._apply, self._convert, self._penalise = account.apply, account.convert, account.penalise
        account.apply = self._tapped_apply  # type: ignore[method-assign]
        account.convert = self._tapped_convert  # type: ignore[method-assign]
        account.penalise = self._tapped_penalise  # type: ignore[method-assign]
        assert not list(account.positions)
        self._at_night = False
        self.begin(day, [])

    def begin(self, day: date, opening: list[Carried]) -> None:
        """The account has just begun this day."""
        self.books = Books(day, self.account.rates, self.instruments, opening)
        self.labels: dict[str, str] = {}
        self._opening_charges = self._charge_balances()
        self._opening_worth = self.account.opening_cash_paise + sum(
            p.overnight_mark_paise for p in self.account.positions if not p.is_future
        )
        self._opening_holdings = {h.instrument.key: h.qty for h in self.account.holdings}

    # The taps.

    def _tapped_apply(self, fill: sim_orders.Fill) -> bool:
        known = not self._apply(fill)
        self.instruments[fill.instrument.key] = fill.instrument
        ours = _fill_of(fill)
        answer = self.books.apply(ours)
        assert answer == Unbooked(Why.REPEATED) if known else isinstance(answer, Booked), answer
        assert self.books.apply(ours) == Unbooked(Why.REPEATED)
        self.labels.setdefault(fill.order_id, self._dice.choice(LABELS))
        self.fills += 1
        if not self._at_night:
            self.check()
        return not known

    def _tapped_convert(self, request: sim_conversion.Conversion, *rest: Any) -> Any:
        refusal = self._convert(request, *rest)
        if refusal is None:
            self._own_conversion(
                request.instrument.key,
                request.side,
                Units(request.position_type),
                request.qty,
                Product(request.old_product),
                Product(request.new_product),
            )
            self.check()
        return refusal

    def _tapped_penalise(self, net_paise: int, ts_ns: int, ref: str) -> None:
        self._penalise(net_paise, ts_ns, ref)
        self._levy(with_gst(self.account.rates, net_paise), order_id=ref)
        self.check()

    # The night.

    def settle(self, night: DayEnd, real: Callable[[Account, DayEnd], Settled], next_day: date) -> Settled:
        """In place of `settlement.settle_day`, which is `real`."""
        self.check()
        books, paid_in = self.books, self.account.pay_in_paise
        self._expire(night)
        entries = len(self.account.ledger.entries)
        self._at_night = True
        with clearing_trades(self.account, night.ts_ns) as trades:
            settled = real(self.account, night)
        self._at_night = False
        self._move_intraday()
        for fill in trades:
            assert isinstance(books.apply(fill), Booked)
        self.bought_in += len(trades)
        for entry in self.account.ledger.entries[entries:]:
            if entry.kind is EntryKind.DEPOSITORY:
                self._levy(Charges(brokerage_paise=self.account.rates.dp_paise_per_scrip))
        self._check_night(night, paid_in)
        self.begin(next_day, self._check_carry(night))
        self.check()
        return settled

    def _expire(self, night: DayEnd) -> None:
        def final(underlying: str) -> int:
            due = (i for i in self.instruments.values() if i.underlying == underlying)
            return next(night.closings(i).underlying_paise for i in due)

        due = expiry(self.books, final, night.index_names, night.ts_ns)
        assert not due.waiting
        for fill in due.fills:
            assert isinstance(self.books.apply(fill), Booked)
        for levy in due.levies:
            assert self.books.levy(levy) is None
        again = expiry(self.books, final, night.index_names, night.ts_ns)
        assert again.fills == [], "what expired is flat"
        self.expired += len(due.fills)

    def _move_intraday(self) -> None:
        """As the simulated broker carries what it could not square off: derivatives as NRML, long shares as CNC."""
        for p in self.books.positions():
            instrument = self.instruments[p.key]
            if p.product not in (Product.MIS, Product.CO) or p.qty == 0:
                continue
            if instrument.kind is Kind.EQ and p.qty < 0:
                continue
            to = Product.NRML if instrument.is_derivative else Product.CNC
            side = Side.BUY if p.qty > 0 else Side.SELL
            for units in (Units.OVERNIGHT, Units.DAY):
                if qty := p.convertible(side, units):
                    self._own_conversion(p.key, side, units, qty, p.product, to)
                    self.moved += 1

    def _check_night(self, night: DayEnd, paid_in: int) -> None:
        """The day's net result, from the ledger: cash and what is held at the closing prices, less the same before."""

        def close(key: str) -> int:
            return night.closings(self.instruments[key]).settlement_paise

        account = self.account
        worth = account.ledger.cash_paise + sum(p.overnight_mark_paise for p in account.positions if not p.is_future)
        held = sum(h.qty * close(h.instrument.key) for h in account.holdings)
        held_before = sum(qty * close(key) for key, qty in self._opening_holdings.items())
        total = self.books.as_of(close).total
        assert total.net_paise == worth + held - self._opening_worth - paid_in - held_before
        assert sum(self.books.by_strategy(self._final_or(close), self.labels).values(), FLAT) == total
        assert total.charges_paise == sum(self._charge_balances()) - sum(self._opening_charges)

    def _final_or(self, close: MarkOf) -> MarkOf:
        """Closing prices, and for what expired the value at which it was closed."""
        closed = {f.key: f.price_paise for f in self.books.state().fills if f.exec_id.startswith("EXPIRY")}
        return lambda key: closed[key] if key in closed else close(key)

    def _check_carry(self, night: DayEnd) -> list[Carried]:
        opening = carried(self.books, lambda key: night.closings(self.instruments[key]).settlement_paise)
        theirs = [
            Carried(
                key=p.instrument.key,
                product=p.product,
                qty=p.overnight_qty,
                cost_paise=p.overnight_cost_paise,
                close_value_paise=p.overnight_mark_paise,
            )
            for p in self.account.positions
        ]
        assert sorted(opening, key=_name) == sorted(theirs, key=_name)
        return opening

    # The comparison.

    def check(self) -> None:
        """Every figure of both books, to the paisa."""
        self.checks += 1
        rows = self.account.position_rows(self.mark)
        if self.checks % 8 == 0:
            rows = over_the_wire(rows)
        ours = {(p.key, p.product): p for p in self.books.positions()}
        net = {place(row): row for row in rows.net if not is_zero(row)}
        assert ours.keys() == net.keys()
        for at, row in net.items():
            check_row(ours[at], row)
        for row in rows.day:
            if row.day_buy_quantity or row.day_sell_quantity:
                check_row(ours[place(row)].day_part(), row)
        assert compare(self.books, [broker_position(row) for row in rows.net]).breaks == ()
        self._check_money(rows.net)

    def _check_money(self, net: list[PositionRow]) -> None:
        marks = self._marks()
        snapshot = self.books.as_of(marks)
        for key, pnl in snapshot.by_instrument().items():
            assert pnl.gross_paise == sum(round(r.m2m * 100) for r in net if place(r)[0] == key), key
        charged = self.books.charges()
        assert isinstance(charged, Charges)
        lines = [now - was for now, was in zip(self._charge_balances(), self._opening_charges, strict=True)]
        assert list(msgspec.structs.astuple(charged)) == lines
        total = snapshot.total
        held = sum(h.qty * self.mark(h.instrument).last_paise for h in self.account.holdings)
        worth = self.account.net_worth_paise(self.mark) - held - self.account.pay_in_paise
        assert total == Pnl(worth - self._opening_worth + charged.total, charged.total)
        cuts = (snapshot.by_instrument(), snapshot.by_product(), snapshot.by_underlying())
        for cut in (*cuts, self.books.by_strategy(marks, self.labels)):
            assert sum(cut.values(), FLAT) == total

    def _marks(self) -> Marks:
        seen = {p.key: Mark(self.mark(self.instruments[p.key]).last_paise, 5) for p in self.books.positions()}
        return Marks(seen, 6, AGE_NS_MAX)

    def _charge_balances(self) -> list[int]:
        """In the order of the lines of `Charges`; the broker's own fees stand in the line of brokerage."""
        ledger = self.account.ledger
        first, *rest = (ledger.balance(book) for book in NOTE_BOOKS)
        return [first + ledger.balance(Book.PENALTY) + ledger.balance(Book.DEPOSITORY), *rest]

    # Own postings.

    def _own_conversion(self, key: str, side: Side, units: Units, qty: int, old: Product, new: Product) -> None:
        self.conversions += 1
        conversion = Conversion(
            conversion_id=str(self.conversions),
            key=key,
            side=side,
            units=units,
            qty=qty,
            old_product=old,
            new_product=new,
        )
        assert isinstance(self.books.convert(conversion), Converted)
        assert self.books.convert(conversion) == Unbooked(Why.REPEATED)

    def _levy(self, charges: Charges, order_id: str = "") -> None:
        self.levies += 1
        assert self.books.levy(Levy(levy_id=str(self.levies), charges=charges, order_id=order_id)) is None


def _fill_of(fill: sim_orders.Fill) -> Fill:
    return Fill(
        exec_id=fill.trade_id,
        order_id=BrokerOrderId(fill.order_id),
        key=fill.instrument.key,
        instrument_token=fill.instrument.instrument_token,
        product=fill.product,
        side=fill.side,
        qty=fill.qty,
        price_paise=fill.price_paise,
        ts_event_ns=fill.ts_ns,
    )


def _name(carried_in: Carried) -> tuple[str, Product]:
    return carried_in.key, carried_in.product
