"""In which phase the engine should be now, and the move to it. Nothing but a halt needs a person to be over."""

from tarazu.engine.acts import Alert, MovePhase, SetHalt, Severity
from tarazu.engine.agreement import late_ns
from tarazu.engine.halts import Halt, RiskState
from tarazu.engine.messages import Commanded, Order, Started
from tarazu.engine.phase import Phase
from tarazu.engine.run import Run
from tarazu.engine.state import EngineState
from tarazu.model import ist
from tarazu.orders.messages import Alarm, AlarmKind

HALTING = frozenset({AlarmKind.NO_INTENT, AlarmKind.DOUBLED, AlarmKind.OVERFILLED})
"""Alarms of the orders after which nobody may believe that we know what we do (RELIABILITY I1, I2)."""

_SEVERITY = {
    AlarmKind.NO_INTENT: Severity.SEV1,
    AlarmKind.DOUBLED: Severity.SEV1,
    AlarmKind.OVERFILLED: Severity.SEV1,
    AlarmKind.AUTH_LOST: Severity.SEV2,
    AlarmKind.FOREIGN: Severity.SEV2,
    AlarmKind.LATE: Severity.SEV2,
    AlarmKind.LOOKALIKE: Severity.SEV2,
    AlarmKind.CORRECTED: Severity.SEV2,
    AlarmKind.DISPUTED: Severity.SEV2,
    AlarmKind.ODD: Severity.SEV2,
    AlarmKind.TAG_MISMATCH: Severity.SEV2,
    AlarmKind.REFUSED_YET_THERE: Severity.SEV2,
}


def alarms(run: Run) -> None:
    """What the orders have raised an alarm about is told; some of it is a halt."""
    raised = run.state.alarms
    if not raised:
        return
    run.state.alarms = []
    for alarm in raised:
        run.act(
            Alert(severity=_SEVERITY.get(alarm.kind, Severity.WARN), code=alarm.kind, of=alarm.ref, text=alarm.text)
        )
        if alarm.kind in HALTING and not _is_a_strangers(run.state, alarm):
            halt(run, alarm.kind, f"{alarm.ref}: {alarm.text}")


def _is_a_strangers(state: EngineState, alarm: Alarm) -> bool:
    """An order that nobody here has asked for says nothing of us by being filled beyond its quantity."""
    order = state.blotter.find(alarm.ref)
    return alarm.kind is AlarmKind.OVERFILLED and order is not None and order.intent is None


def commands(run: Run) -> None:
    """A person halts; `resets` takes it back."""
    message = run.message
    if isinstance(message, Commanded) and message.order in _HALTS:
        halt(run, "OPERATOR", f"{message.who}: {message.why}", _HALTS[message.order])


_HALTS = {Order.HALT: RiskState.HARD_HALT, Order.SOFT_HALT: RiskState.SOFT_HALT}


def halt(run: Run, code: str, why: str, level: RiskState = RiskState.HARD_HALT) -> None:
    """The first stays; only a harder one takes its place."""
    was = run.state.halt
    if was is None or (was.level is RiskState.SOFT_HALT and level is RiskState.HARD_HALT):
        run.act(SetHalt(halt=Halt(code=code, why=why, since_ns=run.now_ns, level=level)))
        run.act(Alert(severity=Severity.SEV1, code="HALT", of=code, text=f"{level}: {why}"))


def move(run: Run) -> None:
    """To where we should be. Said when the phase is another, not when its reason is."""
    phase, why = due(run.state, run.now_ns)
    if phase is not run.state.phase or isinstance(run.message, Started):
        run.act(MovePhase(phase=phase, why=why))
    since_ns = late_ns(run.state, run.now_ns)
    if since_ns and not run.state.blotter.auth_lost:
        run.alert(Severity.SEV2, "RECONCILE_LATE", text=_not_compared(since_ns))


def _not_compared(since_ns: int) -> str:
    return f"the books were not compared since {ist.clock_of(since_ns):%H:%M:%S}"


def due(state: EngineState, now_ns: int) -> tuple[Phase, str]:
    if state.halt is not None and state.halt.level is RiskState.HARD_HALT:
        return Phase.HALTED, f"{state.halt.code}: {state.halt.why}"
    if not state.agreement.is_reached:
        return _RECONCILING
    why = reduce_only(state, now_ns)
    return (Phase.REDUCE_ONLY, why) if why else _ACTIVE


_RECONCILING = (Phase.RECONCILING, "the broker's books and ours are not compared yet")
_ACTIVE = (Phase.ACTIVE, "")


def reduce_only(state: EngineState, now_ns: int) -> str:
    """Why no new risk is taken; empty when it is. The first that holds."""
    if state.halt is not None:
        return f"{state.risk}, {state.halt.code}: {state.halt.why}"
    if state.blotter.auth_lost:
        return "the broker's session is over"
    if state.agreement.since_ns:
        return f"the broker's books differ: {'; '.join(state.agreement.breaks[:3])}"
    if since_ns := late_ns(state, now_ns):
        return _not_compared(since_ns)
    if now_ns < state.started_ns + state.config.settle_ns:
        return "started a moment ago"
    if state.skewed is None:
        return "the broker's clock is not known yet"
    if state.skewed:
        return "our clock is off the broker's"
    if not state.feeds:
        return "nothing is heard of the feed yet"
    if stale := [name for name, feed in state.feeds.items() if feed.required and not feed.fresh]:
        return f"stale: {', '.join(sorted(stale))}"
    if state.trouble:
        return "; ".join(f"{of}: {text}" for of, text in sorted(state.trouble.items()))
    if state.flattening:
        return f"flattening for {state.flattening}"
    if state.entries_off:
        return f"entries are off, {state.entries_off}"
    return "stopping" if state.stopping else ""
