"""`gate`: what it costs to weigh one intent by every control, with twenty positions open. CPU microseconds, medians.

One underlying has twenty options held and a stop resting beside each; the market is mapped memory, as live. Asked is
`denials_of` as the engine asks it: the checks of one order, the account's state, the portfolio with its grid and its
margins, the pilot. The last cases are of moments when more has to be reckoned: an order of ours has moved since, the
tick looks at the market, the legs of a spread are weighed together.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date

from tarazu import reference
from tarazu.engine import messages as m
from tarazu.engine import portfolio_watch, risk_watch
from tarazu.engine.config import EngineConfig
from tarazu.engine.messages import Stamped
from tarazu.engine.process import Engine
from tarazu.engine.run import Run
from tarazu.engine.weighing import addings, denials_of, weighed
from tarazu.market import black76
from tarazu.market.state import MarketState
from tarazu.market.state_quotes import StateQuotes
from tarazu.model.ids import BrokerOrderId, InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.order import OrdType, Product, Side
from tarazu.model.units import MILLISECOND_NS, SECOND_NS
from tarazu.ops.bench import Case, at_most
from tarazu.orders.messages import SendOrder
from tarazu.orders.report import Answer, AnswerKind, OrderReport, Word
from tarazu.orders.throttle import SendLimits
from tarazu.portfolio.breaks import BrokerPosition
from tarazu.risk.gate import weigh
from tarazu.risk.greeks import years_left
from tarazu.risk.limits import RiskLimits
from tarazu.risk.margin_rules import MarginRules
from tarazu.strategy.wants import EntryWant, LegWant, SpreadWant

DAY, EXPIRY = date(2026, 11, 23), date(2026, 12, 1)
TEN_NS = 1_795_408_200 * SECOND_NS
NIFTY, SPOT_PAISE, SIGMA, LOT = "NSE:NIFTY 50", 26_000_00, 0.15, 65
POSITIONS = 20
TURNS, ROUNDS = 300, 20
WHOLE_US_MAX = 20.0
"""Issue 5."""
FAR = 10**15
CONFIG = EngineConfig(
    qty_max_default=10_000,
    settle_ns=0,
    stop_required=False,
    risk=RiskLimits(
        order_qty_max=10**6, order_value_max_paise=FAR, gross_premium_max_paise=FAR, unexecuted_value_max_paise=FAR,
        scenario_loss_max_paise=FAR, delta_max_paise=FAR, vega_max_paise=FAR, round_trips_max=10**6,
        day_loss_max_paise=FAR, drawdown_max_paise=FAR, duplicate_ns=0, runaway_wants_max=10**6, rejects_max=10**6,
        order_to_trade_max=10**6,
        margins=MarginRules.of(reference.rules("nse-2026")),
    ),
    limits=SendLimits(
        per_second=10**6, per_minute=10**6, per_day=10**6,
        entries_per_second=10**6, entries_per_minute=10**6, entries_per_day=10**6,
    ),
)  # fmt: skip


def cases() -> Iterator[Case]:
    desk = Desk()
    buy = desk.entry(desk.options[2])
    spread, fly = desk.spread(2), desk.spread(4)
    one, account, portfolio = Turn(desk), Turn(desk), Turn(desk)
    whole = Turn(desk).us(lambda run: denials_of(run, addings(buy)))
    yield at_most("gate", "an intent, by every control", ours=whole, unit="us", goal=WHOLE_US_MAX)
    yield _case("  of it: one order's checks", one.us(lambda run: weigh(weighed(run, addings(buy)[0]))))
    yield _case("  of it: the account's state", account.us(lambda run: list(risk_watch.denials(run, addings(buy)))))
    yield _case("  of it: the portfolio", portfolio.us(lambda run: list(portfolio_watch.denials(run, addings(buy)))))
    moved = Turn(desk, before=desk.order_moves).us(lambda run: denials_of(run, addings(buy)))
    yield at_most("gate", "an intent, after an order moved", ours=moved, unit="us", goal=WHOLE_US_MAX)
    yield _case("a spread of two legs", Turn(desk).us(lambda run: denials_of(run, addings(spread))))
    yield _case("an iron fly", Turn(desk).us(lambda run: denials_of(run, addings(fly))))
    yield _case(
        "the second's look at the market", Turn(desk, before=desk.market_moves).us(portfolio_watch.watch, tick=True)
    )


def _case(case: str, ours: float) -> Case:
    return Case(bench="gate", case=case, ours=ours, unit="us")


class Turn:
    def __init__(self, desk: "Desk", before: Callable[[], None] = lambda: None) -> None:
        self._desk, self._before = desk, before

    def us(self, ask: Callable[[Run], object], *, tick: bool = False) -> float:
        """The median of the rounds' medians, less what it costs to read the clock: between rounds a second passes."""
        medians, clock_ns = [], _clock_ns()
        for _ in range(ROUNDS):
            self._desk.second()
            took = []
            for _ in range(TURNS // ROUNDS):
                self._before()
                run = self._desk.run(m.Ticked(skewed=False) if tick else m.Stopping())
                start = time.thread_time_ns()
                ask(run)
                took.append(time.thread_time_ns() - start)
            medians.append(statistics.median(took))
        return (statistics.median(medians) - clock_ns) / 1e3


def _clock_ns() -> float:
    """Of a thread's time the kernel is asked: half a microsecond, which is no part of the gate."""
    took = []
    for _ in range(TURNS):
        start = time.thread_time_ns()
        took.append(time.thread_time_ns() - start)
    return statistics.median(took)


class Desk:
    """An engine that is ACTIVE, with its positions, their stops and a market."""

    def __init__(self) -> None:
        strikes = [25_000 + 100 * n for n in range(21)]
        self.options = [
            _listed(n, kind, k) for n, (k, kind) in enumerate((k, kind) for k in strikes for kind in (Kind.CE, Kind.PE))
        ]
        index = Instrument(
            instrument_token=InstrumentToken(256265), exchange=Exchange.NSE, tradingsymbol=TradingSymbol("NIFTY 50"),
            name="NIFTY 50", kind=Kind.INDEX, segment="INDICES",
        )  # fmt: skip
        self._all = [*self.options, index]
        tokens = [one.instrument_token for one in self._all]
        self._state = MarketState(bytearray(MarketState.layout(len(tokens))), tokens)
        self._quotes = StateQuotes(self._state, {one.instrument_token: one.key for one in self._all})
        self.engine = Engine({one.key: one for one in self._all}, reference.charge_rates(), self._quotes)
        self._now_ns, self._orders, self._moves = TEN_NS, 0, 0
        self.held = self.options[11 : 11 + POSITIONS]
        self._begin()

    def _begin(self) -> None:
        session = reference.calendar().session(DAY)
        self.take(m.Started(day=DAY.isoformat(), epoch=1, profile="sim", build="bench", config=CONFIG, session=session))
        self.take(m.BandsRead(bands=tuple(m.Band(key=i.key, low_paise=5, high_paise=10**7) for i in self._all)))
        self.take(m.FeedMoved(feed="options", fresh=True, required=True))
        self._quote()
        self._read()
        self.second()
        assert self.engine.state.phase == "ACTIVE", self.engine.state.phase_why
        found = denials_of(self.run(m.Stopping()), addings(self.entry(self.options[2])))
        assert not found, found

    def _read(self) -> None:
        """The broker's books: twenty positions from before the day, a stop of another hand beside each."""
        now_ns = self._now_ns
        stops = tuple(_stop(n, one, now_ns) for n, one in enumerate(self.held))
        rows = [
            BrokerPosition(key=i.key, product=Product.NRML, qty=LOT, overnight_qty=LOT, close_paise=100_00)
            for i in self.held
        ]
        self.take(m.OrdersRead(started_ns=now_ns, reports=stops))
        self.take(m.TradesRead(started_ns=now_ns, fills=()))
        self.take(m.PositionsRead(started_ns=now_ns, positions=tuple(rows)))
        self.take(m.MarginsRead(started_ns=now_ns, available_paise=FAR, used_paise=0))

    def _quote(self) -> None:
        """Straight into the state's memory: what a frame costs is another benchmark's."""
        for slot, one in enumerate(self._all):
            price = SPOT_PAISE + 5 * (self._moves % 2)
            if one.is_option:
                years = years_left(EXPIRY, self._now_ns)
                price = (
                    max(round(black76.price(one.kind is Kind.CE, price, one.strike_paise, SIGMA, years, 1.0) / 5), 2)
                    * 5
                )
                for side, paise in (("bids", price - 5), ("asks", price + 5)):
                    self._state.rows[side][slot, 0]["price"], self._state.rows[side][slot, 0]["qty"] = paise, 750
            self._state.rows["ltp"][slot] = price
            self._state.slots["recv_ns"][slot] = self._now_ns

    def market_moves(self) -> None:
        self._moves += 1
        self._quote()

    def order_moves(self) -> None:
        """An entry of ours goes out, is accepted, and refused by the exchange."""
        option = self.held[self._orders % POSITIONS]
        step = self.take(m.Wanted(want=self.entry(option)))
        assert step.outputs, step.acts
        (ref,) = (said.ref for said in step.outputs if isinstance(said, SendOrder))
        self._orders += 1
        self.take(m.Answered(call=m.Call.PLACE, ref=ref, answer=Answer(AnswerKind.REFUSED, text="no")))

    def second(self) -> None:
        self._now_ns += SECOND_NS
        self._read()
        self.take(m.Ticked(skewed=False))

    def take(self, message: m.Message):  # type: ignore[no-untyped-def]
        self._now_ns += MILLISECOND_NS
        return self.engine.process(Stamped(self._now_ns, self._now_ns, 12_345, message))

    def run(self, message: m.Message) -> Run:
        run = Run(self.engine.state, Stamped(self._now_ns, self._now_ns, 12_345, message), self._quotes)
        run.before, run.scales = self.engine._before, self.engine.scales
        return run

    def entry(self, one: Instrument) -> EntryWant:
        touch = self._quotes.touch(one.key)
        assert touch is not None and touch.ask_paise is not None
        return EntryWant(
            strategy="bench", key=one.key, side=Side.BUY, qty=LOT, product=Product.NRML, price_paise=touch.ask_paise
        )

    def spread(self, legs: int) -> SpreadWant:
        made = [
            LegWant(name=str(n), key=self.options[n].key, side=Side.BUY if n < legs // 2 else Side.SELL, per_set=LOT,
                    price_paise=self.entry(self.options[n]).price_paise)
            for n in range(legs)
        ]  # fmt: skip
        hedges, mains = made[: legs // 2], made[legs // 2 :]
        return SpreadWant(strategy="bench", product=Product.NRML, sets=1, hedges=tuple(hedges), mains=tuple(mains))


def _listed(place: int, kind: Kind, strike: int) -> Instrument:
    return Instrument(
        instrument_token=InstrumentToken((1_001 + place) << 8 | 2),
        exchange=Exchange.NFO,
        tradingsymbol=TradingSymbol(f"NIFTY26D01{strike}{kind}"),
        name="NIFTY",
        kind=kind,
        segment="NFO-OPT",
        lot_size=LOT,
        freeze_qty=1_800,
        expiry=EXPIRY,
        strike_paise=100 * strike,
        underlying=NIFTY,
    )


def _stop(number: int, one: Instrument, now_ns: int) -> OrderReport:
    return OrderReport(
        order_id=BrokerOrderId(f"{2611230000 + number}"), key=one.key, side=Side.SELL, product=Product.NRML, qty=LOT,
        word=Word.WORKING, order_type=OrdType.SL, price_paise=5, trigger_paise=10,
    )  # fmt: skip
