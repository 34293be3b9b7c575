"""One account's books: the cash ledger, the order charges, positions and holdings. Everything is kept from fills.

Rules: a premium or a share's price moves cash when it trades, charges with it, fill by fill, so the books are exact at
any moment. Futures move no cash when they trade: the day's whole result, realised or not, is marked to the settlement
price at day end (`settlement`), as the clearing house does. Sale proceeds of delivered shares are cash at once.
"""

import msgspec

from tarazu.model.instrument import Exchange, Instrument
from tarazu.model.order import Product, Side
from tarazu.model.rules import ChargeRates
from tarazu.portfolio.charges import Charges, with_gst
from tarazu.sim.money.conversion import Conversion, convert_position
from tarazu.sim.money.funds import Utilisation, funds_row, utilisation
from tarazu.sim.money.holdings import HoldingBook, holding_row, holding_value_paise
from tarazu.sim.money.ledger import Book, EntryKind, Ledger
from tarazu.sim.money.margins import Leg, MarginOrder, Margins, Portfolio
from tarazu.sim.money.marks import Marks
from tarazu.sim.money.order_charges import OrderCharges
from tarazu.sim.money.positions import Position, PositionBook
from tarazu.sim.orders import Fill
from tarazu.wire.kite_errors import ErrorType, Refusal
from tarazu.wire.kite_money import Funds, HoldingRow, PositionsData

DELIVERY = (Product.CNC, Product.MTF)
"""Products whose shares go to holdings. MTF is kept as fully paid: we lend nothing."""
SHORT_OF_SHARES = Refusal(
    "Insufficient stock holding or there are pending sell orders for this stock. Check the orderbook for open orders.",
    ErrorType.HOLDING,
)
"""Kite's words; how their end reads is ours, after its refusal for want of money."""


