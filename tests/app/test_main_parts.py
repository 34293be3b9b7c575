"""main's smaller parts: its steady time, what a journal tells the next start, the strategies' names."""

from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.engine_desk import CONFIG
from harness.journal_days import key, small
from harness.order_story import DAY
from harness.paper_clock import PaperClock
from tarazu import reference
from tarazu.app.main.past import Anchor, Past, before
from tarazu.app.main.steady import SteadyTime
from tarazu.app.main.strategies import BadStrategy, Strategies
from tarazu.app.settings import StrategySettings
from tarazu.engine import codec
from tarazu.engine.acts import SetHalt, Step
from tarazu.engine.halts import Halt
from tarazu.engine.messages import MarketMoved, Message, Stamped, Started, Ticked
from tarazu.model import ist
from tarazu.runtime.journal_writer import Journal
from tarazu.strategy.day import TradingDay

HALT = Halt(code="OPERATOR", why="asha: a look", since_ns=5)


# Time.


def test_steady_time_is_the_starts_wall_time_carried_on_whatever_happens_to_the_wall_clock() -> None:
    clock = PaperClock(1_000, 50)
    times = SteadyTime(clock, 0, virtual=False)
    clock.mono, clock.wall = 60, 17
    assert (times.steady_ns(), times.wall_ns()) == (1_010, 17)


def test_a_clock_that_was_set_back_over_a_restart_takes_nothing_back() -> None:
    clock = PaperClock(1_000, 50)
    assert SteadyTime(clock, 7_000, virtual=False).steady_ns() == 7_000
    virtual = SteadyTime(clock, 7_000, virtual=True)
    clock.wall += 5
    assert virtual.steady_ns() == 7_005


def test_a_clock_that_was_set_ahead_over_a_restart_ends_no_quarantine() -> None:
    clock, anchor = PaperClock(1_000, 50), Anchor("this boot", 1_000, 50)
    clock.mono, clock.wall = 60, 999_000
    assert SteadyTime(clock, 1_005, virtual=False, anchor=anchor, boot="this boot").steady_ns() == 1_010
    assert SteadyTime(clock, 1_020, virtual=False, anchor=anchor, boot="this boot").steady_ns() == 1_020
    assert SteadyTime(clock, 1_005, virtual=False, anchor=anchor, boot="another").steady_ns() == 999_000
    assert SteadyTime(clock, 1_005, virtual=True, anchor=anchor, boot="this boot").steady_ns() == 999_000


def test_simulated_time_is_the_simulated_brokers_however_fast() -> None:
    clock = PaperClock(1_000, 50)
    times = SteadyTime(clock, 0, virtual=True)
    clock.wall = 90_000
    assert times.steady_ns() == 90_000


# The past.


def started(**told: Any) -> Started:
    return Started(day=DAY.isoformat(), epoch=1, profile="sim", build="test", config=CONFIG, **told)


def journal(root: Path, *entries: tuple[Message, Step] | str, day: Any = DAY) -> None:
    """A text is a failure of the engine."""
    signer = key(root)
    log = Journal.open(
        root / "journal", day, signer.name, small(1 << 20), signer=signer, verifiers=(signer.verifier(),)
    )
    for n, entry in enumerate(entries, 1):
        if isinstance(entry, str):
            kind, payload = codec.encode_failure(Stamped(n, n, 0, Ticked()), entry)
        else:
            kind, payload = codec.encode(Stamped(n, n, 0, entry[0]), entry[1])
        log.append(kind, payload, n)
    log.close()


def halted(halt: Halt | None) -> tuple[Message, Step]:
    return Ticked(), Step((SetHalt(halt=halt),))


@pytest.mark.control("C23")
def test_a_halt_of_the_last_day_with_entries_is_carried_over(tmp_path: Path) -> None:
    journal(tmp_path, (started(), Step()), halted(HALT), (Ticked(), Step()))
    journal(tmp_path, day=DAY + timedelta(days=1))
    assert before(tmp_path / "journal", DAY + timedelta(days=2)).halt == HALT
    assert before(tmp_path / "journal", DAY).halt is None


