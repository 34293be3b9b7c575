"""What a reading of the scales by strangers found, each shown as it was."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import pytest

from harness.engine_desk import BUY, CONFIG, NIFTY_CALL, EngineDesk
from harness.limits import WIDE
from harness.order_story import DAY, KEY
from harness.risk_desk import RiskDesk
from tarazu.engine import messages as m
from tarazu.engine.acts import Decline, Deny, Step
from tarazu.engine.config import EngineConfig
from tarazu.model import ist
from tarazu.model.execution import Fill
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Kind
from tarazu.model.order import Product, Side
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.portfolio.breaks import BrokerPosition
from tarazu.risk.denial import Code
from tarazu.strategy.base import View, Word
from tarazu.strategy.decision import Decision, Verb
from tarazu.strategy.wants import ChangeWant, EntryWant, LegWant, SpreadWant, Want

INDEX = msgspec.structs.replace(
    NIFTY_CALL,
    instrument_token=InstrumentToken(256_265),
    exchange=Exchange.NSE,
    tradingsymbol=TradingSymbol("NIFTY 50"),
    kind=Kind.INDEX,
    lot_size=0,
    tick_size_paise=0,
    freeze_qty=0,
    expiry=None,
    underlying="",
)
NO_LOT = msgspec.structs.replace(NIFTY_CALL, tradingsymbol=TradingSymbol("ODD26NOVFUT"), kind=Kind.FUT, lot_size=0)


class Says:
    name = "bad"
    watches = frozenset({KEY})

    def __init__(self, words: Iterator[Any]) -> None:
        self._words = words

    def on_market(self, view: View) -> Iterable[Word]:
        return ()

    def on_second(self, view: View) -> Iterable[Word]:
        return [next(self._words, None)] if view.is_active else ()

    def on_fill(self, view: View, ref: str, fill: Fill) -> Iterable[Word]:
        return ()


def entry(**changed: Any) -> EntryWant:
    return msgspec.structs.replace(BUY, strategy="bad", **changed)


def spread(**leg: Any) -> SpreadWant:
    legs = (LegWant(name="a", key=KEY, side=Side.BUY, **{"per_set": 75, "price_paise": 10_000, **leg}),)
    return SpreadWant(strategy="bad", product=Product.NRML, sets=1, hedges=legs, mains=())


def decision(**changed: Any) -> Decision:
    return Decision(**{"strategy": "bad", "verb": Verb.PASS, "about": KEY, "why": "thin", **changed})


ODD: dict[str, tuple[Any, str]] = {
    "half a paisa": (entry(price_paise=10_000.5), "price_paise"),
    "units as a float": (entry(qty=75.0), "qty"),
    "a side that is none": (entry(side="UP"), "side"),
    "a leg's price": (spread(price_paise=100.5), "price_paise"),
    "a number too large for any journal": (entry(qty=75 * 2**70), "serialize"),
    "no number at all": (decision(numbers={"edge": float("nan")}), "numbers"),
    "a want within a decision": (decision(wants=(entry(qty=75.0),)), "wants"),
    "nothing": (None, ""),
    "in the name of another": (BUY, "'story'"),
    "a text that is no text": (decision(why="\ud800"), "ud800"),
}


@pytest.mark.control("C02")
@pytest.mark.parametrize("odd", ODD)
def test_a_strategy_that_says_what_no_journal_can_hold_is_halted_and_nothing_is_sent(odd: str) -> None:
    word, field = ODD[odd]
    desk = EngineDesk(make_strategies=lambda day: (Says(iter([word])),)).ready()
    desk.second()
    halt = desk.engine.state.strategy_halts["bad"]
    assert halt.code == "MALFORMED" and field in halt.why
    assert desk.sent == []
    assert "STRATEGY_HALT" in desk.alerts


def test_one_whose_last_words_are_no_text_is_halted_too() -> None:
    class Raises(Says):
        def on_second(self, view: View) -> Iterable[Word]:
            raise ValueError("\ud800")

    desk = EngineDesk(make_strategies=lambda day: (Raises(iter(())),)).ready()
    assert desk.engine.state.strategy_halts["bad"].code == "RAISED"


def test_numbers_that_are_whole_are_still_numbers() -> None:
    desk = EngineDesk(make_strategies=lambda day: (Says(iter([decision(numbers={"lots": 2})] * 3)),)).ready()
    desk.second()
    assert desk.engine.state.strategy_halts == {}


# An index, and what has no lot.


def denied(step: Step) -> set[Code]:
    return {denial.code for act in step.acts if isinstance(act, Deny) for denial in act.denials}


@pytest.mark.control("C01")
@pytest.mark.parametrize("bare", [INDEX, NO_LOT], ids=["index", "no lot"])
@pytest.mark.parametrize("qty", [75, 10_000_000])
def test_what_has_neither_lots_nor_ticks_is_denied_and_divides_nothing(bare: Any, qty: int) -> None:
    bare = msgspec.structs.replace(bare, freeze_qty=1_800)
    desk = EngineDesk(instruments=(NIFTY_CALL, bare)).ready()
    assert Code.INSTRUMENT in denied(desk.want(msgspec.structs.replace(BUY, key=bare.key, qty=qty)))
    leg = LegWant(name="a", key=bare.key, side=Side.BUY, per_set=qty, price_paise=100)
    both: Want = SpreadWant(strategy="it", product=Product.NRML, sets=1, hedges=(leg,), mains=())
    assert Code.INSTRUMENT in denied(desk.want(both))
    desk.second()


# Resets and halts of strategies.


class Idle(Says):
    def on_second(self, view: View) -> Iterable[Word]:
        return ()


@pytest.mark.control("C23")
def test_one_that_cannot_be_made_anew_stays_halted() -> None:
    starts = iter([(Idle(iter(())),)])

    def made(day: object) -> tuple[Idle, ...]:
        found = next(starts, None)
        if found is None:
            raise RuntimeError("the model file is gone")
        return found

    desk = RiskDesk(made).ready()
    desk.command(m.Order.HALT_STRATEGY, ref="bad")
    said = m.Commanded(order=m.Order.RESET_STRATEGY, who="asha", why="looked", ref="bad", incident="I-1")
    why = [act.why for act in desk.tell(said).acts if isinstance(act, Decline)]
    assert why == ["it cannot be made anew: RuntimeError: the model file is gone"]
    assert "bad" in desk.engine.state.strategy_halts


@pytest.mark.control("C23")
def test_a_misspelt_name_is_not_halted() -> None:
    desk = RiskDesk(lambda day: (Idle(iter(())),)).ready()
    step = desk.tell(m.Commanded(order=m.Order.HALT_STRATEGY, who="asha", why="look", ref="bda"))
    assert [act.why for act in step.acts if isinstance(act, Decline)] == [
        "no strategy 'bda' runs, has orders or has wanted any; running: bad"
    ]
    assert desk.engine.state.strategy_halts == {}
    desk.want()
    desk.command(m.Order.HALT_STRATEGY, ref=BUY.strategy)
    assert list(desk.engine.state.strategy_halts) == [BUY.strategy], "one from outside that has orders"


# Figures no account has, and the open.


def holding(**told: Any) -> BrokerPosition:
    facts = {"key": KEY, "product": Product.NRML, "qty": 75, "overnight_qty": 75, "close_paise": 10_000}
    facts |= {"last_paise": 10_000, "buy_value_paise": 750_000, "average_millipaise": 10_000_000}
    return BrokerPosition(**{**facts, **told})


@pytest.mark.control("C23")
def test_a_result_that_no_account_has_is_unknown_and_not_an_overflow() -> None:
    desk = EngineDesk()
    desk.positions = [holding(qty=75 * 10**14, overnight_qty=75 * 10**14, close_paise=1)]
    desk.ready().second()
    assert desk.engine.state.marked.unknown_ns and "which no account has" in desk.engine.state.marked.why


def before_the_open(config: EngineConfig) -> EngineDesk:
    """At 09:13, with something held."""
    desk = EngineDesk(config)
    desk.positions = [holding(last_paise=0)]
    desk.wall_ns = desk.now_ns = ist.midnight_ns(ist.day_of(desk.wall_ns)) + (9 * 60 + 13) * MINUTE_NS
    desk.start()
    return desk


def until(desk: EngineDesk, clock: str) -> str:
    """The halt there is by then."""
    while f"{ist.clock_of(desk.wall_ns):%H:%M:%S}" < clock:
        desk.second()
        desk.reads()
    return desk.engine.state.halt.code if desk.engine.state.halt is not None else ""


def with_patience(seconds: int) -> EngineConfig:
    risk = msgspec.structs.replace(WIDE, trouble_ns=seconds * SECOND_NS, pnl_unknown_ns=seconds * SECOND_NS)
    return msgspec.structs.replace(CONFIG, risk=risk)


@pytest.mark.control("C24")
def test_a_feed_that_is_not_there_before_the_open_has_its_time_from_the_open_on() -> None:
    desk = before_the_open(with_patience(60))
    desk.tell(m.FeedMoved(feed="depth_ws", fresh=False, required=True))
    assert until(desk, "09:15:50") == ""
    assert until(desk, "09:16:05") != ""


@pytest.mark.control("C24")
def test_a_price_that_is_not_there_before_the_open_has_its_time_from_the_open_on() -> None:
    desk = before_the_open(with_patience(30))
    desk.quotes.touches.pop(KEY)  # type: ignore[attr-defined]
    desk.tell(m.FeedMoved(feed="options", fresh=True, required=True))
    assert until(desk, "09:15:25") == ""
    assert until(desk, "09:15:35") == "PNL_UNKNOWN"


# A change has no fractions either.


def test_a_change_with_a_fraction_halts_as_well() -> None:
    odd: Any = 9_950.5
    desk = EngineDesk(make_strategies=lambda day: (Says(iter([ChangeWant(strategy="bad", ref="x", price_paise=odd)])),))
    desk.ready().second()
    assert desk.engine.state.strategy_halts["bad"].code == "MALFORMED"


# What is off stays off over midnight; a file of settings cannot say what no journal can hold.


@pytest.mark.control("C23")
def test_a_start_keeps_entries_off_that_were_off_the_day_before() -> None:
    desk = EngineDesk().ready()
    started = m.Started(day=DAY.isoformat(), epoch=2, profile="sim", build="x", config=CONFIG, entries_off="asha: why")
    desk.tell(started)
    assert desk.engine.state.entries_off == "asha: why"
    desk.tell(m.Commanded(order=m.Order.ENTRIES_ON, who="asha", why="on again"))
    assert desk.engine.state.entries_off == ""
