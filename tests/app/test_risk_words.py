"""`tarazu engine status` about the risk state: what a person sees, and what wants one."""

import msgspec

from harness.engine_desk import BUY
from harness.risk_desk import RiskDesk
from tarazu.app.main.risk_health import RiskPage
from tarazu.app.main.risk_page import risk_page
from tarazu.app.main.risk_words import risk_checks, risk_lines, strategy_checks
from tarazu.engine import messages as m

RUPEES = 100


def page(desk: RiskDesk) -> RiskPage:
    return risk_page(desk.engine.state, desk.now_ns, desk.wall_ns)


def lines(desk: RiskDesk) -> str:
    return "\n".join(risk_lines(page(desk)))


def codes(desk: RiskDesk) -> list[str]:
    return [check.code for check in (*risk_checks(page(desk)), *strategy_checks(page(desk)))]


def test_the_days_result_and_what_is_used_of_each_limit_are_shown() -> None:
    desk = RiskDesk(day_loss_max_paise=5_000 * RUPEES, drawdown_max_paise=6_000 * RUPEES).ready()
    desk.hold()
    desk.price(11_000)
    desk.price(6_000)
    said = lines(desk)
    assert said.startswith("RISK        NORMAL | net -3,02") and " below the day's best (3,7" in said
    assert "LIMITS      used: DAY_LOSS 60 %, DRAWDOWN 62 %, REJECTS 0 %" in said
    assert codes(desk) == []


def test_what_is_near_a_limit_is_a_warning_and_what_is_unknown_says_why() -> None:
    desk = RiskDesk(day_loss_max_paise=5_000 * RUPEES).ready()
    desk.hold()
    desk.price(4_500)
    assert codes(desk) == ["NEAR_DAY_LOSS"]
    desk.unpriced()
    desk.second()
    assert f"NOT KNOWN now: UNKNOWN: NO_PRICE {BUY.key}" in lines(desk) and "PNL_UNKNOWN" in codes(desk)


def test_a_halted_strategy_is_named_with_the_way_back() -> None:
    desk = RiskDesk().ready()
    desk.want(msgspec.structs.replace(BUY, strategy="orb"))
    desk.command(m.Order.HALT_STRATEGY, ref="orb", why="a look")
    assert "STRATEGY    orb halted since" in lines(desk) and "OPERATOR: asha: a look" in lines(desk)
    (check,) = strategy_checks(page(desk))
    assert check.code == "STRATEGY_HALT" and "RESET_STRATEGY --ref orb --incident" in check.hint


def test_before_anything_is_known_that_is_said() -> None:
    assert next(iter(risk_lines(RiskPage()))) == "RISK        NORMAL | the day's result is not known yet"