def test_one_that_was_reset_is_not(tmp_path: Path) -> None:
    journal(tmp_path, (started(halt=HALT), Step()), halted(None))
    assert before(tmp_path / "journal", DAY + timedelta(days=1)).halt is None


def test_one_that_a_start_had_carried_over_is_carried_on(tmp_path: Path) -> None:
    journal(tmp_path, (started(halt=HALT), Step()))
    assert before(tmp_path / "journal", DAY + timedelta(days=1)).halt == HALT


@pytest.mark.control("C23")
def test_an_engine_that_failed_is_halted_at_its_next_start_and_at_no_later_one(tmp_path: Path) -> None:
    journal(tmp_path, (started(), Step()), "at Ticked: AssertionError: no such thing")
    found = before(tmp_path / "journal", DAY + timedelta(days=1)).halt
    assert found is not None and found.code == "ENGINE_FAILED" and "no such thing" in found.why
    journal(tmp_path, (started(halt=found), Step()), halted(None))
    assert before(tmp_path / "journal", DAY + timedelta(days=1)).halt is None


def test_the_last_frame_that_was_taken_is_known(tmp_path: Path) -> None:
    from tarazu.runtime.journal_files import day_folder
    from tarazu.runtime.journal_reader import JournalReader

    journal(tmp_path, (started(), Step()), (MarketMoved(sequence=17), Step()), (MarketMoved(sequence=41), Step()))
    past = Past()
    assert len(list(past.passing(JournalReader(day_folder(tmp_path / "journal", DAY)).ready()))) == past.entries == 3
    assert past.sequence == 41


# Strategies.


class Still:
    name = "still"
    watches = frozenset({"NSE:INFY"})

    def on_market(self, view: object) -> tuple[()]:
        return ()

    on_second = on_fill = on_market


def make_still(params: Mapping[str, Any], day: TradingDay) -> Still:
    made = Still()
    made.name = params["name"]
    return made


def make_nothing(params: Mapping[str, Any], day: TradingDay) -> object:
    return object()


def row(factory: str, **params: Any) -> StrategySettings:
    return StrategySettings(factory=f"{__name__}:{factory}", params=params)


TODAY = TradingDay(date=DAY, instruments={})


def test_strategies_are_made_by_their_names_and_anew_for_every_start() -> None:
    made = Strategies([row("make_still", name="a"), row("make_still", name="b")])
    assert made.names == () and not made.watches, "there is no day yet"
    first = made(TODAY)
    assert made.names == ("a", "b") and made.watches == {"NSE:INFY"}
    assert made(TODAY) is made.running and made.running is not first


def test_a_strategy_is_told_the_hours_of_its_day() -> None:
    told: list[TradingDay] = []

    def keeping(params: Mapping[str, Any], day: TradingDay) -> Still:
        told.append(day)
        return Still()

    made = Strategies([row("make_still", name="a")])
    made._made = [(keeping, made._made[0][1])]
    made.try_on(DAY, {}, reference.calendar().session(DAY))
    assert (ist.clock_of(told[0].opens_ns), ist.clock_of(told[0].closes_ns)) == (time(9, 15), time(15, 40))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (StrategySettings(factory="no.such.place:make"), "no.such.place:make cannot be imported: ModuleNotFoundError"),
        (StrategySettings(factory="math:nothing"), "math:nothing cannot be imported: AttributeError"),
        (StrategySettings(factory="math:pi"), "math:pi is no callable"),
    ],
)
def test_a_factory_that_is_none_is_refused_with_its_reason(settings: StrategySettings, told: str) -> None:
    with pytest.raises(BadStrategy, match=told):
        Strategies([settings])


def test_one_that_makes_no_strategy_or_fails_or_repeats_a_name_is_refused() -> None:
    with pytest.raises(BadStrategy, match=r"object without on_market, on_second, on_fill, name \(text\), watches"):
        Strategies([row("make_nothing")])(TODAY)
    with pytest.raises(BadStrategy, match="KeyError: 'name'"):
        Strategies([row("make_still")])(TODAY)
    with pytest.raises(BadStrategy, match="two are called 'a'"):
        Strategies([row("make_still", name="a"), row("make_still", name="a")])(TODAY)
