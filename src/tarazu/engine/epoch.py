"""A new epoch: what a start leaves of the state, and what it begins anew."""

from datetime import date

from tarazu.engine import messages as m
from tarazu.engine import unwanted
from tarazu.engine.acts import Output
from tarazu.engine.config import EngineConfig
from tarazu.engine.halts import harder
from tarazu.engine.state import EngineState
from tarazu.engine.telling import BOOKS, tell
from tarazu.orders import messages as told
from tarazu.orders.throttle import rebuilt


def begin(state: EngineState, message: m.Started, now_ns: int) -> list[Output]:
    """Nothing that was under way has an answer any more, and the books are compared anew."""
    _begin_guards(state, message.config)
    is_unasked = _count_start(state, message.config, now_ns)
    state.flags = state.flags if state.epoch else message.flags
    state.config, state.day, state.epoch = message.config, date.fromisoformat(message.day), message.epoch
    state.started_ns, state.names, state.stopping, state.session = now_ns, 0, False, message.session
    state.halt = harder(state.halt, message.halt)
    state.strategy_halts = {**message.strategy_halts, **state.strategy_halts}
    state.entries_off = state.entries_off or message.entries_off
    state.models = message.models
    state.ailing = {}
    state.skewed = None
    state.feeds.clear()
    state.trouble = {of: text for of, text in state.trouble.items() if of == BOOKS}  # the process tells the others anew
    state.agreement.needed_ns = now_ns
    state.agreement.breaks, state.agreement.since_ns = (), 0
    for reading in state.readings.values():
        reading.asked_ns = reading.failed_ns = 0
    state.throttle = rebuilt(state.throttle.sends, now_ns, message.config.limits)
    state.blotter.patience = message.config.patience
    if is_unasked:
        unwanted.entries(state, "main had ended unasked: what it wanted is wanted anew, or not at all")
    return tell(state, told.Restarted(ts_ns=now_ns), now_ns)


def _count_start(state: EngineState, config: EngineConfig, now_ns: int) -> bool:
    """Whether nobody had asked for it: the first of a day follows none; another that follows no Stopping was asked for
    by nobody."""
    if config.starts is None or not state.epoch or state.stopping:
        return False
    since_ns = now_ns - config.starts.hard_ns
    state.unasked = [*(at for at in state.unasked if at > since_ns), now_ns]
    return True


def _begin_guards(state: EngineState, config: EngineConfig) -> None:
    """As the settings say. What a person has switched on that they had off stays on for the day, whatever restarts."""
    by_person = state.approvals and not state.config.approvals
    pilot_by_person = state.pilot if state.config.pilot is None else None
    state.approvals = config.approvals or by_person
    state.pilot = config.pilot or pilot_by_person
