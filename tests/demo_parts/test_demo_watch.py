"""What becomes of a process between two looks, and what is told of the journal's acts."""

import pytest

from tarazu.app.demo.looking.happenings import of_act
from tarazu.app.demo.looking.watch import changes
from tarazu.app.demo.told import Kind
from tarazu.app.stack.standing import ProcessRow, RowState
from tarazu.app.verdict import Status
from tarazu.engine.acts import Alert, Decide, Deny, MovePhase, SetHalt, Severity
from tarazu.engine.messages import Halt
from tarazu.engine.phase import Phase
from tarazu.model.order import Product, Side
from tarazu.risk.denial import Code, Denial
from tarazu.strategy.decision import Decision, Verb
from tarazu.strategy.wants import EntryWant


def row(state: RowState = RowState.RUNNING, pid: int | None = 7, **more: object) -> ProcessRow:
    return ProcessRow(process="main", state=state, pid=pid, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (None, row(), []),
        (row(), row(doing="something else"), []),
        (row(RowState.STOPPED, None), row(RowState.STARTING, 8), [(Status.OK, "main started, pid 8")]),
        (row(RowState.STARTING), row(doing="ACTIVE"), [(Status.OK, "main works: ACTIVE")]),
        (
            row(),
            row(RowState.STARTING, 8, restarts=1, last_death="terminated by SIGKILL"),
            [(Status.WARN, "main is another process, pid 8 after 7: terminated by SIGKILL")],
        ),
        (
            row(),
            row(RowState.DOWN, None, restarts=1, last_death="exit 1"),
            [(Status.CRIT, "main died: exit 1")],
        ),
        (row(), row(RowState.STOPPED, None, detail="as asked"), [(Status.OK, "main stopped: as asked")]),
        (row(), row(RowState.HUNG, detail="no work"), [(Status.CRIT, "main hangs: no work")]),
    ],
)
def test_what_has_become_of_a_process_is_told_once(
    before: ProcessRow | None, now: ProcessRow, told: list[tuple[Status, str]]
) -> None:
    assert list(changes(before, now)) == told


WANT = EntryWant(strategy="momentum", key="NFO:X", side=Side.BUY, qty=65, product=Product.NRML, price_paise=100)


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (MovePhase(phase=Phase.ACTIVE, why=""), (Kind.DESK, Status.OK, "the engine is ACTIVE")),
        (
            MovePhase(phase=Phase.REDUCE_ONLY, why="stale: index"),
            (Kind.DESK, Status.WARN, "the engine is REDUCE_ONLY: stale: index"),
        ),
        (
            SetHalt(halt=Halt(code="LOSS", why="too much", since_ns=1)),
            (Kind.RISK, Status.CRIT, "HARD_HALT: LOSS: too much"),
        ),
        (SetHalt(halt=None), (Kind.RISK, Status.OK, "the halt is taken back")),
        (
            Deny(want=WANT, denials=(Denial(Code.PHASE), Denial(Code.BAND, "not known"))),
            (Kind.DENIED, Status.WARN, "denied: PHASE, BAND (not known)"),
        ),
        (
            Decide(decision=Decision(strategy="momentum", verb=Verb.ENTER, about="NFO:X", why="crossed")),
            (Kind.DECISION, Status.OK, "momentum ENTER X: crossed"),
        ),
        (Alert(severity=Severity.SEV1, code="HALT", text="x"), (Kind.DESK, Status.CRIT, "alert SEV1 HALT: x")),
    ],
)
def test_an_act_of_the_engine_in_a_sentence(act: object, told: tuple[Kind, Status, str]) -> None:
    assert list(of_act(act)) == [told]  # type: ignore[arg-type]


@pytest.mark.parametrize("verb", [Verb.PASS, Verb.HOLD])
def test_what_changes_nothing_is_not_told(verb: Verb) -> None:
    assert not list(of_act(Decide(decision=Decision(strategy="m", verb=verb, about="NFO:X", why="waits"))))
    assert not list(of_act(Alert(severity=Severity.INFO, code="X", text="y")))
