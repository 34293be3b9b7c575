"""Starts that nobody asked for: a process that dies again and again is trusted with no new risk (RELIABILITY 8).

A start is asked for where the process before has said that it stops. With one that was not, the entries of the process
before are cancelled (`epoch`): those who decided them are gone. What counts is in the day's journal: a recovery
counts the same, and midnight begins a new count; what the count has led to stays until a person ends it.
"""

from tarazu.engine import phases
from tarazu.engine.acts import EntriesOff, Severity
from tarazu.engine.messages import Started
from tarazu.engine.run import Run
from tarazu.engine.state import EngineState
from tarazu.model.units import MINUTE_NS

RESTARTS = "RESTARTS"


def watch(run: Run) -> None:
    """After some entries stay off until ENTRIES_ON; after more a hard halt until RESET_HALT, which counts anew. Who has
    switched entries off before keeps their reason, and is told all the same: what they end ends this, too."""
    state, limits = run.state, run.state.config.starts
    if limits is None or not isinstance(run.message, Started):
        return
    if soft := _since(state, max(run.now_ns - limits.soft_ns, state.trusted_ns)):
        text = _told(soft, limits.soft_ns)
        if soft >= limits.soft:
            if not state.entries_off:
                run.act(EntriesOff(why=f"{RESTARTS}: {text}"))
            run.alert(Severity.SEV2, RESTARTS, text=f"{text}: no entries until a person's ENTRIES_ON")
    hard = _since(state, run.now_ns - limits.hard_ns)
    if hard >= limits.hard:
        phases.halt(run, RESTARTS, _told(hard, limits.hard_ns))


def _since(state: EngineState, since_ns: int) -> int:
    return sum(at > since_ns for at in state.unasked)


def _told(times: int, within_ns: int) -> str:
    return f"main was started {times} times within {within_ns // MINUTE_NS} min after it had ended unasked"
