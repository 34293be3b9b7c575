"""A person takes a halt back: with a name, a reason and an incident, and not while its cause persists (C23, C24).

A reset never leads to ACTIVE: the books are compared anew first. What a person can do about a cause that persists is in
the answer; limits are of the settings, and a start with others is in the journal.
"""

from tarazu.engine import gauges, risk_watch
from tarazu.engine.acts import Alert, Decline, HaltStrategy, SetHalt, Severity
from tarazu.engine.halts import Halt
from tarazu.engine.messages import Commanded, Order
from tarazu.engine.run import Run
from tarazu.engine.state import EngineState
from tarazu.orders.client_order_id import ClientOrderId, read_tag
from tarazu.orders.lifecycle import AT_BROKER
from tarazu.orders.messages import AlarmKind

_ORDERS = frozenset({AlarmKind.NO_INTENT, AlarmKind.DOUBLED})
_FORGIVEN = "REJECTS"
"""Counted from 0 again by the reset itself: nothing but another order could end it."""

_NEXT_DAY = "the next day counts anew, and a start with another limit in the settings by that one"
_CURES = {
    "DAY_LOSS": _NEXT_DAY,
    "PILOT_LOSS": _NEXT_DAY,
    "DRAWDOWN": _NEXT_DAY,
    "PNL_UNKNOWN": "what is held needs a price: tarazu restart depth_ws main follows it; or leave it",
    "ORDER_TO_TRADE": _NEXT_DAY,
    "RECORD": "tarazu engine status says what is out of order",
    "FEED": "tarazu feed status says why",
}
"""What a person can do about each."""


def reset(run: Run) -> None:
    """RESET_HALT and RESET_STRATEGY."""
    message = run.message
    if not isinstance(message, Commanded):
        return
    if message.order is Order.RESET_HALT:
        _reset_halt(run, message)
    elif message.order is Order.RESET_STRATEGY:
        _reset_strategy(run, message)


def _reset_halt(run: Run, said: Commanded) -> None:
    """Where nothing is halted there is nothing to be done."""
    halt = run.state.halt
    if halt is None:
        return
    if why := _unsaid(said) or _persists(run, halt):
        _decline(run, said, why)
    else:
        run.act(SetHalt(halt=None))
        run.act(Alert(severity=Severity.WARN, code="HALT_RESET", text=_by(said)))


def _reset_strategy(run: Run, said: Commanded) -> None:
    halt = run.state.strategy_halts.get(said.ref)
    if halt is None:
        _decline(run, said, f"no strategy {said.ref!r} is halted")
    elif why := _unsaid(said) or _still_goes_on(run.state, said.ref, halt, run.now_ns) or _cannot_begin(run):
        _decline(run, said, why)
    else:
        run.act(HaltStrategy(strategy=said.ref, halt=None))
        run.act(Alert(severity=Severity.WARN, code="STRATEGY_RESET", of=said.ref, text=_by(said)))


def _decline(run: Run, said: Commanded, why: str) -> None:
    run.act(Decline(order=said.order, of=said.ref, why=why))
    run.alert(Severity.WARN, f"{said.order}_REFUSED", said.ref, f"{said.who}: {why}")


def _unsaid(said: Commanded) -> str:
    missing = [name for name in ("who", "why", "incident") if not getattr(said, name).strip()]
    return f"it needs {', '.join(missing)}: who has looked, and where it is written down" if missing else ""


def _by(said: Commanded) -> str:
    return f"{said.who}, {said.incident}: {said.why}"


def _persists(run: Run, halt: Halt) -> str:
    """Why the account would be halted again at once, or should be: whatever it was halted for, every cause is asked. A
    second one is in no halt, for the first stays. Empty: none."""
    if still := _orders_of_nobody(run.state):
        code = halt.code if halt.code in _ORDERS else AlarmKind.NO_INTENT
        return f"{code} persists: {still} at the broker with our tag and no intent of ours; cancel it there"
    for gauge in gauges.reached(gauges.gauges(run.state, run.now_ns, run.wall_ns)):
        if gauge.code != _FORGIVEN:
            return f"{gauge.code} persists: {gauge.text}; {_CURES[gauge.code]}"
    return ""


def _orders_of_nobody(state: EngineState) -> str:
    strangers = (o for o in state.blotter.open() if o.intent is None and o.status in AT_BROKER and o.row is not None)
    found = [o.order_id for o in strangers if o.row and isinstance(read_tag(o.row.tag), ClientOrderId)]
    return f"order {', '.join(found[:3])} works" if found else ""


def _cannot_begin(run: Run) -> str:
    """Why no new one can be made in its place, a model file that is gone say; empty when they are made."""
    try:
        run.remade = run.make_strategies()
    except Exception as bad:  # noqa: BLE001 - whatever a factory does: the halt stays
        said = f"it cannot be made anew: {type(bad).__name__}: {bad}"
        return said.encode("utf-8", "backslashreplace").decode()
    return ""


def _still_goes_on(state: EngineState, strategy: str, halt: Halt, now_ns: int) -> str:
    """Both pass by time alone, once it is halted."""
    if halt.code == risk_watch.RUNAWAY:
        return risk_watch.runs_away(state, strategy, now_ns)
    if halt.code == risk_watch.REPEATED:
        refs = state.blotter.standing.of_strategy.get(strategy, ())
        keys = dict.fromkeys(state.blotter.orders[ref].key for ref in refs)
        return next((why for key in keys if (why := risk_watch.repeats(state, strategy, key, now_ns))), "")
    return ""
