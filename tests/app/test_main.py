"""The process main against a real simulated broker and a real depth_ws: how it begins, trades, ends and comes back."""

import asyncio
import itertools
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from harness.broker_truth import BrokerTruth
from harness.desk import PATIENCE_S, START_S, TRADING, Desk, desk
from harness.imports import PYTHONPATH
from harness.served import Served, serving
from harness.told_day import ToldDay
from tarazu.adapters.sqlite_projection.content import Database
from tarazu.app.database import database_file
from tarazu.app.main import running
from tarazu.app.main.day import open_day
from tarazu.app.main.engine_day import EngineDay
from tarazu.app.main.health import Stage, read_main_health
from tarazu.app.main.process import Main
from tarazu.app.settings import read_settings
from tarazu.app.supervision.waiting import until
from tarazu.engine.acts import Intend, SetHalt
from tarazu.engine.halts import Halt
from tarazu.engine.messages import Started, Stopping
from tarazu.model.order import Product, Side
from tarazu.orders.intent import Purpose
from tarazu.runtime.journal_files import day_folder, segment_path
from tarazu.strategy.wants import EntryWant, StopPlan

DAY = "2026-11-19"
FUTURE = "NFO:NIFTY26NOVFUT"
STOP = StopPlan(distance_paise=30_000, width_paise=2_000)


@pytest.fixture(scope="module")
def broker() -> Iterator[Served]:
    with serving("--day", DAY, "--at", "10:00", "--step-ms", "200") as served:
        yield served


_accounts = itertools.count(1001)


@pytest.fixture
def account(broker: Served) -> Served:
    """The same broker with an account that nobody has traded in: another home's orders would be a halt."""
    user = {"user_id": f"TZ{next(_accounts):04}"}
    broker.admin("POST", "/accounts", user)
    return Served(broker.hello | user | broker.admin("POST", "/access-token", user), broker.process)


@pytest.fixture
def desk_(tmp_path: Path, account: Served) -> Iterator[Desk]:
    with desk(tmp_path, account, TRADING) as made:
        yield made


def buy(at: Desk, paise_above: int = 500) -> EntryWant:
    """One lot at a limit so far above the best offer: it fills at once, or rests where that is below."""
    ask = round(at.quote(FUTURE)["depth"]["sell"][0]["price"] * 100)
    price = (ask + paise_above) // 5 * 5
    return EntryWant(
        strategy="hand", key=FUTURE, side=Side.BUY, qty=65, product=Product.NRML, price_paise=price, stop=STOP
    )


def entered(at: Desk, **terms: int) -> str:
    """The tag of an entry that was taken: asked for anew, at the price of the moment, while the gate says no."""
    answers: list[dict[str, Any]] = []

    def taken() -> bool:
        answers.append(at.want(buy(at, **terms)))
        return bool(answers[-1]["accepted"])

    assert until(taken, PATIENCE_S), answers[-1]
    (tag,) = answers[-1]["refs"]
    return str(tag)


def test_it_comes_up_compares_its_books_with_the_brokers_and_takes_entries(desk_: Desk) -> None:
    health = desk_.trading()
    assert health.stage is Stage.RUNNING and health.epoch == 1 and health.day == DAY and not health.why
    assert health.market is not None and health.market.instruments > 20 and health.market.caught_up
    assert {read.what for read in health.reads if read.age_ns is not None} >= {"ORDERS", "TRADES", "POSITIONS"}
    assert {feed.feed for feed in health.feeds if feed.required and feed.fresh} >= {"options", "depth_ws", "follower"}
    told = ToldDay(desk_.home).read()
    (started,) = told.messages(Started)
    assert started.day == DAY and started.epoch == 1 and len(started.watch) == health.market.instruments
    assert started.master_sha256 == desk_.health.master.sha256  # type: ignore[union-attr]
    assert told.phases()[0][0] == "RECONCILING" and told.phases()[0][-1] == "ACTIVE"


