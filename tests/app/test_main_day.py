"""main's day: questions at the broker's desk, seconds and failures, leave to trade, what the settings say of it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from harness.engine_desk import CONFIG, EngineDesk
from harness.leaving_desk import INFY
from harness.order_story import DAY, NINE_ON_MONDAY_NS
from harness.paper_clock import PaperClock
from tarazu.adapters.kite_broker.client import KiteBroker
from tarazu.app.home import Home, Profile
from tarazu.app.main.bands import Bands
from tarazu.app.main.day import open_day
from tarazu.app.main.desk import KiteDesk
from tarazu.app.main.engine_day import EngineDay
from tarazu.app.main.past import before
from tarazu.app.main.permission import why_not
from tarazu.app.main.prepare import Prepared
from tarazu.app.main.strategies import Strategies
from tarazu.app.settings import BadSettings, EngineSettings, read_settings
from tarazu.engine import codec, messages
from tarazu.engine.acts import Step
from tarazu.engine.halts import Halt
from tarazu.engine.messages import Message, Stamped, Started, Ticked
from tarazu.model.outcome import Answered, Cause, OrderOutcome, RefusalKind, Refused, Timing, Unavailable
from tarazu.orders.messages import SendOrder
from tarazu.orders.report import AnswerKind

HALT = Halt(code="OPERATOR", why="asha: a look", since_ns=5)


# The desk and its questions.


class AskedOf:
    """A broker whose orders end as they are told to, and whose quotes fail where they are told to."""

    def __init__(self) -> None:
        self.orders: list[asyncio.Future[OrderOutcome]] = []
        self.asked: list[str] = []
        self.failing: set[int] = set()

    def place(self, order: object) -> "asyncio.Future[OrderOutcome]":
        self.orders.append(asyncio.get_running_loop().create_future())
        return self.orders[-1]

    async def get(self, target: str) -> Answered[msgspec.Raw] | Unavailable:
        self.asked.append(target)
        timing = Timing(0, 0, None)
        if len(self.asked) in self.failing:
            return Unavailable(Cause.TIMEOUT, 0, "no answer", timing)
        limits = b'{"lower_circuit_limit": 10.0, "upper_circuit_limit": 20.0}'
        return Answered(msgspec.Raw(b'{"%b": %b}' % (b"NSE:%d" % len(self.asked), limits)), timing)

    async def close(self) -> None: ...


def at_desk(broker: AskedOf, told: list[Message]) -> KiteDesk:
    return KiteDesk(cast(Any, broker), cast(Any, None), cast(Any, None), told.append)


def test_a_request_that_was_given_up_or_failed_by_a_bug_is_an_answer_that_says_nothing_of_the_order() -> None:
    told: list[Message] = []

    async def ends() -> None:
        broker = AskedOf()
        made = at_desk(broker, told)
        for ref in ("a", "b"):
            made.request(SendOrder(ref=ref, order=cast(Any, None)))
        broker.orders[0].cancel()
        broker.orders[1].set_exception(ZeroDivisionError("a bug"))
        await made.settle(20)
        assert made.pending == 0

    asyncio.run(ends())
    answers = [(message.ref, message.answer.kind) for message in told if isinstance(message, messages.Answered)]
    assert answers == [("a", AnswerKind.NO_ANSWER), ("b", AnswerKind.NO_ANSWER)]
    assert isinstance(told[1], messages.Answered) and "ZeroDivisionError: a bug" in told[1].answer.text


def test_a_request_that_never_ends_does_not_keep_the_process(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tarazu.app.main.desk.CLOSE_S", 0.05, raising=False)

    async def ends() -> None:
        made = at_desk(AskedOf(), [])
        made.request(SendOrder(ref="Tnever", order=cast(Any, None)))
        async with asyncio.timeout(20):
            await made.close()

    asyncio.run(ends())
    assert "Tnever" in caplog.text


def test_bands_that_fail_starve_none_behind_them_and_are_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tarazu.app.main.bands.CHUNK", 1)
    monkeypatch.setattr("tarazu.app.main.bands.GAP_S", 0.0)
    broker, told = AskedOf(), list[Message]()
    broker.failing = {1, 3}
    state = EngineDesk().engine.state
    bands = Bands(cast(Any, broker), lambda: ("NSE:1", "NSE:2", "NSE:3", "NSE:4"), lambda: state, told.append)
    asyncio.run(bands.read())
    assert [type(message) for message in told] == [messages.ReadFailed, messages.BandsRead, messages.BandsRead]
    assert len(broker.asked) == 4 and "no answer" in bands.failing
    asyncio.run(bands.read())
    assert not bands.failing


class OneASecond:
    """A broker that answers one quote in each of its seconds, and a time that passes when somebody sleeps. What a
    person has asked for, every 0.23 s as `risk show` does, is asked first where both come."""

    def __init__(self) -> None:
        self.now_s = 0.5
        self.taken: dict[int, str] = {}
        self._persons_s = 0.6

    async def sleep(self, lasting_s: float) -> None:
        self.now_s += lasting_s
        while self._persons_s <= self.now_s:
            self.taken.setdefault(int(self._persons_s), "person")
            self._persons_s += 0.23

    async def get(self, target: str) -> Answered[msgspec.Raw] | Refused:
        who = self.taken.setdefault(int(self.now_s), "bands")
        timing = Timing(0, 0, None)
        if who != "bands":
            return Refused(429, "NetworkException", "Too many requests", RefusalKind.THROTTLED, timing)
        return Answered(msgspec.Raw(b"{}"), timing)


def test_bands_leave_a_second_to_others_after_each_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tarazu.app.main.bands.CHUNK", 1)
    broker, state = OneASecond(), EngineDesk().engine.state
    monkeypatch.setattr("tarazu.app.main.bands.asyncio", SimpleNamespace(sleep=broker.sleep, Lock=asyncio.Lock))
    bands = Bands(cast(Any, broker), lambda: (f"NSE:{n}" for n in range(20)), lambda: state, lambda _: None)
    asyncio.run(bands.read())
    ours = [second for second, who in broker.taken.items() if who == "bands"]
    assert ours and not {second + 1 for second in ours} & set(ours), "no two seconds in a row"
    theirs = [second for second, who in broker.taken.items() if who == "person"]
    assert len(theirs) >= len(ours)


# The engine's day.


def no_seconds() -> float:
    raise ZeroDivisionError("a bug in the clock")


class StuckDatabase:
    def __init__(self) -> None:
        self.patience_s: list[float] = []

    def stop(self, patience_s: float = 10.0) -> bool:
        self.patience_s.append(patience_s)
        return False


def engine_day(root: Path, second_s: Callable[[], float] = lambda: 1.0) -> EngineDay:
    """With a journal on a real disk, and a broker that is never dialled."""
    home, settings, none = Home(Profile.SIM, root / "sim"), EngineSettings(durability="process"), Strategies([])
    home.make()
    prepared = Prepared(day=DAY, instruments={INFY.key: INFY}, master_sha256="ours", watched=(INFY,))
    clock = PaperClock(NINE_ON_MONDAY_NS, 50)
    return EngineDay(
        home=home, settings=settings, clock=clock, prepared=prepared, strategies=none, second_s=second_s,
        opened=open_day(home, settings, prepared, none), is_virtual=False, session=None,
        broker=KiteBroker("http://127.0.0.1:9", "key", str, clock),
    )  # fmt: skip


def test_a_day_that_fails_outside_the_shell_halts_the_next_start(tmp_path: Path) -> None:
    async def fails() -> EngineDay:
        day = engine_day(tmp_path, no_seconds)
        await day.run()
        await day.end()
        return day

    day = asyncio.run(fails())
    assert isinstance(day.failure, ZeroDivisionError)
    halt = before(day.journal.folder.parent, DAY + timedelta(days=1)).halt
    assert halt is not None and halt.code == "ENGINE_FAILED" and "a bug in the clock" in halt.why


def test_a_failure_before_the_days_first_start_loses_nothing_of_the_day_before(tmp_path: Path) -> None:
    """The start itself failed, say: what it carried over is in no record of its day."""
    home, settings, none = Home(Profile.SIM, tmp_path / "sim"), EngineSettings(durability="process"), Strategies([])
    home.make()
    for day in (DAY, DAY + timedelta(days=1)):
        prepared = Prepared(day=day, instruments={INFY.key: INFY}, master_sha256="ours", watched=(INFY,))
        opened = open_day(home, settings, prepared, none)
        at = Stamped(5, 5, 0, Ticked())
        if day == DAY:
            entry = codec.encode(msgspec.structs.replace(at, message=OFF_AND_HALTED), Step())
        else:
            entry = codec.encode_failure(at, "RuntimeError: no model file")
        opened.journal.append(*entry, 5)
        opened.journal.close()
    opened = open_day(home, settings, prepared, none)
    opened.journal.close()
    assert opened.halt == HALT and opened.strategy_halts == {"it": HALT} and opened.entries_off == "asha: off"


OFF_AND_HALTED = Started(
    day=DAY.isoformat(), epoch=1, profile="sim", build="t", config=CONFIG, halt=HALT, strategy_halts={"it": HALT},
    entries_off="asha: off",
)  # fmt: skip


def test_the_database_is_waited_for_at_a_clean_end_and_hardly_after_a_failure(tmp_path: Path) -> None:
    async def ends(root: Path, failing: bool) -> float:
        day, stuck = engine_day(root, no_seconds), StuckDatabase()
        if failing:
            await day.run()
        day._projection = cast(Any, stuck)
        await day.end()
        return stuck.patience_s[0]

    assert asyncio.run(ends(tmp_path / "clean", False)) == 10.0
    assert asyncio.run(ends(tmp_path / "failed", True)) <= 1.0


def test_what_comes_after_the_journal_is_closed_is_dropped_and_is_no_failure(tmp_path: Path) -> None:
    async def ends() -> EngineDay:
        day = engine_day(tmp_path)
        loop = asyncio.get_running_loop()
        assert day.take(Ticked()) is not None
        day._database(loop, False, "in time")
        await day.end()
        day._database(loop, True, "late")
        await asyncio.sleep(0)
        assert day.take(Ticked()) is None
        return day

    assert asyncio.run(ends()).failure is None


def test_a_second_that_was_not_taken_is_not_told_as_one(tmp_path: Path) -> None:
    async def ticks() -> tuple[int | None, int | None]:
        day = engine_day(tmp_path, no_seconds)
        await day.run()
        first = day.ticked_mono_ns
        day._tick()
        await day.end()
        return first, day.ticked_mono_ns

    first, second = asyncio.run(ticks())
    assert first is not None and second == first


# Leave to trade.


@pytest.mark.control("C20")
def test_real_orders_take_a_persons_leave_and_paper_ones_never_go_to_the_broker(tmp_path: Path) -> None:
    assert why_not(Profile.SIM, {}) == ""
    assert why_not(Profile.PAPER, {}) == "", "its orders stay in the process"
    assert "TARAZU_ALLOW_LIVE=1" in why_not(Profile.LIVE, {"TARAZU_ALLOW_LIVE": "yes"})
    assert why_not(Profile.LIVE, {"TARAZU_ALLOW_LIVE": "1"}) == ""
    plain = {name: value for name, value in os.environ.items() if name != "TARAZU_ALLOW_LIVE"}
    ended = subprocess.run(
        [sys.executable, "-m", "tarazu.app.main", "--profile", "live"],
        env=plain | {"TARAZU_HOME": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 2 and "main does not run" in ended.stderr and not list(tmp_path.iterdir())


# Settings.


def test_what_the_engine_may_do_is_written_in_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "tarazu.toml"
    path.write_text('[engine]\nposition_limits = { "NFO:NIFTY26NOVFUT" = 130 }\nsettle_s = 5\ndurability = "process"\n')
    engine = read_settings(path).engine
    assert engine.position_limits == {"NFO:NIFTY26NOVFUT": 130} and engine.durability == "process"
    assert engine.position_limit_default == 0 and engine.stop_required, "nothing is traded by default"
    for bad in ("position_limit_default = -1", 'durability = "none"', 'strategies = [{ factory = "a b" }]', "x = 1"):
        path.write_text(f"[engine]\n{bad}\n")
        with pytest.raises(BadSettings):
            read_settings(path)


@pytest.mark.parametrize(("known", "waited_s"), [(False, 1.4), (True, 4.4)])
def test_while_no_band_is_known_one_question_too_many_is_asked_again_sooner(
    known: bool, waited_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, waits = EngineDesk().engine.state, list[float]()
    state.bands = {"NSE:0": messages.Band(key="NSE:0", low_paise=1, high_paise=2)} if known else {}

    async def sleep(lasting_s: float) -> None:
        waits.append(lasting_s)

    class Busy(AskedOf):
        async def get(self, target: str) -> Any:
            if len(waits) < 2:
                return Refused(429, "NetworkException", "Too many", RefusalKind.THROTTLED, Timing(0, 0, None))
            return await super().get(target)

    monkeypatch.setattr("tarazu.app.main.bands.asyncio", SimpleNamespace(sleep=sleep, Lock=asyncio.Lock))
    bands = Bands(cast(Any, Busy()), lambda: ("NSE:1",), lambda: state, lambda _: None)
    asyncio.run(bands.read())
    assert sum(waits[:2]) == pytest.approx(waited_s)
