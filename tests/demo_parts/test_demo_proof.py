"""What a demo has to have shown: each thing that is missing is named, and one is enough to fail."""

from pathlib import Path

import msgspec
import pytest

from demo_parts.made_demo import made_demo
from tarazu.app.demo import proof
from tarazu.app.demo.books import BrokerDay, OurDay
from tarazu.app.demo.steps.chapters import Ran
from tarazu.app.demo.told import Books, Chapter, Happened, Kind, ProcessSeen, Sample, StepTold
from tarazu.app.runbook.runs.judging import How
from tarazu.app.verdict import Check, Exit, Status
from tarazu.ops.demo import ended

BOOKS = Books(
    orders=4, trades=5, units_bought=130, units_sold=130, gross_paise=-4_500, charges_paise=1_234, net_paise=-5_734
)
BROKER = BrokerDay(books=BOOKS, doubled=(), working=0, note_paise=1_234, orders={})
OURS = OurDay(
    books=BOOKS,
    audit_paise=(-4_500, 1_234, -5_734),
    reconciled_orders=(4, 4),
    reconciled_trades=(5, 5),
    reconciled_charges_paise=1_234,
    breaks=0,
    money_breaks=0,
    replay=(537, 537),
    replay_wrong=(),
    findings=(),
)
STEP = StepTold(
    chapter=Chapter.START, runbook="start", step="stack", command="x", expected="exit 0", began_s=1.0, began_ns=1
)


def missed(checks: list[Check]) -> list[str]:
    return [check.id for check in checks if check.status is not Status.OK]


def test_books_that_are_the_same_to_the_paisa_hold() -> None:
    assert missed([*proof.of_books(BROKER, OURS, False), *proof.of_account(BROKER)]) == []


@pytest.mark.parametrize("field", list(proof.FIELDS))
def test_one_paisa_one_unit_or_one_order_apart_is_named(field: str) -> None:
    other = msgspec.structs.replace(BOOKS, **{field: getattr(BOOKS, field) + 1})
    assert f"books.{field}" in missed(list(proof.of_books(BROKER, msgspec.structs.replace(OURS, books=other), False)))


def test_what_is_still_held_by_our_files_alone_is_named() -> None:
    other = msgspec.structs.replace(OURS, books=msgspec.structs.replace(BOOKS, open_positions={"NFO:X": 65}))
    assert missed(list(proof.of_books(BROKER, other, False))) == ["books.open_positions"]


@pytest.mark.parametrize(
    "other",
    [
        {"replay": (537, 536)},
        {"replay": (0, 0)},
        {"replay_wrong": ("the day was not decided again",)},
    ],
)
def test_a_replay_that_is_not_equal_or_was_not_done_is_named(other: dict[str, object]) -> None:
    assert proof.of_replay(OURS).status is Status.OK
    assert proof.of_replay(msgspec.structs.replace(OURS, **other)).status is Status.CRIT


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"audit_paise": (-4_500, 1_235, -5_735)}, "books.audit"),
        ({"reconciled_orders": (4, 5)}, "books.reconciled_orders"),
        ({"reconciled_trades": (4, 5)}, "books.reconciled_trades"),
        ({"reconciled_charges_paise": None}, "books.note"),
        ({"breaks": 1}, "books.breaks"),
    ],
)
def test_what_the_closes_files_say_otherwise_is_named(other: dict[str, object], named: str) -> None:
    assert missed(list(proof.of_books(BROKER, msgspec.structs.replace(OURS, **other), False))) == [named]


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"doubled": ("T1",)}, "orders.once"),
        ({"working": 1}, "orders.ended"),
        ({"books": msgspec.structs.replace(BOOKS, open_positions={"NFO:X": 65})}, "books.flat"),
    ],
)
def test_an_account_that_is_not_as_it_must_be_is_named(other: dict[str, object], named: str) -> None:
    assert missed(list(proof.of_account(msgspec.structs.replace(BROKER, **other)))) == [named]


def test_after_an_order_that_nobody_decided_breaks_may_be_but_none_of_money() -> None:
    foreign = msgspec.structs.replace(OURS, breaks=6)
    assert missed(list(proof.of_books(BROKER, foreign, True))) == []
    assert missed(list(proof.of_books(BROKER, msgspec.structs.replace(foreign, money_breaks=1), True))) == [
        "books.breaks"
    ]


@pytest.mark.parametrize("how", [How.FAILED, How.UNKNOWN, How.SKIPPED, None])
def test_only_a_step_that_was_as_expected_holds(how: How | None) -> None:
    good, other = msgspec.structs.replace(STEP, how=How.OK), msgspec.structs.replace(STEP, how=how)
    assert missed(list(proof.of_steps([good, other], False))) == ["step.02.start.stack"]


def test_an_entry_while_the_engine_is_not_active_is_named() -> None:
    def day(*texts: str) -> list[Happened]:
        kinds = {True: Kind.DESK, False: Kind.ORDER}
        return [
            Happened(at_s=1.0, market_ns=1, kind=kinds["engine" in text], status=Status.OK, text=text) for text in texts
        ]

    entry, leave = "momentum ENTRY: BUY 65 X LIMIT", "momentum SQUARE_OFF: SELL 65 X MARKET"
    good = day("the engine is ACTIVE", entry, "the engine is REDUCE_ONLY: stale: futures", leave)
    assert missed(list(proof.of_conduct(good))) == []
    assert missed(list(proof.of_conduct([*good, *day(entry)]))) == ["conduct.entries"]
    assert missed(list(proof.of_conduct(day(entry)))) == ["conduct.entries"]
    begins = Happened(at_s=1.0, market_ns=1, kind=Kind.DESK, status=Status.OK, text="main begins, epoch 2")
    assert missed(list(proof.of_conduct([*day("the engine is ACTIVE"), begins, *day(entry)]))) == ["conduct.entries"]


def test_a_step_that_missed_tells_what_was_expected_and_what_it_said() -> None:
    step = msgspec.structs.replace(
        STEP, how=How.FAILED, exit=2, first_line="CRIT  SIM  main is down", missed=("exit 2, not 0",)
    )
    assert next(iter(proof.of_steps([step], False))).detail == "x: exit 2, not 0; it said: CRIT  SIM  main is down"


@pytest.mark.parametrize(
    ("restarts", "dies", "holds"),
    [(0, "", True), (1, "", False), (1, "main", True), (0, "main", False), (2, "main", False), (1, "depth_ws", False)],
)
def test_a_process_that_died_and_was_not_killed_on_purpose_is_named(restarts: int, dies: str, holds: bool) -> None:
    main = ProcessSeen(name="main", state="RUNNING", pid=1, restarts=restarts, doing="")
    samples = [Sample(at_s=1.0, market_ns=1, market="", processes=(main,)), Sample(at_s=2.0, market_ns=2, market="")]
    assert (proof.of_processes(samples, dies).status is Status.OK) is holds


@pytest.mark.parametrize(
    ("verdict", "holds"), [("DONE", True), ("DONE_WITH_WARNINGS", True), ("FAILED", False), ("", False)]
)
def test_a_runbook_that_did_not_go_to_its_end_is_named(verdict: str, holds: bool) -> None:
    ran = [Ran(chapter=Chapter.CLOSE, runbook="eod", id="R1", verdict=verdict, why="why")]
    assert missed(list(proof.of_runbooks(ran, False))) == ([] if holds else ["runbook.close.eod"])


def test_nothing_proven_is_not_ok() -> None:
    told = made_demo()
    told.proofs = []
    assert told.status is Status.UNKNOWN
    assert ended(told, Path("var/demo")).exit_code == Exit.CRIT