def test_a_want_becomes_an_order_at_the_broker_and_its_fill_gets_a_stop_that_rests(desk_: Desk) -> None:
    desk_.trading()
    tag = entered(desk_)
    health = desk_.until_main(lambda h: h.orders is not None and h.orders.stops == 1)
    assert [(place.key, place.qty) for place in health.positions if place.qty] == [(FUTURE, 65)]
    truth = BrokerTruth(desk_.served)
    (entry,) = truth.of_tag(tag)
    assert entry["status"] == "COMPLETE" and entry["filled_quantity"] == 65
    (stop,) = [row for row in truth.working if row["tag"] in ToldDay(desk_.home).read().intents]
    assert (stop["order_type"], stop["transaction_type"], stop["quantity"]) == ("SL", "SELL", 65)
    assert stop["trigger_price"] < entry["average_price"]


def test_what_the_gate_refuses_is_answered_with_every_reason_and_nothing_is_sent(desk_: Desk) -> None:
    desk_.trading()
    orders = len(BrokerTruth(desk_.served).orders)
    odd = EntryWant(strategy="hand", key=FUTURE, side=Side.BUY, qty=64, product=Product.NRML, price_paise=2_600_001)
    answer = desk_.want(odd)
    assert not answer["accepted"] and not answer["error"] and not answer["refs"]
    assert {denial["code"] for denial in answer["denials"]} >= {"LOT", "TICK", "STOP"}
    assert len(BrokerTruth(desk_.served).orders) == orders


def test_killed_with_orders_out_it_comes_back_and_knows_them_all(desk_: Desk) -> None:
    desk_.trading()
    first = entered(desk_)
    assert desk_.stop_main(signal.SIGKILL) == -signal.SIGKILL, "before anything was answered"
    health = desk_.trading()
    assert health.epoch == 2
    desk_.until_main(lambda h: h.orders is not None and h.orders.unknown == 0 and h.orders.stops >= 1)
    truth, ours = BrokerTruth(desk_.served), ToldDay(desk_.home).read()
    assert len(truth.of_tag(first)) == 1, "sent once, and never again"
    assert ours.state.blotter.orders[first].cum_qty == 65
    stops = [i for i in ours.intents.values() if i.purpose is Purpose.STOP and i.covers == first]
    assert len(stops) == 1 and len(truth.of_tag(stops[0].ref)) == 1


def test_asked_to_stop_it_leaves_what_rests_and_says_so(desk_: Desk) -> None:
    desk_.trading()
    resting = entered(desk_, paise_above=-50_000)
    desk_.until_main(lambda h: h.orders is not None and h.orders.working >= 1 and h.orders.pending == 0)
    assert desk_.stop_main() == 0
    assert f"left at the broker: {resting} BUY 65 {FUTURE} WORKING" in desk_.main_log
    assert desk_.main_health.stage is Stage.STOPPING and not desk_.home.main_socket.exists()
    assert len(ToldDay(desk_.home).read().messages(Stopping)) == 1
    (row,) = BrokerTruth(desk_.served).of_tag(resting)
    assert row["status"] == "OPEN"
    desk_.served.client().cancel_order("regular", row["order_id"])


@pytest.mark.control("C22", "C23")
def test_a_halt_outlives_the_process_and_only_a_person_ends_it(desk_: Desk) -> None:
    desk_.trading()
    assert desk_.order("HALT", "the numbers look wrong")["phase"] == "HALTED"
    assert desk_.stop_main(signal.SIGKILL) == -signal.SIGKILL
    desk_.start_main()
    health = desk_.until_main(lambda h: h.phase == "HALTED")
    assert health.halt is not None and "tester: the numbers look wrong" in health.halt.why
    denied = desk_.want(buy(desk_))
    assert not denied["accepted"] and "PHASE" in {denial["code"] for denial in denied["denials"]}
    desk_.order("RESET_HALT")
    desk_.until_main(lambda h: h.phase == "ACTIVE")
    halts = ToldDay(desk_.home).read().acts(SetHalt)
    assert [isinstance(act.halt, Halt) for act in halts] == [True, False]


