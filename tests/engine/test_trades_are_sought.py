"""A fill is first heard of in a row; its trade, by which books and strategies know it, is read soon after."""

from harness.engine_desk import EngineDesk
from tarazu.engine.messages import What


def test_a_fill_whose_trade_is_not_known_has_the_trades_read_within_two_seconds() -> None:
    desk = EngineDesk().ready()
    desk.want()
    desk.placed("1")
    desk.second(5)
    desk.asked = []
    desk.trade("1", 75)
    desk.heard("1", "FILLED", 75, average_paise=10_000)
    desk.second(2)
    assert What.TRADES in desk.asked
    desk.reads()
    assert not desk.engine.state.blotter.trades_missing()
