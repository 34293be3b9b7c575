"""A strategy with a compiled step is woken by the same frames live, after a restart and in a replay."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from harness.compiled_step import Counting, Watching
from harness.recorded_frames import KEYS, LISTED, record
from harness.research_days import CONFIG, a_call, kept_run, small_day
from tarazu.app.main import market as live
from tarazu.app.replaying.market import ReplayedMarket
from tarazu.app.replaying.rerun import rerun
from tarazu.app.research.run import run_day
from tarazu.app.settings import StrategySettings
from tarazu.engine.messages import MarketMoved
from tarazu.strategy.waking import concerns

FRAMES, SLICE = 400, 7
TOKENS = [int(instrument.instrument_token) for instrument in LISTED]
KEY_OF = {int(instrument.instrument_token): instrument.key for instrument in LISTED}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("feed"), FRAMES)


@pytest.fixture(autouse=True)
def slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """However fast the machine is, the market is looked at after so many frames."""
    monkeypatch.setattr(live, "SLICE_FRAMES", SLICE)
    monkeypatch.setattr(live, "SLICE_NS", 0)


class Told(NamedTuple):
    moved: MarketMoved
    called: tuple[bool, ...]
    memory: tuple[tuple[float, ...], ...]
    """At the time of the call."""


def told(moved: MarketMoved, running: Sequence[Watching], changed: Sequence[str]) -> Told:
    called = tuple(concerns(one, changed) for one in running)
    return Told(moved, called, tuple(tuple(one.program.memory) for one in running if isinstance(one, Counting)))


def counting() -> Counting:
    return Counting(KEYS[:4], every=23)


Running = Callable[[int], Sequence[Watching]]
"""Who runs after so many slices."""


def followed(log: Path, running: Running, *, busy: bool = False) -> Iterator[Told]:
    """As `main` follows the day; when it is `busy`, other messages come behind every slice, and the market's first."""
    market, n = live.Market(log, LISTED, heard_to=0), 0
    market.decide_by(lambda: running(n))
    more = True
    while more:
        more = market.follow()
        n += 1
        if market.is_moved or busy:
            moved = market.moved()
            assert moved is not None
            yield told(moved, running(n - 1), list(market.quotes.changed()))
    market.close()


def replayed(log: Path, moves: Sequence[MarketMoved], running: Running) -> Iterator[Told]:
    market = ReplayedMarket(log, TOKENS, KEY_OF)
    for n, moved in enumerate(moves):
        market.decide_by(running(n))
        market.move_to(moved)
        yield told(moved, running(n), list(market.quotes.changed()))
    assert not market.losses
    market.close()


def always(*running: Watching) -> Running:
    return lambda n: running


@pytest.mark.parametrize("busy", [False, True])
def test_a_replay_wakes_the_strategy_at_the_messages_at_which_it_was_woken_live(log: Path, busy: bool) -> None:
    lived = list(followed(log, always(counting()), busy=busy))
    again = list(replayed(log, [one.moved for one in lived], always(counting())))
    assert again == lived
    woken = [one for one in lived if one.called[0]]
    assert len(woken) > 10 and (busy or len(woken) == len(lived)) and len(woken) < FRAMES // SLICE


def test_main_moves_by_what_the_step_says_and_not_by_all_that_the_strategy_watches(log: Path) -> None:
    seldom = Counting(KEYS[:4], every=10**6)
    assert not list(followed(log, always(seldom)))
    assert seldom.program.memory[0] > 400
    beside = list(followed(log, always(Counting(KEYS[:4], every=10**6), Watching(frozenset(KEYS[4:])))))
    assert beside and all(one.called == (False, True) for one in beside)


def test_a_process_that_starts_anew_has_made_its_memory_of_the_whole_day_and_of_nothing_else(log: Path) -> None:
    first, second = counting(), counting()
    whole = list(followed(log, always(first)))
    anew = list(followed(log, always(second)))
    assert anew == whole
    assert second.program.memory.tolist() == first.program.memory.tolist() != counting().program.memory.tolist()


def test_one_that_is_made_anew_in_the_day_begins_with_clean_memory_and_the_others_keep_theirs(log: Path) -> None:
    def resetting() -> Running:
        halted, anew, other = counting(), counting(), Counting(KEYS[:2], every=31)
        before, after = (halted, other), (anew, other)
        return lambda n: before if n < 20 else after

    lived = list(followed(log, resetting(), busy=True))
    again = list(replayed(log, [one.moved for one in lived], resetting()))
    assert again == lived
    (was, _), (anew, kept) = lived[19].memory, lived[20].memory
    assert was[0] > 100 and 0 < anew[0] <= 4 * SLICE
    assert kept[0] > lived[19].memory[1][0] > 50
    assert any(one.called[0] for one in lived[20:])


def test_a_step_that_comes_in_the_day_finds_the_state_that_the_day_has_made(log: Path) -> None:
    """Until then only quotes were read, of a log followed ahead; from then on it is all of the state."""

    def later() -> Running:
        plain, step = Watching(frozenset(KEYS[4:])), counting()
        before, after = (plain,), (plain, step)
        return lambda n: before if n < 20 else after

    lived = list(followed(log, later(), busy=True))
    again = list(replayed(log, [one.moved for one in lived], later()))
    assert again == lived
    assert not lived[19].memory and any(one.called[-1] for one in lived[20:])


def test_a_day_traded_by_a_compiled_step_replays_byte_for_byte(tmp_path: Path) -> None:
    made = small_day()
    params = {"key": a_call(made), "fast": 4, "slow": 12, "stop_paise": 2_000}
    strategies = [StrategySettings(factory="harness.average_crossing:make", params=params)]
    result, past = kept_run(made, strategies, tmp_path)
    assert len(result.trades) > 4
    found = rerun(past)
    assert found.difference is None and not found.not_recovered and not found.losses
    assert found.equal == result.messages
    assert [t.price_paise for t in result.trades] == [t.price_paise for t in run_day(made, strategies, CONFIG).trades]
