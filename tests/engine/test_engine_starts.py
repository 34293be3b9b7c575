"""From a start to ACTIVE, and what takes it back."""

import msgspec
import pytest

from harness.engine_desk import BUY, CONFIG, EngineDesk
from harness.limits import WIDE
from harness.order_story import KEY
from tarazu.engine import messages as m
from tarazu.engine.acts import Deny
from tarazu.engine.config import EngineConfig
from tarazu.engine.phase import Phase
from tarazu.model.outcome import RefusalKind
from tarazu.model.units import SECOND_NS
from tarazu.risk.denial import Code


def denied(desk: EngineDesk) -> set[Code]:
    step = desk.want()
    return {denial.code for act in step.acts if isinstance(act, Deny) for denial in act.denials}


def phase(desk: EngineDesk) -> Phase:
    return desk.engine.state.phase


def test_a_start_asks_for_the_brokers_books_and_takes_no_entry_before_they_agree() -> None:
    desk = EngineDesk()
    desk.start()
    assert desk.asked == [m.What.ORDERS, m.What.TRADES, m.What.POSITIONS, m.What.MARGINS]
    assert phase(desk) is Phase.RECONCILING and Code.PHASE in denied(desk)
    desk.reads()
    assert phase(desk) is Phase.REDUCE_ONLY, "the books agree; the feed and the broker's clock are not known yet"
    desk.ready()


@pytest.mark.control("C16")
def test_no_entries_for_a_while_after_a_start() -> None:
    desk = EngineDesk(EngineConfig(qty_max=CONFIG.qty_max, settle_ns=60 * SECOND_NS, risk=WIDE))
    with pytest.raises(AssertionError, match="a moment ago"):
        desk.ready()
    desk.second(60)
    assert phase(desk) is Phase.ACTIVE


STALE = "a stale required feed"
BLOCKS = {
    STALE: (m.FeedMoved(feed="index", fresh=False, required=True), "index"),
    "a clock that is off": (m.Ticked(skewed=True), "clock is off"),
    "a broker's clock nobody knows": (m.Ticked(skewed=None), "not known"),
    "a disk that is full": (m.RecordTrouble(of="DISK", ok=False, text="full"), "DISK: full"),
    "a person": (m.Commanded(order=m.Order.ENTRIES_OFF, who="asha", why="lunch"), "lunch"),
    "the end": (m.Stopping(), "stopping"),
}


@pytest.mark.control("C19", "C23", "C25")
@pytest.mark.parametrize("what", BLOCKS)
def test_what_takes_entries_away_and_nothing_else(what: str) -> None:
    message, why = BLOCKS[what]
    desk = EngineDesk().ready()
    desk.tell(message)
    assert phase(desk) is Phase.REDUCE_ONLY and why in desk.engine.state.phase_why
    assert denied(desk) == {Code.PHASE} | ({Code.REFERENCE} if what == STALE else set())


def test_an_optional_feed_blocks_nothing() -> None:
    desk = EngineDesk().ready()
    desk.tell(m.FeedMoved(feed="cross_asset", fresh=False, required=False))
    assert phase(desk) is Phase.ACTIVE


@pytest.mark.control("C19")
def test_a_lost_session_needs_an_agreement_of_the_books_that_is_newer() -> None:
    desk = EngineDesk().ready()
    desk.want()
    step = desk.answer(desk.sent[-1].order.tag, kind="NOT_PLACED", refusal=RefusalKind.AUTH_LOST)
    assert phase(desk) is Phase.RECONCILING and "AUTH_LOST" in desk.alerts, step
    desk.tell(m.ReadFailed(what=m.What.ORDERS, cause="403", auth_lost=True))
    desk.second(2)
    desk.reads()
    desk.second(2)
    desk.reads()
    assert phase(desk) is Phase.ACTIVE