class Account:
    """Apply fills, ask for rows. Pure; `ts_ns` on every movement, no clock."""

    def __init__(self, user_id: str, opening_cash_paise: int, rates: ChargeRates, ts_ns: int) -> None:
        self.user_id = user_id
        self.rates = rates
        self.ledger = Ledger()
        self.positions = PositionBook()
        self.holdings = HoldingBook()
        self._seen: set[tuple[Exchange, str, str]] = set()
        self.ledger.move(ts_ns, EntryKind.PAY_IN, "opening", Book.CAPITAL, opening_cash_paise)
        self.begin_day()

    def begin_day(self) -> None:
        """Forget the day's orders and make this moment's cash the opening balance."""
        self._order_charges = OrderCharges(self.rates)
        self._seen.clear()
        self.opening_cash_paise = self.ledger.cash_paise
        self.opening_charges_paise = self.ledger.charges_paise
        self.pay_in_paise = 0

    # Movements.

    def apply(self, fill: Fill) -> bool:
        """Book one execution: position, cash, charges. False, and nothing changes, for one already booked today.

        An execution is known by trade and order: an account that trades with itself has two fills of one trade.
        """
        assert fill.user_id == self.user_id and fill.qty > 0 and fill.price_paise >= 0
        trade = (fill.instrument.exchange, fill.trade_id, fill.order_id)
        if trade in self._seen:
            return False
        self._seen.add(trade)
        value = fill.qty * fill.price_paise
        position = self.positions.at(fill.instrument, fill.product)
        position.trade(fill.side, fill.qty, value)
        if not position.is_future:
            self.ledger.move(fill.ts_ns, EntryKind.TRADE, fill.trade_id, Book.CLEARING, -fill.side.sign * value)
        self.pay_charges(EntryKind.CHARGES, self._order_charges.add(fill), fill.ts_ns, fill.order_id)
        return True

    def pay_in(self, paise: int, ts_ns: int, ref: str = "pay-in") -> None:
        """Money from (negative: to) the user's bank, during the day."""
        self.ledger.move(ts_ns, EntryKind.PAY_IN, ref, Book.CAPITAL, paise)
        self.pay_in_paise += paise

    def penalise(self, net_paise: int, ts_ns: int, ref: str) -> None:
        """A charge of the broker's own, and GST: e.g. `rules.square_off_charge_paise` per squared-off order."""
        cost = with_gst(self.rates, net_paise)
        postings = ((Book.CASH, -cost.total), (Book.PENALTY, net_paise), (Book.GST, cost.gst_paise))
        self.ledger.post(ts_ns, EntryKind.PENALTY, ref, postings)

    def pay_charges(self, kind: EntryKind, cost: Charges, ts_ns: int, ref: str) -> None:
        """Book charges line by line; negative lines give back."""
        lines = zip(_CHARGE_BOOKS, msgspec.structs.astuple(cost), strict=True)
        self.ledger.post(ts_ns, kind, ref, ((Book.CASH, -cost.total), *lines))

    def authorise(self, instrument: Instrument, qty: int, ts_ns: int) -> None:
        """The user let the depository give up to `qty` shares away, today until 17:30."""
        holding = self.holdings.find(instrument)
        if holding is not None:
            holding.authorised_qty, holding.authorised_ns = qty, ts_ns

    def give_holding(self, instrument: Instrument, qty: int, average_paise: int) -> None:
        """Settled shares from before the simulation began."""
        holding = self.holdings.at(instrument)
        holding.settled_qty += qty
        holding.cost_paise += qty * average_paise

    def refuse_order(
        self, order: MarginOrder, margins: Margins, working: list[MarginOrder], marks: Marks, now_ns: int
    ) -> Refusal | None:
        """The pre-trade check of money and shares; `working` are the account's other orders with what is left of them.

        An order that only takes risk off is never refused for money, however little there is.
        """
        if order.product in DELIVERY and order.side is Side.SELL:
            pledged = sum(w.qty for w in working if _sells_same_shares(w, order))
            have = self.sellable_qty(order.instrument) - pledged
            return SHORT_OF_SHARES if order.qty > have else None
        funding = self.funding(order, margins, working, marks, now_ns)
        return insufficient(*funding) if funding[0] > max(0, funding[1]) else None

    def funding(
        self, order: MarginOrder, margins: Margins, working: list[MarginOrder], marks: Marks, now_ns: int
    ) -> tuple[int, int]:
        """(required, available) paise of a new order. Charges are not in it, as in Kite's margin rows."""
        portfolio = margins.portfolio(self.margin_legs(), marks, now_ns)
        required = portfolio.needed_by_order(order, working).total
        return required, self._utilisation(portfolio, working, marks).available_paise

    def convert(
        self, request: Conversion, margins: Margins, working: list[MarginOrder], marks: Marks, now_ns: int
    ) -> Refusal | None:
        """Move an open quantity to another product; None when done, and a refusal changes nothing.

        The new product must be affordable. Shares that change between intraday and delivery have their charges re-rated
        as if their value had been one order of each.
        """
        before = self.utilisation(margins, working, marks, now_ns).available_paise
        kept = self.positions.copy()
        moved = convert_position(self.positions, request)
        if isinstance(moved, Refusal):
            return moved
        after = self.utilisation(margins, working, marks, now_ns).available_paise
        refusal = insufficient(before - after, before) if after < min(before, 0) else None
        if refusal is None and request.sells_shares and self.sellable_qty(request.instrument) < 0:
            refusal = SHORT_OF_SHARES
        if refusal is not None:
            self.positions = kept
            return refusal
        target = self.positions.at(request.instrument, Product(request.new_product))
        self.rerate(target, Product(request.old_product), request.side, request.qty, moved, now_ns)
        return None

    def rerate(self, position: Position, old: Product, side: Side, qty: int, value_paise: int, ts_ns: int) -> None:
        """Units came to `position` from product `old`: charge them as if they had been one order of the new product."""
        cost = self._order_charges.rerate(position.instrument, old, position.product, side, qty, value_paise, ts_ns)
        self.pay_charges(EntryKind.CONVERSION, cost, ts_ns, position.instrument.tradingsymbol)

    # Questions.

    def sellable_qty(self, instrument: Instrument) -> int:
        """Shares a CNC sale can deliver: held (T1 too) and bought today, less sold today; working sales not counted."""
        holding = self.holdings.find(instrument)
        return (holding.qty if holding else 0) + self._delivery_net(instrument)

    def net_qty(self, instrument: Instrument) -> int:
        """Open units of the instrument over all products, signed; holdings not counted."""
        return sum(p.qty for p in self.positions if p.instrument.key == instrument.key)

    def unauthorised_qty(self, instrument: Instrument, qty: int, now_ns: int) -> int:
        """How many of `qty` shares to be sold from settled holdings the depository has no authorisation for."""
        holding = self.holdings.find(instrument)
        from_holdings = min(qty, holding.settled_qty) if holding else 0
        return max(0, from_holdings - (holding.authorised_at(now_ns) if holding else 0))

    def margin_legs(self) -> list[Leg]:
        """Open positions as margins see them; delivered shares are paid in full and carry none."""
        return [Leg(p.instrument, p.product, p.qty) for p in self.positions if p.qty and p.product not in DELIVERY]

    def utilisation(self, margins: Margins, working: list[MarginOrder], marks: Marks, now_ns: int) -> Utilisation:
        portfolio = margins.portfolio(self.margin_legs(), marks, now_ns)
        return self._utilisation(portfolio, working, marks)

    def day_cash_paise(self) -> int:
        """What the day began with and what was paid in since."""
        return self.opening_cash_paise + self.pay_in_paise

    def day_charges_paise(self) -> int:
        return self.ledger.charges_paise - self.opening_charges_paise

    def net_worth_paise(self, marks: Marks) -> int:
        """Cash, positions and holdings at the marks: over a day it moves by the rows' m2m less charges."""
        open_value = sum(p.worth_paise(marks(p.instrument).last_paise) for p in self.positions)
        return self.ledger.cash_paise + open_value + holding_value_paise(self.holdings, marks)

    # Kite's rows.

    def position_rows(self, marks: Marks) -> PositionsData:
        return self.positions.rows(marks)

    def holding_rows(self, marks: Marks, now_ns: int) -> list[HoldingRow]:
        return [
            holding_row(h, max(0, -self._delivery_net(h.instrument)), marks(h.instrument), now_ns)
            for h in self.holdings
        ]

    def funds(self, margins: Margins, working: list[MarginOrder], marks: Marks, now_ns: int) -> Funds:
        used = self.utilisation(margins, working, marks, now_ns)
        return funds_row(used, self.opening_cash_paise, self.pay_in_paise)

    # Inside.

    def _utilisation(self, portfolio: Portfolio, working: list[MarginOrder], marks: Marks) -> Utilisation:
        held, orders = portfolio.requirement(), portfolio.needed_by_orders(working)
        return utilisation(self.positions, self.day_cash_paise(), self.day_charges_paise(), held, orders, marks)

    def _delivery_net(self, instrument: Instrument) -> int:
        found = (self.positions.find(instrument, product) for product in DELIVERY)
        return sum(p.qty for p in found if p is not None)


def insufficient(required_paise: int, available_paise: int) -> Refusal:
    """Kite's words when the money is not there (KITE.md 1.7)."""
    text = (
        f"Insufficient funds. Required margin is {required_paise / 100:.2f} but available margin is "
        f"{available_paise / 100:.2f}. Check the orderbook for open orders."
    )
    return Refusal(text, ErrorType.MARGIN)


def _sells_same_shares(working: MarginOrder, order: MarginOrder) -> bool:
    same = working.instrument.key == order.instrument.key
    return same and working.side is Side.SELL and working.product in DELIVERY


_CHARGE_BOOKS = (Book.BROKERAGE, Book.STT, Book.EXCHANGE, Book.IPFT, Book.SEBI, Book.STAMP, Book.GST)
"""In the order of the lines of `Charges`."""
