"""Random days of one account of the simulated broker, straight at its books: any trade is let through.

Days run from 17 November 2026 over the monthly expiry of Monday the 23rd to the 26th; the seed decides everything.
"""

import random
from datetime import date

import msgspec

from harness.shadow_books import Shadow
from tarazu import reference
from tarazu.model import ist
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.order import Product, Side
from tarazu.model.units import HOUR_NS
from tarazu.sim.money.account import Account
from tarazu.sim.money.conversion import Conversion
from tarazu.sim.money.margins import Margins
from tarazu.sim.money.marks import Mark
from tarazu.sim.money.settlement import Closing, day_end, settle_day
from tarazu.sim.orders import Fill

NEAR, FAR = date(2026, 11, 23), date(2026, 12, 29)
FIRST_DAYS = (date(2026, 11, 17), date(2026, 11, 20), NEAR)
RULES, RATES, CALENDAR = reference.rules("nse-2026"), reference.charge_rates(), reference.calendar()
MARGINS = Margins(RULES)
SPOT = {"NSE:NIFTY 50": 2_600_000, "NSE:INFY": 150_000, "BSE:SENSEX": 8_500_000}


def _instruments() -> list[Instrument]:
    rows = (
        # token exch symbol name kind lot expiry strike underlying
        (1, "NSE", "INFY", "INFY", Kind.EQ, 1, None, 0, ""),
        (2, "NSE", "TCS", "TCS", Kind.EQ, 1, None, 0, ""),
        (3, "BSE", "SBIN", "SBIN", Kind.EQ, 1, None, 0, ""),
        (10, "NFO", "NIFTY26NOVFUT", "NIFTY", Kind.FUT, 65, NEAR, 0, "NSE:NIFTY 50"),
        (11, "NFO", "NIFTY26DECFUT", "NIFTY", Kind.FUT, 65, FAR, 0, "NSE:NIFTY 50"),
        (12, "NFO", "INFY26NOVFUT", "INFY", Kind.FUT, 400, NEAR, 0, "NSE:INFY"),
        (13, "NFO", "INFY26NOV1500CE", "INFY", Kind.CE, 400, NEAR, 150_000, "NSE:INFY"),
        (14, "NFO", "INFY26NOV1500PE", "INFY", Kind.PE, 400, NEAR, 150_000, "NSE:INFY"),
        (15, "NFO", "NIFTY26NOV26000CE", "NIFTY", Kind.CE, 65, NEAR, 2_600_000, "NSE:NIFTY 50"),
        (16, "NFO", "NIFTY26NOV26000PE", "NIFTY", Kind.PE, 65, NEAR, 2_600_000, "NSE:NIFTY 50"),
        (17, "NFO", "NIFTY26DEC26500CE", "NIFTY", Kind.CE, 65, FAR, 2_650_000, "NSE:NIFTY 50"),
        (18, "BFO", "SENSEX26DEC85000PE", "SENSEX", Kind.PE, 20, FAR, 8_500_000, "BSE:SENSEX"),
    )
    return [
        Instrument(
            instrument_token=InstrumentToken(token),
            exchange=Exchange(exchange),
            tradingsymbol=TradingSymbol(symbol),
            name=name,
            kind=kind,
            segment=exchange if kind is Kind.EQ else f"{exchange}-{'FUT' if kind is Kind.FUT else 'OPT'}",
            lot_size=lot,
            expiry=expiry,
            strike_paise=strike,
            underlying=underlying,
        )
        for token, exchange, symbol, name, kind, lot, expiry, strike, underlying in rows
    ]


INSTRUMENTS = _instruments()
BY_KEY = {i.key: i for i in INSTRUMENTS}
PRODUCTS = {True: (Product.NRML, Product.MIS), False: (Product.CNC, Product.MIS, Product.MTF, Product.CO)}


