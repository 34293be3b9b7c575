"""What the broker's parts share: the clock and the agenda, today's market, the books, the rules."""

import msgspec

from tarazu.model.calendar import Phase, TradingCalendar, TradingSession, venue_of
from tarazu.model.instrument import Instrument, Kind
from tarazu.model.rules import RuleBook
from tarazu.model.units import MILLISECOND_NS
from tarazu.sim.broker.agenda import Agenda
from tarazu.sim.broker.auction_market import Auction, AuctionMarket
from tarazu.sim.broker.final_prices import FinalPrices
from tarazu.sim.broker.oms import Blotter, Order
from tarazu.sim.broker.outbox import Outbox
from tarazu.sim.broker.rms import Facts
from tarazu.sim.candles import CandleBook
from tarazu.sim.dice import Dice
from tarazu.sim.exchange.exchange import Exchange
from tarazu.sim.faults import Faults
from tarazu.sim.money.account import Account
from tarazu.sim.money.margins import Margins
from tarazu.sim.money.marks import Mark
from tarazu.sim.universe import Universe

SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
"""Kite's order ids carry milliseconds since this moment above 22 bits of sequence: 1953341975595868160 reads 7 Aug
2025, which is when the forum showed it."""
SNOWFLAKE_SEQ_BITS = 22


class MarketDay(msgspec.Struct, frozen=True):
    """One day's market. It stays readable until the next trading day opens."""

    session: TradingSession
    universe: Universe
    exchange: Exchange
    candles: CandleBook
    final_prices: FinalPrices

    def record(self, now_ns: int) -> None:
        """Keep the prices of the step at `now_ns`."""
        rows = self.exchange.market.rows
        self.candles.record(rows, now_ns)
        self.final_prices.record(rows, now_ns)


class Desk:
    """The shared state; the parts that change it say so."""

    def __init__(
        self,
        seed: int,
        rules: RuleBook,
        calendar: TradingCalendar,
        faults: Faults,
        today: MarketDay,
        now_ns: int,
    ) -> None:
        self.rules, self.calendar = rules, calendar
        self.dice = Dice(seed)
        self.now_ns = now_ns
        self.agenda = Agenda()
        self.faults = faults
        self.blotter = Blotter()
        self.outbox = Outbox(self.agenda, faults)
        self.margins = Margins(rules)
        self.auctions = AuctionMarket(seed)
        self.accounts: dict[str, Account] = {}
        self.today = today
        self.open = True
        """Whether today is a trading day of the calendar; False leaves the last one readable, and closed."""
        self.banned: frozenset[str] = frozenset()
        """Names of underlyings in the F&O ban period."""
        self._order_no = 0

    @property
    def session(self) -> TradingSession | None:
        return self.today.session if self.open else None

    @property
    def exchange(self) -> Exchange:
        return self.today.exchange

    def next_order(self) -> tuple[int, str]:
        """A sequence number and the order id made of it and the clock."""
        self._order_no += 1
        ms = self.now_ns // MILLISECOND_NS - SNOWFLAKE_EPOCH_MS
        return self._order_no, str(ms << SNOWFLAKE_SEQ_BITS | self._order_no % (1 << SNOWFLAKE_SEQ_BITS))

    def instrument(self, key: str) -> Instrument | None:
        return self.today.universe.find(key)

    def index_of(self, instrument: Instrument) -> int | None:
        return self.today.universe.index_of_key.get(instrument.key)

    def ltp_paise(self, index: int) -> int:
        """The last price; yesterday's close before the first trade."""
        row = self.exchange.market.rows[index]
        return int(row["ltp"]) or int(row["close"])

    def mark(self, instrument: Instrument) -> Mark:
        """The instrument's prices of this moment; zeros when it trades no more."""
        index = self.index_of(instrument)
        if index is None:
            return Mark(0, 0)
        under = int(self.today.universe.underlying_index[index])
        close = int(self.exchange.market.rows["close"][index])
        sigma = float(self.exchange.market.sigma[index]) if instrument.is_option else 0.0
        return Mark(self.ltp_paise(index), close, self.ltp_paise(under) if under != index else 0, sigma)

    def phase(self, instrument: Instrument) -> Phase:
        index = self.index_of(instrument)
        if not self.open or index is None:
            return Phase.CLOSED
        return self.exchange.phase(index, self.now_ns)

    def is_continuous(self, instrument: Instrument) -> bool:
        return self.phase(instrument) is Phase.CONTINUOUS

    def is_amo_time(self, instrument: Instrument) -> bool:
        """Any time on days without a session. KITE facts 3.2."""
        return not self.open or self.today.session.is_amo_time(venue_of(instrument), self.now_ns)

    def auction(self, instrument: Instrument) -> Auction | None:
        """The auction for short deliveries of this share, while it takes orders."""
        index = self.index_of(instrument)
        return self.auctions.running(index, self.now_ns) if self.open and index is not None else None

    def facts(self, user_id: str, instrument: Instrument) -> Facts:
        """What the pre-checks ask about the instrument now."""
        index = self.index_of(instrument)
        assert index is not None
        lower, upper = self.exchange.bands(index)
        under = self.today.universe.instruments[int(self.today.universe.underlying_index[index])]
        holding = self.accounts[user_id].holdings.find(instrument)
        return Facts(
            phase=self.phase(instrument),
            amo_time=self.is_amo_time(instrument),
            after_cut_off=self.open and self.now_ns >= self.today.session.mis_square_off_ns[venue_of(instrument)],
            ltp_paise=self.ltp_paise(index),
            lower_paise=lower,
            upper_paise=upper,
            position_qty=sum(p.qty for p in self.accounts[user_id].positions if p.instrument.key == instrument.key),
            on_index=instrument.is_derivative and under.kind is Kind.INDEX,
            banned=instrument.is_derivative and instrument.name in self.banned,
            auction=self.auction(instrument),
            settled_qty=holding.settled_qty if holding else 0,
        )

    def subject(self, order: Order) -> dict[str, str]:
        """How a fault recognises the order."""
        return {"account": order.user_id, "tradingsymbol": order.instrument.tradingsymbol, "order_id": order.order_id}
