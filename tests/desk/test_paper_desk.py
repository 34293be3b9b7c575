"""Paper through real processes: a simulated feed, orders that go no further than main, and an account that stays."""

import signal
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from harness.paper_desk import PaperDesk, paper_desk
from harness.research_days import CONFIG, DATE
from tarazu.app.home import Home
from tarazu.app.recordings.recorded_day import recorded_day
from tarazu.app.research.kept import Kept
from tarazu.app.research.recorded_days import logged_day
from tarazu.app.research.run import run_day
from tarazu.app.settings import StrategySettings
from tarazu.engine import codec
from tarazu.engine.acts import Decide
from tarazu.engine.messages import MarketMoved, OrderHeard
from tarazu.orders.messages import Filled
from tarazu.runtime.journal_files import day_folder
from tarazu.runtime.journal_reader import JournalReader
from tarazu.runtime.segment import Frame, Kind

CALL, PUT = "NFO:NIFTY26NOV26100CE", "NFO:NIFTY26NOV26100PE"
PROBE = StrategySettings(
    factory="harness.probe:make",
    params={"keys": [CALL], "qty": 65, "every_s": 4, "hold_s": 3, "stop": {"distance_paise": 300, "width_paise": 100}},
)
LOOKER = StrategySettings(factory="harness.frame_decider:make", params={"key": CALL})
PATIENCE_S = 90.0


def records(home: Home, day: date = DATE) -> list[codec.Record]:
    folder = day_folder(home.journal, day)
    read = (codec.decode(entry.kind, entry.payload) for entry in JournalReader(folder).ready())
    return [record for record in read if isinstance(record, codec.Record)]


def fills(desk: PaperDesk) -> int:
    return sum(isinstance(output, Filled) for record in records(desk.home) for output in record.step.outputs)


def until_fills(desk: PaperDesk, count: int) -> None:
    until(desk, lambda: fills(desk) >= count)


def until(desk: PaperDesk, is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end and desk.main is not None and desk.main.poll() is None, desk.main_log[-3000:]
        time.sleep(0.3)


def by_hand(desk: PaperDesk) -> str:
    """An order in the account that the feed is logged in with; its id."""
    exchange, symbol = PUT.split(":")
    terms = {"quantity": 65, "product": "NRML", "order_type": "MARKET", "market_protection": -1}
    placed: str = desk.served.client().place_order("regular", exchange, symbol, "BUY", **terms)
    return placed


def heard_of_by_hand(desk: PaperDesk) -> int:
    """Updates of it that the feed log holds."""
    frames = recorded_day(desk.home.feed / str(DATE))
    texts = [bytes(frame.payload) for frame in frames if isinstance(frame, Frame) and frame.kind == Kind.TEXT]
    return sum(PUT.split(":")[1].encode() in text for text in texts)


def test_paper_orders_fill_in_the_process_reach_no_broker_and_outlive_a_kill(tmp_path: Path) -> None:
    with paper_desk(tmp_path, PROBE, LOOKER) as desk:
        desk.trading()
        until_fills(desk, 4)
        assert desk.served.client().orders() == [], "what is paper's reaches nobody"
        own = by_hand(desk)
        until(desk, lambda: heard_of_by_hand(desk) > 1)
        assert desk.stop_main(signal.SIGKILL) == -signal.SIGKILL
        before = fills(desk)
        desk.trading()
        until_fills(desk, before + 2)
        desk.order("FLATTEN")
        desk.until_main(lambda health: not any(place.qty for place in health.positions), PATIENCE_S)
        assert desk.stop_main() == 0 and desk.stop() == 0
        replayed = desk.run("replay", "--verify", "--json")
        assert replayed.returncode == 0, replayed.stdout + replayed.stderr
        assert [row["order_id"] for row in desk.served.client().orders()] == [own]
        told = [record.stamped.message for record in records(desk.home)]
        heard = [message.report for message in told if isinstance(message, OrderHeard)]
        assert heard and not [report for report in heard if report.key == PUT], "what is not paper's never enters"
        assert_a_backtest_decides_the_same(desk, tmp_path / "kept")


def assert_a_backtest_decides_the_same(desk: PaperDesk, root: Path) -> None:
    """On the frames that were recorded. The looker's decisions are compared frame by frame: where the paper desk took
    two frames together it decided once."""
    day = logged_day(desk.home.feed / str(DATE), desk.home.masters)
    kept = Kept(root, (LOOKER,))
    held, sha256 = kept.keep(day)
    journal = kept.journal(held)
    run_day(held, (LOOKER,), CONFIG, record=journal, master_sha256=sha256)
    journal.close()
    papered, tested = decisions(desk.home), decisions(kept.home)
    both = papered.keys() & tested.keys()
    assert len(both) > 10
    assert {frame: papered[frame] for frame in both} == {frame: tested[frame] for frame in both}


def decisions(home: Home) -> dict[int, str]:
    """By frame, what the looker said of it."""
    return {
        record.stamped.message.sequence: act.decision.why
        for record in records(home)
        if isinstance(record.stamped.message, MarketMoved)
        for act in record.step.acts
        if isinstance(act, Decide) and act.decision.strategy == "frames"
    }