@pytest.mark.control("C22", "C23")
def test_a_halt_outlives_restarts_and_midnight_and_ends_by_a_persons_word_and_new_reads() -> None:
    desk = EngineDesk().ready()
    desk.tell(m.Commanded(order=m.Order.HALT, who="asha", why="drill"))
    assert phase(desk) is Phase.HALTED and denied(desk) == {Code.PHASE}
    desk.start()
    assert phase(desk) is Phase.HALTED
    halt = desk.engine.state.halt
    morning = EngineDesk()
    morning.start(halt=halt)
    assert phase(morning) is Phase.HALTED and morning.engine.state.halt == halt
    morning.tell(m.Commanded(order=m.Order.RESET_HALT, who="asha", why="a drill", incident="INC-7"))
    assert phase(morning) is Phase.RECONCILING
    morning.ready()


def test_a_difference_found_twice_takes_entries_away_and_is_told_until_it_is_gone() -> None:
    desk = EngineDesk().ready()
    desk.want()
    desk.placed("1")
    desk.filled("1")
    desk.second(31)
    desk.reads()
    assert phase(desk) is Phase.ACTIVE
    held, desk.positions = desk.positions, []
    desk.second(31)
    desk.reads()
    desk.second(2)
    desk.reads()
    assert phase(desk) is Phase.REDUCE_ONLY and "POSITION" in desk.engine.state.phase_why and "RECONCILE" in desk.alerts
    desk.positions = held
    desk.second(2)
    desk.reads()
    assert phase(desk) is Phase.ACTIVE


def test_a_step_of_every_kind_comes_back_from_the_journal_as_it_was() -> None:
    desk = EngineDesk().ready()
    desk.want()
    desk.placed("1")
    desk.filled("1")
    assert len(desk.sent) == 2, "the entry and its stop"
    assert BUY.stop is not None
    assert desk.sent[-1].order.trigger_paise == 10_000 - BUY.stop.distance_paise


def test_what_troubled_the_process_before_is_told_anew_by_this_one_or_is_over() -> None:
    """Simulated day 1956: the disk had room again, and nobody was left to say so."""
    desk = EngineDesk().ready()
    desk.tell(m.RecordTrouble(of="DISK", ok=False, text="full"))
    desk.ready()


# Books that are not compared.


def lived(desk: EngineDesk, seconds: int, *, missing: m.What | None = None) -> None:
    """Seconds pass, and every read that is asked for is answered; of `missing` it fails."""
    for _ in range(seconds):
        desk.second()
        asked, desk.asked = desk.asked, []
        for what in asked:
            if missing is not None and what is missing:
                desk.tell(m.ReadFailed(what=missing, cause="TIMEOUT"))
            else:
                desk.read(what)


def test_books_that_are_not_compared_for_two_minutes_take_entries_away_and_are_told_of() -> None:
    desk = EngineDesk().ready()
    lived(desk, 100, missing=m.What.POSITIONS)
    assert phase(desk) is Phase.ACTIVE and "RECONCILE_LATE" not in desk.alerts
    lived(desk, 60, missing=m.What.POSITIONS)
    assert phase(desk) is Phase.REDUCE_ONLY and "not compared since" in desk.engine.state.phase_why
    assert "RECONCILE_LATE" in desk.alerts and denied(desk) == {Code.PHASE}
    lived(desk, 3)
    assert phase(desk) is Phase.ACTIVE


def test_an_order_whose_trades_never_come_does_not_switch_the_comparison_off_in_silence() -> None:
    desk = EngineDesk().ready()
    desk.want()
    desk.placed("1")
    desk.trade("1", 75)
    trades, desk.trades = desk.trades, []
    desk.heard("1", "FILLED", 75, average_paise=10_000)
    lived(desk, 160)
    assert phase(desk) is Phase.REDUCE_ONLY and "RECONCILE_LATE" in desk.alerts
    desk.trades = trades
    lived(desk, 40)
    assert phase(desk) is Phase.ACTIVE


def test_a_desk_that_fills_every_two_seconds_is_compared_between_its_fills() -> None:
    desk = EngineDesk(EngineConfig(qty_max={KEY: 100_000}, settle_ns=0, risk=WIDE)).ready()
    desk.want(msgspec.structs.replace(BUY, qty=1_800))
    desk.placed("1")
    phases = set()
    for filled in range(10, 1_800, 10):
        desk.trade("1", 10)
        desk.heard("1", "WORKING", filled, average_paise=10_000)
        lived(desk, 2)
        phases.add(phase(desk))
    assert phases == {Phase.ACTIVE}