def test_a_second_one_ends_at_once_and_disturbs_nothing(desk_: Desk, tmp_path: Path, account: Served) -> None:
    first = desk_.trading()
    second = Desk(tmp_path, account, TRADING)
    second.start_main()
    assert second.main is not None and second.main.wait(PATIENCE_S) == 4
    assert "another main runs" in desk_.main_log
    assert desk_.until_main(lambda h: h.mono_ns > first.mono_ns).epoch == 1
    assert desk_.order("CANCEL_ENTRIES")["accepted"]


@pytest.mark.control("C19")
def test_without_a_token_it_says_so_and_takes_up_the_next_one(desk_: Desk, account: Served) -> None:
    desk_.home.env_file.write_text("KITE_ACCESS_TOKEN=expired\n")
    desk_.start_main()
    desk_.until_main(lambda h: h.stage is Stage.NO_TOKEN)
    assert "main takes nothing now, it is NO_TOKEN" in desk_.order("HALT")["error"]
    desk_.home.env_file.write_text(f"KITE_ACCESS_TOKEN={account['access_token']}\n")
    desk_.until_main(lambda h: h.stage is Stage.RUNNING and h.phase == "REDUCE_ONLY" and "depth_ws" in h.why)
    # Exits pass, and without a feed no entry does.


@pytest.mark.control("C19")
def test_a_session_that_ends_in_the_day_is_waited_for_and_the_books_are_compared_anew(desk_: Desk) -> None:
    desk_.trading()
    served = desk_.served
    desk_.home.env_file.write_text("KITE_ACCESS_TOKEN=gone\n")
    desk_.until_main(lambda h: any("AUTH_LOST" in read.failing for read in h.reads), 2 * PATIENCE_S)
    desk_.home.env_file.write_text(f"KITE_ACCESS_TOKEN={served['access_token']}\n")
    assert desk_.until_main(lambda h: h.phase == "ACTIVE", 2 * PATIENCE_S).epoch == 1


@pytest.mark.control("C25")
def test_a_feed_that_dies_stops_entries_and_its_return_allows_them(desk_: Desk) -> None:
    desk_.trading()
    assert desk_.stop(signal.SIGKILL) == -signal.SIGKILL
    desk_.until_main(lambda h: h.phase == "REDUCE_ONLY" and "depth_ws" in h.why)
    desk_.start()
    desk_.until_main(lambda h: h.phase == "ACTIVE")


def test_a_damaged_journal_is_not_written_to_and_the_command_that_tells_more_is_named(desk_: Desk) -> None:
    desk_.trading()
    assert desk_.stop_main() == 0
    path = segment_path(day_folder(desk_.home.journal, ToldDay(desk_.home).read().day), 1)
    raw = bytearray(path.read_bytes())
    raw[300] ^= 0xFF
    path.write_bytes(raw)
    desk_.start_main()
    assert desk_.main is not None and desk_.main.wait(PATIENCE_S) == 2
    assert "main cannot run: journal of 2026-11-19" in desk_.main_log and "tarazu audit verify" in desk_.main_log
    assert path.read_bytes() == raw


def test_settings_and_strategies_that_cannot_be_are_a_clear_no(tmp_path: Path, broker: Served) -> None:
    with desk(tmp_path, broker, TRADING + "position_limit = 5\n") as made:
        made.start_main()
        assert made.main is not None and made.main.wait(PATIENCE_S) == 64
        assert "position_limit" in made.main_log
    named = '[[engine.strategies]]\nfactory = "no.such.module:make"\n'
    with desk(tmp_path, broker, TRADING + named) as made:
        made.start_main()
        assert made.main is not None and made.main.wait(PATIENCE_S) == 2
        assert "no.such.module:make cannot be imported: ModuleNotFoundError" in made.main_log


