"""`tarazu why` tells the decision that an order came from."""

from harness.strategy_desk import SPOT, StrategyDesk
from tarazu.app.why.decided import Origins, line
from tarazu.engine.acts import Intend
from tarazu.orders.intent import Purpose


def origins(desk: StrategyDesk) -> list[tuple[str, str]]:
    """Purpose and decision of every order, in the order of sending."""
    of, found = Origins(), list[tuple[str, str]]()
    for told in desk.told:
        of.take(told)
        for act in told.record.step.acts:
            if isinstance(act, Intend):
                decision = of.of(told, act)
                found.append((str(act.intent.purpose), f"{decision.verb} {decision.why}" if decision else ""))
    return found


def test_the_legs_of_a_spread_come_from_the_decision_that_began_it_and_exits_from_the_one_that_left() -> None:
    desk = StrategyDesk("iron_fly", from_minutes=0, lots_max=1, stop_multiple=0.1, adjust_share=1.0)
    desk.begin().passes(5).passes(20, SPOT + 35_000)
    assert (
        origins(desk)
        == [("ENTRY", "ENTER sold at the money")] * 4
        + [("SQUARE_OFF", "LEAVE the stop: too much of the credit is lost")] * 4
    )


def test_an_entry_comes_from_its_own_decision_and_its_stop_from_none() -> None:
    desk = StrategyDesk(
        "momentum", without_model="trade", bar_seconds=2, fast_bars=3, slow_bars=8, gap_bps_min=1.0, lots_max=1,
        risk_rupees=1e6,
    )  # fmt: skip
    desk.begin().passes(40)
    for _ in range(12):
        desk.passes(1, desk.spot + 1_000)
    found = origins(desk)
    assert found[0] == ("ENTRY", "ENTER the means have crossed, and no model was asked")
    assert found[1] == (str(Purpose.STOP), "")


def test_a_decision_is_told_in_one_line_with_its_numbers() -> None:
    desk = StrategyDesk("iron_fly", from_minutes=0, lots_max=1).begin().passes(5)
    entered = next(said for said in desk.decisions if said.wants)
    told = line(entered)
    assert told.startswith("decided: ENTER NSE:NIFTY 50, sold at the money (spot_paise 2,600,000, body_paise")
    assert "lots 1" in told and "\n" not in told
