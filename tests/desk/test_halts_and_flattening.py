"""What a person says: a halt that outlives the process, and flat when flat is asked for."""

import signal
from collections.abc import Iterator

import pytest

from harness.scenario_desk import CALL, ENGINE, FAST, LOT, PUT, ScenarioDesk, trading_desk
from tarazu.engine import messages as m
from tarazu.engine.phase import Phase
from tarazu.model.order import Side


@pytest.fixture(scope="module")
def trading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScenarioDesk]:
    with trading_desk(tmp_path_factory.mktemp("desk"), ENGINE, *FAST[:-1], "normal") as made:
        yield made


def ready(desk: ScenarioDesk) -> None:
    """Whatever a test that was cut short has left said."""
    state = desk.told.state
    if state.halt is not None:
        desk.command(m.Order.RESET_HALT, "begun anew")
    if state.flattening:
        desk.command(m.Order.STOP_FLATTEN, "begun anew")
    if state.entries_off:
        desk.command(m.Order.ENTRIES_ON, "begun anew")
    desk.until_phase(Phase.ACTIVE)


@pytest.mark.control("C22", "C23", "C28")
def test_a_halt_outlives_kill_9_cancels_the_entries_keeps_the_stops_and_ends_by_a_persons_word(
    trading: ScenarioDesk,
) -> None:
    ready(trading)
    held = trading.buy()
    stop = trading.until_protected(held)
    resting = trading.rest(PUT)
    trading.until_order(resting, "WORKING")
    trading.command(m.Order.HALT, "I have a bad feeling")
    trading.until_phase(Phase.HALTED)
    trading.until_order(resting, "CANCELED")
    assert "PHASE" in trading.denied()

    for number in (signal.SIGKILL, signal.SIGTERM):
        trading.kill_main(number)
        trading.restart_main()
        assert trading.told.phases()[-1] == ["HALTED"]
    trading.until(lambda: trading.told.state.agreement.is_reached)
    assert trading.told.state.phase is Phase.HALTED, "everything is well, and still"
    assert "ACTIVE" not in trading.told.phases()[-1] + trading.told.phases()[-2]
    assert "PHASE" in trading.denied()
    assert trading.order(stop.ref).status == "WORKING"
    trading.agree()

    trading.command(m.Order.RESET_HALT, "it has passed")
    trading.until_phase(Phase.ACTIVE)
    trading.until_order(trading.buy(PUT), "FILLED")
    trading.agree()


def test_flatten_ends_flat_while_the_market_moves_and_then_the_desk_trades_again(trading: ScenarioDesk) -> None:
    """Longs with their stops, a short, an entry that rests, an order by hand, and three jumps of the market. Nothing is
    entered afterwards until a person says so: a strategy would buy back what was just left."""
    ready(trading)
    for key in (CALL, PUT):
        trading.until_order(trading.buy(key, 3 * LOT), "FILLED")
    trading.until_order(trading.buy("NFO:NIFTY26NOV26050CE", side=Side.SELL), "FILLED")
    resting = trading.rest("NFO:NIFTY26NOV26150CE")
    trading.until_order(resting, "WORKING")
    for pct in (0.2, -0.3, 0.2):
        trading.strike("market.jump", count=1, params={"pct": pct})
        if pct == -0.3:
            trading.command(m.Order.FLATTEN, "the evening")
    trading.until_flat()
    truth = trading.agree()
    assert not truth.net and not truth.working
    assert trading.told.state.flattening == "" or trading.told.state.phase is not Phase.ACTIVE
    assert trading.order(resting).status == "CANCELED"

    # And again.

    if trading.told.state.flattening:
        trading.command(m.Order.STOP_FLATTEN, "a new day")
    trading.until_phase(Phase.REDUCE_ONLY)
    assert "PHASE" in trading.denied()
    trading.command(m.Order.ENTRIES_ON, "a new day")
    trading.until_phase(Phase.ACTIVE)
    trading.until_protected(trading.buy())
    trading.command(m.Order.FLATTEN, "enough")
    trading.until_flat()
    trading.agree()
