"""A day of orders that the engine sent to the real simulated broker, journalled on the disk, and the broker's books.

    with TradedDay(home) as day:
        day.lives(200)
    account, notes = day.account(), day.notes()

Engine, shell, journal, wire forms and the whole broker are the product's own; there is no socket between, and each
question is answered at once. Desk and broker go by one clock.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from harness.engine_desk import CONFIG, PaperQuotes, touch
from harness.journalled_desk import JournalledDesk
from harness.order_story import DAY
from tarazu import reference
from tarazu.app.account.reading import AccountRead, Read
from tarazu.app.home import Home
from tarazu.app.main.reading import Reading
from tarazu.app.masters.store import MasterStore
from tarazu.app.reconcile.legs.charges import Notes, traded
from tarazu.app.reconcile.ours import our_day
from tarazu.app.research.local_kite import USER_ID, LocalKite, at_once
from tarazu.engine import messages as m
from tarazu.engine.config import EngineConfig
from tarazu.model import ist
from tarazu.model.instrument import Instrument
from tarazu.model.order import Product, Side
from tarazu.model.outcome import Answered
from tarazu.model.units import CRORE, HOUR_NS, MINUTE_NS, PAISE
from tarazu.orders.kite_rows import read_report
from tarazu.orders.messages import CancelOrder, ModifyOrder, SendOrder
from tarazu.orders.report import answer_of
from tarazu.sim.broker.broker import AccountSeed, Broker, BrokerConfig
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.strategy.wants import EntryWant
from tarazu.wire import kite_books as books
from tarazu.wire import kite_forms as forms
from tarazu.wire.kite_instruments import encode_csv
from tarazu.wire.kite_orders import BadRow, decode_order_update

START_NS = ist.midnight_ns(DAY) + 9 * HOUR_NS + 16 * MINUTE_NS
SHARES = ("NSE:INFY", "NSE:SBIN", "NSE:RELIANCE")
GAP_S = 0.4
"""Between two orders: the account may send and ask so often."""


class TradedDay(JournalledDesk):
    def __init__(self, home: Home) -> None:
        rules = reference.rules("nse-2026")
        self.broker = Broker(
            BrokerConfig(
                seed=7,
                rules=rules,
                calendar=reference.calendar_for(rules),
                charge_rates=reference.charge_rates(),
                scenario=SCENARIOS["quiet"],
                size="tiny",
                start_ns=START_NS,
                accounts=(AccountSeed(user_id=USER_ID, cash_paise=100 * CRORE * PAISE, holdings=()),),
            )
        )
        self._log_in()
        listed = {i.key: i for i in self.broker.universe.instruments}
        self.keys = [*SHARES, *_derivatives(listed)]
        config = EngineConfig(qty_max_default=10**6, settle_ns=0, risk=CONFIG.risk, stop_required=False)
        super().__init__(home, config, list(listed.values()))
        self.now_ns = self.wall_ns = START_NS
        self._served = 0
        self._keep_master()

    def _log_in(self) -> None:
        """With today's token: that of the day before died in the morning."""
        self.kite = LocalKite(self.broker, lambda: self.now_ns)
        self._reading = Reading(self.kite, lambda: self.now_ns, lambda: self.engine.state)

    def _keep_master(self) -> None:
        csv = encode_csv((i, 0) for i in self.broker.universe.instruments)
        kept = MasterStore(self.home.masters).keep(self.day, csv, self.now_ns, rows=len(self.instruments), source="sim")
        self.master_sha256 = kept.sha256

    # What happens.

    def lives(self, orders: int) -> "TradedDay":
        """So many orders, each at a price that fills: shares, intraday and delivered, a future, options; both sides."""
        self.start(master_sha256=self.master_sha256)
        self.tell(m.BandsRead(bands=tuple(m.Band(key=k, low_paise=5, high_paise=10**9) for k in self.instruments)))
        self.tell(m.FeedMoved(feed="options", fresh=True, required=True))
        for _ in range(5):
            self._passes(1.0)
        return self.goes_on(range(orders))

    def goes_on(self, orders: range) -> "TradedDay":
        """These orders of the day, and half a minute in which all is heard of them."""
        for number in orders:
            self._order(number)
        for _ in range(30):
            self._passes(1.0)
        return self

    def goes_to(self, now_ns: int) -> "TradedDay":
        """The broker lives on, and the desk does nothing; past 06:00 of another day with a new login."""
        self.now_ns = self.wall_ns = now_ns
        self.broker.advance(now_ns)
        self._log_in()
        return self

    def begins(self, day: date) -> "TradedDay":
        """A new process on a later day, in which the engine has read the broker's books."""
        self.close()
        self.instruments = {i.key: i for i in self.broker.universe.instruments}
        self.keys = [key for key in self.keys if key in self.instruments]
        self.requests, self.asked, self._served = [], [], 0
        self.engine = self._new()
        self._open(day)
        self._keep_master()
        self.start(master_sha256=self.master_sha256, session=reference.calendar().session(day))
        for _ in range(5):
            self._passes(1.0)
        return self

    def _order(self, number: int) -> None:
        key = self.keys[number % len(self.keys)]
        last = self.broker.marks(self.instruments[key]).last_paise
        side = Side.SELL if number // len(self.keys) % 2 else Side.BUY
        is_share = key in SHARES
        product = Product.CNC if is_share and side is Side.BUY and number % 4 == 0 else Product.MIS
        away = last // 100 if side is Side.BUY else -last // 100
        want = EntryWant(
            strategy="story",
            key=key,
            side=side,
            qty=self.instruments[key].lot_size * (1 + number % 3) if not is_share else 3 + number % 7,
            product=product if is_share else Product.NRML,
            price_paise=(last + away) // 5 * 5,
        )
        self._quote()
        step = self.want(want)
        assert any(isinstance(said, SendOrder) for said in step.outputs), step
        self._passes()

    def _passes(self, seconds: float = GAP_S) -> None:
        """The broker goes on, the engine hears and asks."""
        self._serve()
        self._quote()
        self.tell(m.Ticked(skewed=False), after_s=seconds)
        self.broker.advance(self.now_ns)
        self._serve()
        while self.asked:
            what = self.asked.pop(0)
            if what is m.What.BANDS:
                self.tell(m.BandsRead(bands=()))
            else:
                self.tell(at_once(self._reading.read(what)))
            self._serve()

    def _serve(self) -> None:
        """What was asked of the broker is done there, and heard of here."""
        while self._served < len(self.requests):
            request = self.requests[self._served]
            self._served += 1
            match request:
                case SendOrder():
                    call, outcome = m.Call.PLACE, self.kite.place(request.order)
                case ModifyOrder():
                    call, outcome = m.Call.MODIFY, self.kite.modify(request.change)
                case CancelOrder():
                    call, outcome = m.Call.CANCEL, self.kite.cancel(request.cancellation)
            self.tell(m.Answered(call=call, ref=request.ref, answer=answer_of(outcome)))
        for update in self.kite.updates():
            row = decode_order_update(update.row)
            assert not isinstance(row, BadRow), row
            report = read_report(row)
            assert report is not None
            self.tell(m.OrderHeard(report=report))

    def _quote(self) -> None:
        assert isinstance(self.quotes, PaperQuotes)
        for key in (*self.keys, *{self.instruments[key].underlying for key in self.keys} - {""}):
            last = self.broker.marks(self.instruments[key]).last_paise
            self.quotes.touches[key] = touch(last - 5, last + 5, last, seen_ns=self.wall_ns)

    # What the broker says of it.

    def account(self) -> AccountRead:
        """Its books as they are now; read anew each time, so that a test may change what it likes."""
        self.tell(m.Ticked(skewed=False), after_s=5.0)  # the account's questions are counted
        self.broker.advance(self.now_ns)
        return AccountRead(
            positions=_read(at_once(self.kite.positions())),
            orders=_read(at_once(self.kite.orders())),
            trades=_read(at_once(self.kite.trades())),
            funds=_read(at_once(self.kite.margins())),
        )

    def notes(self) -> Notes:
        """Its contract note of each of our orders that traded."""
        orders = traded(our_day(self.home, self.day))
        rows = self.kite._ask("/charges/orders", books.read_charges, forms.charges_list(orders))
        return _read(rows)


def _derivatives(listed: dict[str, Instrument]) -> Iterator[str]:
    """The nearest future of NIFTY, and two of its options near the money."""
    futures = sorted((i for i in listed.values() if i.kind == "FUT" and i.name == "NIFTY"), key=lambda i: str(i.expiry))
    yield futures[0].key
    options = sorted((i for i in listed.values() if i.is_option and i.name == "NIFTY"), key=lambda i: str(i.expiry))
    near = [i for i in options if i.expiry == options[0].expiry]
    middle = sorted(near, key=lambda i: i.strike_paise)[len(near) // 2]
    yield from (i.key for i in near if i.strike_paise == middle.strike_paise)


def _read(outcome: Any) -> Read[Any]:
    assert isinstance(outcome, Answered), outcome
    return Read(started_ns=0, ended_ns=0, value=outcome.value)
