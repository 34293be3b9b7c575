"""The simulated broker: accounts, orders and a market on one virtual clock. Pure; the server and the front drive it.

Same configuration, commands and times, same bytes. Time moves only by `advance`, and how a stretch is sliced does not
matter. Everything is for one thread.
"""

from datetime import date, timedelta

import msgspec

from tarazu.model import ist
from tarazu.model.calendar import NotCovered, Pace, TradingCalendar, TradingSession
from tarazu.model.instrument import Instrument
from tarazu.model.order import Product
from tarazu.model.rules import ChargeRates, RuleBook
from tarazu.model.units import LAKH, PAISE, SECOND_NS
from tarazu.sim.broker.agenda import Agenda, run
from tarazu.sim.broker.day_plan import DayPlan
from tarazu.sim.broker.days import Blueprint, MarketFactory, Standstill, UniverseFactory, closing_prices, lots_changed
from tarazu.sim.broker.desk import Desk
from tarazu.sim.broker.gtt import GttBook
from tarazu.sim.broker.intake import UNKNOWN_ORDER, Intake
from tarazu.sim.broker.lifecycle import Lifecycle
from tarazu.sim.broker.market_faults import MarketFaults
from tarazu.sim.broker.means import working_orders
from tarazu.sim.broker.oms import Order
from tarazu.sim.broker.varieties import Varieties
from tarazu.sim.candles import CandleBook
from tarazu.sim.exchange.exchange import Exchange
from tarazu.sim.faults import Faults
from tarazu.sim.money.account import Account
from tarazu.sim.money.conversion import Conversion
from tarazu.sim.money.margins import Margins
from tarazu.sim.money.marks import Mark
from tarazu.sim.orders import ModifyRequest, OrderRequest, OrderUpdate, Placed
from tarazu.sim.synthetic.scenario import Scenario
from tarazu.sim.universe import Universe
from tarazu.wire.kite_errors import ErrorType, Refusal
from tarazu.wire.kite_money import Funds, HoldingRow, PositionsData
from tarazu.wire.kite_orders import KiteStatus, OrderRow, TradeRow

TOO_LATE_FOR_MIS = Refusal("Positions cannot be converted to MIS after the square-off time.", ErrorType.ORDER)
SOME_HOLDINGS = (("NSE:INFY", 40), ("NSE:RELIANCE", 25), ("NSE:SBIN", 100))
"""So that a fresh account's reads are not empty."""


class AccountSeed(msgspec.Struct, frozen=True, kw_only=True):
    """An account as the simulation begins. Holdings: (EXCHANGE:TRADINGSYMBOL, units); unlisted ones are left out."""

    user_id: str
    cash_paise: int = 10 * LAKH * PAISE
    holdings: tuple[tuple[str, int], ...] = SOME_HOLDINGS


class BrokerConfig(msgspec.Struct, frozen=True, kw_only=True):
    seed: int
    rules: RuleBook
    calendar: TradingCalendar
    charge_rates: ChargeRates
    scenario: Scenario
    size: str = "desk"
    step_ns: int = SECOND_NS
    start_ns: int
    pace: Pace = Pace.FULL
    """How long its sessions last."""
    accounts: tuple[AccountSeed, ...] = (AccountSeed(user_id="TZ0001"),)
    market_factory: MarketFactory | None = None
    """Makes each session's market in place of the synthetic one, e.g. a recorded day."""
    universe_factory: UniverseFactory | None = None
    """Lists each trading day's instruments in place of the synthetic ones; `size` is then of no account."""
    banned: frozenset[str] = frozenset()
    """Names of underlyings in the F&O ban period."""


