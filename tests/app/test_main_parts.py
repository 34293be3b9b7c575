"""main's smaller parts: its steady time, what a journal tells the next start, the strategies' names, the feeds."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from harness.engine_desk import CONFIG, EngineDesk
from harness.journal_days import key, small
from harness.order_story import DAY, NINE_ON_MONDAY_NS
from tarazu import reference
from tarazu.adapters.kite_broker.client import KiteBroker
from tarazu.app.feed.record import FeedStopped, encode_event
from tarazu.app.home import Home, Profile
from tarazu.app.main.bands import Bands
from tarazu.app.main.day import open_day
from tarazu.app.main.desk import KiteDesk
from tarazu.app.main.engine_day import EngineDay
from tarazu.app.main.feeds import FeedWatch, MasterWatch
from tarazu.app.main.market import SLICE_FRAMES, Market
from tarazu.app.main.past import Anchor, Past, before
from tarazu.app.main.permission import why_not
from tarazu.app.main.prepare import Prepared
from tarazu.app.main.steady import SteadyTime
from tarazu.app.main.strategies import BadStrategy, Strategies
from tarazu.app.settings import BadSettings, EngineSettings, StrategySettings, read_settings
from tarazu.engine import codec, messages
from tarazu.engine.acts import SetHalt, Step
from tarazu.engine.messages import Halt, MarketMoved, Message, OrderHeard, Stamped, Started, Ticked
from tarazu.market.feed_events import FeedRecover, FeedStale, FeedState, StaleReason
from tarazu.model import ist
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument
from tarazu.model.instrument import Kind as InstrumentKind
from tarazu.model.outcome import Answered, Cause, OrderOutcome, Timing, Unavailable
from tarazu.model.units import SECOND_NS
from tarazu.orders.messages import SendOrder
from tarazu.orders.report import AnswerKind
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.journal_writer import Journal
from tarazu.runtime.segment import Kind
from tarazu.strategy.day import TradingDay
from tarazu.wire.kite_orders import KiteStatus, OrderRow

INFY = Instrument(
    instrument_token=InstrumentToken(408065),
    exchange=Exchange.NSE,
    tradingsymbol=TradingSymbol("INFY"),
    name="INFOSYS",
    kind=InstrumentKind.EQ,
    segment="NSE",
)
HALT = Halt(code="OPERATOR", why="asha: a look", since_ns=5)


class PaperClock:
    def __init__(self, wall_ns: int, mono_ns: int) -> None:
        self.wall, self.mono = wall_ns, mono_ns

    def wall_ns(self) -> int:
        return self.wall

    def mono_ns(self) -> int:
        return self.mono


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


# Feeds.


@pytest.fixture
def feeds(tmp_path: Path) -> FeedWatch:
    home = Home(Profile.SIM, tmp_path / "sim")
    home.make()
    return FeedWatch(home)


def stale(feed: str = "options") -> FeedStale:
    return FeedStale(
        feed=feed, required=True, reason=StaleReason.NO_DATA, lag_ns=1, limit_ns=1, since_ns=0, ts_ns=1, tokens=(),
        members=1,
    )  # fmt: skip


def recovered(feed: str = "options") -> FeedRecover:
    was = FeedState.STALE
    return FeedRecover(feed=feed, required=True, was=was, reason=None, lag_ns=0, limit_ns=1, since_ns=0, ts_ns=2)


def test_a_feed_is_told_of_when_it_changes_and_never_by_what_is_older_than_what_was_told(feeds: FeedWatch) -> None:
    (said,) = feeds.heard(stale(), 100)
    assert (said.feed, said.fresh, said.required, said.reason) == ("options", False, True, "NO_DATA")
    assert feeds.heard(stale(), 120) == [], "it is so already"
    assert feeds.heard(recovered(), 110) == [], "what comes late tells of earlier"
    (again,) = feeds.heard(recovered(), 130)
    assert again.fresh and feeds.heard(FeedStopped(ts_ns=1, reason="asked to"), 140) == []


def test_stamps_from_before_a_reboot_are_no_news(feeds: FeedWatch) -> None:
    assert feeds.heard(stale(), 1 << 62) == []


def test_without_depth_ws_the_feed_is_stale_whatever_it_had_said(feeds: FeedWatch) -> None:
    (gone,) = feeds.look(SECOND_NS)
    assert (gone.feed, gone.fresh, gone.required, gone.reason) == ("depth_ws", False, True, "it has not run here")
    assert feeds.look(2 * SECOND_NS) == []


def test_a_master_that_differs_from_the_start_ends_nothing_and_one_that_is_taken_up_later_does() -> None:
    watch = MasterWatch("ours")
    assert not watch.is_other("provisional") and not watch.is_other("provisional"), "a restart would find it again"
    assert not watch.is_other("ours") and watch.is_other("another")


# The market.


def order_frame(order_id: str = "17", status: str = "OPEN") -> bytes:
    row = OrderRow(
        account_id="TZ0001", placed_by="TZ0001", order_id=order_id, status=KiteStatus(status),
        order_timestamp="2026-11-23 09:20:00", variety="regular", exchange="NSE", tradingsymbol="INFY",
        instrument_token=INFY.instrument_token, order_type="LIMIT", transaction_type="BUY", validity="DAY",
        product="CNC", quantity=1, price=1400.0, pending_quantity=1,
    )  # fmt: skip
    return msgspec.json.encode({"type": "order", "data": row})


@pytest.fixture
def feed_log(tmp_path: Path) -> Iterator[FeedLog]:
    log = FeedLog.open(tmp_path / "feed", DAY)
    yield log
    log.close()


def test_the_engine_is_told_of_frames_before_what_they_say_and_of_each_once(feed_log: FeedLog) -> None:
    market = Market(feed_log.folder, [INFY], heard_to=1)
    for payload in (order_frame("17"), order_frame("18"), b'{"type": "message"}', b"not json"):
        feed_log.append(Kind.TEXT, 1, payload, 5, 5)
    feed_log.append(Kind.EVENT, 0, encode_event(FeedStopped(ts_ns=9, reason="asked to")), 9, 9)
    while market.follow():
        pass
    assert market.caught_up and market.moved() == MarketMoved(sequence=5, wall_ns=9) and market.moved() is None
    heard, said = market.others
    assert isinstance(heard, OrderHeard) and heard.report.order_id == "18", "17 was taken by an earlier process"
    assert said == (FeedStopped(ts_ns=9, reason="asked to"), 9)
    market.close()


def test_a_paper_engine_hears_nothing_of_the_orders_of_the_account_its_feed_is_logged_in_with(
    feed_log: FeedLog,
) -> None:
    market = Market(feed_log.folder, [INFY], heard_to=0)
    market.trade_beside(lambda state, changed, recv_ns: None)
    for payload in (order_frame("17"), order_frame("18", "COMPLETE"), b'{"type": "message"}'):
        feed_log.append(Kind.TEXT, 1, payload, 5, 5)
    while market.follow():
        pass
    assert (market.others, market.others_orders) == ([], 2)
    assert market.moved() == MarketMoved(sequence=3, wall_ns=5), "the frames themselves are followed as they are"
    market.close()


def test_a_day_behind_is_caught_up_with_in_slices(feed_log: FeedLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tarazu.app.main.market.SLICE_NS", -1)
    market = Market(feed_log.folder, [INFY], heard_to=0)
    for _ in range(SLICE_FRAMES + 3):
        feed_log.append(Kind.TEXT, 1, b'{"type": "message"}', 5, 5)
    assert market.follow() and not market.caught_up and market.follower.sequence == SLICE_FRAMES
    assert not market.follow() and market.caught_up and market.follower.sequence == SLICE_FRAMES + 3
    market.close()


def test_damage_in_the_log_is_passed_over_and_kept_to_be_said(feed_log: FeedLog) -> None:
    for number in range(3):
        feed_log.append(Kind.TEXT, 1, order_frame(str(number)), 5, 5)
    feed_log.close()
    path = next(feed_log.folder.glob("*.seg"))
    raw = bytearray(path.read_bytes())
    raw[raw.index(order_frame("1")) + 5] ^= 0xFF
    path.write_bytes(raw)
    market = Market(feed_log.folder, [INFY], heard_to=0)
    while market.follow():
        pass
    assert [other.report.order_id for other in market.others if isinstance(other, OrderHeard)] == ["0", "2"]
    assert len(market.damages) == 1 and "CORRUPT" in market.damages[0]
    market.close()


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
    assert msgspec.structs.asdict(EngineSettings())["settle_s"] == 60.0
