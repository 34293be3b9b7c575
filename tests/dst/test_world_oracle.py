"""The oracle convicts: for each invariant a product that breaks it, and the day that shows it."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tarazu.dst.day import run_day
from tarazu.dst.disk import SimDisk
from tarazu.engine import codec, intake, phases, process, protect, telling
from tarazu.engine.process import Engine
from tarazu.engine.state import EngineState
from tarazu.journal.entry import Durability
from tarazu.orders import messages as told
from tarazu.orders import protection, requests
from tarazu.orders.exposure import Exposure
from tarazu.orders.order_state import OrderState
from tarazu.orders.report import AnswerKind
from tarazu.orders.throttle import Throttle
from tarazu.portfolio.book import Books
from tarazu.runtime.shell import Shell

SEEDS = 24
Patch = Callable[[pytest.MonkeyPatch], None]


def sent_twice(patch: pytest.MonkeyPatch) -> None:
    real = Shell._perform
    patch.setattr(Shell, "_perform", lambda shell, step: (real(shell, step), real(shell, step))[0])


def not_durable(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(codec, "durability", lambda stamped, step: Durability.GROUP)


def trades_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Books, "apply", lambda books, fill: None)
    patch.setattr(telling, "entered", lambda state, booked, fill: None)


def nothing_reaches(patch: pytest.MonkeyPatch) -> None:
    def blind(state: EngineState, key: str, product: Any) -> Exposure:
        return Exposure(key=key, product=product, filled=0)

    patch.setattr(EngineState, "exposure", blind)


def halt_not_heeded(patch: pytest.MonkeyPatch) -> None:
    real = phases.due

    def due(state: EngineState, now_ns: int) -> Any:
        halt, state.halt = state.halt, None
        said = real(state, now_ns)
        state.halt = halt
        return said

    patch.setattr(phases, "due", due)


def no_throttle(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Throttle, "held", lambda *args, **kwargs: None)


def foreign_not_told(patch: pytest.MonkeyPatch) -> None:
    real = phases.alarms

    def alarms(run: Any) -> None:
        run.state.alarms = [a for a in run.state.alarms if a.kind != told.AlarmKind.FOREIGN]
        real(run)

    patch.setattr(phases, "alarms", alarms)
    asked = {kind: tuple(alarms if it is real else it for it in reactors) for kind, reactors in process.ASKED.items()}
    patch.setattr(process, "ASKED", asked)


def stops_upon_stops(patch: pytest.MonkeyPatch) -> None:
    real = protection.gaps

    def gaps(*args: Any, **kwargs: Any) -> Any:
        return [msgspec.structs.replace(gap, qty=gap.qty * 2) for gap in real(*args, **kwargs)]

    patch.setattr(protect, "gaps", gaps)


def lost_session_is_refusal(patch: pytest.MonkeyPatch) -> None:
    wrong = {**requests._HEARD, AnswerKind.NOT_PLACED: requests._HEARD[AnswerKind.REFUSED]}
    patch.setattr(requests, "_HEARD", wrong)


def acts_are_lost_in_recovery(patch: pytest.MonkeyPatch) -> None:
    def recover(engine: Engine, stamped: Any, step: Any) -> None:
        intake.take(engine.state, stamped.message, stamped.ts_ns)
        engine.state.alarms.clear()

    patch.setattr(Engine, "recover", recover)


def nothing_locks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SimDisk, "lock", lambda disk, epoch: None)


def canceled_fills_nothing(patch: pytest.MonkeyPatch) -> None:
    real = OrderState.cum_qty.fget  # type: ignore[attr-defined]
    wrong = property(lambda order: 0 if order.status == "CANCELED" else real(order))
    patch.setattr(OrderState, "cum_qty", wrong)


def disk_forgets(patch: pytest.MonkeyPatch) -> None:
    real = SimDisk.recover

    def recover(disk: SimDisk) -> Any:
        del disk.image[max(len(disk.image) - 300, 128) :]
        return real(disk)

    patch.setattr(SimDisk, "recover", recover)


PLANTED: dict[str, tuple[Patch, frozenset[str]]] = {
    "I1": (sent_twice, frozenset({"I1"})),
    "I2": (not_durable, frozenset({"I2"})),
    "I3 I4 canceled": (canceled_fills_nothing, frozenset({"I3", "I4", "I5", "I11", "REPLAY", "L1", "L2"})),
    "I4 books": (trades_ignored, frozenset({"I4"})),
    "I5": (nothing_reaches, frozenset({"I5"})),
    "I6": (halt_not_heeded, frozenset({"I6", "L1"})),
    "I7": (no_throttle, frozenset({"I7"})),
    "I8": (foreign_not_told, frozenset({"I8"})),
    "I10": (nothing_locks, frozenset({"I10", "I16", "REPLAY"})),
    "I11": (stops_upon_stops, frozenset({"I11"})),
    "I12": (lost_session_is_refusal, frozenset({"I12"})),
    "I16": (disk_forgets, frozenset({"I16"})),
    "REPLAY": (acts_are_lost_in_recovery, frozenset({"REPLAY", "I1", "I3", "I5", "I6", "I11", "BUG"})),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_violation_is_convicted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, expected = PLANTED[name]
    plant(monkeypatch)
    found = next((day.violations[0].invariant for seed in range(SEEDS) if (day := run_day(seed)).violations), "nothing")
    assert found in expected
