"""What is learned from is what the engine that trades would have asked and done, on the same day."""

from datetime import date, time
from functools import cache
from typing import Any

import numpy as np
import pytest

from harness.research_days import CONFIG
from tarazu import reference
from tarazu.app.research.day import ResearchDay
from tarazu.app.research.made_days import Making, made_day
from tarazu.app.research.memory_record import MemoryRecord
from tarazu.app.research.result import DayResult
from tarazu.app.research.run import run_day
from tarazu.app.settings import StrategySettings
from tarazu.app.training.moments import Moment, SeenDay, read_params, seen_day
from tarazu.app.training.outcomes import Left, NoTrade, Outcome, outcome
from tarazu.app.training.rows import day_rows
from tarazu.app.training.trained import everything
from tarazu.engine.acts import Decide
from tarazu.engine.codec import Record, decode
from tarazu.journal.entry import Durability
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.strategy.decision import Decision, Verb
from tarazu.strategy.momentum import FEATURES

SAID: dict[str, Any] = {"without_model": "trade", "gap_bps_min": 1.0, "hold_minutes": 8, "trades_max": 20}
PARAMS = read_params(SAID)
RATES = reference.charge_rates()


@cache
def day() -> ResearchDay:
    return made_day(Making(date=date(2026, 11, 23), seed=9, scenario="trend", size="tiny", until=time(10, 15)))


@cache
def seen() -> SeenDay:
    return seen_day(day(), PARAMS)


class Listening(MemoryRecord):
    """Every decision that the engine would have journalled, with its time."""

    def __init__(self) -> None:
        super().__init__()
        self.decisions: list[tuple[int, Decision]] = []

    def append(
        self, kind: int, payload: bytes, ts_ns: int, durability: Durability = Durability.GROUP, **more: Any
    ) -> int:
        found = decode(kind, payload)
        assert isinstance(found, Record)
        self.decisions += [(ts_ns, act.decision) for act in found.step.acts if isinstance(act, Decide)]
        return super().append(kind, payload, ts_ns, durability, **more)


@cache
def traded() -> tuple[DayResult, tuple[tuple[int, Decision], ...]]:
    record = Listening()
    settings = StrategySettings(factory="momentum", params=SAID)
    return run_day(day(), (settings,), CONFIG, record=record), tuple(record.decisions)


def test_every_feature_is_the_one_that_the_engine_decided_by() -> None:
    asked = {moment.ts_ns: moment for moment in seen().moments}
    _, decisions = traded()
    entered = [(ts_ns, said) for ts_ns, said in decisions if said.verb is Verb.ENTER]
    assert len(entered) >= 3
    for ts_ns, said in entered:
        assert asked[ts_ns].features == tuple(said.numbers[name] for name in FEATURES)
        assert (asked[ts_ns].want,) == said.wants


def test_the_trades_without_a_model_are_the_engines_entered_and_left_when_it_did() -> None:
    rows = day_rows(seen(), 0, PARAMS, RATES).rows
    ours = everything(rows, PARAMS)
    result, decisions = traded()
    entered = [ts_ns for ts_ns, said in decisions if said.verb is Verb.ENTER]
    assert [int(rows.began_ns[n]) for n in ours.places] == entered[: len(ours.places)]
    left = [trade.ts_ns for trade in result.trades if trade.purpose != "ENTRY"]
    for n, ts_ns in zip(ours.places, left, strict=False):
        assert abs(int(rows.ends_ns[n]) - ts_ns) <= 3 * SECOND_NS
    a_trade = abs(result.net_paise) / len(entered)
    assert abs(ours.net_paise - result.net_paise) < 0.5 * a_trade * len(entered), "the books' own fills are near ours"


def test_the_same_day_is_seen_the_same_twice() -> None:
    again = day_rows(seen_day(day(), PARAMS), 0, PARAMS, RATES)
    assert again.sha256 == day_rows(seen(), 0, PARAMS, RATES).sha256


# Outcomes, on a market that is drawn by hand.