@pytest.mark.control("C23")
def test_midnight_ends_the_process_and_the_next_one_begins_the_next_day_with_yesterdays_halt(tmp_path: Path) -> None:
    with serving("--day", DAY, "--at", "15:00") as served, desk(tmp_path, served, TRADING) as made:
        made.start_main()
        made.until_main(lambda h: h.stage is Stage.RUNNING)
        made.order("HALT", "for the night")
        served.admin("PUT", "/clock", {"jump_to": "2026-11-20 09:20:00"})
        assert made.main is not None and made.main.wait(PATIENCE_S) == 75
        token = served.admin("POST", "/access-token", {"user_id": served["user_id"]})["access_token"]
        made.home.env_file.write_text(f"KITE_ACCESS_TOKEN={token}\n")
        made.start_main()
        health = made.until_main(lambda h: h.phase == "HALTED")
        assert health.day == "2026-11-20" and health.halt is not None and "for the night" in health.halt.why
        assert made.stop_main() == 0
        (started,) = ToldDay(made.home).read().messages(Started)
        assert started.halt is not None and started.epoch == 2


def test_a_strategy_of_the_settings_trades(tmp_path: Path, account: Served) -> None:
    probe = f"""
[[engine.strategies]]
factory = "harness.probe:make"
params = {{ keys = ["{FUTURE}"], qty = 65, every_s = 2.0, hold_s = 1000.0, patient_each = 0 }}
"""
    with desk(tmp_path, account, TRADING + probe) as made:
        made.start(PYTHONPATH=PYTHONPATH)
        made.until_fresh(START_S)
        made.start_main(PYTHONPATH=PYTHONPATH)
        health = made.until_main(lambda h: h.orders is not None and h.orders.stops == 1, START_S)
        assert health.strategies == ("probe",)
        entries = [act for act in ToldDay(made.home).read().acts(Intend) if act.intent.purpose is Purpose.ENTRY]
        assert len(entries) == 1 and entries[0].intent.strategy == "probe"


BUG = """
from tarazu.engine import messages, process

sound = process.Engine.process

def unsound(engine, stamped):
    if isinstance(stamped.message, messages.MarketMoved):
        raise ZeroDivisionError("the probe of a bug")
    return sound(engine, stamped)

process.Engine.process = unsound
"""
"""As the interpreter's start would have it: the engine itself fails when the market first moves."""


def test_a_strategy_that_raises_is_halted_and_the_desk_goes_on(tmp_path: Path, account: Served) -> None:
    failing = f'''
[[engine.strategies]]
factory = "harness.failing_strategy:make"
params = {{ key = "{FUTURE}" }}
'''
    with desk(tmp_path, account, TRADING + failing) as made:
        made.start()
        made.until_fresh(START_S)
        made.start_main(PYTHONPATH=PYTHONPATH)
        health = made.until_main(lambda h: h.phase == "ACTIVE" and h.risk is not None and bool(h.risk.strategy_halts))
        assert health.risk is not None
        halted = next(iter(health.risk.strategy_halts))
        assert "failing" in str(halted) and "ZeroDivisionError" in str(health.risk.strategy_halts)


def test_a_bug_ends_it_at_once_and_the_next_start_is_halted_until_a_person_has_looked(
    tmp_path: Path, account: Served
) -> None:
    (tmp_path / "bug").mkdir()
    (tmp_path / "bug" / "sitecustomize.py").write_text(BUG)
    with desk(tmp_path, account, TRADING) as made:
        made.start()
        made.until_fresh(START_S)
        made.start_main(PYTHONPATH=f"{tmp_path / 'bug'}:{PYTHONPATH}")
        assert made.main is not None and made.main.wait(START_S) == 70
        assert "main ends at once: EngineFailed: at " in made.main_log and "ZeroDivisionError" in made.main_log
        assert made.main_health.stage is Stage.FAILED and "ZeroDivisionError" in made.main_health.detail
        made.start_main()
        health = made.until_main(lambda h: h.phase == "HALTED")
        assert health.halt is not None and health.halt.code == "ENGINE_FAILED"
        assert made.order("RESET_HALT")["accepted"]
        made.until_main(lambda h: h.phase == "ACTIVE")


