"""A small till: one account, a handful of instruments, prices set by hand, trades in rupees."""

from collections.abc import Callable
from datetime import date

import pytest

from tarazu import reference
from tarazu.model import ist
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.order import Product, Side
from tarazu.model.units import HOUR_NS
from tarazu.sim.money.account import Account
from tarazu.sim.money.conversion import Conversion
from tarazu.sim.money.margins import MarginOrder, Margins
from tarazu.sim.money.marks import Mark
from tarazu.sim.money.settlement import Closing, Settled, day_end, settle_day
from tarazu.sim.orders import Fill
from tarazu.wire.kite_errors import Refusal
from tarazu.wire.kite_money import Funds, PositionRow

# Four trading days before the monthly expiry of Monday 23 November 2026, which Tuesday's holiday moves up.
DAY = date(2026, 11, 17)
NEAR = date(2026, 11, 23)
FAR = date(2026, 12, 29)
NIFTY, INFY = "NSE:NIFTY 50", "NSE:INFY"


def _share(token: int, symbol: str) -> Instrument:
    return Instrument(
        instrument_token=InstrumentToken(token),
        exchange=Exchange.NSE,
        tradingsymbol=TradingSymbol(symbol),
        name=symbol,
        kind=Kind.EQ,
        segment="NSE",
    )


def _contract(
    token: int, name: str, kind: Kind, expiry: date, lot: int, underlying: str, strike: int = 0
) -> Instrument:
    text = f"{name}{expiry:%y%b}".upper() + (f"{strike}{kind}" if strike else "FUT")
    return Instrument(
        instrument_token=InstrumentToken(token),
        exchange=Exchange.NFO,
        tradingsymbol=TradingSymbol(text),
        name=name,
        kind=kind,
        segment="NFO-OPT" if strike else "NFO-FUT",
        lot_size=lot,
        expiry=expiry,
        strike_paise=strike * 100,
        underlying=underlying,
    )


def _instruments() -> dict[str, Instrument]:
    found = {
        "INFY": _share(1, "INFY"),
        "TCS": _share(2, "TCS"),
        "FUT": _contract(10, "NIFTY", Kind.FUT, NEAR, 65, NIFTY),
        "FARFUT": _contract(11, "NIFTY", Kind.FUT, FAR, 65, NIFTY),
        "INFYFUT": _contract(12, "INFY", Kind.FUT, NEAR, 400, INFY),
        "INFY1500CE": _contract(13, "INFY", Kind.CE, NEAR, 400, INFY, 1500),
        "INFY1500PE": _contract(14, "INFY", Kind.PE, NEAR, 400, INFY, 1500),
        "FAR26000CE": _contract(15, "NIFTY", Kind.CE, FAR, 65, NIFTY, 26000),
    }
    for n, strike in enumerate(range(24000, 28001, 500)):
        for kind in (Kind.CE, Kind.PE):
            found[f"{strike}{kind}"] = _contract(20 + 2 * n + (kind is Kind.PE), "NIFTY", kind, NEAR, 65, NIFTY, strike)
    return found


# Rupees at the start of the story.
OPENING_PRICES = {"INFY": 1500.0, "TCS": 3000.0, "FUT": 26050.0, "FARFUT": 26200.0, "INFYFUT": 1505.0}


