"""NORMAL, SOFT_HALT, HARD_HALT: what raises them, and that nothing but a person takes them back (C23, C24, C29)."""

from typing import Any

import msgspec
import pytest

from harness.engine_desk import CONFIG
from harness.order_story import KEY
from harness.risk_desk import RiskDesk
from tarazu.engine import messages as m
from tarazu.engine.acts import Alert, Mark
from tarazu.engine.config import Pilot
from tarazu.engine.phase import Phase
from tarazu.model.outcome import RefusalKind
from tarazu.model.units import SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.orders.messages import CancelOrder
from tarazu.risk.denial import Code

RUPEES = 100


def refused(desk: RiskDesk, times: int = 1) -> None:
    for _ in range(times):
        desk.second()
        desk.want()
        desk.answer(desk.sent[-1].order.tag, kind="REFUSED", refusal=RefusalKind.MARGIN)


# The day's loss.


@pytest.mark.control("C24")
def test_a_day_loss_at_its_limit_is_a_hard_halt_with_open_positions_counted_at_the_market() -> None:
    desk = RiskDesk(day_loss_max_paise=5_000 * RUPEES).ready()
    desk.hold()
    desk.price(4_000)
    assert desk.halt == "" and -5_000 * RUPEES < desk.net_paise < -4_500 * RUPEES, "nothing is realised"
    desk.price(3_000)
    assert desk.halt == "HARD_HALT DAY_LOSS" and desk.engine.state.phase is Phase.HALTED
    assert Code.PHASE in desk.denied()


@pytest.mark.control("C24")
def test_charges_are_part_of_the_loss() -> None:
    desk = RiskDesk(day_loss_max_paise=4_500 * RUPEES).ready()
    desk.hold()
    desk.price(4_000)
    assert desk.halt == "HARD_HALT DAY_LOSS", "4,500 by the price alone, and the charges"


@pytest.mark.control("C24", "C23")
def test_a_price_that_comes_back_takes_no_halt_back() -> None:
    desk = RiskDesk(day_loss_max_paise=5_000 * RUPEES).ready()
    desk.hold()
    desk.price(3_000)
    desk.price(20_000)
    desk.start()
    assert desk.halt == "HARD_HALT DAY_LOSS" and desk.engine.state.phase is Phase.HALTED


@pytest.mark.control("C22", "C23")
def test_a_halt_cancels_what_would_enter_and_keeps_the_stops() -> None:
    desk = RiskDesk(day_loss_max_paise=5_000 * RUPEES).ready()
    desk.hold()
    resting = desk.rest()
    desk.price(3_000)
    assert [cancel.ref for cancel in desk.cancelled] == [resting]
    stops = [o for o in desk.engine.state.blotter.open() if o.intent and o.intent.purpose is Purpose.STOP]
    assert len(stops) == 1 and stops[0].cancel is None


@pytest.mark.control("C22")
def test_a_persons_halt_cancels_every_working_entry_in_the_step_that_takes_it() -> None:
    desk = RiskDesk().ready()
    resting = [desk.rest() for _ in range(3)]
    step = desk.command(m.Order.HALT)
    assert [out.ref for out in step.outputs if isinstance(out, CancelOrder)] == resting
    assert desk.halt == "HARD_HALT OPERATOR" and Code.PHASE in desk.denied()


@pytest.mark.control("C24")
def test_four_fifths_of_a_limit_warn_a_person() -> None:
    desk = RiskDesk(day_loss_max_paise=5_000 * RUPEES).ready()
    desk.hold()
    desk.price(5_000)
    assert "NEAR_DAY_LOSS" not in desk.alerts
    desk.price(4_500)
    assert "NEAR_DAY_LOSS" in desk.alerts and desk.halt == ""


@pytest.mark.control("C24")
def test_a_drawdown_from_the_days_best_is_a_soft_halt() -> None:
    desk = RiskDesk(drawdown_max_paise=4_000 * RUPEES).ready()
    desk.hold()
    desk.price(15_000)
    desk.price(10_000)
    assert desk.halt == ""
    desk.price(9_500)
    assert desk.halt == "SOFT_HALT DRAWDOWN" and desk.engine.state.phase is Phase.REDUCE_ONLY
    assert Code.PHASE in desk.denied()


