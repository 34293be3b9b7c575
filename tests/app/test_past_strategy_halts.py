"""Midnight resets no strategy's halt and switches no entries on, and of two halts of the account the harder is carried
over (C23)."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.engine_desk import CONFIG
from harness.journal_days import key, small
from harness.order_story import DAY
from tarazu.app.main.past import before
from tarazu.engine import codec
from tarazu.engine.acts import HaltStrategy, SetHalt, Step
from tarazu.engine.halts import Halt, RiskState
from tarazu.engine.messages import Commanded, DeskNoted, Message, Order, Stamped, Started, Ticked
from tarazu.runtime.journal_writer import Journal

RAISED = Halt(code="RAISED", why="an average of nothing", since_ns=5)
SOFT = Halt(code="DRAWDOWN", why="x", since_ns=5, level=RiskState.SOFT_HALT)
NEXT = DAY + timedelta(days=1)


def started(**told: Any) -> tuple[Message, Step]:
    return Started(day=DAY.isoformat(), epoch=1, profile="sim", build="test", config=CONFIG, **told), Step()


def says(*acts: Any) -> tuple[Message, Step]:
    return Ticked(), Step(acts)


def told(order: Order) -> tuple[Message, Step]:
    return Commanded(order=order, who="asha", why="a look"), Step()


def journal(root: Path, *entries: tuple[Message, Step] | str, day: date = DAY) -> Path:
    """A text is a failure of the engine."""
    signer = key(root)
    made = small(1 << 20)
    log = Journal.open(root / "journal", day, signer.name, made, signer=signer, verifiers=(signer.verifier(),))
    for n, entry in enumerate(entries, 1):
        if isinstance(entry, str):
            log.append(*codec.encode_failure(Stamped(n, n, 0, Ticked()), entry), n)
        else:
            log.append(*codec.encode(Stamped(n, n, 0, entry[0]), entry[1]), n)
    log.close()
    return root / "journal"


@pytest.mark.control("C23")
def test_a_strategys_halt_is_carried_over_the_night_until_it_was_reset(tmp_path: Path) -> None:
    halted = says(HaltStrategy(strategy="it", halt=RAISED), HaltStrategy(strategy="other", halt=RAISED))
    reset = says(HaltStrategy(strategy="other", halt=None))
    assert before(journal(tmp_path, started(), halted, reset), NEXT).strategy_halts == {"it": RAISED}


def test_one_that_a_start_had_carried_over_is_carried_on(tmp_path: Path) -> None:
    root = journal(tmp_path, started(strategy_halts={"it": RAISED}), says())
    assert before(root, NEXT).strategy_halts == {"it": RAISED}


def test_a_soft_halt_stays_one_and_a_failure_is_harder(tmp_path: Path) -> None:
    soft = before(journal(tmp_path / "a", started(), says(SetHalt(halt=SOFT))), NEXT).halt
    assert soft == SOFT
    failed = before(journal(tmp_path / "b", started(), says(SetHalt(halt=SOFT)), "AssertionError"), NEXT).halt
    assert failed is not None and failed.code == "ENGINE_FAILED" and failed.level is RiskState.HARD_HALT


def test_where_there_was_no_day_nothing_is_halted(tmp_path: Path) -> None:
    past = before(tmp_path / "journal", NEXT)
    assert past.halt is None and past.strategy_halts == {}


def test_a_day_that_holds_nothing_but_a_failure_loses_no_halt_of_the_days_before_it(tmp_path: Path) -> None:
    root = journal(tmp_path, started(), says(SetHalt(halt=SOFT), HaltStrategy(strategy="it", halt=RAISED)))
    journal(tmp_path, "AssertionError", day=NEXT)
    past = before(root, NEXT + timedelta(days=1))
    assert past.halt is not None and past.halt.code == "ENGINE_FAILED" and past.strategy_halts == {"it": RAISED}
    hard = tmp_path / "hard"
    root = journal(hard, started(), says(SetHalt(halt=RAISED)), told(Order.ENTRIES_OFF))
    journal(hard, "AssertionError", day=NEXT)
    past = before(root, NEXT + timedelta(days=1))
    assert past.halt == RAISED and past.entries_off == "asha: a look"


def test_entries_that_a_person_has_switched_off_are_off_the_next_day_until_a_person_switches_them_on(
    tmp_path: Path,
) -> None:
    off = [before(journal(tmp_path / order, started(), told(order)), NEXT).entries_off for order in OFF]
    assert off == ["flattened by asha: a look", "asha: a look"]
    on = journal(tmp_path / "on", started(entries_off="asha: before"), told(Order.ENTRIES_ON))
    assert before(on, NEXT).entries_off == ""
    carried = journal(tmp_path / "carried", started(entries_off="asha: before"))
    assert before(carried, NEXT).entries_off == "asha: before"


OFF = (Order.FLATTEN, Order.ENTRIES_OFF)


def test_how_far_the_desks_record_was_read_is_known_over_a_day_on_which_nothing_was_new_in_it(tmp_path: Path) -> None:
    noted = DeskNoted(day=DAY.isoformat(), seq=7, hash="0" * 64)
    journal(tmp_path, started(), (noted, Step()))
    root = journal(tmp_path, started(), says(), day=NEXT)
    assert before(root, NEXT + timedelta(days=1)).noted == noted, "else every halt of the record is taken again"
