"""A wrong engine, shell and journal: each function takes the real part and returns a wrong one in its place."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from tarazu.engine.acts import SetHalt, Step
from tarazu.engine.messages import Stamped, Started
from tarazu.engine.phase import Phase
from tarazu.engine.run import Run
from tarazu.engine.state import Agreement, EngineState
from tarazu.journal.entry import Durability
from tarazu.model.order import Product
from tarazu.model.units import SECOND_NS
from tarazu.orders.client_order_id import ClientOrderId
from tarazu.orders.exposure import Exposure
from tarazu.orders.messages import Output
from tarazu.orders.protection import Gap
from tarazu.orders.throttle import SendLimits, Throttle
from tarazu.runtime.shell import Shell
from tarazu.strategy.base import Strategy

Real = Callable[..., Any]


def performed_while_it_is_written(real: Real) -> Real:
    """For `Shell._write`: what is to come after the barrier comes before it."""

    def write(shell: Shell, stamped: Stamped, step: Step, kind: int, payload: bytes) -> int:
        _PERFORM(shell, step)
        return real(shell, stamped, step, kind, payload)  # type: ignore[no-any-return]

    return write


_PERFORM = Shell._perform


def performed_already(real: Real) -> Real:
    def perform(shell: Shell, step: Step) -> None:
        return None

    return perform


def nothing_is_forced(real: Real) -> Real:
    def durability(stamped: Stamped, step: Step) -> Durability:
        return Durability.GROUP

    return durability


def halts_are_not_written(real: Real) -> Real:
    def encode(stamped: Stamped, step: Step) -> tuple[int, bytes]:
        kept = tuple(act for act in step.acts if not isinstance(act, SetHalt))
        return real(stamped, Step(kept, step.outputs))  # type: ignore[no-any-return]

    return encode


def names_of_no_epoch(real: Real) -> Real:
    def client_order_id(day: Any, epoch: int, sequence: int, head: int = 0) -> ClientOrderId:
        return ClientOrderId(day, 1, sequence, 0)

    return client_order_id


def acts_are_not_recovered(real: Real) -> Real:
    def recover(engine: Any, stamped: Stamped, step: Step) -> None:
        real(engine, stamped, Step((), step.outputs))

    return recover


def sends_are_forgotten(real: Real) -> Real:
    def rebuilt(sends_ns: Iterable[int], started_ns: int, limits: SendLimits | None = None) -> Throttle:
        return Throttle(limits=limits or SendLimits())

    return rebuilt


def quarantined_for_seconds(real: Real) -> Real:
    """For `epoch.begin`: what others wait for, 15 s and one read."""

    def start(state: EngineState, message: Started, now_ns: int) -> list[Output]:
        out: list[Output] = real(state, message, now_ns)
        short = {"quarantine_ns": 15 * SECOND_NS, "reads_min": 1}
        state.blotter.patience = msgspec.structs.replace(state.blotter.patience, **short)
        return out

    return start


def only_what_is_filled_counts(real: Real) -> Real:
    def exposure(state: EngineState, key: str, product: Product) -> Exposure:
        return Exposure(key=key, product=product, filled=real(state, key, product).filled)

    return exposure


def always_agreed(real: property) -> property:
    def is_reached(agreement: Agreement) -> bool:
        return True

    return property(is_reached)


def no_cover_while_halted(real: Real) -> Real:
    """For `protect._is_covered`: halted is taken for dead."""

    def is_covered(run: Run, gap: Gap) -> bool:
        return run.state.halt is not None or real(run, gap)

    return is_covered


def nothing_is_halted(real: Real) -> Real:
    """For `phases.due`: a halt that nobody looks at."""

    def due(state: EngineState, now_ns: int) -> tuple[Phase, str]:
        halt, state.halt = state.halt, None
        try:
            return real(state, now_ns)  # type: ignore[no-any-return]
        finally:
            state.halt = halt

    return due


def strategies_are_asked_all_the_same(real: Real) -> Real:
    """For `strategies.ask`: the second lock on the same door."""

    def ask(run: Run, strategies: Sequence[Strategy]) -> None:
        halt, run.state.halt = run.state.halt, None
        try:
            real(run, strategies)
        finally:
            run.state.halt = run.state.halt or halt

    return ask
