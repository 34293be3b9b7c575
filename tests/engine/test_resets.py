"""A halt is taken back by a person with a name, a reason and an incident; not while its cause persists (C23, C24)."""

import msgspec
import pytest

from harness.engine_desk import CONFIG
from harness.order_story import KEY, report
from harness.risk_desk import RiskDesk
from tarazu.engine import messages as m
from tarazu.engine.acts import SetHalt
from tarazu.engine.halts import Halt, RiskState
from tarazu.engine.phase import Phase
from tarazu.model.outcome import RefusalKind
from tarazu.model.units import SECOND_NS
from tarazu.orders.client_order_id import ClientOrderId

RESET = m.Order.RESET_HALT
RUPEES = 100


def lost(**limits: int) -> RiskDesk:
    """₹5,250 and charges, of ₹5,000."""
    desk = RiskDesk(**{"day_loss_max_paise": 5_000 * RUPEES, **limits}).ready()
    desk.hold()
    desk.price(3_000)
    assert desk.halt == "HARD_HALT DAY_LOSS"
    return desk


@pytest.mark.control("C23")
def test_a_reset_leads_to_reconciling_and_entries_wait_for_the_books() -> None:
    desk = RiskDesk().ready()
    desk.command(m.Order.HALT)
    assert desk.declined(RESET) == "" and desk.halt == ""
    assert desk.engine.state.phase is Phase.RECONCILING
    desk.lived(3)
    assert desk.engine.state.phase is Phase.ACTIVE


@pytest.mark.control("C23")
@pytest.mark.parametrize("missing", ["incident", "why"])
def test_a_reset_without_an_incident_or_a_reason_is_refused(missing: str) -> None:
    desk = RiskDesk().ready()
    desk.command(m.Order.HALT)
    assert missing in desk.declined(RESET, **{missing: " "})
    assert desk.halt == "HARD_HALT OPERATOR" and "RESET_HALT_REFUSED" in desk.alerts


@pytest.mark.control("C23", "C24")
def test_a_loss_beyond_its_limit_is_reset_by_nobody_that_day() -> None:
    desk = lost()
    why = desk.declined(RESET)
    assert why.startswith("DAY_LOSS persists: the day's loss is 5,2") and "the next day counts anew" in why
    assert desk.halt == "HARD_HALT DAY_LOSS"


@pytest.mark.control("C24")
def test_a_loss_that_is_over_may_be_reset() -> None:
    desk = lost()
    desk.price(9_000)
    assert desk.declined(RESET) == "" and desk.halt == ""
    desk.lived(3)
    assert desk.halt == "" and desk.engine.state.phase is Phase.ACTIVE


@pytest.mark.control("C24")
def test_a_start_with_another_limit_is_the_way_and_in_the_journal() -> None:
    desk = lost()
    desk.config = msgspec.structs.replace(
        CONFIG, risk=msgspec.structs.replace(desk.config.risk, day_loss_max_paise=10_000 * RUPEES)
    )
    desk.start()
    assert desk.halt == "HARD_HALT DAY_LOSS", "no start resets"
    assert desk.declined(RESET) == ""


@pytest.mark.control("C23")
def test_a_persons_halt_is_not_reset_into_another_that_is_due() -> None:
    desk = RiskDesk(drawdown_max_paise=1_000 * RUPEES).ready()
    desk.hold()
    desk.command(m.Order.HALT)
    desk.price(8_000)
    assert desk.halt == "HARD_HALT OPERATOR"
    assert desk.declined(RESET).startswith("DRAWDOWN persists")


def test_a_result_that_is_still_unknown_says_what_to_do() -> None:
    desk = RiskDesk(pnl_unknown_ns=SECOND_NS).ready()
    desk.hold()
    desk.unpriced()
    desk.lived(3)
    assert desk.halt == "SOFT_HALT PNL_UNKNOWN"
    assert "tarazu restart depth_ws main follows it" in desk.declined(RESET)


def test_refusals_in_a_row_are_counted_anew_after_a_reset() -> None:
    desk = RiskDesk(rejects_max=2).ready()
    for _ in range(2):
        desk.want()
        desk.answer(desk.sent[-1].order.tag, kind="REFUSED", refusal=RefusalKind.MARGIN)
    assert desk.halt == "SOFT_HALT REJECTS" and desk.declined(RESET) == ""
    desk.lived(3)
    assert desk.halt == ""


@pytest.mark.control("C23", "C30")
def test_an_order_with_our_tag_that_nobody_intended_has_to_go_first() -> None:
    desk = RiskDesk().ready()
    tag = ClientOrderId(desk.engine.state.day, 77, 1, 0).tag
    desk.book["9"] = report("9", "WORKING", 0, tag=tag, key=KEY, qty=75, price_paise=9_000)
    desk.tell(m.OrderHeard(report=desk.book["9"]))
    assert desk.halt == "HARD_HALT NO_INTENT"
    assert "order 9 works at the broker" in desk.declined(RESET)
    desk.heard("9", "CANCELED")
    assert desk.declined(RESET) == ""


def test_where_nothing_is_halted_nothing_is_done() -> None:
    desk = RiskDesk().ready()
    assert desk.declined(RESET, incident="") == "" and desk.acts(SetHalt) == []


def test_the_harder_of_two_halts_is_carried_into_a_start() -> None:
    soft = Halt(code="DRAWDOWN", why="x", since_ns=1, level=RiskState.SOFT_HALT)
    hard = Halt(code="ENGINE_FAILED", why="y", since_ns=2)
    desk = RiskDesk().ready()
    desk.command(m.Order.SOFT_HALT)
    desk.start(halt=hard)
    assert desk.halt == "HARD_HALT ENGINE_FAILED"
    desk.start(halt=soft)
    assert desk.halt == "HARD_HALT ENGINE_FAILED"