def test_asked_to_stop_while_it_recovers_it_begins_nothing(desk_: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> int:
        made, loop = Main(desk_.home, read_settings(desk_.home.settings_file)), asyncio.get_running_loop()

        def opening(*told: Any) -> Any:
            opened = open_day(*told)
            loop.call_soon_threadsafe(made.stop)
            return opened

        monkeypatch.setattr("tarazu.app.main.process.open_day", opening)
        async with asyncio.timeout(START_S):
            return await made.run()

    assert asyncio.run(run()) == 0
    assert ToldDay(desk_.home).read().records == [], "no start, no question, no order"


@pytest.mark.parametrize(
    ("where", "bug", "code"),
    [
        ("process.open_day", ZeroDivisionError("a bug"), 70),
        ("process.Main._look_at_day", ZeroDivisionError("a bug"), 70),
        ("process.Main._look_at_day", OSError("no more descriptors"), 74),
        ("process.open_day", OSError("no such place"), 2),
    ],
)
def test_a_bug_before_or_beside_the_day_is_told_as_one(
    desk_: Desk,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    where: str,
    bug: Exception,
    code: int,
) -> None:
    def fails(*told: Any) -> None:
        raise bug

    monkeypatch.setattr(f"tarazu.app.main.{where}", fails)
    monkeypatch.setattr("gc.freeze", lambda: None)
    assert running.run(desk_.home, read_settings(desk_.home.settings_file)) == code
    assert any(record.levelname == "CRITICAL" for record in caplog.records) == (code != 2) and str(bug) in caplog.text
    health = read_main_health(desk_.home.main_health)
    assert health is not None and health.stage is Stage.FAILED and str(bug) in health.detail


def test_the_health_says_failed_before_the_end_which_takes_its_time(
    desk_: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages: list[Stage] = []

    async def run() -> int:
        made = Main(desk_.home, read_settings(desk_.home.settings_file))

        async def fails(day: EngineDay) -> None:
            day.failure = ZeroDivisionError("a bug")

        async def end(day: EngineDay) -> None:
            stages.append(made.health().stage)
            await ended(day)

        ended = EngineDay.end
        monkeypatch.setattr(EngineDay, "run", fails)
        monkeypatch.setattr(EngineDay, "end", end)
        monkeypatch.setattr("gc.freeze", lambda: None)
        async with asyncio.timeout(START_S):
            return await made.run()

    assert asyncio.run(run()) == 70 and stages == [Stage.FAILED]


def test_no_token_ever_appears_in_what_it_writes(desk_: Desk, account: Served) -> None:
    desk_.trading()
    assert desk_.stop_main() == 0
    secret = account["access_token"].encode()
    written = [p for p in desk_.home.root.rglob("*") if p.is_file() and p != desk_.home.sim_broker]
    assert written and not [p for p in written if secret in p.read_bytes()]


def test_nobody_else_may_open_its_inbox_and_a_dead_ones_is_replaced(desk_: Desk) -> None:
    desk_.start_main()
    desk_.until_main(lambda h: h.stage is Stage.RUNNING)
    assert desk_.home.main_socket.stat().st_mode & 0o777 == 0o600
    assert desk_.stop_main(signal.SIGKILL) == -signal.SIGKILL and desk_.home.main_socket.exists()
    desk_.start_main()
    desk_.until_main(lambda h: h.stage is Stage.RUNNING)
    assert until(lambda: bool(desk_.order("ENTRIES_OFF")["accepted"]), PATIENCE_S)


def test_the_database_follows_and_while_it_cannot_be_written_nothing_new_is_entered(desk_: Desk) -> None:
    desk_.trading()
    tag = entered(desk_)
    file = database_file(desk_.home)
    assert until(file.exists, PATIENCE_S)
    with closing(sqlite3.connect(file, isolation_level=None)) as somebody:
        somebody.execute("BEGIN IMMEDIATE")
        health = desk_.until_main(lambda h: "DATABASE" in h.why)
        assert health.phase == "REDUCE_ONLY" and ToldDay(desk_.home).read().alerts("DATABASE")
        somebody.rollback()
    desk_.until_main(lambda h: h.phase == "ACTIVE")
    assert desk_.stop_main() == 0
    checked = desk_.run("db", "check")
    assert checked.returncode == 0, checked.stdout
    with Database(file) as whole:
        assert whole.query("SELECT side, qty FROM intents WHERE ref = ?", tag) == [("BUY", 65)]