class Broker:
    """Raises NotCovered when calendar, rules or charge rates do not cover the start; past their end it stands still."""

    def __init__(self, config: BrokerConfig) -> None:
        self.config = config
        self._blueprint = Blueprint(
            seed=config.seed,
            rules=config.rules,
            calendar=config.calendar,
            charge_rates=config.charge_rates,
            scenario=config.scenario,
            size=config.size,
            step_ns=config.step_ns,
            pace=config.pace,
            market_factory=config.market_factory,
            universe_factory=config.universe_factory,
        )
        day = self._blueprint.broker_day(config.start_ns)
        begin_ns = self._blueprint.roll_ns(day)
        faults = Faults(config.seed)
        today, is_open = self._blueprint.first(day, faults, begin_ns)
        self.desk = Desk(config.seed, config.rules, config.calendar, faults, today, begin_ns)
        self.desk.open, self.desk.banned = is_open, config.banned
        self.standstill: Standstill | None = None
        """Why the broker rolls no further, once its dated data has run out."""
        self._lifecycle = Lifecycle(self.desk)
        self._intake = Intake(self.desk, self._lifecycle)
        self._varieties = Varieties(self.desk, self._lifecycle, self._intake)
        self._plan = DayPlan(self.desk, self._lifecycle, self._varieties)
        self._market_faults = MarketFaults(self.desk, self._lifecycle)
        self._lifecycle.on_fill = self._varieties.filled
        self._lifecycle.on_done = self._done
        self.gtts = GttBook(config.rules, self.desk, self.place)
        for seed in config.accounts:
            self.add_account(seed.user_id, seed.cash_paise, seed.holdings)
        self._begin(day)
        self.advance(config.start_ns)

    # What it is made of.

    @property
    def now_ns(self) -> int:
        return self.desk.now_ns

    @property
    def session(self) -> TradingSession:
        """Today's timetable; on a day without trading, the last one's (see `trading`)."""
        return self.desk.today.session

    @property
    def trading(self) -> bool:
        """Whether today is a trading day."""
        return self.desk.open

    @property
    def universe(self) -> Universe:
        return self.desk.today.universe

    @property
    def exchange(self) -> Exchange:
        return self.desk.today.exchange

    @property
    def candles(self) -> CandleBook:
        return self.desk.today.candles

    @property
    def accounts(self) -> dict[str, Account]:
        return self.desk.accounts

    @property
    def margins(self) -> Margins:
        return self.desk.margins

    def marks(self, instrument: Instrument) -> Mark:
        """The instrument's prices of this moment."""
        return self.desk.mark(instrument)

    @property
    def faults(self) -> Faults:
        return self.desk.faults

    @property
    def updates(self) -> list[OrderUpdate]:
        """Order updates not yet sent; whoever sends them clears the list."""
        return self.desk.outbox.updates

    @property
    def day_epoch(self) -> int:
        """Counts the moments at which access tokens die (06:00 IST): a token of an earlier epoch is dead."""
        dies = self.config.rules.token_dies_at
        today = ist.day_of(self.now_ns)
        return today.toordinal() - (self.now_ns < ist.at_ns(today, dies))

    # Time.

    def advance(self, to_ns: int) -> None:
        """Bring everything to `to_ns`, which is not before `now_ns`."""
        run(self, to_ns)

    @property
    def agenda(self) -> Agenda:
        return self.desk.agenda

    def go_to(self, now_ns: int) -> None:
        self.desk.now_ns = now_ns

    def market_ns(self) -> int | None:
        return self.exchange.next_ns() if self.desk.open else None

    def step_market(self) -> None:
        """One exchange step and everything that hangs on prices."""
        self._market_faults.strike()
        reports = self.exchange.step()
        self.desk.today.record(self.now_ns)
        self._lifecycle.take(reports)
        self.gtts.check(self.exchange.market.rows["ltp"])

    def next_scenario(self, scenario: Scenario) -> None:
        """Make every trading day from the next roll on of this kind; today stays as it is. A market of the
        configuration's own factory takes no notice."""
        self._blueprint = msgspec.structs.replace(self._blueprint, scenario=scenario)

    # Accounts.

    def add_account(
        self, user_id: str, cash_paise: int, holdings: tuple[tuple[str, int], ...] = SOME_HOLDINGS
    ) -> Account:
        """Open an account. Holdings cost yesterday's close and settled long ago; symbols not listed are left out."""
        assert user_id not in self.accounts, f"{user_id} has an account"
        account = Account(user_id, cash_paise, self.config.charge_rates, self.now_ns)
        for key, qty in holdings:
            instrument = self.universe.find(key)
            if instrument is not None:
                account.give_holding(instrument, qty, self.desk.mark(instrument).close_paise)
        self.accounts[user_id] = account
        return account

    # Orders.

    def place(self, user_id: str, request: OrderRequest) -> Placed | Refusal:
        """Take an order in; 200 to the client means just that. Kite's refusals change nothing."""
        return self._intake.place(user_id, request)

    def modify(self, user_id: str, variety: str, order_id: str, request: ModifyRequest) -> str | Refusal:
        return self._intake.modify(user_id, variety, order_id, request)

    def cancel(self, user_id: str, variety: str, order_id: str) -> str | Refusal:
        """Start a cancellation; of a cover order's stop leg: its exit."""
        answer = self._intake.cancel(user_id, variety, order_id)
        if not isinstance(answer, Refusal):
            order = self.desk.blotter.get(order_id)
            assert order is not None
            self._varieties.exit_on_cancel(order)
        return answer

    def orders(self, user_id: str) -> list[OrderRow]:
        """The day's orders as they stand, in the order of placement."""
        return [o.rows[-1] for o in self.desk.blotter.of(user_id)]

    def order_history(self, user_id: str, order_id: str) -> list[OrderRow] | Refusal:
        """Every row the order has left, oldest first."""
        order = self._order(user_id, order_id)
        return UNKNOWN_ORDER if order is None else list(order.rows)

    def trades(self, user_id: str, order_id: str | None = None) -> list[TradeRow] | Refusal:
        """The day's executions, of one order or of all; by order of placement, then time."""
        if order_id is None:
            return [row for o in self.desk.blotter.of(user_id) for row in self.desk.blotter.trades(o.order_id)]
        order = self._order(user_id, order_id)
        return UNKNOWN_ORDER if order is None else self.desk.blotter.trades(order.order_id)

    # Books.

    def funds(self, user_id: str, segment: str) -> Funds:
        """Kite's row of `equity` or `commodity`; no account here trades commodities, so that one is empty."""
        if segment != "equity":
            return Funds(enabled=False)
        working = working_orders(self.desk, user_id)
        return self.accounts[user_id].funds(self.desk.margins, working, self.desk.mark, self.now_ns)

    def positions(self, user_id: str) -> PositionsData:
        return self.accounts[user_id].position_rows(self.desk.mark)

    def holdings(self, user_id: str) -> list[HoldingRow]:
        return self.accounts[user_id].holding_rows(self.desk.mark, self.now_ns)

    def auctions(self, user_id: str) -> dict[str, HoldingRow]:
        """Settled holdings that today's auction for short deliveries takes right now, by its number."""
        found = {}
        for row in self.holdings(user_id):
            instrument = self.universe.find(f"{row.exchange}:{row.tradingsymbol}")
            auction = self.desk.auction(instrument) if instrument is not None and row.quantity else None
            if auction is not None:
                found[auction.number] = row
        return found

    def convert(self, user_id: str, request: Conversion) -> Refusal | None:
        """Move an open quantity to another product; into MIS only while the broker still squares MIS off today."""
        if request.new_product == Product.MIS and self.desk.facts(user_id, request.instrument).after_cut_off:
            return TOO_LATE_FOR_MIS
        working = working_orders(self.desk, user_id)
        return self.accounts[user_id].convert(request, self.desk.margins, working, self.desk.mark, self.now_ns)

    # Inside.

    def _order(self, user_id: str, order_id: str) -> Order | None:
        order = self.desk.blotter.get(order_id)
        return order if order is not None and order.user_id == user_id else None

    def _done(self, order: Order) -> None:
        self._varieties.done(order)
        self._plan.charge_square_off(order)

    def _begin(self, day: date) -> None:
        """Plan `day` and the roll to the next one."""
        if self.desk.open:
            self._plan.schedule()
        following = day + timedelta(days=1)
        try:
            roll_ns = self._blueprint.roll_ns(following)
            self._blueprint.refuse_uncovered(following)
        except NotCovered as end:
            reason = f"closed for lack of dated data: {end}"
            self.agenda.at(self.session.last_ns, lambda: self._stop(Standstill(following, reason)))
            return
        self.agenda.at(roll_ns, lambda: self._roll(following))

    def _stop(self, standstill: Standstill) -> None:
        """The last covered day is over. The clock goes on; markets stay shut and the books readable."""
        self._plan.end_orders()
        self._plan.settle()
        self.desk.open, self.standstill = False, standstill

    def _roll(self, day: date) -> None:
        """A new day: an empty order book, and on a trading day a new universe, market and exchange."""
        self._close_day()
        if self.config.calendar.is_trading_day(day):
            before = self.universe
            closes = closing_prices(self.desk.today)
            self.desk.today = self._blueprint.build(day, closes, self.faults, self.now_ns)
            self.desk.open = True
            self._plan.refuse_expired()
            self.gtts.cancel_changed(lambda i: lots_changed(before, self.universe, i))
        self.gtts.expire()
        self._begin(day)

    def _close_day(self) -> None:
        self._plan.end_orders()
        if self.desk.open:
            self._plan.settle()
        self.desk.blotter.clear(keep=KiteStatus.AMO_RECEIVED)
        self._varieties.clear()
        self.desk.open = False