class Till:
    """`now_ns` starts at 11:00 of DAY and moves a day with each `settle`. Prices and cash in rupees."""

    def __init__(self, cash: float = 1_000_000.0) -> None:
        self.instruments = _instruments()
        self.rules = reference.rules("nse-2026")
        self.rates = reference.charge_rates()
        self.calendar = reference.calendar()
        self.margins = Margins(self.rules)
        self.day = DAY
        self.account = Account("TZ0001", round(cash * 100), self.rates, self.now_ns)
        self.prices = {name: OPENING_PRICES.get(name, 100.0) for name in self.instruments}
        self.closes = dict(self.prices)
        self.spot = {NIFTY: 26000.0, INFY: 1500.0}
        self.sigma = 0.15
        self.working: list[MarginOrder] = []
        self._names = {i.key: name for name, i in self.instruments.items()}
        self._trade_no = 0

    @property
    def now_ns(self) -> int:
        return ist.midnight_ns(self.day) + 11 * HOUR_NS

    def mark(self, instrument: Instrument) -> Mark:
        name = self._names[instrument.key]
        return Mark(
            last_paise=round(self.prices[name] * 100),
            close_paise=round(self.closes[name] * 100),
            spot_paise=round(self.spot.get(instrument.underlying, 0.0) * 100),
            sigma=self.sigma if instrument.is_option else 0.0,
        )

    def trade(self, side: Side, name: str, qty: int, price: float, product: str, order: str = "") -> None:
        self._trade_no += 1
        number = str(self._trade_no)
        assert self.account.apply(self.fill(side, name, qty, price, product, order or f"order-{number}", number))

    def fill(self, side: Side, name: str, qty: int, price: float, product: str, order: str, trade_id: str) -> Fill:
        return Fill(
            user_id="TZ0001",
            order_id=order,
            trade_id=trade_id,
            instrument=self.instruments[name],
            side=side,
            product=Product(product),
            qty=qty,
            price_paise=round(price * 100),
            ts_ns=self.now_ns,
        )

    def buy(self, name: str, qty: int, price: float, product: str = "NRML", order: str = "") -> None:
        self.trade(Side.BUY, name, qty, price, product, order)

    def sell(self, name: str, qty: int, price: float, product: str = "NRML", order: str = "") -> None:
        self.trade(Side.SELL, name, qty, price, product, order)

    def order(self, side: str, name: str, qty: int, price: float, product: str = "NRML") -> MarginOrder:
        return MarginOrder(
            instrument=self.instruments[name],
            side=Side(side),
            product=Product(product),
            qty=qty,
            price_paise=round(price * 100),
        )

    def refuse(self, side: str, name: str, qty: int, price: float, product: str = "NRML") -> Refusal | None:
        order = self.order(side, name, qty, price, product)
        return self.account.refuse_order(order, self.margins, self.working, self.mark, self.now_ns)

    def required(self, side: str, name: str, qty: int, price: float, product: str = "NRML") -> float:
        order = self.order(side, name, qty, price, product)
        return self.account.funding(order, self.margins, self.working, self.mark, self.now_ns)[0] / 100

    def convert(self, name: str, side: str, qty: int, old: str, new: str, of: str = "day") -> Refusal | None:
        request = Conversion(
            instrument=self.instruments[name],
            side=Side(side),
            position_type=of,
            qty=qty,
            old_product=old,
            new_product=new,
        )
        return self.account.convert(request, self.margins, self.working, self.mark, self.now_ns)

    def settle(self, **final: float) -> Settled:
        """End the day at the present prices; `final` gives an underlying's final settlement price where it differs."""

        def closing(instrument: Instrument) -> Closing:
            mark = self.mark(instrument)
            under = final.get(instrument.name, mark.spot_paise / 100)
            return Closing(mark.last_paise, round(under * 100))

        names = frozenset(self.rules.contracts)
        night = day_end(self.calendar, self.day, self.now_ns, closing, self.share, names)
        settled = settle_day(self.account, night)
        self.closes = dict(self.prices)
        self.day = self.calendar.next_trading_day(self.day)
        return settled

    def share(self, key: str) -> Instrument | None:
        return next((i for i in self.instruments.values() if i.key == key), None)

    @property
    def cash(self) -> float:
        return self.account.ledger.cash_paise / 100

    @property
    def charges(self) -> float:
        return self.account.ledger.charges_paise / 100

    @property
    def net_worth_paise(self) -> int:
        return self.account.net_worth_paise(self.mark)

    @property
    def funds(self) -> Funds:
        return self.account.funds(self.margins, self.working, self.mark, self.now_ns)

    def row(self, name: str, product: str = "NRML", of: str = "net") -> PositionRow:
        rows = getattr(self.account.position_rows(self.mark), of)
        return next(r for r in rows if r.tradingsymbol == self.instruments[name].tradingsymbol and r.product == product)

    def balanced(self) -> bool:
        return self.account.ledger.imbalance_paise() == 0


@pytest.fixture
def till() -> Till:
    return Till()


@pytest.fixture(scope="session")
def till_with() -> Callable[[float], Till]:
    """A till with this much cash, in rupees."""
    return Till