def drawn(lasts: list[float], gaps: dict[int, float] | None = None, ends: int = 10_000) -> tuple[SeenDay, Moment]:
    """A frame a second from the moment on, prices in rupees, a spread of two ticks; a long trade is wanted at once."""
    moment = seen().moments[0]
    want = moment.want
    assert want.stop is not None and want.price_paise is not None
    base, sign = want.price_paise, want.side.sign
    prices = np.array([base + sign * round(rupees * 100) for rupees in lasts], np.int64)
    ts_ns = moment.ts_ns + np.arange(len(lasts)) * SECOND_NS
    bars = {moment.ts_ns + second * SECOND_NS: sign * gap for second, gap in (gaps or {}).items()}
    closes_ns = moment.ts_ns + ends * SECOND_NS + PARAMS.flat_minutes * MINUTE_NS
    market = {
        "ts_ns": ts_ns,
        "lasts": prices,
        "bids": prices - 5,
        "asks": prices + 5,
        "bars_ns": np.array(list(bars), np.int64),
        "gaps": np.array(list(bars.values())),
        "closes_ns": closes_ns,
    }
    fields = {name: getattr(seen(), name) for name in SeenDay.__struct_fields__}
    return SeenDay(**{**fields, **market}), moment


def came(lasts: list[float], **more: Any) -> Outcome | NoTrade:
    return outcome(*drawn(lasts, **more), PARAMS, RATES)


def known(lasts: list[float], **more: Any) -> Outcome:
    found = came(lasts, **more)
    assert isinstance(found, Outcome), found
    return found


def test_it_is_entered_at_the_touch_of_the_frame_after_and_not_at_the_one_decided_by() -> None:
    found = known([-9.0, -1.0, *[-1.0] * 600])
    base, sign = seen().moments[0].want.price_paise or 0, seen().moments[0].want.side.sign
    assert found.entered_paise == base - sign * 100 + sign * 5


def test_it_is_left_by_what_came_first() -> None:
    stop = (seen().moments[0].want.stop or pytest.fail("it has one")).distance_paise / 100
    flat = [-1.0] * 700
    assert known(flat).why is Left.HELD and known(flat, ends=200).why is Left.DAY_ENDS
    assert known([*flat[:50], -1.0 - stop - 1, *flat]).why is Left.STOP
    assert known([*flat[:50], 900.0, *flat]).why is Left.TARGET
    assert known(flat, gaps={60: 1.0, 120: -1.0}).why is Left.CROSSED
    crossed = known(flat, gaps={60: 1.0, 120: -1.0})
    assert crossed.ends_ns == crossed.began_ns + 121 * SECOND_NS, "a message later"
    assert known([*flat[:50], -1.0 - stop - 1, *flat[:9], 900.0, *flat]).why is Left.STOP


def test_a_stop_that_the_market_jumps_through_is_left_where_the_market_is() -> None:
    stop = (seen().moments[0].want.stop or pytest.fail("it has one")).distance_paise / 100
    near, far = known([*[-1.0] * 50, *[-2.0 - stop] * 99]), known([*[-1.0] * 50, *[-50.0 - stop] * 99])
    assert near.why is far.why is Left.STOP
    assert near.net_paise - far.net_paise == pytest.approx(48_00 * seen().moments[0].want.qty, rel=0.01)


def test_charges_are_those_of_both_orders_and_are_taken_off() -> None:
    found = known([-1.0] * 700)
    assert found.charges_paise > 0
    moved = seen().moments[0].want.side.sign * (found.left_paise - found.entered_paise) * seen().moments[0].want.qty
    assert found.net_paise == moved - found.charges_paise and moved < 0, "the spread is paid"


def test_an_entry_that_nobody_fills_is_no_trade_and_one_that_stays_open_is_not_known() -> None:
    assert came([5.0] * 700) is NoTrade.UNFILLED
    assert came([-1.0] * 30) is NoTrade.OPEN
    assert came([-1.0]) is NoTrade.UNFILLED