@pytest.mark.control("C23")
def test_a_soft_halt_becomes_hard_and_a_hard_one_never_soft() -> None:
    desk = RiskDesk(drawdown_max_paise=1_000 * RUPEES, day_loss_max_paise=5_000 * RUPEES).ready()
    desk.hold()
    desk.price(8_000)
    assert desk.halt == "SOFT_HALT DRAWDOWN"
    desk.price(3_000)
    assert desk.halt == "HARD_HALT DAY_LOSS"
    desk.command(m.Order.SOFT_HALT)
    assert desk.halt == "HARD_HALT DAY_LOSS"


@pytest.mark.control("C23")
def test_a_persons_soft_halt_is_reduce_only_and_stays() -> None:
    desk = RiskDesk().ready()
    resting = desk.rest()
    desk.command(m.Order.SOFT_HALT)
    assert desk.halt == "SOFT_HALT OPERATOR" and desk.engine.state.phase is Phase.REDUCE_ONLY
    assert [cancel.ref for cancel in desk.cancelled] == [resting]
    desk.start()
    assert desk.halt == "SOFT_HALT OPERATOR"


@pytest.mark.parametrize("name", ["day_loss_max_paise", "drawdown_max_paise"])
@pytest.mark.control("C24")
def test_what_nobody_has_limited_denies_every_entry(name: str) -> None:
    assert RiskDesk(**{name: None}).ready().denied() == {Code.NO_LIMIT}


@pytest.mark.control("C24")
def test_a_pilot_has_a_tighter_limit_of_its_own() -> None:
    pilot = Pilot(keys=(KEY,), order_value_max_paise=10**9, day_loss_max_paise=1_000 * RUPEES)
    desk = RiskDesk(config=msgspec.structs.replace(CONFIG, pilot=pilot)).ready()
    desk.hold()
    desk.price(8_000)
    assert desk.halt == "HARD_HALT PILOT_LOSS"


# A result that is not known.


@pytest.mark.control("C24")
def test_without_a_price_of_what_is_held_entries_are_denied_at_once_and_after_a_while_it_is_a_halt() -> None:
    desk = RiskDesk(pnl_unknown_ns=30 * SECOND_NS).ready()
    desk.hold()
    desk.unpriced()
    desk.second()
    assert Code.LOSS in desk.denied() and desk.halt == ""
    desk.lived(28)
    assert desk.halt == ""
    desk.lived(3)
    assert desk.halt == "SOFT_HALT PNL_UNKNOWN"
    assert "NO_PRICE" in desk.engine.state.halt.why  # type: ignore[union-attr]
    desk.price(10_000)
    assert desk.halt == "SOFT_HALT PNL_UNKNOWN", "known again, and still a person's to reset"


@pytest.mark.control("C24")
def test_a_desk_that_holds_nothing_needs_no_price() -> None:
    desk = RiskDesk(pnl_unknown_ns=SECOND_NS).ready()
    desk.unpriced()
    desk.lived(60)
    assert desk.halt == "" and desk.engine.state.marked.why == ""


def test_a_desk_whose_positions_were_never_read_is_reconciling_and_not_halted() -> None:
    desk = RiskDesk(pnl_unknown_ns=SECOND_NS)
    desk.start()
    desk.second(10)
    assert desk.halt == "" and "not read yet" in desk.engine.state.marked.why


def test_while_the_market_is_closed_a_missing_price_halts_nobody() -> None:
    desk = RiskDesk(pnl_unknown_ns=SECOND_NS).ready()
    desk.hold()
    desk.unpriced()
    desk.wall_ns += 9 * 3_600 * SECOND_NS
    desk.lived(60)
    assert desk.halt == "" and Code.LOSS in desk.denied()


