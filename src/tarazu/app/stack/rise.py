"""The whole stack brought up: the gate, then depth_ws, main and the watchdog, each only when the one before is well.

What runs already is adopted. What does not come to hold takes down again all that this call has begun, and nothing
else: a desk is never left half up by a command, and never taken down by one that was to start it.
"""

from collections.abc import Callable, Mapping

import msgspec

from tarazu.app.home import Home
from tarazu.app.stack.gate_asked import GATE, gate_asked
from tarazu.app.stack.record import note
from tarazu.app.stack.standing import RowState, stack_standing
from tarazu.app.stack.take_down import take_down
from tarazu.app.supervision.bring_down import left_by_main
from tarazu.app.supervision.bring_up import bring_up, now_ns
from tarazu.app.supervision.main_standing import Standing, current_main, main_standing
from tarazu.app.supervision.outcome import Outcome
from tarazu.app.supervision.programs import DEPTH_WS, MAIN, WATCHDOG, names
from tarazu.app.supervision.supervisor import Supervision
from tarazu.app.verdict import Exit

ORDER = (DEPTH_WS, MAIN, WATCHDOG)
Tell = Callable[[str], None]
Gate = Callable[[Home, Mapping[str, str]], Outcome]


def stack_up(
    home: Home,
    *,
    patience_s: float,
    environ: Mapping[str, str],
    tell: Tell = lambda _: None,
    gate: Gate = gate_asked,
) -> list[Outcome]:
    """One outcome for the gate and each process; where it failed, one more for each that was taken down again.

    A gate that says no keeps a main from being started, and never one from being looked after that runs: its feed and
    its watchdog are made sure of all the same. Raises KeyboardInterrupt, once what was begun is down again.
    """
    was_up = _up(home)
    try:
        outcomes = _up_in_order(home, patience_s, environ, tell, gate)
    except KeyboardInterrupt:
        at_ns = now_ns(home)
        note(home, "up", _undo(home, was_up, tell), at_ns, failed=True, interrupted=True)
        raise
    if all(outcome.holds for outcome in outcomes):
        return [*outcomes, *note(home, "up", outcomes, now_ns(home))]
    at_ns = now_ns(home)
    outcomes += _undo(home, was_up, tell)
    return [*outcomes, *note(home, "up", outcomes, at_ns, failed=True)]


def plan_of_rise(home: Home) -> list[Outcome]:
    """What `stack_up` would do, from what is there now; nothing is asked of the gate, and nothing changed."""
    planned = [Outcome(name=GATE, exit_code=Exit.OK, did="would be asked", detail="tarazu ready shows what it says")]
    for row in stack_standing(home).rows:
        pid = f"pid {row.pid}" if row.pid else ""
        if row.state is RowState.RUNNING:
            did, why = "would be adopted", pid
        elif row.state is RowState.UNSUPERVISED:
            did, why = "would be left", row.detail
        elif row.state is RowState.STARTING:
            did, why = "would be waited for", pid
        elif row.state is RowState.HUNG:
            did, why = "would be started again", row.detail
        else:
            did, why = "would be started", f"it is {row.state}"
        planned.append(Outcome(name=row.process, exit_code=Exit.OK, did=did, detail=why))
    return planned


def _up_in_order(home: Home, patience_s: float, environ: Mapping[str, str], tell: Tell, gate: Gate) -> list[Outcome]:
    tell("gate: looks")
    asked = gate(home, environ)
    trades = current_main(home) is not None
    if not asked.holds and not trades:
        return [asked]
    if not asked.holds:
        kept = "main runs already and is looked after all the same"
        asked = msgspec.structs.replace(asked, exit_code=Exit.WARN, detail=f"{asked.detail}; {kept}")
    found: dict[str, Outcome] = {GATE: asked}
    for name in ORDER:
        for outcome in bring_up(home, (name,), patience_s=patience_s, tell=tell, environ=environ):
            found[outcome.name] = _both(found.get(outcome.name), outcome)
        if not all(outcome.holds for outcome in found.values()):
            break
    return list(found.values())


def _both(before: Outcome | None, now: Outcome) -> Outcome:
    """What was done to a process, over two looks at it: the first that did anything says so."""
    if before is None or now.did != "already running" or not before.holds:
        return now
    return msgspec.structs.replace(now, did=before.did)


def _up(home: Home) -> set[str]:
    """What runs, or will without anybody's doing."""
    supervision = Supervision(home)
    return {name for name in names(home) if supervision.state(name).state.is_up}


def _undo(home: Home, was_up: set[str], tell: Tell) -> list[Outcome]:
    """Take down what runs now and did not before this call; nothing of it where main has begun to look after a
    position: that is better looked after without a watchdog than by nobody."""
    begun = [name for name in names(home) if name in _up(home) - was_up]
    if not begun:
        return []
    if MAIN in begun and (held := _looked_after(home)):
        return [_kept(held)]
    tell(f"takes down again: {', '.join(begun)}")
    alone = not was_up
    outcomes = take_down(home, begun, supervisor_too=alone)
    return [_undone(outcome) if outcome.name in begun else outcome for outcome in outcomes]


def _undone(outcome: Outcome) -> Outcome:
    did = "taken down again" if outcome.holds else f"not taken down again: {outcome.did}"
    told = "this start had begun it" if outcome.exit_code is Exit.OK else outcome.detail
    return msgspec.structs.replace(outcome, did=did, detail=told)


def _looked_after(home: Home) -> str:
    """What a main that works holds and has at the broker; empty where there is nothing, or it does not work."""
    try:
        health = current_main(home)
        works = health is not None and main_standing(health).standing in (Standing.WORKS, Standing.HALTED)
        return left_by_main(home) if works else ""
    except OSError:
        return ""


def _kept(held: str) -> Outcome:
    return Outcome(
        name=MAIN,
        exit_code=Exit.WARN,
        did="not taken down again",
        code="HELD",
        detail=f"it works, and looks after what is there: {held}",
        hint="tarazu up all, until it holds; tarazu down all stops it",
    )