class AccountFlow:
    """One account, its prices and its shadow; `run` deals `steps` times."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.day = self.dice.choice(FIRST_DAYS)
        self.prices = {i.key: self._opening_price(i) for i in INSTRUMENTS}
        self.closes = dict(self.prices)
        self.spot = dict(SPOT)
        self.traded = 0
        self.account = Account("TZ0001", 10 ** self.dice.randint(9, 12), RATES, self.now_ns)
        self.account.give_holding(BY_KEY["NSE:INFY"], 500, 140_003)
        self.account.give_holding(BY_KEY["NSE:TCS"], 7, 299_999)
        self.shadow = Shadow(self.account, self.mark, self.day, seed)

    @property
    def now_ns(self) -> int:
        return ist.midnight_ns(self.day) + 11 * HOUR_NS

    def run(self, steps: int = 30) -> Shadow:
        acts = (
            (self.trade,) * 12
            + (self.move,) * 6
            + (self.convert,) * 4
            + (self.repeat, self.cross, self.pay_in, self.fee)
        )
        for _ in range(steps):
            self.dice.choice(acts)()
            if self.dice.random() < 0.12 and self.day < date(2026, 11, 26):
                self.night()
        return self.shadow

    def mark(self, instrument: Instrument) -> Mark:
        return Mark(
            last_paise=self.prices[instrument.key],
            close_paise=self.closes[instrument.key],
            spot_paise=self.spot.get(instrument.underlying, 0),
            sigma=0.15 if instrument.is_option else 0.0,
        )

    # What may happen.

    def trade(self) -> None:
        """An order in one to four fills, each at its own price."""
        instrument = self._listed()
        side, order_id = self.dice.choice(list(Side)), f"o{self.traded}"
        product = self.dice.choice(PRODUCTS[instrument.is_derivative])
        lot = instrument.lot_size * (1 if instrument.is_derivative else self.dice.choice((1, 3, 7, 100)))
        for _ in range(self.dice.randint(1, 4)):
            self.traded += 1
            price = max(1, self.prices[instrument.key] + self.dice.randint(-300, 300))
            fill = Fill(
                user_id="TZ0001",
                order_id=order_id,
                trade_id=f"t{self.traded}",
                instrument=instrument,
                side=side,
                product=product,
                qty=lot * self.dice.randint(1, 4),
                price_paise=price,
                ts_ns=self.now_ns,
            )
            assert self.account.apply(fill)
            self.last = fill

    def repeat(self) -> None:
        if self.traded and ist.day_of(self.last.ts_ns) == self.day:
            assert not self.account.apply(self.last)

    def cross(self) -> None:
        """A trade with oneself: two orders, two fills, one trade id."""
        if self.traded and ist.day_of(self.last.ts_ns) == self.day:
            other = msgspec.structs.replace(self.last, order_id=f"{self.last.order_id}x", side=self.last.side.opposite)
            assert self.account.apply(other)
            self.last = other

    def move(self) -> None:
        for key in self.dice.sample(sorted(self.prices), 3):
            self.prices[key] = max(1, self.prices[key] + self.dice.randint(-2_000, 2_000))
        self.shadow.check()

    def convert(self) -> None:
        open_now = [p for p in self.account.positions if p.qty and p.product is not Product.CO]
        if not open_now:
            return
        p = self.dice.choice(open_now)
        targets = [x for x in PRODUCTS[p.instrument.is_derivative][:3] if x is not p.product]
        lot = p.instrument.lot_size
        request = Conversion(
            instrument=p.instrument,
            side=Side.BUY if p.qty > 0 else Side.SELL,
            position_type=self.dice.choice(("day", "overnight")),
            qty=max(lot, self.dice.randint(1, abs(p.qty)) // lot * lot),
            old_product=p.product,
            new_product=self.dice.choice(targets),
        )
        self.account.convert(request, MARGINS, [], self.mark, self.now_ns)

    def pay_in(self) -> None:
        self.account.pay_in(self.dice.randint(-5_000, 50_000), self.now_ns)
        self.shadow.check()

    def fee(self) -> None:
        self.account.penalise(RULES.square_off_charge_paise or 5_000, self.now_ns, f"o{self.traded}")

    def night(self) -> None:
        final = {key: price + self.dice.randint(-20_000, 20_000) for key, price in self.spot.items()}

        def closing(instrument: Instrument) -> Closing:
            return Closing(self.prices[instrument.key], final.get(instrument.underlying, 0))

        night = day_end(CALENDAR, self.day, self.now_ns, closing, BY_KEY.get, frozenset(RULES.contracts))
        next_day = CALENDAR.next_trading_day(self.day)
        self.shadow.settle(night, settle_day, next_day)
        self.closes, self.day = dict(self.prices), next_day

    def _listed(self) -> Instrument:
        return self.dice.choice([i for i in INSTRUMENTS if i.expiry is None or i.expiry >= self.day])

    def _opening_price(self, instrument: Instrument) -> int:
        if instrument.is_option:
            return self.dice.randint(5, 60_000)
        return SPOT.get(instrument.underlying or instrument.key, 300_000) + self.dice.randint(0, 5_000)
