"""`down all` when half of the stack is dead, and `up all` that goes wrong over an order or a position: nothing of ours
is left at the broker without a word, and nothing that looks after it is taken away."""

import json
import os
import shutil
import signal
from collections.abc import Iterator

import msgspec
import pytest

from harness.stack_desk import StackDesk, stack_desk
from harness.supervised import PATIENCE_S
from tarazu.app.main.telling import MainSilent, tell_main
from tarazu.app.stack import rise
from tarazu.app.stack.entries import ended
from tarazu.app.stack.rise import stack_up
from tarazu.app.stack.standing import RowState
from tarazu.app.supervision import orphans
from tarazu.app.supervision.bring_up import bring_up
from tarazu.app.supervision.outcome import Outcome
from tarazu.app.supervision.programs import DEPTH_WS, MAIN, SIM_BROKER, WATCHDOG
from tarazu.app.supervision.waiting import until
from tarazu.app.verdict import Exit
from tarazu.wire.kite_orders import OrderRow

KILL = signal.SIGKILL


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackDesk]:
    with stack_desk(tmp_path_factory.mktemp("down")) as made:
        yield made


def is_up(desk: StackDesk) -> None:
    desk.verb_until(0, "up", "--timeout", "120")
    assert until(desk.works, 2 * PATIENCE_S), desk.standing()


def nothing_runs(desk: StackDesk) -> bool:
    return desk.supervision.pid is None and not orphans.orphans(desk.home)


def supervisor_is_killed(desk: StackDesk) -> None:
    pid = desk.supervision.pid
    assert pid is not None
    os.kill(pid, KILL)
    assert until(lambda: desk.supervision.pid is None, PATIENCE_S)


def status_at_the_broker(desk: StackDesk, tag: str | None) -> str:
    """By the books of the broker, which keeps them while it is down."""
    desk.up(SIM_BROKER, patience_s=120)
    assert tag is not None
    return str(desk.of(tag).status)


def test_a_start_that_is_hung_up_on_is_undone(desk: StackDesk) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it would be ignored, and the child's too
    try:
        process = desk.start_verb("up", "all", "--timeout", "120")
    finally:
        signal.signal(signal.SIGHUP, before)
    assert until(lambda: desk.state(MAIN).state.is_up, 2 * PATIENCE_S)
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=240)
    assert process.returncode != 0 and nothing_runs(desk)


def test_an_entry_is_cancelled_though_the_supervisor_died(desk: StackDesk) -> None:
    is_up(desk)
    entry = desk.rest()
    supervisor_is_killed(desk)
    code, out, _ = desk.verb("down", "all")
    assert code == 0 and "account            is flat" in out and nothing_runs(desk), out
    assert status_at_the_broker(desk, entry.tag) == "CANCELLED"


def test_an_entry_is_cancelled_though_the_machine_crashed(desk: StackDesk) -> None:
    is_up(desk)
    entry = desk.rest()
    supervisor_is_killed(desk)
    left = {orphan.name: orphan.pid for orphan in orphans.orphans(desk.home)}
    for name in (WATCHDOG, MAIN, DEPTH_WS):
        os.kill(left[name], KILL)
    assert until(lambda: {o.name for o in orphans.orphans(desk.home)} == {SIM_BROKER}, PATIENCE_S)
    code, out, _ = desk.verb("down", "all")
    assert code == 0 and "is flat, 1 entries cancelled here" in out and nothing_runs(desk), out
    assert status_at_the_broker(desk, entry.tag) == "CANCELLED"


@pytest.mark.parametrize("name", [WATCHDOG, MAIN, DEPTH_WS])
def test_a_health_that_does_not_read_keeps_nothing_running(desk: StackDesk, name: str) -> None:
    is_up(desk)
    entry = desk.rest()
    health = {
        WATCHDOG: desk.home.watchdog_health,
        MAIN: desk.home.main_health,
        DEPTH_WS: desk.home.feed_health,
    }[name]
    health.unlink()
    health.mkdir()
    try:
        code, out, err = desk.verb("down", "all", "--json")
        found = [row for row in json.loads(out)["checks"] if row["status"] != "ok"]
        assert [(row["id"], row["code"]) for row in found] == [(name, "HEALTH_UNREADABLE")], out + err
        assert code == 3 and nothing_runs(desk), out
    finally:
        shutil.rmtree(health)
    assert status_at_the_broker(desk, entry.tag) == "CANCELLED"


def test_main_that_looks_after_a_position_is_not_taken_down_for_a_late_watchdog(
    desk: StackDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_up(desk)
    assert until(lambda: holds(desk, buys=True), PATIENCE_S), desk.main()
    code, out, _ = desk.verb("down", "all")
    assert code == 1 and "held: +" in out and "NSE:INFY" in out, out

    late = Outcome(name=WATCHDOG, exit_code=Exit.UNKNOWN, did="started", code="TIMEOUT")
    monkeypatch.setattr(
        rise, "bring_up", lambda home, names, **how: [late] if WATCHDOG in names else bring_up(home, names, **how)
    )
    outcomes = stack_up(desk.home, patience_s=120, environ={}, gate=ready)
    (kept,) = (outcome for outcome in outcomes if outcome.code == "HELD")
    assert kept.name == MAIN and "NSE:INFY" in kept.detail and late in outcomes
    assert desk.row(DEPTH_WS).works and desk.row(MAIN).works
    assert desk.row(WATCHDOG).state is RowState.STOPPED

    desk.verb("down", "all")
    monkeypatch.setattr(rise, "_looked_after", lambda home: "")
    outcomes = stack_up(desk.home, patience_s=120, environ={}, gate=ready)
    (account,) = (outcome for outcome in outcomes if outcome.name == "account")
    assert account.code == "LEFT" and "held: +" in account.detail and nothing_runs(desk)


def ready(*_: object) -> Outcome:
    return Outcome(name="gate", exit_code=Exit.OK, did="READY")


def holds(desk: StackDesk, buys: bool) -> bool:
    """Whether the account holds something, which a bid far above the market makes it."""
    want = {
        "type": "EntryWant", "strategy": "hand", "key": "NSE:INFY", "side": "BUY", "qty": 1, "product": "CNC",
        "price_paise": 160_000,
    }  # fmt: skip
    health = desk.main()
    if health is not None and any(place.qty for place in health.positions):
        return True
    try:
        if buys and health is not None and not (health.orders and health.orders.working):
            tell_main(desk.home, {"want": want})
    except MainSilent:
        pass
    return False


def test_flatten_and_keep_orders_exclude_each_other(desk: StackDesk) -> None:
    code, out, err = desk.verb("down", "all", "--flatten", "--keep-orders")
    assert code not in (0, 1) and "--keep-orders" in out + err


def row(**facts: object) -> OrderRow:
    plain = {
        "account_id": "A", "placed_by": "A", "order_id": "1", "status": "CANCELLED", "order_timestamp": "", "variety":
        "regular", "exchange": "NSE", "tradingsymbol": "INFY", "instrument_token": 1, "order_type": "LIMIT",
        "transaction_type": "BUY", "validity": "DAY", "product": "CNC", "quantity": 10,
    }  # fmt: skip
    return msgspec.convert(plain | facts, OrderRow)


def test_an_entry_that_filled_while_it_was_cancelled_is_not_counted_as_cancelled() -> None:
    told = ended([row(), row(status="COMPLETE", filled_quantity=10), row(filled_quantity=4), row(status="REJECTED")])
    assert told.cancelled == 2
    assert told.filled == ("10 of 10 BUY NSE:INFY", "4 of 10 BUY NSE:INFY")