def test_what_is_known_a_moment_later_is_taken_as_it_is_then() -> None:
    """The second's mark says unknown; the price has come since."""
    desk = RiskDesk().ready()
    desk.hold()
    touch = desk.quoted(10_000)
    desk.unpriced()
    desk.second()
    desk.quotes.touches[KEY] = touch  # type: ignore[attr-defined]
    assert Code.LOSS not in desk.denied(price_paise=9_900)


def test_books_that_lack_an_execution_make_the_result_unknown() -> None:
    desk = RiskDesk().ready()
    desk.hold()
    desk.want(msgspec.structs.replace(_buy(), price_paise=9_000))
    desk.working()
    desk.heard(str(desk.ids), "FILLED", 75)
    desk.second(61)
    assert "no trades are read" in desk.engine.state.marked.why


def _buy() -> Any:
    from harness.engine_desk import BUY

    return BUY


def test_a_result_is_written_down_when_it_is_another() -> None:
    desk = RiskDesk().ready()
    desk.second(5)
    assert [mark.net_paise for mark in desk.acts(Mark)] == [None, 0], "before the books were read, and after"
    desk.hold()
    desk.price(9_000)
    desk.second(5)
    *_, last = nets = [mark.net_paise for mark in desk.acts(Mark)]
    assert len(nets) == len(set(nets)) and -800 * RUPEES < last < -750 * RUPEES


# Conduct.


@pytest.mark.control("C24")
def test_refusals_in_a_row_are_a_soft_halt_with_the_last_of_them() -> None:
    desk = RiskDesk(rejects_max=5).ready()
    refused(desk, 4)
    desk.rest()
    refused(desk, 4)
    assert desk.halt == "", "one that was taken ends the row"
    refused(desk)
    assert desk.halt == "SOFT_HALT REJECTS"


@pytest.mark.control("C29")
def test_too_many_requests_for_each_trade_warn_and_then_halt() -> None:
    desk = RiskDesk(order_to_trade_max=5, order_to_trade_from=4).ready()
    desk.hold()
    for sent in (3, 4, 5):
        assert desk.halt == "", "two for the trade there was, its stop among them"
        desk.rest()
        desk.second()
        assert ("NEAR_ORDER_TO_TRADE" in desk.alerts) is (sent >= 4)
    assert desk.halt == "SOFT_HALT ORDER_TO_TRADE"


@pytest.mark.control("C29")
def test_a_few_requests_say_nothing_of_a_ratio() -> None:
    desk = RiskDesk(order_to_trade_max=1, order_to_trade_from=6).ready()
    for _ in range(3):
        desk.rest()
    desk.second()
    assert desk.halt == ""


# What the desk stands on.

STALE = m.FeedMoved(feed="options", fresh=False, required=True, reason="silence")
AILING = {"FEED": STALE, "RECORD": m.RecordTrouble(of="DATABASE", ok=False, text="disk full")}


@pytest.mark.control("C24", "C25")
@pytest.mark.parametrize("code", AILING)
def test_what_stays_out_of_order_while_something_is_held_is_a_soft_halt(code: str) -> None:
    desk = RiskDesk(trouble_ns=60 * SECOND_NS).ready()
    desk.hold()
    desk.tell(AILING[code])
    desk.lived(59)
    assert desk.halt == "" and desk.engine.state.phase is Phase.REDUCE_ONLY
    desk.lived(3)
    assert desk.halt == f"SOFT_HALT {code}"


@pytest.mark.parametrize("code", AILING)
def test_an_empty_desk_waits_for_it_to_mend(code: str) -> None:
    desk = RiskDesk(trouble_ns=60 * SECOND_NS).ready()
    desk.tell(AILING[code])
    desk.lived(90)
    assert desk.halt == "" and desk.engine.state.phase is Phase.REDUCE_ONLY


def test_a_halt_is_said_once_and_with_its_level() -> None:
    desk = RiskDesk(rejects_max=1).ready()
    refused(desk)
    desk.second(3)
    assert [act.text for act in desk.acts(Alert) if act.code == "HALT"] == [
        "SOFT_HALT: the broker refused 1 orders in a row, of 1"
    ]
