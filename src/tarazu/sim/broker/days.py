"""The day's roll: each trading day gets its own universe, market and exchange, at 06:00 IST, and ends in settlement."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import msgspec

from tarazu.model import ist
from tarazu.model.calendar import Pace, TradingCalendar, TradingSession, paced
from tarazu.model.instrument import Instrument
from tarazu.model.rules import ChargeRates, RuleBook
from tarazu.model.units import MINUTE_NS
from tarazu.sim.broker.desk import MarketDay
from tarazu.sim.broker.final_prices import FinalPrices
from tarazu.sim.candles import CandleBook
from tarazu.sim.exchange.exchange import Exchange
from tarazu.sim.faults import Faults
from tarazu.sim.market import Market
from tarazu.sim.synthetic.market import SyntheticMarket
from tarazu.sim.synthetic.scenario import Scenario
from tarazu.sim.synthetic.universe import build_universe
from tarazu.sim.universe import Universe

Closes = Mapping[str, int]
MarketFactory = Callable[[Universe, TradingSession, Closes], Market]
"""Makes the market of a session; closes are yesterday's, key → paise."""
UniverseFactory = Callable[[date, Closes], Universe]
"""Lists what trades on a day; closes are yesterday's."""

SKIPPED_STEP_NS = MINUTE_NS
"""A day that nobody watches (the one before a start on a holiday) is stepped this coarsely, for its prices and minute
candles; one played short keeps its own step."""


class Blueprint(msgspec.Struct, frozen=True, kw_only=True):
    """What every trading day is built from."""

    seed: int
    rules: RuleBook
    calendar: TradingCalendar
    charge_rates: ChargeRates
    scenario: Scenario
    size: str
    step_ns: int
    pace: Pace
    market_factory: MarketFactory | None
    universe_factory: UniverseFactory | None

    def roll_ns(self, day: date) -> int:
        """When the broker turns to `day`: as tokens die, at 06:00 IST; or with the session where that begins before."""
        six_ns = ist.at_ns(day, self.rules.token_dies_at)
        session = self.calendar.session(day)
        return six_ns if session is None else min(six_ns, session.first_ns)

    def broker_day(self, ts_ns: int) -> date:
        """The calendar day whose roll was the last one at `ts_ns`."""
        day = ist.day_of(ts_ns)
        return day if ts_ns >= self.roll_ns(day) else day - timedelta(days=1)

    def refuse_uncovered(self, day: date) -> None:
        """Raises NotCovered when calendar, rules or charge rates do not reach `day`."""
        self.calendar.is_trading_day(day)
        self.rules.refuse_uncovered(day)
        self.charge_rates.refuse_uncovered(day)

    def session(self, day: date) -> TradingSession:
        session = self.calendar.session(day)
        assert session is not None, f"{day} is no trading day"
        return paced(session, self.pace)

    def build(self, day: date, closes: Closes, faults: Faults, now_ns: int) -> MarketDay:
        """The market of a trading day, not yet stepped."""
        return self._build(day, closes, faults, now_ns, self.step_ns)

    def first(self, day: date, faults: Faults, now_ns: int) -> tuple[MarketDay, bool]:
        """What the broker begins with, and whether it is open: today's market, or the last trading day's, over."""
        self.refuse_uncovered(day)
        if self.calendar.is_trading_day(day):
            return self.build(day, {}, faults, now_ns), True
        step_ns = SKIPPED_STEP_NS if self.pace is Pace.FULL else self.step_ns
        past = self._build(self.calendar.previous_trading_day(day), {}, faults, now_ns, step_ns)
        while (due_ns := past.exchange.next_ns()) is not None:
            past.exchange.step()
            past.record(due_ns)
        return past, False

    def _build(self, day: date, closes: Closes, faults: Faults, now_ns: int, step_ns: int) -> MarketDay:
        self.refuse_uncovered(day)
        session = self.session(day)
        universe = _contracts_changed(self._universe(day, closes), faults, now_ns)
        market = self._market(universe, session, closes, step_ns)
        listed = market.universe
        return MarketDay(
            session=session,
            universe=listed,
            exchange=Exchange(market, self.rules, self.seed),
            candles=CandleBook(listed, session),
            final_prices=FinalPrices(listed, session),
        )

    def _universe(self, day: date, closes: Closes) -> Universe:
        if self.universe_factory is not None:
            return self.universe_factory(day, closes)
        return build_universe(day, self.calendar, self.rules, self.size, self.seed, closes)

    def _market(self, universe: Universe, session: TradingSession, closes: Closes, step_ns: int) -> Market:
        if self.market_factory is not None:
            return self.market_factory(universe, session, closes)
        return SyntheticMarket(universe, session, self.scenario, self.seed, closes, step_ns, self.rules)


def closing_prices(today: MarketDay) -> dict[str, int]:
    """Key → paise that the next day starts from: the market's own closes, or the last prices of one that keeps none."""
    market = today.exchange.market
    if isinstance(market, SyntheticMarket):
        return market.closes()
    last = zip(market.rows["ltp"].tolist(), market.rows["close"].tolist(), strict=True)
    return {i.key: ltp or close for i, (ltp, close) in zip(today.universe.instruments, last, strict=True)}


def _contracts_changed(universe: Universe, faults: Faults, now_ns: int) -> Universe:
    """Faults `instruments.lot_change` and `instruments.freeze_change`, on the derivatives they match."""
    changed = [_contract_changed(i, faults, now_ns) for i in universe.instruments]
    return universe if changed == list(universe.instruments) else Universe(universe.day, changed)


def _contract_changed(i: Instrument, faults: Faults, now_ns: int) -> Instrument:
    if not i.is_derivative:
        return i
    subject = {"tradingsymbol": i.tradingsymbol, "name": i.name}
    if lot := faults.watching("instruments.lot_change", now_ns, **subject):
        i = msgspec.structs.replace(i, lot_size=max(1, round(i.lot_size * lot.number("factor"))))
    if freeze := faults.watching("instruments.freeze_change", now_ns, **subject):
        qty = round(i.freeze_qty * (100 + freeze.number("pct")) / 100) // i.lot_size * i.lot_size
        i = msgspec.structs.replace(i, freeze_qty=max(i.lot_size, qty) if i.freeze_qty else 0)
    return i


class Standstill(msgspec.Struct, frozen=True):
    """The broker rolls no further: the dated data (calendar, rules, rates) does not reach `day`."""

    day: date
    reason: str


def lots_changed(before: Universe, after: Universe, instrument: Instrument) -> bool:
    """Whether the contract's lot is another one today than it was."""
    was, now = before.find(instrument.key), after.find(instrument.key)
    return was is not None and now is not None and was.lot_size != now.lot_size
