"""The process depth_ws against a real simulated broker: what it records, what it says, how it ends and returns."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.desk import PATIENCE_S, TINY, Desk, desk
from harness.served import Served, serving
from tarazu.app.depth_ws.health import Stage
from tarazu.app.feed.market_file import MappedMarket
from tarazu.app.feed.record import FeedStarted, FeedStopped, MasterLoaded, Selected
from tarazu.app.supervision.waiting import until
from tarazu.market.feed_events import FeedRecover, FeedState
from tarazu.model.units import SECOND_NS
from tarazu.runtime.repair import verify
from tarazu.runtime.segment import Kind
from tarazu.wire.kite_ticks import TickFrame, decode

DAY = "2026-11-19"


@pytest.fixture(scope="module")
def broker() -> Iterator[Served]:
    with serving("--day", DAY, "--at", "10:00", "--step-ms", "200") as served:
        yield served


@pytest.fixture
def desk_(tmp_path: Path, broker: Served) -> Iterator[Desk]:
    with desk(tmp_path, broker) as made:
        yield made


def test_it_comes_up_fresh_and_says_what_it_watches(desk_: Desk) -> None:
    desk_.start()
    health = desk_.until_fresh()
    assert health.stage is Stage.LIVE and health.market_open and health.phase == "CONTINUOUS"
    assert {(f.health.feed, f.health.required) for f in health.feeds} == {
        ("index", True), ("futures", True), ("options", True), ("stocks", True), ("cross_asset", False),
    }  # fmt: skip
    assert health.selection is not None and health.selection.instruments == health.throughput.subscribed > 20
    assert health.master is not None and str(health.master.day) == DAY
    assert health.log is not None and health.log.state == "RECORDING" and health.log.not_recorded == 0


def test_everything_received_is_recorded_and_the_market_is_what_was_recorded_last(desk_: Desk) -> None:
    desk_.start()
    desk_.until_fresh()
    assert desk_.stop() == 0
    market, frame, last = MappedMarket(desk_.home.market).view, TickFrame(), {}
    for recorded in desk_.frames():
        if recorded.kind == Kind.BINARY:
            count = decode(recorded.payload, frame)
            last.update({int(r["token"]): int(r["ltp"]) for r in frame.rows[:count]})
    assert last and {t: int(market.rows["ltp"][market.slot_of(t)]) for t in last} == last
    assert verify(desk_.home.feed / DAY).clean


def test_the_record_tells_the_days_story_by_itself(desk_: Desk) -> None:
    desk_.start()
    desk_.until_fresh()
    assert desk_.stop() == 0
    started, master, selected = desk_.events("FEED_STARTED", "MASTER_LOADED", "SELECTED")
    assert isinstance(started, FeedStarted) and str(started.day) == DAY
    assert isinstance(master, MasterLoaded) and master.instruments == 33
    assert isinstance(selected, Selected) and "NSE:NIFTY 50" in selected.symbols and not selected.again
    recovered = desk_.events("FEED_RECOVER")
    assert {r.feed for r in recovered if isinstance(r, FeedRecover) and r.was is FeedState.UNKNOWN} == {
        "index", "futures", "options", "stocks", "cross_asset",
    }  # fmt: skip
    assert isinstance(desk_.events()[-1], FeedStopped)


def test_a_second_one_ends_at_once_and_disturbs_nothing(desk_: Desk, tmp_path: Path, broker: Served) -> None:
    desk_.start()
    first = desk_.until_fresh()
    second = Desk(tmp_path, broker)
    second.start()
    assert second.process is not None and second.process.wait(PATIENCE_S) == 4
    assert desk_.until(lambda h: h.throughput.frames > first.throughput.frames).pid == first.pid


def test_killed_at_any_moment_it_comes_back_and_the_record_has_no_gap(desk_: Desk) -> None:
    for _ in range(3):
        desk_.start()
        desk_.until_fresh()
        assert desk_.stop(signal.SIGKILL) == -signal.SIGKILL
    desk_.start()
    desk_.until_fresh()
    assert desk_.stop() == 0
    sequences = [f.sequence for f in desk_.frames()]
    assert sequences == list(range(1, len(sequences) + 1))
    assert len(desk_.events("FEED_STARTED")) == 4


def test_without_a_broker_that_answers_it_waits_and_says_so(desk_: Desk) -> None:
    desk_.served.admin("POST", "/faults", {"kind": "rest.status", "params": {"status": 503}})
    desk_.start()
    waiting = desk_.until(lambda h: h.stage is Stage.NO_BROKER)
    assert "503" in waiting.detail
    desk_.served.admin("DELETE", "/faults")
    desk_.until_fresh()


def test_a_refused_token_is_waited_for_and_the_next_one_is_picked_up(desk_: Desk, broker: Served) -> None:
    desk_.home.env_file.write_text("KITE_ACCESS_TOKEN=expired\n")
    desk_.start()
    desk_.until(lambda h: h.stage is Stage.NO_TOKEN)
    desk_.home.env_file.write_text(f"# today's\nKITE_ACCESS_TOKEN={broker['access_token']}\n")
    desk_.until_fresh()
    assert len(desk_.events("TOKEN_REPLACED")) == 1


def test_no_token_ever_appears_in_what_it_writes(desk_: Desk, broker: Served) -> None:
    desk_.start()
    desk_.until_fresh()
    assert desk_.stop() == 0
    secret = broker["access_token"].encode()
    written = [p for p in desk_.home.root.rglob("*") if p.is_file() and p != desk_.home.sim_broker]
    assert written and not [p for p in written if secret in p.read_bytes()]


def test_settings_that_select_nothing_are_said_and_tried_again(tmp_path: Path, broker: Served) -> None:
    with desk(tmp_path, broker, TINY.replace('"NSE:INDIA VIX"', '"NSE:NO SUCH"')) as made:
        made.start()
        waiting = made.until(lambda h: h.stage is Stage.NO_SELECTION)
        assert "NSE:NO SUCH is not in today's master" in waiting.detail


def test_a_health_that_is_not_renewed_is_not_believed(desk_: Desk) -> None:
    desk_.start()
    desk_.until_fresh()
    desk_.until(lambda h: h.is_current())
    assert desk_.process is not None
    desk_.process.send_signal(signal.SIGSTOP)
    try:
        assert until(lambda: not desk_.health.is_current(), PATIENCE_S)
        told = desk_.run("feed", "status")
        assert told.returncode == 3 and told.stdout.startswith("UNKNOWN") and "DEPTH_WS_SILENT" in told.stdout
    finally:
        desk_.process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("kind", ["instruments.truncated", "instruments.late"])
def test_a_master_that_is_not_whole_is_refused_and_asked_for_again(desk_: Desk, kind: str) -> None:
    desk_.served.admin("POST", "/faults", {"kind": kind})
    desk_.start()
    waiting = desk_.until(lambda h: h.stage not in (Stage.STARTING, Stage.CONNECTING, Stage.LIVE))
    assert waiting.stage in (Stage.NO_SELECTION, Stage.NO_BROKER) and waiting.detail
    desk_.served.admin("DELETE", "/faults")
    assert desk_.until_fresh().master is not None


def test_the_next_days_lot_changes_are_said_before_anybody_trades(tmp_path: Path) -> None:
    with serving("--day", DAY, "--at", "15:00") as broker, desk(tmp_path, broker) as made:
        made.start()
        made.until(lambda h: h.stage is Stage.LIVE)
        broker.admin("POST", "/faults", {"kind": "instruments.lot_change"})
        broker.admin("PUT", "/clock", {"jump_to": "2026-11-20 09:20:00"})
        waiting = made.until(lambda h: h.stage is Stage.NO_TOKEN)
        assert "refuses the access token" in waiting.detail, "tokens die at six in the morning"
        token = broker.admin("POST", "/access-token", {"user_id": broker["user_id"]})["access_token"]
        made.home.env_file.write_text(f"KITE_ACCESS_TOKEN={token}\n")
        master = made.until(lambda h: h.master is not None and str(h.master.day) == "2026-11-20").master
        assert master is not None and str(master.compared_with) == DAY
        assert any("lot" in line and "NIFTY" in line for line in master.alarms)


def test_an_env_file_nobody_can_read_takes_nothing_from_a_live_feed(desk_: Desk) -> None:
    desk_.start()
    pid = desk_.until_fresh().pid
    desk_.home.env_file.write_bytes(b"KITE_ACCESS_TOKEN=\xff\n")
    later_ns = desk_.health.mono_ns + 5 * SECOND_NS // 2
    later = desk_.until(lambda h: h.mono_ns > later_ns)
    assert later.pid == pid and later.stage is Stage.LIVE


def test_an_ended_prepare_says_stopping_and_not_what_it_was_waiting_for(desk_: Desk) -> None:
    desk_.served.admin("POST", "/faults", {"kind": "rest.timeout", "count": 1})
    desk_.start()
    desk_.until(lambda h: True)
    assert desk_.stop() == 0
    assert desk_.health.stage is Stage.STOPPING


def test_a_market_that_cannot_be_reached_by_settings_is_a_clear_no(tmp_path: Path, broker: Served) -> None:
    with desk(tmp_path, broker, "[feed]\nconnections = 4\n") as made:
        made.start()
        assert made.process is not None and made.process.wait(PATIENCE_S) == 64
        assert "feed.connections" in (made.home.logs / "depth_ws.log").read_text()
